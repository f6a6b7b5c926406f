"""Views, words and second spaces to calibrate on."""

from collections.abc import Callable

import numpy as np

from benchmarks.calibration.spaces import Sets
from isthmus import measure
from isthmus.types import Result


def turning(rng: np.random.Generator, n: int, d: int) -> Sets:
    """A noisy turntable of n views; the second set is another."""
    turn = 2 * np.pi * np.arange(n) / n
    ring = np.zeros((n, d))
    ring[:, 0], ring[:, 1], ring[:, 2] = np.cos(turn), np.sin(turn), 1.0
    return ring + 0.3 * rng.normal(size=(n, d)), ring + 0.3 * rng.normal(size=(n, d))


def pose(sets: Sets, rng: np.random.Generator) -> Result:
    """The azimuths of views at equal steps."""
    n = len(sets[0])
    return measure.pose_error(sets[0], 360.0 * np.arange(n) / n, rng=rng)


def words(sets: Sets, rng: np.random.Generator) -> Result:
    """The second set as the vocabulary of the first."""
    return measure.text_span(sets[0], sets[1], [str(row) for row in range(len(sets[1]))], rng=rng)


def of_views(name: str) -> Callable[[Sets, np.random.Generator], Result]:
    """A measure of the first set's rows as views."""
    function = getattr(measure, name)
    return lambda sets, rng: function(sets[0], rng=rng)
