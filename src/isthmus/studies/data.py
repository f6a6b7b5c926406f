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
LOOKED_AT = 2000
"""Pictures that are compared as pictures at most: decoding takes some milliseconds each."""


@dataclass(frozen=True)
class DataFacts:
    """What was counted in the data of a study."""

    items: Mapping[str, int]
    """Vectors by modality."""
    dim: int
    """Coordinates of the space."""
    links: int
    dangling: int
    """Links of which an end is missing."""
    objects: int
    """Connected components of the links: the exchangeable unit."""
    unlinked: Mapping[str, int]
    """Items without a link, by modality."""
    twins: Mapping[str, int]
    """Items with a near-duplicate in another object, by modality."""
    twins_of: Mapping[str, int]
    """Items that were looked at for it."""
    alike: Mapping[str, str]
    """Pictures that look like an earlier one of another object to the eye, with its id, by id."""
    alike_of: int
    """Pictures that were looked at for it; 0 where no pictures are at hand."""
    truncated: int
    faults: Mapping[str, int]
    """Skipped items by reason."""


def twins(x: Vectors, objects: np.ndarray) -> int:
    """Rows of unit vectors with a near-duplicate (cosine >= ``TWIN``) in another object."""
    found = 0
    for start, part in blocks(x, 1024):
        close = part @ x.T >= TWIN
        close &= objects[start : start + len(part), None] != objects[None, :]
        found += int(close.any(axis=1).sum())
    return found


def looked_at(images: Items | None, names: Sequence[str]) -> Items:
    """The pictures of these names that are at hand, at most ``LOOKED_AT``."""
    known = set(images.ids if images else ())
    wanted = [name for name in names if name in known][:LOOKED_AT]
    return images.take(wanted) if images else Items("image", (), [])


def alike(images: Items, objects: Mapping[str, int]) -> dict[str, str]:
    """Which pictures look like an earlier one of another object; ``objects`` is keyed by id.

    A space need not see it: a small copy of a picture can lie far from it.
    """
    pairs = look_alikes(images)
    return {name: twin for name, twin in pairs.items() if objects[name] != objects[twin]}


def reasons(faults: Mapping[str, str]) -> dict[str, int]:
    """Faults counted by reason, most frequent first; the item's own name is left out of it."""
    counted = Counter(reason.replace(name, "the item") for name, reason in faults.items())
    return dict(counted.most_common())
