"""Do views of an object close to a loop, and what lies between two views?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors, squared_distances, unit
from isthmus.measure.statistics import (
    FEW_DRAWS,
    SetLike,
    as_set,
    chance,
    jackknife,
    seeded,
    with_and_without_runs,
)
from isthmus.types import Axes, ExtraMissingError, Null, RequestError, Result, axes_or_new

LEAST, MOST = 8, 400
"""Views that a loop is sought in; above, the complex grows too large."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ViewLoop(Result):
    """Lifetime of the longest-lived loop over the diameter of the cloud; 0 where there is none."""

    births: Float[np.ndarray, " h"]
    """Distances at which the loops appear, over the diameter, the longest-lived first."""
    deaths: Float[np.ndarray, " h"]
    """Distances at which they are filled."""
    paper = (
        "Persistent homology of the Vietoris-Rips complex in degree one (Bauer 2021, Ripser); "
        "null: Gaussian clouds with the same mean and covariance, on the sphere."
    )
    sentence = (
        "The longest-lived loop of the views lives for {self.value:.2f} of their diameter; "
        "clouds with the same spectrum give {self.null.mean:.2f}."
    )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Death against birth of every loop."""
        ax = axes_or_new(ax)
        ax.plot([0, 1], [0, 1], color="0.6", ls="--")
        ax.plot(self.births, self.deaths, "o", label=self.name)
        ax.set(xlabel="birth, over the diameter", ylabel="death")
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
    draws = np.array([_longest(cloud) for cloud in _gaussian_clouds(rng, x)])
    value, _, interval = jackknife(list(map(_longest, with_and_without_runs(x))), debias=False)
    return ViewLoop(
        name="loop of the views",
        value=value,
        n=len(x),
        interval=interval,
        null=chance("reference law", value, draws, note="Gaussian clouds, same covariance"),
        births=births,
        deaths=deaths,
    )


def _gaussian_clouds(rng: np.random.Generator, x: Vectors) -> Iterator[Vectors]:
    """Gaussian clouds with the mean and covariance of this one, on the unit sphere as it is."""
    middle = x.mean(axis=0)
    _, lengths, axes = np.linalg.svd(x - middle, full_matrices=False)
    scaled = (lengths / np.sqrt(len(x) - 1))[:, None] * axes
    for _ in range(FEW_DRAWS):
        yield unit(middle + rng.normal(size=(len(x), len(scaled))) @ scaled, np.float64)


def _loops(x: Vectors) -> tuple[np.ndarray, np.ndarray]:
    """Birth and death of all loops over the diameter, the longest-lived first."""
    try:
        from ripser import ripser
    except ModuleNotFoundError as error:
        raise ExtraMissingError("ripser", "analysis") from error
    distance = np.sqrt(np.maximum(squared_distances(x), 0))
    np.fill_diagonal(distance, 0)
    if distance.max() < 1e-9:
        return np.empty(0), np.empty(0)
    diagrams: Any = ripser(distance / distance.max(), distance_matrix=True)
    found = np.minimum(np.asarray(diagrams["dgms"][1], dtype=np.float64), 1.0)
    found = found[np.argsort(found[:, 0] - found[:, 1], kind="stable")]
    return found[:, 0], found[:, 1]


def _longest(x: Vectors) -> float:
    """Lifetime of the longest-lived loop, over the diameter."""
    births, deaths = _loops(x)
    return float((deaths - births).max(initial=0.0))


PREDICTIONS = ("nearest view", "straight line", "curve")


@dataclass(frozen=True, eq=False, kw_only=True)
class Interpolation(Result):
    """How much better the curve through the views predicts one than the straight line does.

    The value is 1 - (error of the curve / error of the straight line), so 0 means that the path
    between two views is straight and above 0 that the manifold bends.
    """

    errors: dict[str, float]
    """Mean cosine distance to the true view, of each prediction from its neighbours."""
    steps: Float[np.ndarray, " n"]
    """Cosine distance from each view to the next, around the object."""
    paper = (
        "Lagrange's cubic through the two neighbours on each side against the chord of the nearest "
        "two; no null: the straight line is what the curve is held against."
    )

    @property
    def about(self) -> str:
        """The errors side by side."""
        errors = ", ".join(f"{name} {value:.4f}" for name, value in self.errors.items())
        return f"Cosine distance from a left-out view to what its neighbours predict: {errors}."

    def plot(self, ax: Axes | None = None) -> Axes:
        """One bar a prediction."""
        ax = axes_or_new(ax)
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
    before, after = np.roll(x, 1, axis=0), np.roll(x, -1, axis=0)
    chord, outer = before + after, np.roll(x, 2, axis=0) + np.roll(x, -2, axis=0)
    known = np.minimum(_distance(x, before), _distance(x, after))
    errors = np.stack([known, _distance(x, chord), _distance(x, 4 * chord - outer)])
    gains = [_gain(part) for part in with_and_without_runs(errors, axis=1)]
    value, _, interval = jackknife(gains, debias=False)
    return Interpolation(
        name="gain of the curve",
        value=value,
        n=len(x),
        interval=interval,
        null=Null("none", note="held against the straight line, where it is 0"),
        errors=dict(zip(PREDICTIONS, errors.mean(axis=1).tolist(), strict=True)),
        steps=_distance(x, after),
    )


def _gain(errors: Float[np.ndarray, "w n"]) -> float:
    """1 - error of the curve over the error of the straight line; 0 where both are exact."""
    straight, curve = errors[1].mean(), errors[2].mean()
    return float(1 - curve / straight) if straight > 1e-12 else 0.0


def _distance(x: Vectors, y: Vectors) -> Float[np.ndarray, " n"]:
    return 1 - (x * y).sum(axis=1) / np.linalg.norm(y, axis=1)
