"""Mesh files, read as ``Mesh``: metres, right-handed, y up."""
