"""Can the pose of an object be read from the vectors of its views?

Views are held out in contiguous arcs. Angles are degrees of azimuth; an object that
looks the same after a turn of 360 / s has symmetry s, and its errors are taken modulo that turn.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.measure.statistics import (
    DRAWS,
    SetLike,
    as_set,
    chance,
    check_whole,
    seeded,
    student_interval,
)
from isthmus.measure.views.identity import ARCS, arcs_of
from isthmus.types import Axes, Interval, RequestError, Result, as_vectors, axes_or_new

RIDGE = 0.01
"""Added to the Gram matrix, in units of its mean eigenvalue."""
AT_ONCE = 1_000_000
"""Numbers of permuted Gram matrices that are held at once."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PoseError(Result):
    """Mean error in degrees of the azimuth read from held-out views."""

    truth: Float[np.ndarray, " n"]
    """Azimuth of every view, degrees."""
    read: Float[np.ndarray, " n"]
    """Azimuth read from its vector while its arc was held out."""
    symmetry: int
    paper = (
        "Circular regression: cosine and sine of the azimuth by ridge regression on the vectors "
        "(Fisher & Lee 1992), held out in arcs; null: views dealt to the azimuths anew."
    )
    sentence = (
        "The azimuth of a view in an arc never seen is read with a mean error of "
        "{self.value:.0f} degrees; views dealt anew give {self.null.mean:.0f}."
    )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Azimuth read against azimuth."""
        ax = axes_or_new(ax)
        ax.plot(self.truth, self.read, "o", label=self.name)
        ax.plot([0, 360], [0, 360], color="0.6", ls="--")
        ax.set(xlabel="azimuth, degrees", ylabel="azimuth read, degrees")
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
        rng: permutes the views for the null; None is seed 0.

    Raises:
        RequestError: fewer than eight views, or azimuths that are not as many.

    Source: Fisher & Lee 1992, for the circular response.
    """
    items, rng = as_set(a), seeded(rng)
    check_whole(symmetry, "The symmetry counts turns that change nothing")
    truth = as_vectors([azimuth])[0].astype(np.float64)
    if len(truth) != len(items) or len(truth) < 2 * ARCS:
        raise RequestError(
            f"Pose is read from at least {2 * ARCS} views with as many azimuths; these are "
            f"{len(items)} views and {len(truth)} azimuths."
        )
    kernel = items.unit.astype(np.float64) @ items.unit.T
    read = _predicted(kernel[None], truth, symmetry)[0]
    errors = turn_between(read, truth, symmetry)
    draws = _permuted_errors(kernel, truth, symmetry, rng)
    return PoseError(
        name="pose error",
        value=float(errors.mean()),
        n=len(truth),
        interval=_over_arcs(errors),
        null=chance("label", float(errors.mean()), draws, "lower", "views dealt anew"),
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


def _permuted_errors(
    kernel: Float[np.ndarray, "n n"],
    azimuth: Float[np.ndarray, " n"],
    symmetry: int,
    rng: np.random.Generator,
) -> Float[np.ndarray, " b"]:
    """Mean errors when the views are permuted among the azimuths; arcs stay arcs."""
    orders = np.stack([rng.permutation(len(azimuth)) for _ in range(DRAWS)])
    read = np.concatenate(
        [
            _predicted(kernel[some[:, :, None], some[:, None, :]], azimuth, symmetry)
            for some in np.array_split(orders, 1 + DRAWS * kernel.size // AT_ONCE)
        ]
    )
    return turn_between(read, np.broadcast_to(azimuth, read.shape), symmetry).mean(axis=1)


def _predicted(
    kernels: Float[np.ndarray, "b n n"], azimuth: Float[np.ndarray, " n"], symmetry: int
) -> Float[np.ndarray, "b n"]:
    """Azimuths of all views, each read while its arc was held out, in 0..360 / symmetry.

    Ridge regression in its dual form: kernels hold the dot products of the views, in the order of
    the azimuths.
    """
    turn = np.exp(1j * np.deg2rad(azimuth * symmetry))
    read = np.empty(kernels.shape[:2])
    arc = arcs_of(np.zeros(len(azimuth), int), ARCS)
    for number in range(ARCS):
        held, stay = np.flatnonzero(arc == number), np.flatnonzero(arc != number)
        inner, cross = kernels[:, stay[:, None], stay], kernels[:, held[:, None], stay]
        middle = inner.mean(axis=1, keepdims=True)
        cross = cross - cross.mean(axis=2, keepdims=True) - middle + middle.mean(axis=2)[..., None]
        inner = inner - middle - middle.swapaxes(1, 2) + middle.mean(axis=2)[..., None]
        level = np.trace(inner, axis1=1, axis2=2) / len(stay)
        inner = inner + (RIDGE * level + 1e-12)[:, None, None] * np.eye(len(stay))
        mean = turn[stay].mean()
        away = (turn[stay] - mean).view(np.float64).reshape(1, -1, 2)  # cosine and sine
        found = cross @ np.linalg.solve(inner, away)
        read[:, held] = np.angle(mean + found[..., 0] + 1j * found[..., 1])
    return np.rad2deg(read) / symmetry % (360 / symmetry)


def _over_arcs(errors: Float[np.ndarray, " n"]) -> Interval:
    """Arcs, not single views, are exchangeable."""
    parts = np.array([part.mean() for part in np.array_split(errors, ARCS)])
    error = float(parts.std(ddof=1) / np.sqrt(ARCS))
    return student_interval(float(errors.mean()), error, ARCS, f"means of {ARCS} arcs, Student's t")
