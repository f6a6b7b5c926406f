"""Is the pose of an object written in its vectors, and what lies between two views?

Both questions hold views out in contiguous arcs. Angles are degrees of azimuth; an object that
looks the same after a turn of 360 / s has symmetry s, and its errors are taken modulo that turn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from jaxtyping import Float, Int

from isthmus.arrays import Vectors
from isthmus.measure.door import SetLike, one
from isthmus.measure.nulls import DRAWS, chance
from isthmus.measure.resampling import seeded, student
from isthmus.measure.view_subspaces import ARCS, arcs_of
from isthmus.types import Interval, RequestError, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RIDGE = 0.01
"""Added to the Gram matrix, in units of its mean eigenvalue."""

Reader = tuple[Int[np.ndarray, " h"], Int[np.ndarray, " s"], Float[np.ndarray, "h s"]]
"""Held-out rows, the other rows, and the weights that read a target of the first from theirs."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PoseError(Result):
    """Mean error in degrees of the azimuth read from held-out views."""

    truth: Float[np.ndarray, " n"]
    """Azimuth of every view, degrees."""
    read: Float[np.ndarray, " n"]
    """Azimuth read from its vector while its arc was held out."""
    symmetry: int
    paper: ClassVar[str] = (
        "Circular regression: cosine and sine of the azimuth by ridge regression on the vectors "
        "(Fisher & Lee 1992), held out in arcs; null: azimuths permuted within the views."
    )

    @property
    def about(self) -> str:
        """The error beside the one of guessing."""
        return (
            f"The azimuth of a view in an arc never seen is read with a mean error of "
            f"{self.value:.0f} degrees; permuted azimuths give {self.null.mean:.0f}."
        )

    def plot(self, ax: "Axes") -> "Axes":
        """Azimuth read against azimuth."""
        ax.plot(self.truth, self.read, "o", label=self.name)
        ax.plot([0, 360], [0, 360], color="0.6", ls="--")
        ax.set_xlabel("azimuth, degrees")
        ax.set_ylabel("azimuth read, degrees")
        return ax


def pose_error(
    a: SetLike,
    azimuth: Sequence[float] | np.ndarray,
    symmetry: int = 1,
    *,
    rng: np.random.Generator | None = None,
) -> PoseError:
    """How well the azimuth of a view is read from its vector, in an arc that was held out.

    Args:
        a: (n, d), the views of one object in their order around it.
        azimuth: degrees, of every view.
        symmetry: turns that change nothing; 4 for a square table.
        rng: permutes azimuths for the null; None is seed 0.

    Raises:
        RequestError: fewer than eight views, or azimuths that are not as many.

    Source: Fisher & Lee 1992, for the circular response.
    """
    items, rng = one(a), seeded(rng)
    truth = np.asarray(azimuth, dtype=np.float64)
    if len(truth) != len(items) or len(truth) < 2 * ARCS:
        raise RequestError(
            f"Pose is read from at least {2 * ARCS} views with as many azimuths; these are "
            f"{len(items)} views and {len(truth)} azimuths."
        )
    readers = _readers(items.unit.astype(np.float64))
    read = _read(readers, truth[:, None], symmetry)[:, 0]
    errors = turn_between(read, truth, symmetry)
    mixed = np.stack([rng.permutation(truth) for _ in range(DRAWS)], axis=1)
    draws = turn_between(_read(readers, mixed, symmetry), mixed, symmetry).mean(axis=0)
    return PoseError(
        name="pose error",
        value=float(errors.mean()),
        n=len(truth),
        interval=_over_arcs(errors),
        null=chance("label", float(errors.mean()), draws, "lower", "azimuths permuted"),
        truth=truth,
        read=read,
        symmetry=symmetry,
    )


def turn_between(
    a: Float[np.ndarray, "*n"], b: Float[np.ndarray, "*n"], symmetry: int = 1
) -> Float[np.ndarray, "*n"]:
    """The smallest turn from a to b, degrees, modulo 360 / symmetry."""
    period = 360 / symmetry
    return np.abs((a - b + period / 2) % period - period / 2)


def _readers(x: Vectors) -> list[Reader]:
    """Ridge regression in its dual form, once an arc, for any target."""
    arc = arcs_of(np.zeros(len(x), int), ARCS)
    found: list[Reader] = []
    for number in range(ARCS):
        held, stay = np.flatnonzero(arc == number), np.flatnonzero(arc != number)
        centred = x - x[stay].mean(axis=0)
        gram = centred[stay] @ centred[stay].T
        gram[np.diag_indices_from(gram)] += RIDGE * np.trace(gram) / len(stay) + 1e-12
        found.append((held, stay, np.linalg.solve(gram, centred[stay] @ centred[held].T).T))
    return found


def _read(
    readers: Sequence[Reader], azimuth: Float[np.ndarray, "n t"], symmetry: int
) -> Float[np.ndarray, "n t"]:
    """Azimuths of all views, each read while its arc was held out, in 0..360 / symmetry.

    Every column is a target of its own.
    """
    turn = np.exp(1j * np.deg2rad(azimuth * symmetry))
    read = np.empty_like(azimuth)
    for held, stay, weights in readers:
        mean = turn[stay].mean(axis=0)
        read[held] = np.angle(mean + weights @ (turn[stay] - mean))
    return np.rad2deg(read) / symmetry % (360 / symmetry)


def _over_arcs(errors: Float[np.ndarray, " n"]) -> Interval:
    """Arcs, not single views, are exchangeable."""
    parts = np.array([part.mean() for part in np.array_split(errors, ARCS)])
    error = float(parts.std(ddof=1) / np.sqrt(ARCS))
    return student(float(errors.mean()), error, ARCS, f"means of {ARCS} arcs, Student's t")
