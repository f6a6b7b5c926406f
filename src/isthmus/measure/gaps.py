"""The centroid gap: how far apart the means of two modalities lie."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from jaxtyping import Float

from isthmus.measure.door import SetLike, two
from isthmus.measure.gap_draws import block_gaps, centroids, split_gaps, swapped_gaps
from isthmus.measure.nulls import chance
from isthmus.measure.resampling import pair_mean, seeded, student
from isthmus.types import Interval, Links, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, kw_only=True)
class CentroidGap(Result):
    """Distance between the two mean unit vectors, with its direction."""

    direction: Float[np.ndarray, " d"]
    """Unit vector from the mean of b to the mean of a."""
    paper: ClassVar[str] = (
        "Liang et al., Mind the Gap, NeurIPS 2022, section 4.1: the norm of the difference between "
        "the two means of unit vectors; noise correction: unbiased estimate of its square."
    )

    @property
    def about(self) -> str:
        """What the distance says."""
        return (
            f"The two modalities' centres lie {self.value:.3f} apart on a sphere of radius 1; "
            f"{self.null.mean:.3f} would be chance, and random halves of one modality lie "
            f"{self.floor or 0:.3f} apart."
        )

    def plot(self, ax: "Axes") -> "Axes":
        """Gap, its noise floor and chance as bars."""
        heights = [self.value, self.floor or 0.0, self.null.mean]
        ax.bar(["gap", "noise floor", "chance"], heights)
        if self.interval:
            low, high = self.interval.low, self.interval.high
            ax.plot([0, 0], [low, high], color="black", lw=2)
        ax.set_ylabel("distance of the means")
        return ax


def centroid_gap(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> CentroidGap:
    """How far apart the centres of the two modalities are, on unit vectors, in [0, 2].

    The interval is that of the noise-corrected distance: a small gap may lie above it. Without
    ``rng`` the seed is 0. Exact on streamed sets.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Liang et al. 2022, Mind the Gap, section 4.1.
    """
    pair, rng = two(a, b, links), seeded(rng)
    mean_a, mean_b = centroids(pair)
    gap = mean_a - mean_b
    value = float(np.linalg.norm(gap))
    parts = block_gaps(pair)
    square, error = pair_mean(parts @ parts.T)
    ends = student(square, error, len(parts), "U-statistic of the squared norm over blocks")
    low, high = np.sqrt(np.clip([ends.low, ends.high], 0, None))
    null = np.linalg.norm(swapped_gaps(pair, rng), axis=1)
    return CentroidGap(
        name="centroid gap",
        value=value,
        n=pair.n,
        interval=Interval(float(low), float(high), ends.method),
        null=chance("label", value, null),
        floor=float(np.linalg.norm(split_gaps(pair, rng), axis=1).mean()),
        corrected=float(np.sqrt(max(square, 0.0))),
        direction=gap / value if value else gap,
    )
