"""Matched cosine: how close an item is to its own partner."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from isthmus.measure.door import SetLike, two
from isthmus.measure.link_draws import pair_sums, permuted_cosines
from isthmus.measure.nulls import chance
from isthmus.measure.resampling import leave_out, seeded
from isthmus.types import Links, Result


@dataclass(frozen=True, eq=False, kw_only=True)
class MatchedCosine(Result):
    """Mean cosine of linked pairs."""

    paper: ClassVar[str] = (
        "Radford et al., CLIP, ICML 2021, figure 3: cosine of paired embeddings; mean over links."
    )

    @property
    def about(self) -> str:
        """What a partner's cosine is worth."""
        return (
            f"Partners have cosine {self.value:.3f} on average; permuted partners have "
            f"{self.null.mean:.3f}, and that difference is what matching is made of."
        )


def matched_cosine(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> MatchedCosine:
    """Mean cosine of linked pairs, in [-1, 1].

    Without ``rng`` the seed is 0. Exact on streamed sets; the null is drawn on the sample.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: the diagonal of CLIP's similarity matrix, Radford et al. 2021.
    """
    pair, rng = two(a, b, links), seeded(rng)
    values = pair_sums(pair).matched
    value = float(values[0])
    _, interval = leave_out(value, values[1:], debias=False)
    draws = permuted_cosines(pair, rng).mean(axis=1, dtype=np.float64)
    return MatchedCosine(
        name="matched cosine",
        value=value,
        n=pair.n,
        interval=interval,
        null=chance("pairing", value, draws),
    )
