"""The centroid cosine gap: the angle between the two means, their lengths left out."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from isthmus.measure.door import SetLike, two
from isthmus.measure.gap_draws import centroids, split_gaps, swapped_gaps
from isthmus.measure.nulls import chance
from isthmus.measure.resampling import leave_out, seeded, with_and_without
from isthmus.types import Links, Result


@dataclass(frozen=True, eq=False, kw_only=True)
class CentroidCosineGap(Result):
    """One minus the cosine between the two means."""

    length_a: float
    """Length of the mean unit vector of a."""
    length_b: float
    paper: ClassVar[str] = (
        "MTEB, scripts/analysis/modality_gap.py: 1 - cos(mean(x), mean(y)); here on unit vectors."
    )

    @property
    def about(self) -> str:
        """What the angle says."""
        angle = np.degrees(np.arccos(np.clip(1 - self.value, -1, 1)))
        return (
            f"The two centres point {angle:.0f} degrees apart (1 - cosine = {self.value:.3f}; "
            f"chance {self.null.mean:.3f})."
        )


def centroid_cosine_gap(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> CentroidCosineGap:
    """One minus the cosine between the modalities' mean unit vectors, in [0, 2].

    Without ``rng`` the seed is 0. Exact on streamed sets.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: MTEB's modality-gap script, there without normalising the rows first.
    """
    pair, rng = two(a, b, links), seeded(rng)
    sides = [side.moments for side in pair.clouds]
    means = [(with_and_without(m.sums).T / with_and_without(m.counts)).T for m in sides]
    values = _gap(*means)
    value = float(values[0])
    corrected, interval = leave_out(value, values[1:])
    mean_a, mean_b = centroids(pair)
    middle, swaps = (mean_a + mean_b) / 2, swapped_gaps(pair, rng) / 2
    splits = split_gaps(pair, rng) / 2
    halves = np.split(splits, 2)
    floor = [
        _gap(mean + half, mean - half).mean()
        for mean, half in zip((mean_a, mean_b), halves, strict=True)
    ]
    return CentroidCosineGap(
        name="centroid cosine gap",
        value=value,
        n=pair.n,
        interval=interval,
        null=chance("label", value, _gap(middle + swaps, middle - swaps)),
        floor=float(np.mean(floor)),
        corrected=corrected,
        length_a=float(np.linalg.norm(mean_a)),
        length_b=float(np.linalg.norm(mean_b)),
    )


def _gap(a: Float[np.ndarray, "b d"], b: Float[np.ndarray, "b d"]) -> Float[np.ndarray, " b"]:
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return 1 - np.einsum("bd,bd->b", a, b) / lengths
