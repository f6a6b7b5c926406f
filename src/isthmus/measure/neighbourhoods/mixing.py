"""Neighbour mixing: do items sit among their own modality or among both?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from isthmus.arrays import unit_or_zero
from isthmus.measure.statistics import (
    NEAR,
    TIE,
    Cloud,
    Pair,
    SetLike,
    as_pair,
    chance,
    cloud,
    first_kept,
    halves,
    nearest_rows,
    permuted_modalities,
    seeded,
    subsamples,
    subsampling_interval,
)
from isthmus.types import Axes, Links, Result, axes_or_new


@dataclass(frozen=True, eq=False, kw_only=True)
class NeighbourMixing(Result):
    """Share of an item's ten nearest neighbours that are of its own modality."""

    centred: float
    """The share after each modality's mean is subtracted and rows are normalised."""
    own_a: float
    """Share for queries of a."""
    own_b: float
    paper = (
        "After GR-CLIP (arXiv 2507.19054): in a gallery of both modalities, neighbours of a query "
        "are of its own; share among the first 10, the query left out."
    )

    sentence = (
        f"Of an item's {NEAR} nearest neighbours "
        "{self.value:.0%} are of its own modality; {self.null.mean:.0%} would be chance, and "
        "{self.centred:.0%} remain after centring."
    )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Share raw and centred beside chance."""
        ax = axes_or_new(ax)
        ax.bar(["raw", "centred", "chance"], [self.value, self.centred, self.null.mean])
        ax.set(ylabel=f"own modality among {NEAR} neighbours", ylim=(0, 1))
        return ax


def neighbour_mixing(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> NeighbourMixing:
    """Share of the ten nearest neighbours, among both modalities, of the query's own, in [0, 1].

    Large sets are sampled. Without ``rng`` the seed is 0.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: GR-CLIP, arXiv 2507.19054, section 3.
    """
    pair, rng = as_pair(a, b, links).sampled, seeded(rng)
    lists, n = _lists(pair), len(pair.x)
    is_a = np.arange(len(lists)) < n
    every = np.ones(len(is_a), dtype=bool)
    own = _own(lists, is_a, every)
    block = np.concatenate([side.block for side in pair.clouds])
    value = float(own.mean())
    kept = subsamples(int(block.max()) + 1)
    values = np.array([_own(lists, is_a, stay[block])[stay[block]].mean() for stay in kept])
    draws = [_own(lists, labels, every).mean() for labels in permuted_modalities(pair, rng)]
    return NeighbourMixing(
        name=f"own modality among {NEAR} neighbours",
        value=value,
        n=pair.n,
        interval=subsampling_interval(value, values, kept),
        null=chance("label", value, np.array(draws)),
        floor=float(np.mean([_floor(side, rng) for side in pair.clouds])),
        centred=_centred(pair),
        own_a=float(own[:n].mean()),
        own_b=float(own[n:].mean()),
    )


def _lists(pair: Pair) -> Int[np.ndarray, "nm k"]:
    """Nearest rows among a then b (numbered on) of every row of a, then of b."""
    n, rng = len(pair.x), np.random.default_rng(0)
    a_in_b, b_in_a = pair.neighbours
    sides = (cloud(pair.a).neighbours, a_in_b, (0, n)), (cloud(pair.b).neighbours, b_in_a, (n, 0))
    depth = min(lists.shape[1] for side in sides for lists, _ in side[:2])
    found = []
    for own, other, (own_start, other_start) in sides:
        rows = np.concatenate([own[0] + own_start, other[0] + other_start], axis=1)
        cosines = np.concatenate([own[1], other[1]], axis=1)
        # equal cosines, in whole steps of TIE, are ordered by a fraction drawn at random
        order = np.argsort(rng.random(cosines.shape) - np.round(cosines / TIE), axis=1)
        found.append(np.take_along_axis(rows, order[:, :depth], axis=1))
    return np.concatenate(found)


def _own(
    lists: Int[np.ndarray, "n k"], labels: Bool[np.ndarray, " n"], kept: Bool[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Share of each row's first kept neighbours that carry its own label."""
    if kept.all():
        return (labels[lists[:, :NEAR]] == labels[:, None]).mean(axis=1)
    near = first_kept(lists, kept)
    same = (labels[lists] == labels[:, None]) & near
    return same.sum(axis=1) / np.maximum(near.sum(axis=1), 1)


def _centred(pair: Pair) -> float:
    z = np.concatenate([unit_or_zero(rows - rows.mean(axis=0)) for rows in (pair.x, pair.y)])
    lists, _ = nearest_rows(z, z, same=True, depth=NEAR)
    is_a = np.arange(len(z)) < len(pair.x)
    return float(_own(lists, is_a, np.ones(len(z), dtype=bool)).mean())


def _floor(side: Cloud, rng: np.random.Generator) -> float:
    """The share where the two classes are random halves of one modality."""
    near, labels = cloud(side.items).neighbours[0][:, :NEAR], halves(side.objects, rng)
    return (labels[near] == labels[:, None]).mean()
