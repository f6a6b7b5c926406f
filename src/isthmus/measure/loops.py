"""Do views of an object close to a loop? Persistent homology of the cloud of views, by ripser."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors
from isthmus.measure.door import SetLike, one
from isthmus.measure.nulls import chance
from isthmus.measure.resampling import leave_out, seeded
from isthmus.types import ExtraMissingError, RequestError, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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

    def plot(self, ax: "Axes") -> "Axes":
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
    x, rng = one(a).unit.astype(np.float64), seeded(rng)
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
