"""Ridges: a linear classifier by least squares, strong enough not to learn by heart."""

import numpy as np
from jaxtyping import Float, Int

from isthmus.arrays import Vectors

STRENGTHS = (100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01)
"""Ridge strengths tried, strongest first, in units of the mean eigenvalue of x'x."""


def ridge(
    x: Vectors,
    y: Int[np.ndarray, " n"],
    held_out: Float[np.ndarray, "m d"],
    objects: Int[np.ndarray, " n"],
) -> Float[np.ndarray, "m c"]:
    """Ridge regression on class indicators.

    Its strength is the one that reads the classes of a third of the training objects best from
    the others, each third in turn, so that views of one object cannot vouch for each other.
    """
    third = np.unique(objects, return_inverse=True)[1] % 3
    right = np.zeros(len(STRENGTHS))
    for fold in range(3):
        inner = third == fold
        fits = least_squares(x[~inner], y[~inner], int(y.max()) + 1, STRENGTHS)
        right += [(answers(fit, x[inner]).argmax(axis=1) == y[inner]).sum() for fit in fits]
    # the strongest among equals: argmax takes the first
    best = STRENGTHS[int(np.argmax(right))]
    return answers(least_squares(x, y, int(y.max()) + 1, (best,))[0], held_out)


def least_squares(
    x: Vectors, y: Int[np.ndarray, " n"], c: int, strengths: tuple[float, ...]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """(weights, offsets) of each strength, given in units of the mean eigenvalue of x'x."""
    middle, target = x.mean(axis=0), np.eye(c, dtype=np.float32)[y]
    centred = x - middle
    values, vectors = np.linalg.eigh(centred.T @ centred)
    cross = vectors.T @ (centred.T @ (target - target.mean(axis=0)))
    scale = max(float(values.mean()), 1e-12)
    weights = [vectors @ (cross / (values + s * scale)[:, None]) for s in strengths]
    return [(w, target.mean(axis=0) - middle @ w) for w in weights]


def answers(fit: tuple[np.ndarray, np.ndarray], x: Vectors) -> Float[np.ndarray, "n c"]:
    """The fitted class indicators."""
    return x @ fit[0] + fit[1]
