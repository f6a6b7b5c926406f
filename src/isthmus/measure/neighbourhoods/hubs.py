"""Hubness: items that are among the nearest neighbours of very many others."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from isthmus.measure.statistics import (
    DRAWS,
    NEAR,
    SetLike,
    as_pair,
    as_set,
    chance,
    cloud,
    first_kept,
    seeded,
    subsamples,
    subsampling_interval,
)
from isthmus.types import Axes, Links, Result, axes_or_new


@dataclass(frozen=True, eq=False, kw_only=True)
class Hubness(Result):
    """Skewness of how often an item is among the ten nearest of others."""

    occurrences: Int[np.ndarray, " n"]
    """How often each sampled item is a neighbour, largest first; the mean is k n queries / n."""
    paper = (
        "Radovanovic et al., Hubs in Space, JMLR 2010, equation 1: skewness of the k-occurrence, "
        "k = 10; null: neighbours drawn at random, so occurrences are binomial."
    )

    @property
    def about(self) -> str:
        """How uneven neighbourhoods are."""
        most, even = int(self.occurrences[0]), float(self.occurrences.mean())
        return (
            f"Skewness {self.value:.2f} of the number of neighbourhoods an item is in (chance "
            f"{self.null.mean:.2f}); the largest hub is in {most} of them, {even:.3g} is even."
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """How often each item is a neighbour, largest first."""
        ax = axes_or_new(ax)
        ax.plot(np.arange(1, len(self.occurrences) + 1), self.occurrences, label=self.name)
        ax.axhline(float(self.occurrences.mean()), color="0.6", ls="--")
        ax.set(
            xscale="log", xlabel="items, largest hub first", ylabel=f"times among {NEAR} nearest"
        )
        return ax


def hubness(a: SetLike, *, rng: np.random.Generator | None = None) -> Hubness:
    """Skewness of the 10-occurrence within one set: 0 is even, above 1 there are hubs.

    Depends on n. Large sets are sampled. Without ``rng`` the seed is 0.

    Source: Radovanovic et al. 2010, equation 1.
    """
    items, rng = as_set(a), seeded(rng)
    side = cloud(items).sampled
    lists, _ = side.neighbours
    name = f"hubness ({items.modality})"
    return _measured(name, side.n, lists, (side.block, side.block), len(lists) - 1, rng)


def cross_hubness(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> Hubness:
    """Skewness of how often an item of b is among the ten nearest of items of a.

    Swap the sets for hubs in a. Depends on n. Large sets are sampled. Without ``rng``
    the seed is 0.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Radovanovic et al. 2010, equation 1, queries of the other modality.
    """
    pair, rng = as_pair(a, b, links).sampled, seeded(rng)
    name = f"hubness ({pair.a.modality} to {pair.b.modality})"
    blocks = pair.clouds[0].block, pair.clouds[1].block
    return _measured(name, pair.n, pair.neighbours[0][0], blocks, len(pair.b), rng)


def _measured(
    name: str,
    n: int,
    lists: Int[np.ndarray, "n k"],
    blocks: tuple[Int[np.ndarray, " n"], Int[np.ndarray, " m"]],
    others: int,
    rng: np.random.Generator,
) -> Hubness:
    """The result from neighbour lists; ``others``: gallery rows that a query may have as hits."""
    size = len(blocks[1])
    occurrences = np.bincount(lists[:, :NEAR].ravel(), minlength=size)
    value = float(skewness(occurrences[None])[0])
    kept = subsamples(int(max(block.max() for block in blocks)) + 1)
    values = np.empty(len(kept))
    for draw, stay in enumerate(kept):
        queries, gallery = (stay[block] for block in blocks)
        near = lists[queries][first_kept(lists[queries], gallery)]
        values[draw] = skewness(np.bincount(near, minlength=size)[gallery][None])[0]
    draws = rng.binomial(len(lists) - (others < size), min(NEAR, others) / others, (DRAWS, size))
    return Hubness(
        name=name,
        value=value,
        n=n,
        interval=subsampling_interval(value, values, kept),
        null=chance("reference law", value, skewness(draws), note="neighbours drawn at random"),
        occurrences=np.sort(occurrences)[::-1],
    )


def skewness(counts: Int[np.ndarray, "b n"]) -> Float[np.ndarray, " b"]:
    """Third standardised moment of each row; 0 where nothing varies."""
    centred = counts - counts.mean(axis=1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=1))
    third = (centred**3).mean(axis=1)
    return np.divide(third, spread**3, out=np.zeros_like(third), where=spread > 0)
