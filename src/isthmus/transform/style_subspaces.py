"""Styles as directions: swapped, erased, or made to weigh little."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors, unit_or_zero
from isthmus.records import dataclass
from isthmus.scores.hubness import nearest_mean
from isthmus.transform.restyling import Restyler, StyleGrid
from isthmus.transform.whitenings import shrunk
from isthmus.types import span

SHRINKAGE = 0.1
"""Part of the within-object covariance that is replaced by its mean eigenvalue on the diagonal."""


@dataclass(frozen=True, eq=False)
class Spanned(Restyler):
    """A restyler that works in the span of the differences of the style means."""

    basis: Float[np.ndarray, "k d"]

    def learn(self, style: str, vectors: Vectors) -> "Spanned":
        """One more direction: that of the new mean, as far as it is new."""
        middles = Restyler(self.middles).learn(style, vectors).middles
        return replace(self, middles=middles, basis=_span(middles))


class SubspaceSwap(Spanned):
    """Coordinates in the span of the style means become those of the target's mean."""

    def restyle(self, vectors: Vectors, source: str, target: str) -> Vectors:
        """The rest is kept."""
        self.known(source, target)
        inside = vectors @ self.basis.T
        return vectors + (self.middles[target] @ self.basis.T - inside) @ self.basis


class StyleErasure(Spanned):
    """Both sides without the directions in which style means differ."""

    def placed(self, vectors: Vectors, style: str) -> Vectors:
        """Projected on the complement of the styles' span."""
        self.known(style)
        return unit_or_zero(vectors - vectors @ self.basis.T @ self.basis, np.float64)


@dataclass(frozen=True, eq=False)
class Whitened(Restyler):
    """Both sides less their style's mean, in the metric in which an object's pictures vary alike.

    Directions in which pictures of one object differ from style to style weigh little.
    """

    metric: Float[np.ndarray, "d d"]
    """Inverse square root of the within-object covariance."""

    def placed(self, vectors: Vectors, style: str) -> Vectors:
        """Less the mean of its style, whitened."""
        self.known(style)
        return unit_or_zero((vectors - self.middles[style]) @ self.metric, np.float64)


@dataclass(frozen=True, eq=False)
class HubCorrected(Whitened):
    """Whitened, and each candidate less its mean similarity to the nearest fitted pictures.

    The dot product of a query (x, 1) and a candidate (2 y, -r(y)) is 2 x.y - r(y).
    """

    bank: Mapping[str, Vectors]
    """Whitened pictures of fitted objects by style; a learned style has all of them."""

    def restyle(self, vectors: Vectors, source: str, target: str) -> Float[np.ndarray, "n d1"]:
        """The whitened object and a one."""
        self.known(target)
        x = Whitened.placed(self, vectors, source)
        return np.concatenate([x, np.ones((len(x), 1))], axis=1)

    def placed(self, vectors: Vectors, style: str) -> Float[np.ndarray, "n d1"]:
        """Twice the whitened object, and less what it has in common with the bank."""
        y = Whitened.placed(self, vectors, style)
        others = [rows for name, rows in self.bank.items() if name != style]
        near = nearest_mean(y @ np.concatenate(others).T, axis=1)
        return np.concatenate([2 * y, -near[:, None]], axis=1)


def fit_subspace_swap(grid: StyleGrid) -> SubspaceSwap:
    """The span of the differences of the style means, of rank styles - 1."""
    return SubspaceSwap(grid.middles, _span(grid.middles))


def fit_style_erasure(grid: StyleGrid) -> StyleErasure:
    """The orthogonal projector that makes all style means of these objects equal.

    Source: Ravfogel et al. 2022, Linear Adversarial Concept Erasure, section 3, for class means.
    """
    return StyleErasure(grid.middles, _span(grid.middles))


def fit_whitened(grid: StyleGrid) -> Whitened:
    """Within-class covariance normalisation: objects are the classes, styles the variation.

    Source: Hatch, Kajarekar & Stolcke 2006, Within-class covariance normalization, equation 3,
    after the two-way additive style means are taken out; shrunk towards the identity.
    """
    away = grid.cells - grid.cells.mean(axis=0)
    within = away - away.mean(axis=1, keepdims=True)
    rows = within.reshape(-1, within.shape[-1])
    covariance = rows.T @ rows / (len(away) * (away.shape[1] - 1))
    floor = 1e-12 * np.eye(len(covariance))
    values, axes = np.linalg.eigh(shrunk(covariance, SHRINKAGE) + floor)
    return Whitened(grid.middles, axes / np.sqrt(values) @ axes.T)


def fit_hub_corrected(grid: StyleGrid) -> HubCorrected:
    """Whitened as ``fit_whitened``, with the fitted pictures as the bank.

    Source: Conneau et al. 2018, Word Translation Without Parallel Data, equation 3 (CSLS); the
    bank of known queries is that of Bogolin et al. 2022, Cross Modal Retrieval with Querybank
    Normalisation. The query's own density does not change its ranking and is left out.
    """
    base = fit_whitened(grid)
    bank = {
        style: base.placed(grid.cells[:, column], style) for column, style in enumerate(grid.styles)
    }
    return HubCorrected(base.middles, base.metric, bank)


def _span(middles: Mapping[str, np.ndarray]) -> Float[np.ndarray, "k d"]:
    """Orthonormal rows that span the differences of the means."""
    rows = np.stack(list(middles.values()))
    return span(rows - rows.mean(axis=0))
