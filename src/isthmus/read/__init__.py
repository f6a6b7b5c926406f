"""How does a file become an item? ``read(path) -> Item``; units and conventions are in the type.

``MODALITIES`` maps a name to the ``Modality`` that says how its items are read and known.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from isthmus.registry import find, opened
from isthmus.types import ItemError, Modality

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
    return opened("modalities", MODALITIES)


def known(name: str) -> Modality:
    """The modality of a name; one without a reader where none is registered, as of arrays."""
    return modalities().get(name) or Modality(name, _unread)


def spoken(among: Iterable[str] | None = None) -> str:
    """The first modality of texts, of these names or of all; empty if there is none."""
    return next((name for name in _names(among) if known(name).spoken), "")


def pictured(among: Iterable[str] | None = None) -> str:
    """The first modality of pictures, of these names or of all; empty if there is none."""
    return next((name for name in _names(among) if known(name).pictured), "")


def _names(among: Iterable[str] | None) -> Iterable[str]:
    return modalities() if among is None else among


def _unread(item: Any) -> Any:
    raise ItemError(f"No reader is registered for what this {type(item).__name__} is.")
