"""Losses on logits: what matches should score above what does not."""
