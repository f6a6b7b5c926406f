"""Between two views: is the true view in the middle nearer to the curve or to the straight line?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors
from isthmus.measure.door import SetLike, one
from isthmus.measure.resampling import leave_out
from isthmus.types import Null, RequestError, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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

    def plot(self, ax: "Axes") -> "Axes":
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
    x = one(a).unit.astype(np.float64)
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
