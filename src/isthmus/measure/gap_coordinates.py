"""Which coordinates the gap sits in: in CLIP, two of 512 hold most of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from jaxtyping import Float, Int

from isthmus.measure.door import SetLike, two
from isthmus.measure.gap_draws import block_gaps, centroids, split_gaps, swapped_gaps
from isthmus.measure.nulls import chance
from isthmus.measure.resampling import leave_out, seeded
from isthmus.types import Links, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TOP = 2
"""Coordinates whose share is the value."""


@dataclass(frozen=True, eq=False, kw_only=True)
class GapConcentration(Result):
    """Share of the squared gap in its largest coordinates."""

    coordinates: Int[np.ndarray, " d"]
    """Coordinates, the one with the largest share first."""
    shares: Float[np.ndarray, " d"]
    """Share of the squared gap of each, in that order; they sum to 1."""
    differences: Float[np.ndarray, " d"]
    """Mean of a minus mean of b in each, in that order: positive where a is larger."""
    paper: ClassVar[str] = (
        "Schrodi et al., Two Effects, One Trigger, ICLR 2025, section 4: few dimensions drive the "
        "gap; here the share of the squared norm of the mean difference."
    )

    @property
    def about(self) -> str:
        """How few coordinates make the gap."""
        first = ", ".join(str(c) for c in self.coordinates[:TOP])
        return (
            f"{self.value:.0%} of the squared gap sits in {TOP} of {len(self.shares)} coordinates "
            f"({first}); chance is {self.null.mean:.0%}."
        )

    def plot(self, ax: "Axes") -> "Axes":
        """Share held by the first 1, 2, 3, ... coordinates."""
        ax.semilogx(np.arange(1, len(self.shares) + 1), np.cumsum(self.shares))
        ax.axhline(self.null.mean, color="0.6", ls="--", label=f"chance for {TOP}")
        ax.set_xlabel("coordinates, largest first")
        ax.set_ylabel("share of the squared gap")
        return ax


def gap_concentration(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> GapConcentration:
    """Share of the squared centroid gap in its two largest coordinates, in (0, 1].

    Depends on the basis, so it changes under rotation. Without ``rng`` the seed is 0. Exact on
    streamed sets.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Schrodi et al. 2025, section 4.
    """
    pair, rng = two(a, b, links), seeded(rng)
    gap = np.subtract(*centroids(pair))
    total = float(gap @ gap)
    shares = gap**2 / total if total else np.full(len(gap), 1 / len(gap))
    order = np.argsort(-shares, kind="stable")
    top = order[:TOP]
    value = float(shares[top].sum())
    parts = block_gaps(pair)
    without = (parts.sum(axis=0) - parts) / (len(parts) - 1)
    squares = (without**2).sum(axis=1)
    left = np.full(len(parts), value)
    np.divide((without[:, top] ** 2).sum(axis=1), squares, out=left, where=squares > 0)
    corrected, interval = leave_out(value, left)
    return GapConcentration(
        name=f"gap share of {TOP} coordinates",
        value=value,
        n=pair.n,
        interval=interval,
        null=chance("label", value, _share(swapped_gaps(pair, rng))),
        floor=float(_share(split_gaps(pair, rng)).mean()),
        corrected=corrected,
        coordinates=order,
        shares=shares[order],
        differences=gap[order],
    )


def _share(gaps: Float[np.ndarray, "b d"]) -> Float[np.ndarray, " b"]:
    squares = np.sort(gaps.astype(np.float64) ** 2, axis=1)
    total = squares.sum(axis=1)
    return np.divide(squares[:, -TOP:].sum(axis=1), total, out=np.ones_like(total), where=total > 0)
