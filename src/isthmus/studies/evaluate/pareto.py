"""Trade-offs of trained spaces: every measure against R@1, with the front that none beats."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.studies.evaluate.rows import Row
from isthmus.studies.evaluate.scores import K
from isthmus.types import Result
from isthmus.types.axes import Axes

LESS_IS_MORE = ("relative gap", "gap", "distribution gap", "uniformity", "calibration error")
"""Measures of a whole space of which a trade-off wants little; V-measure it wants high."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Front(Result):
    """One measure against R@1, a point a variant."""

    names: tuple[str, ...]
    measure: str
    hits: Float[np.ndarray, " r"]
    values: Float[np.ndarray, " r"]
    front: tuple[str, ...]
    """Variants that none beats in both, from the best measure to the best R@1."""

    paper = "Both axes over held-out items; see the table."

    def plot(self, ax: Axes) -> Axes:
        """All variants as dots, those on the front joined; the space as it is is a square."""
        ax.scatter(self.hits[1:], self.values[1:], s=18, color="#888888")
        ax.scatter(self.hits[:1], self.values[:1], marker="s", s=36, color="#222222")
        rows = [self.names.index(name) for name in self.front]
        ax.plot(self.hits[rows], self.values[rows], marker="o", markersize=5, color="#b3541e")
        ax.set_xlabel("R@1, mean of both ways")
        ax.set_ylabel(self.measure)
        return ax


def fronts(rows: Mapping[str, Row]) -> list[Front]:
    """The trade-off of every measure with R@1; the space as it is comes first."""
    some = list(rows.values())
    hits = np.array([row.hits.value for row in some])
    columns = {f"mixed nDCG@{K}": [row.mixed.value for row in some]}
    if "zero-shot" in some[0].each:
        columns["zero-shot"] = [row.each["zero-shot"].value for row in some]
    for name in some[0].numbers:
        columns[name] = [row.numbers[name].value for row in some]
    columns["seconds of training"] = [row.seconds for row in some]
    names = tuple(row.name for row in some)
    return [_front(names, name, hits, np.array(values)) for name, values in columns.items()]


def _front(
    names: tuple[str, ...],
    measure: str,
    hits: Float[np.ndarray, " r"],
    values: Float[np.ndarray, " r"],
) -> Front:
    wanted = -values if measure in (*LESS_IS_MORE, "seconds of training") else values
    best = undominated(np.stack([hits, wanted], axis=1))
    order = [int(row) for row in np.argsort(-wanted, kind="stable") if best[row]]
    return Front(
        name=f"R@1 and {measure}",
        value=float(best.sum()),
        n=len(names),
        names=names,
        measure=measure,
        hits=hits,
        values=values,
        front=tuple(names[row] for row in order),
    )


def undominated(points: Float[np.ndarray, "n k"]) -> np.ndarray:
    """(n,) of bool: points that no other equals or passes in all coordinates and passes in one."""
    at_least = np.all(points[None, :, :] >= points[:, None, :], axis=2)
    beyond = np.any(points[None, :, :] > points[:, None, :], axis=2)
    return ~np.any(at_least & beyond, axis=1)
