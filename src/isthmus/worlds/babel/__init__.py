"""babel: one scene of plain facts, rendered as a picture and as a text.

The facts (``facts.py``) know no renderer; each modality is one file that draws them, so that
meshes, points, sound and motion can join beside ``render_image.py`` and ``render_text.py``.
"""
