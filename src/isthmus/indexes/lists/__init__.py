"""Inverted lists: a large modality is searched without looking at all of it."""
