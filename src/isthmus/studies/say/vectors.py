"""Vectors of one's own: which ones are meant, and whether they can be of the space."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from isthmus.read.vectors.bundles import open_arrays
from isthmus.types import EmbeddingSet, RequestError, Space, same_space

UNKNOWN = "arrays:"
"""How spaces are called of arrays that do not say what made them."""


def opened(path: Path, modality: str, encoded: Collection[str], space: Space) -> EmbeddingSet:
    """The vectors of a file or folder that are to be said.

    Args:
        path: a saved set, or arrays.
        modality: whose they are; empty for what the file says.
        encoded: modalities of the space, its texts first.
        space: that they are to be of.

    Raises:
        RequestError: nothing readable there, several sets of which none was chosen, or another
            number of coordinates.
        SpaceMismatchError: they say that they are of another space.
    """
    sets = open_arrays(path).sets
    if modality in sets or len(sets) == 1:
        found = sets.get(modality) or next(iter(sets.values()))
    else:
        raise RequestError(
            f"{path} holds vectors of {', '.join(sets)}: say whose are meant by --modality."
        )
    if not found.space.name.startswith(UNKNOWN):
        same_space(found.space, space)
    if found.vectors.shape[1] != space.dim:
        raise RequestError(
            f"{path} holds vectors of {found.vectors.shape[1]} coordinates, but those of "
            f"{space.name} have {space.dim}: name the space that made them by --space."
        )
    of = modality or (found.modality if found.modality in encoded else next(iter(encoded)))
    if of not in encoded:
        raise RequestError(
            f"{space.name} encodes no {of} items, so it is not known where they lie; it encodes "
            f"{', '.join(encoded)}."
        )
    return replace(found, modality=of)
