"""Inverted lists: a large modality is searched without looking at all of it; how well that finds."""
