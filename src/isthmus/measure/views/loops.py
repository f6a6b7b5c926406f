"""Do views of an object close to a loop, and what lies between two views?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors
from isthmus.measure.statistics.inputs import SetLike, as_set
from isthmus.measure.statistics.nulls import chance
from isthmus.measure.statistics.resampling import leave_out, seeded
from isthmus.types import ExtraMissingError, Null, RequestError, Result
from isthmus.types.axes import Axes

DRAWS = 39
"""Draws from the null; 0.05 (DRAWS + 1) is whole."""
BLOCKS = 8
"""Arcs that are left out in turn for the interval."""
LEAST, MOST = 8, 400
"""Views that a loop is looked for in; above, the complex grows too large."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ViewLoop(Result):
    """Lifetime of the longest-lived loop over the diameter of the cloud; 0 where there is none."""

    births: Float[np.ndarray, " h"]
    """Distances at which the loops appear, over the diameter, the longest-lived first."""
    deaths: Float[np.ndarray, " h"]
    """Distances at which they are filled."""
    paper: ClassVar[str] = (
        "Persistent homology of the Vietoris-Rips complex in degree one (Bauer 2021, Ripser); "
        "null: Gaussian clouds with the same mean and covariance, on the sphere."
    )

    @property
    def about(self) -> str:
        """The loop beside those of clouds without one."""
        return (
            f"The longest-lived loop of the views lives for {self.value:.2f} of their diameter; "
            f"clouds with the same spectrum give {self.null.mean:.2f}."
        )

    def plot(self, ax: Axes) -> Axes:
        """Death against birth of every loop."""
        ax.plot([0, 1], [0, 1], color="0.6", ls="--")
        ax.plot(self.births, self.deaths, "o", label=self.name)
        ax.set_xlabel("birth, over the diameter")
        ax.set_ylabel("death")
        return ax


def view_loop(a: SetLike, *, rng: np.random.Generator | None = None) -> ViewLoop:
    """How long the longest-lived loop of a cloud of views lives, over the cloud's diameter.

    A circle of n views is born at 2 sin(pi / n) and filled at the square root of 3, both over the
    diameter 2.

    Args:
        a: (n, d), the views of one object in their order around it; 8 to 400.
        rng: draws the null and the subsamples; None is seed 0.

    Raises:
        RequestError: too few or too many views.
        ExtraMissingError: ripser is not installed.

    Source: Bauer 2021, J. Appl. Comput. Topol. 5; the null has no loop.
    """
    x, rng = as_set(a).unit.astype(np.float64), seeded(rng)
    if not LEAST <= len(x) <= MOST:
        raise RequestError(f"A loop is looked for in {LEAST} to {MOST} views, not {len(x)}.")
    births, deaths = _loops(x)
    value = float(_longest(births, deaths))
    draws = np.array([_of(cloud) for cloud in _alike(rng, x)])
    without = [
        _of(np.delete(x, rows, axis=0)) for rows in np.array_split(np.arange(len(x)), BLOCKS)
    ]
    _, interval = leave_out(value, np.array(without), debias=False)
    return ViewLoop(
        name="loop of the views",
        value=value,
        n=len(x),
        interval=interval,
        null=chance("reference law", value, draws, note="Gaussian clouds, same covariance"),
        births=births,
        deaths=deaths,
    )


def _alike(rng: np.random.Generator, x: Vectors) -> Iterator[Vectors]:
    """Gaussian clouds with the mean and covariance of this one, on the unit sphere as it is."""
    middle = x.mean(axis=0)
    _, lengths, axes = np.linalg.svd(x - middle, full_matrices=False)
    scaled = (lengths / np.sqrt(len(x) - 1))[:, None] * axes
    for _ in range(DRAWS):
        cloud = middle + rng.normal(size=(len(x), len(scaled))) @ scaled
        yield cloud / np.linalg.norm(cloud, axis=1, keepdims=True)


def _loops(x: Vectors) -> tuple[np.ndarray, np.ndarray]:
    """Birth and death of all loops over the diameter, the longest-lived first."""
    try:
        from ripser import ripser
    except ModuleNotFoundError as error:
        raise ExtraMissingError("ripser", "analysis") from error
    squared = (x**2).sum(axis=1)
    distance = np.sqrt(np.maximum(squared[:, None] + squared - 2 * x @ x.T, 0))
    np.fill_diagonal(distance, 0)
    if distance.max() < 1e-9:
        return np.empty(0), np.empty(0)
    diagrams: Any = ripser(distance / distance.max(), distance_matrix=True)
    found = np.minimum(np.asarray(diagrams["dgms"][1], dtype=np.float64), 1.0)
    found = found[np.argsort(found[:, 0] - found[:, 1], kind="stable")]
    return found[:, 0], found[:, 1]


def _longest(births: np.ndarray, deaths: np.ndarray) -> float:
    return float((deaths - births).max(initial=0.0))


def _of(x: Vectors) -> float:
    return _longest(*_loops(x))


WAYS = ("nearest view", "straight line", "curve")


@dataclass(frozen=True, eq=False, kw_only=True)
class Interpolation(Result):
    """How much better the curve through the views predicts one than the straight line does.

    The value is 1 - (error of the curve / error of the straight line), so 0 means that the way
    between two views is straight and above 0 that the manifold bends.
    """

    errors: dict[str, float]
    """Mean cosine distance to the true view, by way of predicting it from its neighbours."""
    steps: Float[np.ndarray, " n"]
    """Cosine distance from each view to the next, around the object."""
    paper: ClassVar[str] = (
        "Lagrange's cubic through the two neighbours on each side against the chord of the nearest "
        "two; no null: the straight line is what the curve is held against."
    )

    @property
    def about(self) -> str:
        """The errors side by side."""
        told = ", ".join(f"{name} {value:.4f}" for name, value in self.errors.items())
        return f"Cosine distance from a left-out view to what its neighbours predict: {told}."

    def plot(self, ax: Axes) -> Axes:
        """One bar a way."""
        ax.bar(list(self.errors), list(self.errors.values()))
        ax.set_ylabel("cosine distance to the true view")
        return ax


def view_interpolation(a: SetLike) -> Interpolation:
    """Predict every view of a closed turntable from its neighbours, along the curve and straight.

    Args:
        a: (n, d), views of one object at equal steps once around it, in order; n >= 8.

    Raises:
        RequestError: fewer than eight views.

    Source: Lagrange's cubic at the middle, (4 (b + c) - (a + d)) / 6; the middle of the great
    circle has the direction of the middle of the chord.
    """
    x = as_set(a).unit.astype(np.float64)
    if len(x) < 8:
        raise RequestError(f"A turn of an object is eight views or more, not {len(x)}.")
    near = np.roll(x, 1, axis=0), np.roll(x, -1, axis=0)
    far = np.roll(x, 2, axis=0), np.roll(x, -2, axis=0)
    known = np.stack([_distance(x, some) for some in near]).min(axis=0)
    chord, outer = near[0] + near[1], far[0] + far[1]
    errors = np.stack([known, _distance(x, chord), _distance(x, 4 * chord - outer)])
    value = _gain(errors)
    without = [
        _gain(np.delete(errors, rows, axis=1)) for rows in np.array_split(np.arange(len(x)), 8)
    ]
    corrected, interval = leave_out(value, np.array(without), debias=False)
    return Interpolation(
        name="gain of the curve",
        value=corrected,
        n=len(x),
        interval=interval,
        null=Null("none", note="held against the straight line, where it is 0"),
        errors=dict(zip(WAYS, errors.mean(axis=1).tolist(), strict=True)),
        steps=_distance(x, near[1]),
    )


def _gain(errors: Float[np.ndarray, "w n"]) -> float:
    """1 - error of the curve over the error of the straight line; 0 where both are exact."""
    straight, curve = errors[1].mean(), errors[2].mean()
    return float(1 - curve / straight) if straight > 1e-12 else 0.0


def _distance(x: Vectors, y: Vectors) -> Float[np.ndarray, " n"]:
    return 1 - (x * y).sum(axis=1) / np.linalg.norm(y, axis=1)
