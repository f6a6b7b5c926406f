"""The relative modality gap: partners' distance against distances within a modality."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from isthmus.measure.door import SetLike, two
from isthmus.measure.link_draws import pair_sums, permuted_cosines
from isthmus.measure.nulls import chance
from isthmus.measure.resampling import leave_out, seeded
from isthmus.types import Links, Result


@dataclass(frozen=True, eq=False, kw_only=True)
class RelativeModalityGap(Result):
    """m / (m + (a + b)/2) of the dissimilarities (1 - cos)/2."""

    matched: float
    """m: mean dissimilarity of linked pairs."""
    intra_a: float
    """a: mean dissimilarity of different items of the first set."""
    intra_b: float
    paper: ClassVar[str] = "Schrodi et al., Two Effects, One Trigger, ICLR 2025, section 3 (RMG)."

    @property
    def about(self) -> str:
        """Which side of one half the value lies on."""
        side = "farther than" if self.value > 0.5 else "nearer than"
        return (
            f"Relative gap {self.value:.3f}: partners lie {side} two random items of one "
            f"modality (0.5: as far, 0: the same point; permuted links {self.null.mean:.3f})."
        )


def relative_modality_gap(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> RelativeModalityGap:
    """Partners' dissimilarity over itself plus the mean dissimilarity within modalities, in [0, 1].

    0.5 means that partners are as far as two random items of one modality. Without ``rng`` the
    seed is 0. Exact on streamed sets; the null is drawn on the sample.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Schrodi et al. 2025, RMG.
    """
    pair, rng = two(a, b, links), seeded(rng)
    sums = pair_sums(pair)
    m, within_a, within_b = ((1 - c) / 2 for c in (sums.matched, sums.intra_a, sums.intra_b))
    within = (within_a + within_b) / 2
    with np.errstate(invalid="ignore"):  # one point: 0/0
        values = m / (m + within)
    value = float(values[0])
    _, interval = leave_out(value, values[1:])
    permuted = (1 - permuted_cosines(pair, rng).mean(axis=1, dtype=np.float64)) / 2
    with np.errstate(invalid="ignore"):
        draws = permuted / (permuted + within[0])
    return RelativeModalityGap(
        name="relative modality gap",
        value=value,
        n=pair.n,
        interval=interval,
        null=chance("pairing", value, draws, "lower"),
        matched=float(m[0]),
        intra_a=float(within_a[0]),
        intra_b=float(within_b[0]),
    )
