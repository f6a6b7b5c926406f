"""Does a subspace of its views identify an object? Unseen views are classified by three rules.

Views of one object are held out in contiguous arcs (never single ones, whose neighbours are
almost copies) and assigned to the object whose affine subspace, mean or nearest view is nearest.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from isthmus.arrays import Vectors
from isthmus.measure.statistics import (
    Labels,
    SetLike,
    as_set,
    check_whole,
    names_of,
    wilson_interval,
)
from isthmus.measure.views.subspaces import affine_subspace
from isthmus.types import Axes, Null, RequestError, Result, axes_or_new

ARCS = 4
RULES = ("subspace", "centroid", "nearest view")


@dataclass(frozen=True, eq=False, kw_only=True)
class ViewIdentity(Result):
    """Share of held-out views that are given to their own object; the value is the subspace's."""

    rules: dict[str, float]
    """Accuracy by rule: subspace, centroid, nearest view."""
    ranks: Int[np.ndarray, " o"]
    """Median rank of each object's subspace over the arcs."""
    by_object: Float[np.ndarray, "o 3"]
    """Accuracy of each object by each rule."""
    objects: tuple[str, ...]
    paper = (
        "Watanabe & Pakvasa 1973, the subspace method, with affine subspaces and ranks by parallel "
        "analysis; null: guessing, 1 over the number of objects."
    )

    @property
    def about(self) -> str:
        """The three rules side by side."""
        rules = ", ".join(f"{name} {value:.3f}" for name, value in self.rules.items())
        return f"Which object is an unseen view of? {rules}; chance {self.null.mean:.3f}."

    def plot(self, ax: Axes | None = None) -> Axes:
        """One bar a rule, with chance."""
        ax = axes_or_new(ax)
        ax.bar(list(self.rules), list(self.rules.values()))
        ax.axhline(self.null.mean, color="0.6", ls="--", label="chance")
        ax.set(ylim=(0, 1), ylabel="held-out views given to their object")
        return ax


def view_identity(a: SetLike, objects: Labels, *, arcs: int = ARCS) -> ViewIdentity:
    """Accuracy of classifying held-out views by their object: subspace, centroid and neighbour.

    Args:
        a: (n, d), views of all objects; of each object in their order around it.
        objects: the object of every row.
        arcs: into how many arcs the views of an object are cut; each is held out once, of all
            objects at the same time.

    Raises:
        RequestError: one object only, or one with fewer than two views an arc.

    Source: Watanabe & Pakvasa 1973.
    """
    items = as_set(a)
    names, owner = np.unique(names_of(items, objects, "object"), return_inverse=True)
    arc = arcs_of(owner, check_whole(arcs, "Views are cut into arcs"))
    _check_arcs(names, owner, arcs)
    right, ranks = np.zeros((len(owner), len(RULES)), bool), np.zeros((arcs, len(names)), int)
    for number in range(arcs):
        held = arc == number
        predicted, ranks[number] = _predicted(items.unit, owner, held)
        right[held] = predicted == owner[held][:, None]
    hits = np.stack([np.bincount(owner, column) for column in right.T], axis=1)
    by_object = hits / np.bincount(owner)[:, None]
    return ViewIdentity(
        name="identity of an unseen view",
        value=float(by_object[:, 0].mean()),
        n=len(names),
        interval=wilson_interval(by_object[:, 0]),
        null=Null("label", 1 / len(names), note="guessing; a closed form without a law"),
        rules=dict(zip(RULES, by_object.mean(axis=0).tolist(), strict=True)),
        ranks=np.median(ranks, axis=0).astype(int),
        by_object=by_object,
        objects=tuple(map(str, names)),
    )


def arcs_of(owner: Int[np.ndarray, " n"], arcs: int) -> Int[np.ndarray, " n"]:
    """The arc (0, 1, ...) of every view: its object's views, in order, cut into equal parts."""
    arc = np.empty(len(owner), dtype=int)
    for number in np.unique(owner):
        rows = np.flatnonzero(owner == number)
        arc[rows] = np.arange(len(rows)) * arcs // len(rows)
    return arc


def _check_arcs(names: np.ndarray, owner: Int[np.ndarray, " n"], arcs: int) -> None:
    if len(names) < 2:
        raise RequestError("Objects are told apart, so there must be two or more, not one.")
    views = np.bincount(owner)
    if views.min() < 2 * arcs:
        raise RequestError(
            f"{arcs} arcs of held-out views need at least {2 * arcs} views of every object; "
            f"{names[views.argmin()]} has {views.min()}."
        )


def _predicted(
    x: Vectors, owner: Int[np.ndarray, " n"], held: Bool[np.ndarray, " n"]
) -> tuple[Int[np.ndarray, "h 3"], Int[np.ndarray, " o"]]:
    """The object of each held-out view by each rule, and the ranks of the objects' subspaces."""
    objects = range(int(owner.max()) + 1)
    spaces = [affine_subspace(x[(owner == number) & ~held]) for number in objects]
    far = np.stack([space.distance(x[held]) for space in spaces], axis=1)
    middle = np.stack([space.origin for space in spaces])
    away = (middle**2).sum(axis=1) - 2 * x[held] @ middle.T
    nearest = (x[held] @ x[~held].T).argmax(axis=1)
    found = np.stack([far.argmin(axis=1), away.argmin(axis=1), owner[~held][nearest]], axis=1)
    return found, np.array([space.dim for space in spaces])
