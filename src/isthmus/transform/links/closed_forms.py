"""Links of closed form: ridge, Procrustes, CCA, and ASIF's relative representations.

With a memory (``LinkPairs.memory``) each is fitted on the pairs of the shared modality and on the
pseudo pairs that these recall, so that the map also knows where the other modalities lie.

Regression shrinks what it predicts towards B's mean, which lies near many items: by cosine they
would answer every query. How far a prediction is taken away from the mean again is chosen by the
mean reciprocal rank of a tenth of the objects, of 1, 2, 4, 8 and 16 times.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np
from jaxtyping import Float

from isthmus.arrays import evenly_spaced, unit_or_zero
from isthmus.similarity.euclidean import cosine
from isthmus.transform.links.pairs import LinkPairs
from isthmus.transform.maps import Affine, Anchored, Relative
from isthmus.transform.pair_maps import SHARED, STRENGTHS, canonical_directions

Fitted = TypeVar("Fitted", Affine, Anchored)

ANCHORS = 10_000
"""Pairs that ASIF looks at, evenly spaced rows of more."""
NEAREST = 100
"""Anchors that say something of a vector, at most a fifth of all."""
POWER = 8.0
"""Of their cosines."""
STRETCHES = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Factors of a prediction's distance from B's mean that are tried."""
JUDGES, FEWEST, LEARNERS = 1_000, 10, 20_000
"""Pairs that choose one at most, and at least, and pairs that are fitted for them, at most."""


def fit_ridge(pairs: LinkPairs) -> Affine:
    """Ridge regression from A to B between the means; the penalty by cross-validation.

    Generalised cross-validation takes Gram matrices only, n |Y - XB|² / (n - df)², so that a
    hundred thousand pairs cost one pass.

    Source: Hoerl & Kennard 1970; Golub, Heath & Wahba 1979, equation 1.4.
    """
    return _stretched(ridge, pairs.all)


def ridge(pairs: LinkPairs) -> Affine:
    """``fit_ridge`` before it is stretched."""
    x, y = pairs.x, pairs.y
    start, end = x.mean(axis=0), y.mean(axis=0)
    within, across, size = _grams(x - start, y - end)
    values, axes = np.linalg.eigh(within)
    values, turned = np.maximum(values, 0.0), axes.T @ across
    level, n = values.mean(), len(x)

    def error(strength: float) -> float:
        kept = turned / (values + strength * level)[:, None]
        rest = size - 2 * (kept * turned).sum() + (values[:, None] * kept**2).sum()
        free = n - 1 - (values / (values + strength * level)).sum()
        return float(rest / max(free, 1e-9) ** 2)

    best = min(STRENGTHS, key=error)
    matrix = axes @ (turned / (values + best * level)[:, None])
    return _affine(start, matrix, end)


def fit_procrustes(pairs: LinkPairs) -> Affine:
    """A turned and scaled onto B between the means; of unequal dimensions, the smaller is kept.

    Cosines between vectors less the mean stay as they are in A, which is all that a rotation can
    promise and the reason why it needs few pairs.

    Source: Schönemann 1966; the scale, and zeros in the missing dimensions: Gower & Dijksterhuis
    2004, Procrustes Problems, equations 4.4 and 5.9.
    """
    return _stretched(_procrustes, pairs.all)


def _procrustes(pairs: LinkPairs) -> Affine:
    x, y = pairs.x, pairs.y
    start, end = x.mean(axis=0), y.mean(axis=0)
    away = (x - start).astype(np.float64)
    left, values, right = np.linalg.svd(away.T @ (y - end), full_matrices=False)
    scale = values.sum() / max(float((away**2).sum()), 1e-300)
    return _affine(start, scale * left @ right, end)


def fit_cca(pairs: LinkPairs) -> Affine:
    """A through at most 100 canonical directions into B, each shrunk by its correlation.

    It is the regression on pairs of rank 100 whose errors are measured in B's own covariance;
    covariances are shrunk (Ledoit & Wolf).

    Source: Hotelling 1936; Izenman 1975, reduced-rank regression, equation 2.12 with the weights
    of canonical analysis.
    """
    return _stretched(_cca, pairs.all)


def _cca(pairs: LinkPairs) -> Affine:
    x, y = (side.astype(np.float64) for side in (pairs.x, pairs.y))
    left, correlations, right = canonical_directions(x, y)
    kept = min(SHARED, len(x) - 1, len(correlations))
    back = np.linalg.inv(right)[:kept]
    matrix = (left[:, :kept] * correlations[:kept]) @ back
    return _affine(x.mean(axis=0), matrix, y.mean(axis=0))


def fit_asif(pairs: LinkPairs) -> Anchored:
    """What the pairs nearest in A have in B, weighted by a power of their cosines; no training.

    The score of an item of B is then the inner product of A's relative representation, sparse and
    to the eighth power, with its own, whole and to the first: ASIF's with one side left linear,
    without which it would be no vector of B. Cosines count above the row's mean.

    Source: Norelli et al. 2023, ASIF: Coupled Data Turns Unimodal Models to Multimodal Without
    Training, section 3 (sparsification and exponentiation of relative representations).
    """
    return _stretched(_asif, pairs.all)


def _asif(pairs: LinkPairs) -> Anchored:
    x, y = (evenly_spaced(side, ANCHORS) for side in (pairs.x, pairs.y))
    kept = max(1, min(NEAREST, len(x) // 5))
    start = x.mean(axis=0).astype(np.float64)
    return Anchored(start, Relative(unit_or_zero(x - start), kept, POWER), y)


def _stretched(fit: Callable[[LinkPairs], Fitted], pairs: LinkPairs) -> Fitted:
    """What is fitted on all pairs, as far from B's mean as is best."""
    return times(fit(pairs), stretch(fit, pairs))


def stretch(fit: Callable[[LinkPairs], Affine | Anchored], pairs: LinkPairs) -> float:
    """The factor of a prediction's distance from B's mean, best for a tenth of the objects."""
    rng = np.random.default_rng([pairs.seed, *b"stretch"])
    names = rng.permutation(np.unique(pairs.objects))
    judging = np.isin(pairs.objects, names[: max(FEWEST, len(names) // 10)])
    if judging.sum() < FEWEST or (~judging).sum() < FEWEST:
        return 1.0
    judges = evenly_spaced(np.flatnonzero(judging), JUDGES)
    others = pairs.part(evenly_spaced(np.flatnonzero(~judging), LEARNERS))
    middle = others.y.mean(axis=0)
    away = fit(others)(pairs.x[judges]) - middle

    def worth(factor: float) -> float:
        scores = cosine(middle + factor * away, pairs.y[judges])
        return float((1 / (scores >= scores.diagonal()[:, None]).sum(axis=1)).mean())

    return max(STRETCHES, key=worth)


def times(found: Fitted, factor: float) -> Fitted:
    """A map whose predictions lie so many times as far from their mean."""
    if isinstance(found, Affine):
        return replace(found, matrix=np.float32(factor) * found.matrix)
    middle = found.ends.mean(axis=0)
    return replace(found, ends=middle + np.float32(factor) * (found.ends - middle))


def _affine(
    start: Float[np.ndarray, " d"], matrix: Float[np.ndarray, "d e"], end: Float[np.ndarray, " e"]
) -> Affine:
    """Kept as float32, as vectors are."""
    return Affine(*(np.asarray(one, dtype=np.float32) for one in (start, matrix, end)))


def _grams(
    x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"]
) -> tuple[Float[np.ndarray, "d d"], Float[np.ndarray, "d e"], float]:
    """X'X, X'Y and the sum of the squares of Y, summed in float64 by blocks."""
    within = np.zeros((x.shape[1], x.shape[1]))
    across, size = np.zeros((x.shape[1], y.shape[1])), 0.0
    for first in range(0, len(x), 4096):
        some, other = (side[first : first + 4096].astype(np.float64) for side in (x, y))
        within += some.T @ some
        across += some.T @ other
        size += float((other**2).sum())
    return within, across, size
