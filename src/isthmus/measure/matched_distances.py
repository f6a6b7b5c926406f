"""Matched distance (L2I): how far an item lies from its own partner."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from isthmus.measure.door import SetLike, two
from isthmus.measure.link_draws import pair_sums, permuted_cosines
from isthmus.measure.nulls import chance
from isthmus.measure.resampling import leave_out, seeded
from isthmus.types import Links, Result


@dataclass(frozen=True, eq=False, kw_only=True)
class MatchedDistance(Result):
    """Mean Euclidean distance of linked pairs."""

    paper: ClassVar[str] = (
        "Schrodi et al., Two Effects, One Trigger, ICLR 2025, section 3 (L2I): mean over pairs of "
        "the distance between unit vectors."
    )

    @property
    def about(self) -> str:
        """What a partner's distance is worth."""
        return (
            f"Partners lie {self.value:.3f} apart on the unit sphere (0: the same point, 1.414: "
            f"at right angles); permuted partners {self.null.mean:.3f}."
        )


def matched_distance(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> MatchedDistance:
    """Mean Euclidean distance between linked unit vectors, in [0, 2].

    Without ``rng`` the seed is 0. Exact on streamed sets; the null is drawn on the sample.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Schrodi et al. 2025, L2I.
    """
    pair, rng = two(a, b, links), seeded(rng)
    values = pair_sums(pair).distance
    value = float(values[0])
    _, interval = leave_out(value, values[1:], debias=False)
    draws = np.sqrt(np.clip(2 - 2 * permuted_cosines(pair, rng), 0, None))
    return MatchedDistance(
        name="matched distance",
        value=value,
        n=pair.n,
        interval=interval,
        null=chance("pairing", value, draws.mean(axis=1, dtype=np.float64), "lower"),
    )
