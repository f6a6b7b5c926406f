"""How is an item seen as another modality? ``view(item) -> bag of items``.

``VIEWS`` maps the name of a road to a ``View``: an edge from one modality to another.
"""

from functools import cache

from isthmus.registry import opened
from isthmus.types import View

VIEWS = {
    "frames": "isthmus.view.frames:FRAMES",
    "renders": "isthmus.view.mesh_views:RENDERS",
    "windows": "isthmus.view.windows:WINDOWS",
    "spectrogram": "isthmus.view.spectrograms:SPECTROGRAM",
    "upright": "isthmus.view.shape_views:UPRIGHT",
    "surface": "isthmus.view.shape_views:SURFACE",
    "standing": "isthmus.view.shape_views:STANDING",
    "splats": "isthmus.view.shape_views:SPLATS",
    "depth": "isthmus.view.shape_views:DEPTH",
    "cells": "isthmus.view.shape_views:CELLS",
}


@cache
def views() -> dict[str, View]:
    """Every view, ours and those of other installed packages, by name."""
    return opened("views", VIEWS)
