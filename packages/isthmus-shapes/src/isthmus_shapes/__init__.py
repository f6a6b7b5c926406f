"""Weights alone: ``mini_renders`` and ``mini_points``, found by ``isthmus.store.data_folder``."""
