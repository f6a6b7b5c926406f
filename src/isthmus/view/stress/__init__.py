"""What a space should bear: items that are changed a little, by seed, one module a modality.

``STRESSES`` maps a modality to the changes of its items by name, as another package adds them by
entry points in the group ``isthmus.stresses``: ``(item, other, rng) -> item``, where item and other
are whatever the modality reads, other is a second item of the same set, and equal generators give
equal items.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from isthmus.registry import opened

Change = Callable[[Any, Any, np.random.Generator], Any]
"""A changed item of an item, another one, and a generator."""

STRESSES = {
    "audio": "isthmus.view.stress.sounds:STRESS",
    "mesh": "isthmus.view.stress.shapes:OF_MESHES",
    "points": "isthmus.view.stress.shapes:STRESS",
    "video": "isthmus.view.stress.clips:STRESS",
    "voxels": "isthmus.view.stress.shapes:OF_VOXELS",
}


def stresses() -> dict[str, Mapping[str, Change]]:
    """Every modality's changes by name, ours and those of other installed packages."""
    return opened("stresses", STRESSES)
