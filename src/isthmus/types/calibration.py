"""Calibration data: linked items of two modalities, which corrections are fitted on."""

from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from isthmus.arrays import Vectors, unit
from isthmus.records import dataclass
from isthmus.types.errors import RequestError
from isthmus.types.links import Links, objects_of
from isthmus.types.sets import EmbeddingSet

FEWEST = 4
"""Linked objects without which nothing is fitted."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """Unit vectors of two modalities of one space, and which rows belong together."""

    vectors: dict[str, Vectors]
    """(n, d) and (m, d) float64, at length one, by modality; the first is a, the second b."""
    rows: Int[np.ndarray, "k 2"]
    """Linked rows of a and b."""
    objects: dict[str, Int[np.ndarray, " n"]]
    """The object of each row by modality; objects are what is left out and resampled."""
    crossed: "tuple[Calibration, ...]" = ()
    """Halves of the objects, each seen through maps that were fitted on the other half. Laws of
    scores are learnt on these where there are any: on its own pairs a map looks too good."""

    @classmethod
    def of(cls, a: EmbeddingSet, b: EmbeddingSet, links: Links | None = None) -> "Calibration":
        """Both sets and their links (None: equal ids pair).

        Raises:
            RequestError: fewer than ``FEWEST`` linked objects, or one modality twice.
        """
        if a.modality == b.modality:
            raise RequestError(f"Calibration data are of two modalities, not {a.modality} twice.")
        rows = Links.between(a, b, links)
        left, right = objects_of(rows, len(a), len(b))
        if (n := len(np.unique(left[rows[:, 0]]))) < FEWEST:
            raise RequestError(
                f"A correction is fitted on {FEWEST} linked objects or more, not {n}."
            )
        vectors = {some.modality: some.unit.astype(np.float64) for some in (a, b)}
        return cls(vectors, rows, {a.modality: left, b.modality: right})

    @classmethod
    def unpaired(cls, a: EmbeddingSet, b: EmbeddingSet) -> "Calibration":
        """Both sets with every item an object of its own, where no links are known.

        Enough for what is learnt from negatives: ``fit_score_standardised``, ``fit_false_alarms``.

        Raises:
            RequestError: one modality twice.
        """
        if a.modality == b.modality:
            raise RequestError(f"Calibration data are of two modalities, not {a.modality} twice.")
        vectors = {some.modality: some.unit.astype(np.float64) for some in (a, b)}
        owners = {a.modality: np.arange(len(a)), b.modality: len(a) + np.arange(len(b))}
        return cls(vectors, np.empty((0, 2), dtype=np.int64), owners)

    @property
    def modalities(self) -> tuple[str, str]:
        """Names of a and b."""
        a, b = self.vectors
        return a, b

    @property
    def dim(self) -> int:
        """Coordinates of the vectors."""
        return next(iter(self.vectors.values())).shape[1]

    @property
    def linked(self) -> tuple[Vectors, Vectors]:
        """(k, d) twice: the two ends of each link."""
        (x, y), rows = self.vectors.values(), self.rows
        return x[rows[:, 0]], y[rows[:, 1]]

    @cached_property
    def means(self) -> dict[str, Float[np.ndarray, " d"]]:
        """Mean unit vector of each modality."""
        return {name: x.mean(axis=0) for name, x in self.vectors.items()}

    def same_object(self, query: str, gallery: str) -> np.ndarray:
        """(n, m) of bool: whether two rows belong to one object."""
        return self.objects[query][:, None] == self.objects[gallery][None, :]

    @property
    def parts(self) -> "tuple[Calibration, ...]":
        """What laws of scores are learnt on: the crossed halves, or the data itself."""
        return self.crossed or (self,)

    def with_vectors(self, vectors: dict[str, Vectors]) -> "Calibration":
        """The same items elsewhere; the vectors are scaled to length one."""
        moved = {name: unit(x).astype(np.float64) for name, x in vectors.items()}
        return Calibration(moved, self.rows, self.objects)

    def halves(self) -> "tuple[Calibration, ...]":
        """Every other linked object, and the rest; always the same, none of too few objects."""
        a, rows = self.modalities[0], self.rows
        linked = np.unique(self.objects[a][rows[:, 0]])
        if len(linked) < 2 * FEWEST:
            return ()
        order = np.random.default_rng(0).permutation(linked)
        return self._part(order[::2]), self._part(order[1::2])

    def _part(self, objects: np.ndarray) -> "Calibration":
        kept = {name: np.flatnonzero(np.isin(of, objects)) for name, of in self.objects.items()}
        (a, b), rows = self.modalities, self.rows
        stay = rows[np.isin(rows[:, 0], kept[a]) & np.isin(rows[:, 1], kept[b])]
        ends = [np.searchsorted(kept[name], stay[:, side]) for side, name in enumerate((a, b))]
        vectors = {name: self.vectors[name][found] for name, found in kept.items()}
        owners = {name: self.objects[name][found] for name, found in kept.items()}
        return Calibration(vectors, np.stack(ends, axis=1), owners)
