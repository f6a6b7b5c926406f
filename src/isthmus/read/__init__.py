"""How does a file become an item? ``read(path) -> Item``; units and conventions are in the type.

``MODALITIES`` maps a name to the ``Modality`` that says how its items are read and known.
"""

from functools import cache

from isthmus.registry import everything, find, resolve
from isthmus.types import Modality

MODALITIES = {
    "image": "isthmus.read.image:IMAGE",
    "audio": "isthmus.read.audio:AUDIO",
    "mesh": "isthmus.read.meshes.files:MESH",
    "points": "isthmus.read.points:POINTS",
    "text": "isthmus.read.text:TEXT",
    "video": "isthmus.read.video:VIDEO",
    "voxels": "isthmus.read.voxels:VOXELS",
}


def modality(name: str) -> Modality:
    """The modality of a name.

    Raises:
        UnknownPartError: no such name; says which come close.
    """
    return find("modalities", MODALITIES, name)


@cache
def modalities() -> dict[str, Modality]:
    """Every modality, ours and those of other installed packages, by name."""
    return {name: resolve(at) for name, at in everything("modalities", MODALITIES).items()}
