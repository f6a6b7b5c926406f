"""What is done about the modality gap before a vector is read by a decoder of texts.

A treatment is fitted on unpaired vectors: of texts, and of the modality that is read where there
are any. ``TREATMENTS`` lists all seven; two of them, noise and entities, are no maps of vectors but
belong to the decoder's training and to its prompt.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors, unit, unit_or_zero
from isthmus.records import dataclass
from isthmus.types import RequestError

Map = Callable[[Vectors], Vectors]
"""Unit vectors (n, d) of a modality to unit vectors (n, d) that a decoder of texts reads."""


@dataclass(frozen=True, eq=False)
class Unpaired:
    """Vectors that tell where a modality and texts lie; no item of one belongs to one of the other.

    Raises:
        RequestError: no text, or vectors of different spaces.
    """

    texts: Float[np.ndarray, "m d"]
    """Unit vectors of texts, such as a memory's."""
    others: Float[np.ndarray, "k e"]
    """Unit vectors of the modality that is read, of as many coordinates; none where it is text."""

    def __post_init__(self) -> None:
        if not len(self.texts) or self.texts.shape[1] != self.others.shape[1]:
            raise RequestError(
                f"A treatment wants texts and vectors of one space, not arrays of "
                f"{self.texts.shape} and {self.others.shape}: embed both with one model."
            )

    @property
    def mean(self) -> Float[np.ndarray, " d"]:
        """Of the modality, or of texts where it has no vectors."""
        return (self.others if len(self.others) else self.texts).mean(0)


@dataclass(frozen=True)
class Treatment:
    """One entry of the table."""

    fit: Callable[[Unpaired, float], Map]
    strength: float
    """By default."""
    where: Literal["vectors", "training", "prompt"] = "vectors"
    """What it changes: the vectors, the decoder's training, or its prompt."""


def fit_nothing(data: Unpaired, strength: float) -> Map:
    """Vectors as they are."""
    return unit


def fit_mean_shift(data: Unpaired, strength: float) -> Map:
    """Moved by a share of the difference of the means.

    Source: Liang et al. 2022, Mind the Gap, section 4.2.
    """
    shift = strength * (data.texts.mean(0) - data.mean)
    return lambda x: unit_or_zero(unit(x) + shift)


def fit_mean_removal(data: Unpaired, strength: float) -> Map:
    """Less a share of the modality's mean, made as long as texts are without theirs, at their mean.

    Source: Zhang et al. 2024, C3, arXiv 2401.08567, section 4.1 (collapse); the decoder reads texts
    with their mean, so the mean of texts is put back.
    """
    middle = data.texts.mean(0)
    length = float(np.linalg.norm(data.texts - middle, axis=1).mean())
    return lambda x: unit_or_zero(length * unit_or_zero(unit(x) - strength * data.mean) + middle)


def fit_projection(data: Unpaired, strength: float) -> Map:
    """Mean of texts under softmax(cosine/strength), both sides without their means.

    Source: Li et al. 2023, DeCap, arXiv 2303.03032, equation 4.
    """
    middle = data.texts.mean(0)
    centred = unit_or_zero(data.texts - middle)

    def project(x: Vectors) -> Vectors:
        logits = unit_or_zero(unit(x) - data.mean) @ centred.T / strength
        shares = np.exp(logits - logits.max(1, keepdims=True))
        return unit_or_zero(shares / shares.sum(1, keepdims=True) @ data.texts)

    return project


def fit_nearest(data: Unpaired, strength: float) -> Map:
    """A share of the nearest text, both sides without their means, and the rest as it is.

    Source: the nearest text alone is CLIPRe (Su et al. 2022, MAGIC, section 4.1).
    """
    centred = unit_or_zero(data.texts - data.texts.mean(0))

    def nearest(x: Vectors) -> Vectors:
        found = (unit_or_zero(unit(x) - data.mean) @ centred.T).argmax(1)
        return unit_or_zero(strength * data.texts[found] + (1 - strength) * unit(x))

    return nearest


def fit_adapter(data: Unpaired, strength: float) -> Map:
    """A linear map that gives the modality the mean and the covariance of texts.

    Both covariances are shrunk to the sphere by ``strength``. Source: Sun, Feng & Saenko 2016,
    Return of Frustratingly Easy Domain Adaptation, algorithm 1 (whiten, then colour).
    """
    if len(data.others) < 2:
        return fit_nothing(data, strength)
    middle = data.texts.mean(0)
    whiten = _power(data.others - data.mean, strength, -0.5)
    colour = _power(data.texts - middle, strength, 0.5)
    turn = (whiten @ colour).astype(np.float32)
    return lambda x: unit_or_zero((unit(x) - data.mean) @ turn + middle)


def _power(centred: np.ndarray, shrink: float, power: float) -> np.ndarray:
    """A power of the shrunk covariance of centred rows, in float64."""
    wide = centred.astype(np.float64)
    covariance = wide.T @ wide / len(wide)
    d = len(covariance)
    covariance = (1 - shrink) * covariance + shrink * np.trace(covariance) / d * np.eye(d)
    values, axes = np.linalg.eigh(covariance)
    return (axes * np.maximum(values, 1e-12) ** power) @ axes.T


NONE = Treatment(fit_nothing, 0.0)
MEAN_SHIFT = Treatment(fit_mean_shift, 1.0)
MEAN_REMOVAL = Treatment(fit_mean_removal, 1.0)
PROJECTION = Treatment(fit_projection, 0.05)
NEAREST = Treatment(fit_nearest, 1.0)
ADAPTER = Treatment(fit_adapter, 0.3)
NOISE = Treatment(fit_nothing, 1.2, "training")
"""Length of the noise that a unit vector got at most when the decoder learned."""
ENTITIES = Treatment(fit_nothing, 4.0, "prompt")
"""Names that the decoder is told."""
