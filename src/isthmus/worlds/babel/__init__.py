"""babel: one scene of plain facts, rendered as a picture, a mesh, a point cloud and a text.

The facts (``facts.py``) know no renderer; each modality is one file that draws them, so that
sound and motion can join beside ``render_image.py``, ``render_mesh.py`` and ``render_text.py``.
"""
