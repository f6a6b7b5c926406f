"""Of which dimension is the manifold that a cloud lies on?

Every estimator is biased: by curvature, by the border, by the density, and always downwards in
high dimensions, where neighbours are far. So the dimension is not read from one, but from which
constructed manifolds of known dimension give the same estimates with as many points. Estimates have
no parameters but the number of neighbours; moving, turning or scaling all points changes none.
"""

from collections.abc import Collection
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from scipy.special import gammaln

from isthmus.arrays import Vectors, evenly_spaced, unit_or_zero
from isthmus.measure.statistics import DRAWS, SetLike, as_set, chance, cloud, seeded
from isthmus.records import dataclass
from isthmus.store import read_tensors
from isthmus.types import Interval, RequestError, Result

MOST = 80
"""Dimensions of the constructed manifolds at most."""
LEAST = 60
"""Different points."""
NEAREST = 25
"""Constructed clouds of a family that its dimension is read from."""
SLACK = 0.03
"""Relative error of an estimate that is forgiven beside its noise."""
TEMPER = 0.6
"""How fast a family loses weight with its distance from the cloud.

This and ``NEAREST`` were chosen on the constructed clouds themselves, each family read by the
others; ``benchmarks/dimensions.py`` scores other manifolds.
"""
AS_GOOD = 1.0
"""Families at most so much farther than the nearest one are as good."""
SUBSAMPLES = 5
NULL_POINTS = 125
"""Points of which the null is drawn, against as many of the set."""


NEIGHBOURS = (5, 10, 20)
"""Neighbours of the maximum likelihood estimates."""
AROUND = (15, 45)
"""Neighbours of the simplex skewness."""
ANCHORS = 200
"""Points at most around which simplex skewness is averaged."""
LARGEST = 200.0
"""Dimension that a skewness is read as at most."""


def neighbours(x: Vectors, k: int) -> tuple[Float[np.ndarray, "n k"], Int[np.ndarray, "n k"]]:
    """Distances to the k nearest others of each point, and which they are."""
    x = np.asarray(x, np.float64)
    square = np.einsum("nd,nd->n", x, x)
    away = np.maximum(square[:, None] + square - 2 * x @ x.T, 0)
    np.fill_diagonal(away, np.inf)
    near = np.argpartition(away, k - 1, axis=1)[:, :k]
    found = np.take_along_axis(away, near, axis=1)
    order = np.argsort(found, axis=1, kind="stable")
    near = np.take_along_axis(near, order, axis=1)
    return np.sqrt(np.take_along_axis(found, order, axis=1)), near


def two_nn(distances: Float[np.ndarray, "n k"]) -> float:
    """From the ratio of the second to the first neighbour's distance, which is Pareto(d).

    Facco et al. 2017, Scientific Reports 7, equation 1; the unbiased estimate of the exponent.
    """
    ratio = distances[:, 1] / np.maximum(distances[:, 0], 1e-300)
    logs = np.log(ratio[distances[:, 0] > 0])
    return float((len(logs) - 1) / max(logs.sum(), 1e-12))


def levina_bickel(distances: Float[np.ndarray, "n k"], k: int) -> float:
    """Maximum likelihood from k neighbours; inverses are averaged over the points.

    Levina & Bickel 2004, equation 8, with the correction of MacKay & Ghahramani 2005.
    """
    near = np.maximum(distances[:, :k], 1e-300)
    logs = np.log(near[:, -1:] / near[:, :-1]).sum(axis=1) / (k - 2)
    return float(1 / max(logs.mean(), 1e-12))


def simplex_skewness(x: Vectors, near: Int[np.ndarray, "n k"] | None = None) -> float:
    """From the mean sine of the angle between two points, seen from the middle of neighbours.

    Without neighbours the whole cloud is one neighbourhood. The sine of uniform directions in d
    dimensions is known exactly.

    Johnsson, Soneson & Fontes 2015, IEEE PAMI 37, section 3.1 (ESSa, d = 1).
    """
    x = np.asarray(x, np.float64)
    groups = (
        [evenly_spaced(np.arange(len(x)), 300)] if near is None else evenly_spaced(near, ANCHORS)
    )
    sines = [_mean_sine(x[group]) for group in groups]
    return float(np.interp(np.mean(sines), _EXPECTED, _DIMENSIONS))


def _mean_sine(points: np.ndarray) -> float:
    """Mean of |sin| over pairs, weighted by the lengths."""
    away = points - points.mean(axis=0)
    gram = away @ away.T
    pairs = np.triu_indices(len(gram), 1)
    both = np.outer(np.diag(gram), np.diag(gram))[pairs]
    area = np.sqrt(np.maximum(both - gram[pairs] ** 2, 0))
    return float(area.sum() / max(np.sqrt(both).sum(), 1e-300))


_DIMENSIONS = np.geomspace(1.0001, LARGEST, 2000)
_EXPECTED = np.exp(
    2 * gammaln(_DIMENSIONS / 2) - gammaln((_DIMENSIONS + 1) / 2) - gammaln((_DIMENSIONS - 1) / 2)
)

NAMES = (
    "TwoNN",
    *(f"MLE, {k} neighbours" for k in NEIGHBOURS),
    *(f"simplex skewness, {k} neighbours" for k in AROUND),
    "simplex skewness, all",
)
"""Of the estimates, in the order of ``estimates``."""


def estimates(x: Vectors) -> Float[np.ndarray, " s"]:
    """All estimates of one cloud of 50 different points or more."""
    distances, near = neighbours(x, max(*NEIGHBOURS, *AROUND))
    return np.array(
        [
            two_nn(distances),
            *(levina_bickel(distances, k) for k in NEIGHBOURS),
            *(simplex_skewness(x, near[:, :k]) for k in AROUND),
            simplex_skewness(x),
        ]
    )


@dataclass(frozen=True, eq=False)
class Reading:
    """What one cloud's estimates say."""

    dimension: float
    low: float
    high: float
    """Of the families that fit as well as the best."""
    families: dict[str, tuple[float, float]]
    """Dimension that each family gives, and how far it is from the cloud, in units of noise."""
    raw: dict[str, float]
    """The estimates themselves."""


@dataclass(frozen=True, eq=False, kw_only=True)
class IntrinsicDimension(Result):
    """Dimension of constructed manifolds that look like the cloud to seven estimates."""

    raw: dict[str, float]
    """Each estimate by itself."""
    families: dict[str, tuple[float, float]]
    """Dimension by family of constructed manifolds, and its distance from the cloud."""
    paper = (
        "Estimates: Facco et al. 2017; Levina & Bickel 2004; Johnsson et al. 2015. Calibrated by "
        "local linear regression on constructed manifolds (Beaumont et al. 2002, Genetics 162)."
    )

    @property
    def about(self) -> str:
        """The dimension, the nearest manifold and what plain estimates say."""
        nearest = min(self.families, key=lambda name: self.families[name][1])
        low, high = min(self.raw.values()), max(self.raw.values())
        many = "80 or more" if self.value > 0.99 * MOST else f"{self.value:.1f}"
        return (
            f"The cloud looks like a manifold of {many} dimensions (most like "
            f"{nearest}); uncalibrated estimates say {low:.1f} to {high:.1f}."
        )


def intrinsic_dimension(
    a: SetLike, *, rng: np.random.Generator | None = None
) -> IntrinsicDimension:
    """Dimension of the manifold that unit vectors lie on, calibrated, from 1 to 80.

    The interval holds what every family of constructed manifolds gives that fits as well as the
    best one, and so is wide where families cannot be separated: with 500 points a flat torus of
    20 dimensions or more looks like a sphere of twice as many. The null is 125 (or as many as
    there are) uniform directions in all coordinates, against as many items. Of more than 2,000
    items random parts are read.

    Raises:
        RequestError: fewer than 60 different vectors.

    Source: see ``paper``; the families are in ``tools/manifolds.py``.
    """
    items, rng = as_set(a), seeded(rng)
    x = cloud(items).sampled.items.unit
    found = dimension_of(x, rng=rng)
    few = x if len(x) <= NULL_POINTS else x[rng.choice(len(x), NULL_POINTS, replace=False)]
    tried = found if len(x) <= NULL_POINTS else dimension_of(few, rng=rng)
    isotropic = [
        dimension_of(unit_or_zero(rng.normal(size=few.shape)), rng=rng).dimension
        for _ in range(DRAWS)
    ]
    return IntrinsicDimension(
        name=f"intrinsic dimension ({items.modality})",
        value=found.dimension,
        n=len(items),
        interval=Interval(found.low, found.high, "families of manifolds that fit as well"),
        null=chance("reference law", tried.dimension, np.array(isotropic), "lower"),
        raw=found.raw,
        families=found.families,
    )


def dimension_of(
    points: Vectors,
    *,
    without: Collection[str] = (),
    rng: np.random.Generator | None = None,
) -> Reading:
    """Dimension of any cloud of points, which need not have length 1.

    Args:
        points: (n, d); equal ones count once.
        without: families of constructed manifolds to leave out, to try the method on them.
        rng: draws the parts of a large cloud; None is seed 0.

    Raises:
        RequestError: fewer than 60 different points.
    """
    x = np.unique(np.asarray(points, np.float64), axis=0)
    if len(x) < LEAST:
        raise RequestError(
            f"An intrinsic dimension is read from {LEAST} different points or more, not {len(x)}."
        )
    known, rng = _constructed(), seeded(rng)
    size = int(known.sizes[known.sizes <= len(x)].max())
    parts = 1 if len(x) == size else min(SUBSAMPLES, -(-len(x) // size))
    rows = [rng.choice(len(x), size, replace=False) for _ in range(parts)]
    logs = np.mean([np.log(estimates(x[part])) for part in rows], axis=0)
    scale = np.hypot(known.noise[int(np.argmax(known.sizes == size))], SLACK)
    families = {
        name: known.read(family, size, logs, scale)
        for family, name in enumerate(known.families)
        if name not in without
    }
    log, far = np.array(list(families.values())).T
    weight = np.exp((far.min() ** 2 - far**2) / (2 * TEMPER**2))
    good = far <= far.min() + AS_GOOD
    noise = float(2 * np.median(scale))
    return Reading(
        float(np.exp(weight @ log / weight.sum())),
        float(np.exp(log[good].min() - noise)),
        float(np.exp(log[good].max() + noise)),
        {name: (float(np.exp(value)), far) for name, (value, far) in families.items()},
        dict(zip(NAMES, np.exp(logs).tolist(), strict=True)),
    )


@dataclass(frozen=True, eq=False)
class _Constructed:
    """Estimates on manifolds of known dimension."""

    estimates: Float[np.ndarray, "m s"]
    """Logarithms."""
    points: np.ndarray
    family: np.ndarray
    log_dimension: Float[np.ndarray, " m"]
    sizes: np.ndarray
    noise: Float[np.ndarray, "k s"]
    """Of each estimate's logarithm, by size."""
    families: tuple[str, ...]

    def read(
        self, family: int, size: int, logs: np.ndarray, scale: np.ndarray
    ) -> tuple[float, float]:
        """Logarithm of the dimension that one family gives, and its distance from the cloud.

        Local linear regression on the nearest clouds, weighted by Epanechnikov's kernel.
        """
        mine = (self.family == family) & (self.points == size)
        away = (self.estimates[mine] - logs) / scale
        distance = np.sqrt((away**2).mean(axis=1))
        near = np.argsort(distance, kind="stable")[:NEAREST]
        away, target = away[near], self.log_dimension[mine][near]
        weight = 1 - (distance[near] / (1.001 * distance[near[-1]])) ** 2
        design = np.concatenate([np.ones((len(near), 1)), away], axis=1)
        ridge = np.diag([0.0] + [0.5] * len(logs)) * weight.sum()
        normal = design.T @ (design * weight[:, None]) + ridge
        found = np.linalg.solve(normal, design.T @ (weight * target))[0]
        found = float(np.clip(found, target.min(), target.max()))
        return found, _left(found, away, target, weight / weight.sum())


def _left(found: float, away: np.ndarray, target: np.ndarray, weight: np.ndarray) -> float:
    """How far a family's clouds of this log dimension are from the cloud, in units of their spread.

    Their estimates are a line in the log dimension, around which shapes of the family scatter.
    """
    step = target - weight @ target
    slope = weight @ (away * step[:, None]) / max(float(weight @ step**2), 1e-9)
    middle = weight @ away
    scatter = weight @ (away - middle - slope * step[:, None]) ** 2
    gap = middle + slope * (found - weight @ target)
    return float(np.sqrt((gap**2 / (1 + scatter)).mean()))


@cache
def _constructed() -> _Constructed:
    arrays, meta = read_tensors(Path(__file__).parents[1] / "data" / "manifolds.safetensors")
    logs = np.log(arrays.pop("dimension").astype(np.float64))
    precise = {name: arrays.pop(name).astype(np.float64) for name in ("estimates", "noise")}
    families = tuple(meta["families"].split(", "))
    return _Constructed(**arrays, **precise, log_dimension=logs, families=families)
