"""What the data are like before any measuring: counts, twins, cut texts, faults."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from isthmus.arrays import Vectors, blocks
from isthmus.types import Items
from isthmus.worlds.twins import look_alikes

TWIN = 0.98
"""Cosine from which two items of one modality count as near-duplicates."""
LOOKED_AT = 1000
"""Near-duplicate pictures that are compared as pictures at most."""


@dataclass(frozen=True)
class DataFacts:
    """What was counted in the data of a study."""

    items: Mapping[str, int]
    """Vectors by modality."""
    dim: int
    """Coordinates of the space."""
    links: int
    objects: int
    """Connected components of the links: the exchangeable unit."""
    unlinked: Mapping[str, int]
    """Items without a link, by modality."""
    twins: Mapping[str, int]
    """Items with a near-duplicate in another object, by modality."""
    twins_of: Mapping[str, int]
    """Items that were looked at for it."""
    alike: Mapping[str, str]
    """Near-duplicate pictures that also look like an earlier one to the eye, with its id, by id;
    empty where no pictures are at hand."""
    truncated: int
    faults: Mapping[str, int]
    """Skipped items by reason."""


def twins(x: Vectors, objects: np.ndarray) -> np.ndarray:
    """(n,) whether a unit row has a near-duplicate (cosine >= ``TWIN``) in another object."""
    found = np.zeros(len(x), dtype=bool)
    for start, part in blocks(x, 1024):
        close = part @ x.T >= TWIN
        close &= objects[start : start + len(part), None] != objects[None, :]
        found[start : start + len(part)] = close.any(axis=1)
    return found


def alike(images: Items | None, names: Sequence[str], objects: Mapping[str, int]) -> dict[str, str]:
    """Which of the pictures of these names look like an earlier one of another object.

    At most ``LOOKED_AT`` pictures are decoded.
    """
    known = set(images.ids if images else ())
    wanted = [name for name in names if name in known][:LOOKED_AT]
    pairs = look_alikes(images.take(wanted)) if images and wanted else {}
    return {name: twin for name, twin in pairs.items() if objects[name] != objects[twin]}


def reasons(faults: Mapping[str, str]) -> dict[str, int]:
    """Faults counted by reason, most frequent first; the item's own name is left out of it."""
    counted = Counter(reason.replace(name, "the item") for name, reason in faults.items())
    return dict(counted.most_common())
