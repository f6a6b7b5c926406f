"""How is an item seen as another modality? ``view(item) -> bag of items``.

``VIEWS`` maps the name of a road to a ``View``: an edge from one modality to another.
"""

from functools import cache

from isthmus.registry import opened
from isthmus.store import data_folder
from isthmus.types import View

VIEWS = {
    "frames": "isthmus.view.frames:FRAMES",
    "renders": "isthmus.view.mesh_views:RENDERS",
    "windows": "isthmus.view.windows:WINDOWS",
    "class_words": "isthmus.encode.sounds.towers:CLASS_WORDS",
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
    """Every view whose data is there, ours and those of other installed packages, by name."""
    found: dict[str, View] = opened("views", VIEWS)
    return {name: one for name, one in found.items() if not one.data or data_folder(one.data)}
