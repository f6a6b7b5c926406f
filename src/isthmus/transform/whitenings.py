"""Corrections by whitening: what varies much weighs less."""

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors, unit
from isthmus.transform.maps import MapByModality, linear
from isthmus.types import Calibration

WEIGHTS = (0.1, 0.2, 0.5, 0.8, 1.0)
"""Shares of the identity in the covariance within objects that are tried; 1 only centres."""

MOST = 1_000
"""Rows of a modality that shares are tried on."""


def fit_whitening(data: Calibration) -> MapByModality:
    """Each modality less its mean, times the inverse root of its shrunk covariance.

    Source: Kessy, Lewin & Strimmer 2018 (ZCA), covariance after Ledoit & Wolf 2004.
    """
    from sklearn.covariance import ledoit_wolf

    covariances = {
        name: np.asarray(ledoit_wolf(x)[0], dtype=np.float64) for name, x in data.vectors.items()
    }
    return {name: linear(inverse_root(x), data.means[name]) for name, x in covariances.items()}


def fit_within_whitening(data: Calibration) -> MapByModality:
    """Each modality less its mean; what varies between the items of one object weighs less.

    One matrix for both modalities: the inverse root of the covariance within objects. How much of
    the identity is mixed in is chosen by two-fold cross-validation over the calibration objects:
    the share under which items score highest above negatives of the same two modalities.

    Source: Hatch, Kajarekar & Stolcke 2006, Within-class covariance normalization, section 3.
    """
    centred = {name: unit(x - data.means[name]) for name, x in data.vectors.items()}
    whole = np.concatenate(list(centred.values())).astype(np.float64)
    objects = np.concatenate(list(data.objects.values()))
    modality = np.repeat([0, 1], [len(x) for x in centred.values()])
    fold = np.random.default_rng(0).permutation(int(objects.max()) + 1) % 2
    value = np.zeros(len(WEIGHTS))
    for half in (0, 1):
        inside, outside = fold[objects] == half, fold[objects] != half
        spectrum = _within(whole[inside], objects[inside])
        shown = np.flatnonzero(outside)[:: max(1, int(outside.sum()) // MOST)]
        for number, weight in enumerate(WEIGHTS):
            moved = unit(whole[shown] @ _shrunk_root(*spectrum, weight))
            value[number] += _reciprocal_rank(moved, objects[shown], modality[shown])
    best = WEIGHTS[int(value.argmax())]
    matrix = _shrunk_root(*_within(whole, objects), best)
    return {name: linear(matrix, mean) for name, mean in data.means.items()}


def inverse_root(covariance: Float[np.ndarray, "d d"]) -> Float[np.ndarray, "d d"]:
    """The symmetric inverse square root; eigenvalues count as 1e-9 of the largest at least."""
    values, axes = np.linalg.eigh(covariance)
    return axes / np.sqrt(np.maximum(values, _floor(values))) @ axes.T


def _floor(values: Float[np.ndarray, " r"]) -> float:
    return 1e-9 * max(float(values.max(initial=0.0)), 1e-300)


def _shrunk_root(
    values: Float[np.ndarray, " r"], axes: Float[np.ndarray, "d r"], share: float
) -> Float[np.ndarray, "d d"]:
    """``inverse_root(shrunk(covariance, share))``, from one decomposition for every share.

    Shrinking turns no axis; where the covariance is zero only what is mixed in is left.
    """
    d = len(axes)
    level = max(float(values.sum()) / d, 1e-12)
    full = (1 - share) * values + share * level
    least = _floor(full)
    inside, outside = 1 / np.sqrt(np.maximum(full, least)), 1 / np.sqrt(max(share * level, least))
    return axes * (inside - outside) @ axes.T + outside * np.eye(d)


def _within(
    x: Vectors, objects: np.ndarray
) -> tuple[Float[np.ndarray, " r"], Float[np.ndarray, "d r"]]:
    """Variances and axes of the rows about the means of their objects, the smallest first.

    Of fewer rows than coordinates the table of their products is decomposed, which is smaller.
    """
    _, place, count = np.unique(objects, return_inverse=True, return_counts=True)
    means = np.zeros((len(count), x.shape[1]))
    np.add.at(means, place, x)
    away = (x - (means / count[:, None])[place]) / np.sqrt(max(1, len(x) - len(count)))
    if len(x) >= x.shape[1]:
        values, axes = np.linalg.eigh(away.T @ away)
        return np.maximum(values, 0), axes
    values, sides = np.linalg.eigh(away @ away.T)
    there = values > 1e-12 * max(float(values[-1]), 1e-300)
    return values[there], away.T @ (sides[:, there] / np.sqrt(values[there]))


def shrunk(covariance: Float[np.ndarray, "d d"], share: float) -> Float[np.ndarray, "d d"]:
    """A share of it replaced by its mean eigenvalue on the diagonal."""
    d = len(covariance)
    level = max(float(np.trace(covariance)) / d, 1e-12)
    return (1 - share) * covariance + share * level * np.eye(d)


def _reciprocal_rank(x: Vectors, objects: np.ndarray, modality: np.ndarray) -> float:
    """Mean reciprocal rank of the best match, across modalities and, where there are, within."""
    scores, match = x @ x.T, objects[:, None] == objects[None, :]
    np.fill_diagonal(scores, -np.inf)
    np.fill_diagonal(match, False)
    across = modality[:, None] != modality[None, :]
    values: list[float] = []
    for searched in (across, ~across):
        asks = (match & searched).any(axis=1)
        best = np.where(match & searched, scores, -np.inf).max(axis=1)[asks]
        above = ((scores[asks] > best[:, None]) & searched[asks]).sum(axis=1)
        values += [float((1 / (1 + above)).mean())] if asks.any() else []
    return float(np.mean(values)) if values else 0.0
