"""Claims that hold or fail on vectors drawn here."""

import numpy as np
from jaxtyping import Float

from isthmus import measure
from isthmus.arrays import Vectors, unit
from isthmus.measure.neighbourhoods.hubs import skewness
from isthmus.measure.spaces.space_pairs import plug_in_cka
from isthmus.measure.statistics import mean_interval, mean_over_pairs
from isthmus.studies.replicate.claims.data import ClaimData
from isthmus.studies.replicate.claims.outcomes import Outcome, verdict
from isthmus.types import Interval

SEEDS = 5
DEPTHS = (0, 1, 2, 4, 8)
WIDTH = 256
DIMENSIONS = (4, 8, 16, 32, 64)
ITEMS = 500


def cone_at_random(_: ClaimData, rng: np.random.Generator) -> Outcome:
    """Mean cosine between outputs of a random ReLU network, by depth."""
    curves = np.stack([cosines_by_depth(rng) for _ in range(SEEDS)])
    last = curves[:, -1]
    grows = bool((np.diff(curves, axis=1) > 0).all())
    means = zip(DEPTHS, curves.mean(axis=0), strict=True)
    values = ", ".join(f"{value:.2f} after {depth}" for depth, value in means)
    return Outcome(
        verdict(grows and last.min() > 0.5, last.min() > 0.5),
        f"{ITEMS} Gaussian inputs, {SEEDS} random ReLU networks of width {WIDTH}",
        f"Mean cosine between outputs: {values} layers.",
        SEEDS,
        float(last.mean()),
        _spread(last),
        0.0,
    )


def cosines_by_depth(rng: np.random.Generator) -> Float[np.ndarray, " depths"]:
    """Mean off-diagonal cosine after each of ``DEPTHS`` layers of width w.

    Weights are N(0, 2/w), biases N(0, 1/w).
    """
    x = rng.normal(size=(ITEMS, WIDTH))
    found: list[float] = []
    for layer in range(max(DEPTHS) + 1):
        if layer in DEPTHS:
            found.append(mean_cosine(x))
        weights = rng.normal(size=(WIDTH, WIDTH)) * np.sqrt(2 / WIDTH)
        x = np.maximum(x @ weights + rng.normal(size=WIDTH) / np.sqrt(WIDTH), 0)
    return np.array(found)


def mean_cosine(x: Vectors) -> float:
    """Mean cosine over pairs of different rows."""
    total = unit(x, np.float64).sum(axis=0)
    return float(mean_over_pairs(total @ total, len(x)))


def hubs_grow_with_dimension(_: ClaimData, rng: np.random.Generator) -> Outcome:
    """Skewness of 10-occurrences of Gaussian clouds, by dimension."""
    found = np.array(
        [
            [occurrence_skewness(rng.normal(size=(ITEMS, d))) for d in DIMENSIONS]
            for _ in range(SEEDS)
        ]
    )
    middle = found.mean(axis=0)
    values = ", ".join(f"{value:.2f} at {d}" for d, value in zip(DIMENSIONS, middle, strict=True))
    growth = found[:, -1] - found[:, 0]
    return Outcome(
        verdict(bool((np.diff(middle) > 0).all()), middle[-1] > middle[0]),
        f"{ITEMS} Gaussian vectors, Euclidean distance, {SEEDS} draws each",
        f"Skewness by dimension: {values}.",
        SEEDS,
        float(growth.mean()),
        _spread(growth),
        0.0,
    )


def occurrence_skewness(x: Vectors, k: int = 10) -> float:
    """Skewness of how often a row is among the k nearest of the others, by Euclidean distance."""
    from scipy.spatial.distance import cdist

    far = cdist(x, x)
    np.fill_diagonal(far, np.inf)
    near = np.argpartition(far, k, axis=1)[:, :k]
    return float(skewness(np.bincount(near.ravel(), minlength=len(x))[None])[0])


def biased_cka(_: ClaimData, rng: np.random.Generator) -> Outcome:
    """Biased linear CKA of independent clouds against its closed form d / (n + d)."""
    n, d = ITEMS, 512
    clouds = [(rng.normal(size=(n, d)), rng.normal(size=(n, d))) for _ in range(SEEDS)]
    biased = np.array([plug_in_cka(x, y) for x, y in clouds])
    fair = np.array([measure.linear_cka(x, y, rng=rng).value for x, y in clouds])
    expected = d / (n + d)
    near = bool(abs(biased.mean() / expected - 1) < 0.02)
    spread = _spread(fair)
    unbiased = 0.0 in spread
    return Outcome(
        verdict(near and unbiased, near or unbiased),
        f"independent Gaussian sets, {n} items in {d} dimensions, {SEEDS} draws",
        f"Biased CKA {biased.mean():.3f}, closed form {expected:.3f}; unbiased {fair.mean():.4f} "
        f"({spread.low:.4f} to {spread.high:.4f}).",
        n,
        float(biased.mean()),
        _spread(biased),
        expected,
    )


def _spread(values: Float[np.ndarray, " s"]) -> Interval:
    return mean_interval(values, "mean over seeds, Student's t")
