"""Alignment: the squared distance of partners, half of what a contrastive loss works on."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from isthmus.measure.door import SetLike, two
from isthmus.measure.link_draws import pair_sums, permuted_cosines
from isthmus.measure.nulls import chance
from isthmus.measure.resampling import leave_out, seeded
from isthmus.types import Links, Result


@dataclass(frozen=True, eq=False, kw_only=True)
class Alignment(Result):
    """Mean squared distance of linked pairs."""

    paper: ClassVar[str] = (
        "Wang & Isola, Alignment and Uniformity on the Hypersphere, ICML 2020, equation 1, alpha 2."
    )

    @property
    def about(self) -> str:
        """What the squared distance says."""
        return (
            f"Partners' squared distance is {self.value:.3f} (0 is perfect, 2 is at right "
            f"angles); permuted partners have {self.null.mean:.3f}."
        )


def alignment(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> Alignment:
    """Mean squared distance between linked unit vectors, in [0, 4]; smaller is better aligned.

    Without ``rng`` the seed is 0. Exact on streamed sets; the null is drawn on the sample.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Wang & Isola 2020, equation 1 with alpha = 2.
    """
    pair, rng = two(a, b, links), seeded(rng)
    values = 2 - 2 * pair_sums(pair).matched
    value = float(values[0])
    _, interval = leave_out(value, values[1:], debias=False)
    draws = 2 - 2 * permuted_cosines(pair, rng).mean(axis=1, dtype=np.float64)
    return Alignment(
        name="alignment",
        value=value,
        n=pair.n,
        interval=interval,
        null=chance("pairing", value, draws, "lower"),
    )
