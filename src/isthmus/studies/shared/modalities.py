"""The modalities that a study treats in a way of their own; all others are alike to it."""

IMAGE = "image"
"""Shown as a picture on pages; what renders are, and what is searched where there are several."""
TEXT = "text"
"""Shown as words; captions, class prompts and vocabularies are of it."""
MESH = "mesh"
"""Drawn from all sides before it is encoded as ``IMAGE``."""
