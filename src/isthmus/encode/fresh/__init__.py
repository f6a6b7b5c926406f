"""Towers that know nothing yet: a small CLIP to be trained on a laptop."""
