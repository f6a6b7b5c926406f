"""Anisotropy: the cone that the vectors of a modality share."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from jaxtyping import Float

from isthmus.measure import reference
from isthmus.measure.clouds import cloud
from isthmus.measure.door import SetLike, one
from isthmus.measure.intra_cosines import mean_cosine
from isthmus.measure.nulls import chance
from isthmus.measure.resampling import seeded
from isthmus.types import Interval, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, kw_only=True)
class Anisotropy(Result):
    """Mean cosine of the items to their mean (conformity)."""

    conformity: Float[np.ndarray, " n"]
    """Cosine of each sampled row to the mean, smallest first."""
    paper: ClassVar[str] = (
        "Levi & Gilboa, The Double-Ellipsoid Geometry of CLIP, ICML 2025 (conformity); Liang et "
        "al., Mind the Gap, NeurIPS 2022, section 2 (cone effect)."
    )

    @property
    def about(self) -> str:
        """How wide the cone is."""
        angle = np.degrees(np.arccos(np.clip(self.value, -1, 1)))
        return (
            f"Items lie about {angle:.0f} degrees from their common mean (cosine "
            f"{self.value:.3f}); directions without a cone would show {self.null.mean:.3f}."
        )

    def plot(self, ax: "Axes") -> "Axes":
        """Share of the items below each cosine to the mean."""
        ax.plot(self.conformity, np.linspace(0, 1, len(self.conformity)), label=self.name)
        ax.set_xlabel("cosine to the mean")
        ax.set_ylabel("share of items below")
        return ax


def anisotropy(a: SetLike, *, rng: np.random.Generator | None = None) -> Anisotropy:
    """Mean cosine between each item and the mean of all, in [0, 1]; 1 is a single direction.

    On unit vectors this is the length of the mean. Without ``rng`` the seed is 0. Exact on
    streamed sets; ``conformity`` is of the sample.

    Source: Levi & Gilboa 2025; Liang et al. 2022, section 2.
    """
    items, rng = one(a), seeded(rng)
    side = cloud(items)
    mean = side.moments.sums.sum(axis=0) / side.moments.counts.sum()
    value = float(np.linalg.norm(mean))
    square, ends = mean_cosine(side)
    low, high = np.sqrt(np.clip([ends.low, ends.high], 0, None))
    draws = reference.mean_length(len(items), items.space.dim, rng)
    return Anisotropy(
        name=f"anisotropy ({items.modality})",
        value=value,
        n=side.n,
        interval=Interval(float(low), float(high), ends.method),
        null=chance("reference law", value, draws, "two"),
        corrected=float(np.sqrt(max(square, 0.0))),
        conformity=np.sort(side.sampled.x @ (mean / (value or 1.0))),
    )
