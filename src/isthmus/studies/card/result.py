"""What a card holds, and its picture: hit@1 of every ordered pair of modalities."""

from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from isthmus.measure.retrieval.rankings import Direction, RankingResult
from isthmus.records import dataclass
from isthmus.studies.card.pairs import Couple, Versus
from isthmus.studies.card.request import CardRequest
from isthmus.studies.card.sides import Seen
from isthmus.studies.shared import Measured
from isthmus.types import Axes, Null, Result, axes_or_new


@dataclass(frozen=True, eq=False, kw_only=True)
class PairGrid(Result):
    """hit@1 from every modality to every other one."""

    modalities: tuple[str, ...]
    shares: Float[np.ndarray, "m m"]
    """Row: modality of the query; column: of what is searched; NaN where they are not paired."""
    chances: Float[np.ndarray, "m m"]

    sentence: ClassVar[str] = (
        "Share of queries (rows) whose linked item of the other modality (columns) comes first; "
        "small figures are what chance gives."
    )

    def plot(self, ax: Axes | None = None) -> Axes:
        """A matrix of shares, each with its chance level below."""
        ax = axes_or_new(ax)
        ax.imshow(np.nan_to_num(self.shares), cmap="Blues", vmin=0, vmax=1)
        names = range(len(self.modalities))
        ax.set_xticks(names, self.modalities)
        ax.set_yticks(names, self.modalities)
        for row, column in zip(*np.nonzero(np.isfinite(self.shares)), strict=True):
            share = float(self.shares[row, column])
            colour = "white" if share > 0.6 else "0.1"
            ax.text(column, row, f"{share:.2f}", ha="center", va="bottom", color=colour)
            chance = f"{self.chances[row, column]:.3f}"
            ax.text(column, row, chance, ha="center", va="top", color=colour, fontsize=9)
        ax.set_xlabel("what is searched")
        ax.set_ylabel("query")
        return ax


@dataclass(frozen=True, eq=False)
class Carded:
    """Everything that stands on a card."""

    spaces: tuple[Seen, ...]
    pairs: tuple[tuple[Couple, ...], ...]
    """Of each space."""
    before: tuple[str, ...]
    """What stands before the names in the keys of each space's results."""
    measured: Measured
    apart: tuple[Versus, ...]
    borne: tuple[Versus, ...]
    """Changed items against the same as they are."""
    missing: Mapping[str, str]
    title: str
    request: CardRequest

    def of(self, measure: str, name: str) -> Result | None:
        """A result, if it was measured."""
        return self.measured.results.get(f"{measure}[{name}]")

    def directions(
        self, space: int, couple: Couple, measure: str = "hit_at_k"
    ) -> tuple[Direction, ...]:
        """A measure of retrieval of a pair both ways; none where it could not be measured."""
        found = self.of(measure, f"{self.before[space]}{couple.name}")
        return found.directions if isinstance(found, RankingResult) else ()

    @cached_property
    def grid(self) -> PairGrid | None:
        """The first space's pairs as a matrix; None where no pair was measured."""
        names = self.spaces[0].modalities
        shares, chances = (np.full((len(names), len(names)), np.nan) for _ in range(2))
        for couple in self.pairs[0]:
            for one in self.directions(0, couple):
                at = names.index(one.query), names.index(one.gallery)
                shares[at], chances[at] = one.value, one.null.mean
        if not np.isfinite(shares).any():
            return None
        return PairGrid(
            name="hit@1 of every pair",
            value=float(np.nanmean(shares)),
            n=max(result.n for result in self.measured.results.values()),
            null=Null("none", note="each cell has a chance level of its own"),
            modalities=names,
            shares=shares,
            chances=chances,
        )
