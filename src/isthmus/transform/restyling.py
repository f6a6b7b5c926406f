"""From one style to another, the object kept: what every style decomposition offers.

A grid is vectors of objects in styles. A restyler is fitted on some objects and moves vectors of
others from style to style. Some methods also move what is searched (``placed``), because they
compare in a space of their own: there a picture's style is gone and target styles coincide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors, unit
from isthmus.records import dataclass
from isthmus.types import RequestError

STYLERS: dict[str, str] = {
    "nothing": "isthmus.transform.style_shifts:fit_nothing",
    "mean_shift": "isthmus.transform.style_shifts:fit_mean_shift",
    "ideal_words": "isthmus.transform.style_shifts:fit_ideal_words",
    "geodesic": "isthmus.transform.style_shifts:fit_geodesic",
    "bilinear": "isthmus.transform.style_maps:fit_bilinear",
    "affine_maps": "isthmus.transform.style_maps:fit_affine_maps",
    "subspace_swap": "isthmus.transform.style_subspaces:fit_subspace_swap",
    "erasure": "isthmus.transform.style_subspaces:fit_style_erasure",
    "whitened": "isthmus.transform.style_subspaces:fit_whitened",
    "hub_corrected": "isthmus.transform.style_subspaces:fit_hub_corrected",
}
"""Style decompositions: ``fit(grid) -> Restyler``."""


@dataclass(frozen=True, eq=False)
class StyleGrid:
    """Unit vectors of objects in styles, one a cell, every cell there."""

    cells: Float[np.ndarray, "o s d"]
    objects: tuple[str, ...]
    styles: tuple[str, ...]

    @classmethod
    def of(
        cls, vectors: Vectors, objects: Sequence[str], styles: Sequence[str]
    ) -> "tuple[StyleGrid, tuple[str, ...]]":
        """The grid of the objects that have a vector in every style, and the names of the others.

        Raises:
            RequestError: labels that are not as many as vectors, one style only, a cell that is
                there twice, or no object in all styles.
        """
        if not len(vectors) == len(objects) == len(styles):
            raise RequestError(
                f"Every vector has an object and a style, but there are {len(vectors)} vectors, "
                f"{len(objects)} objects and {len(styles)} styles."
            )
        kinds = tuple(sorted(set(map(str, styles))))
        if len(kinds) < 2:
            raise RequestError(f"Style changes between two styles or more, not {len(kinds)}.")
        rows: dict[str, dict[str, int]] = {}
        for row, (name, kind) in enumerate(zip(map(str, objects), map(str, styles), strict=True)):
            if kind in rows.setdefault(name, {}):
                raise RequestError(f"{name} is there twice in the style {kind}: keep one of them.")
            rows[name][kind] = row
        whole = tuple(sorted(name for name, own in rows.items() if len(own) == len(kinds)))
        if not whole:
            empty = min(kinds, key=lambda kind: sum(kind in own for own in rows.values()))
            raise RequestError(f"No object has all {len(kinds)} styles; {empty} has the fewest.")
        places = [[rows[name][kind] for kind in kinds] for name in whole]
        x = unit(np.asarray(vectors)[np.array(places)], np.float64)
        return cls(x, whole, kinds), tuple(sorted(set(rows) - set(whole)))

    def part(self, objects: Sequence[str]) -> "StyleGrid":
        """The same styles of some objects, in this order."""
        row = {name: number for number, name in enumerate(self.objects)}
        cells = self.cells[[row[name] for name in objects]]
        return replace(self, cells=cells, objects=tuple(objects))

    def without(self, style: str) -> "StyleGrid":
        """The grid without one style."""
        stay = [number for number, name in enumerate(self.styles) if name != style]
        kept = tuple(self.styles[number] for number in stay)
        return replace(self, cells=self.cells[:, stay], styles=kept)

    @property
    def middles(self) -> dict[str, np.ndarray]:
        """Mean vector of each style."""
        return dict(zip(self.styles, self.cells.mean(axis=0), strict=True))


@dataclass(frozen=True, eq=False)
class Restyler:
    """Moves vectors from style to style; this one leaves them as they are."""

    middles: Mapping[str, np.ndarray]
    """Mean unit vector of every style that is known."""

    def restyle(self, vectors: Vectors, source: str, target: str) -> Vectors:
        """Where these vectors of one style would be in another, in the space of ``placed``.

        By default as they are placed: every target is the same.
        """
        self.known(source, target)
        return self.placed(vectors, source)

    def placed(self, vectors: Vectors, style: str) -> Vectors:
        """Vectors of a style where they are compared; by default as they are."""
        self.known(style)
        return vectors

    def learn(self, style: str, vectors: Vectors) -> "Restyler":
        """The same, with one more style of which only some unpaired vectors are known."""
        if not len(vectors):
            raise RequestError(f"The style {style} is empty: one vector of it or more is wanted.")
        return replace(self, middles={**self.middles, style: vectors.mean(axis=0)})

    def style_of(self, vectors: Vectors) -> list[str]:
        """The style of each vector: that with the nearest mean."""
        names = list(self.middles)
        middle = np.stack([self.middles[name] for name in names])
        far = (middle**2).sum(axis=1) - 2 * vectors @ middle.T
        return [names[column] for column in far.argmin(axis=1)]

    def known(self, *styles: str) -> None:
        """Refuse a style that was neither fitted nor learned."""
        for style in styles:
            if style not in self.middles:
                there = ", ".join(self.middles)
                raise RequestError(f"There is no style {style!r}; there are {there}: learn it.")
