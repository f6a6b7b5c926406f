"""Rankings: what every measure of retrieval returns: both directions, chance and interval."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, TypeVar

import numpy as np
from jaxtyping import Float

from isthmus.measure.statistics import (
    LEAST,
    Pair,
    Ranks,
    Search,
    both_searches,
    chance,
    check_whole,
    median_bootstrap,
    searchable,
    seeded,
    wilson_interval,
)
from isthmus.records import dataclass
from isthmus.types import Axes, Interval, Null, Result, axes_or_new

Formula = Callable[[Ranks], Float[np.ndarray, " q"]]
"""One value per query, in expectation over random orders within ties."""

SHOWN = (1, 5, 10)
"""Cut-offs k that a measure at k shows beside the one asked for."""


@dataclass(frozen=True)
class Direction:
    """Retrieval in one direction."""

    query: str
    """Modality of the queries."""
    gallery: str
    """Modality that is searched."""
    value: float
    interval: Interval | None
    """None below eight objects."""
    null: Null
    queries: int
    candidates: int
    """Items that each query ranks."""
    at: tuple[float, ...] = ()
    """Value at each cut-off of ``ks``."""
    chance_at: tuple[float, ...] = ()
    """Mean under permuted links at each cut-off of ``ks``."""


@dataclass(frozen=True, eq=False, kw_only=True)
class RankingResult(Result):
    """A measure of retrieval in both directions; value, interval and null are those of a → b."""

    forward: Direction
    """Items of a as queries to b."""
    backward: Direction
    """Items of b as queries to a."""
    ks: tuple[int, ...] = ()
    """Cut-offs, where the measure has one."""

    typical: ClassVar[str] = "mean"
    """How queries are summarised: ``mean`` or ``median``."""
    better: ClassVar[str] = "larger"
    """Whether ``larger`` or ``smaller`` values are better."""

    def __str__(self) -> str:
        both = (
            f"{one.query}→{one.gallery} {one.value:.3f} {one.interval or ''}, {one.null}"
            for one in self.directions
        )
        return f"{self.name}: {'; '.join(both)} (n={self.n})"

    @property
    def directions(self) -> tuple[Direction, Direction]:
        """Queries of a, then queries of b."""
        return self.forward, self.backward

    @property
    def summary(self) -> str:
        """The values of both directions, for the sentence."""
        a, b = self.directions
        return (
            f"{a.value:.3g} from {a.query} to {a.gallery} and {b.value:.3g} from {b.query} to "
            f"{b.gallery} (by chance {a.null.mean:.3g} and {b.null.mean:.3g})"
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """One bar per direction and cut-off, with chance as a dash."""
        ax = axes_or_new(ax)
        for number, one in enumerate(self.directions):
            values = one.at if self.ks else (one.value,)
            places = np.arange(len(values)) + 0.4 * number - 0.2
            ax.bar(places, values, width=0.38, label=f"{one.query} → {one.gallery}")
            by_chance = one.chance_at if self.ks else (one.null.mean,)
            ax.scatter(places, by_chance, marker="_", color="0.3", s=200, zorder=3)
        ax.set_xticks(range(len(self.ks) or 1), [f"k = {k}" for k in self.ks] or [self.name])
        ax.set_ylabel(re.sub(r"@\d+", "@k", self.name))
        ax.legend(title="dash: chance")
        return ax


R = TypeVar("R", bound=RankingResult)


def ranking(
    kind: type[R],
    name: str,
    pair: Pair,
    formulas: dict[int, Formula],
    rng: np.random.Generator | None,
    **fields: Any,
) -> R:
    """One measure in both directions.

    Args:
        kind: the measure's result; its class says whether queries are averaged by mean or
            median, and whether larger is better.
        name: of the measure, as the page prints it.
        pair: what is compared.
        formulas: by cut-off k, the headline's first; a measure without cut-off has one, under 0.
        rng: draws the bootstrap of a median; permuted links are drawn with seed 0 and shared by
            all rankings.
        fields: what the result holds beside.
    """
    rng, pair = seeded(rng), searchable(pair)
    common = fields_of(both_searches(pair), formulas, kind, rng)
    return kind(name=name, n=pair.n, **common, **fields)


def fields_of(
    searches: Iterable[Search],
    formulas: dict[int, Formula],
    kind: type[RankingResult],
    rng: np.random.Generator,
) -> dict[str, Any]:
    """What the result of any ranking holds; ``searches`` are those of a in b and of b in a."""
    forward, backward = (direction(found, formulas, kind, rng) for found in searches)
    return {
        "value": forward.value,
        "interval": forward.interval,
        "null": forward.null,
        "forward": forward,
        "backward": backward,
        "ks": tuple(sorted(k for k in formulas if k)),
    }


def cut_offs(formula: Callable[..., np.ndarray], k: int) -> dict[int, Formula]:
    """A formula at k and, beside it, at the cut-offs that are always shown.

    Raises:
        RequestError: k is not a positive whole number.
    """
    own = check_whole(k, "The cut-off k counts items from the top")
    return {at: partial(formula, k=at) for at in dict.fromkeys((own, *SHOWN))}


def direction(
    found: Search,
    formulas: dict[int, Formula],
    kind: type[RankingResult],
    rng: np.random.Generator,
) -> Direction:
    """A search as a direction of the result."""
    middle, interval = SUMMARIES[kind.typical]
    scored = {k: found.scored(formula) for k, formula in formulas.items()}
    mean = {
        k: chance_mean(found, formulas[k], middle(scored[k], axis=0), kind.typical)
        for k in formulas
    }
    k, values = next(iter(scored.items()))
    value, draws = float(middle(values[:, 0])), middle(values[:, 1:], axis=0)
    tail = "upper" if kind.better == "larger" else "lower"
    shown = sorted(at for at in formulas if at)
    enough = len(np.unique(found.objects)) >= LEAST
    return Direction(
        query=found.query,
        gallery=found.gallery,
        value=value,
        interval=interval(values[:, 0], found.objects, rng=rng) if enough else None,
        null=replace(chance("pairing", value, draws, tail), mean=mean[k]),
        queries=len(values),
        candidates=found.ranks.gallery,
        at=tuple(float(middle(scored[at][:, 0])) for at in shown),
        chance_at=tuple(mean[at] for at in shown),
    )


def chance_mean(
    found: Search, formula: Formula, summaries: Float[np.ndarray, " b"], typical: str
) -> float:
    """Mean over all permuted links: exact for means of one-to-one links, else over the draws.

    With one-to-one links a query meets every gallery item equally often, which is the same as
    one item in a gallery that is tied throughout. summaries[0] is the truth.
    """
    if found.uniform and typical == "mean":
        zero, one = np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64)
        tied = Ranks(zero, zero, found.ranks.gallery * one, one, 1, found.ranks.gallery)
        return float(formula(tied)[0])
    return float(summaries[1:].mean())


SUMMARIES: dict[str, tuple[Callable[..., Any], Callable[..., Interval]]] = {
    "mean": (np.mean, lambda scores, objects, rng: wilson_interval(scores, objects)),
    "median": (np.median, median_bootstrap),
}
