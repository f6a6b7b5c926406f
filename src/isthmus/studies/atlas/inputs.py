"""What an atlas is made from: views of objects as vectors, and what is known about them."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

import numpy as np

from isthmus.records import dataclass
from isthmus.types import EmbeddingSet, Items


@dataclass(frozen=True, eq=False)
class AtlasInput:
    """Views of objects as vectors, and what is known about them."""

    views: EmbeddingSet
    factors: Mapping[str, Mapping[str, Any]]
    """Of every view its ``object`` and, if they were taken around it, its ``azimuth``; of every
    object its ``name`` and ``label`` where there are such."""
    ring: bool = True
    """Views stand at equal steps once around each object, in order."""
    symmetry: Mapping[str, int] = field(default_factory=dict[str, int])
    """Turns that change no picture, by object; 1 where not given."""
    words: tuple[EmbeddingSet, tuple[str, ...]] | None = None
    """Vectors of a vocabulary and its texts, to name objects with."""
    styled: EmbeddingSet | None = None
    """The same views in further drawing styles; ``factors`` know their object, view and style."""
    pictures: Items | None = None
    """The renders, by the ids of the views."""
    faults: Mapping[str, str] = field(default_factory=dict[str, str])
    """Objects and views that were skipped, with the reason."""
    notes: Mapping[str, str] = field(default_factory=dict[str, str])
    """What was left out of objects that were used."""
    context: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further facts for the page's end."""

    def title(self, name: str) -> str:
        """What an object is called: its name, else its id."""
        return str(self.factors.get(name, {}).get("name") or name)

    def view_ids(self, rows: np.ndarray) -> list[str]:
        """The ids of views by their rows."""
        return [self.views.ids[row] for row in rows]
