"""Maps that are learned by gradient: layers, one after the other, in NumPy or torch alike.

``train`` fills them with torch tensors that have gradients; frozen, they hold arrays and need no
torch. Layers act on rows (n, d).
"""

from typing import Any

import numpy as np
from array_api_compat import array_namespace
from jaxtyping import Float

from isthmus.arrays import Vectors, unit
from isthmus.records import dataclass
from isthmus.similarity.hyperbolic import lifted


@dataclass(frozen=True, eq=False)
class Standard:
    """x -> (x - mean) / deviation, coordinate by coordinate."""

    mean: Any
    """(d,)"""
    deviation: Any
    """(d,), all above 0."""

    def __call__(self, x: Any) -> Any:
        """Rows (n, d), standardised."""
        return (x - self.mean) / self.deviation


@dataclass(frozen=True, eq=False)
class Dense:
    """x -> x matrix + bias."""

    matrix: Any
    """(d, e)"""
    bias: Any
    """(e,)"""

    def __call__(self, x: Any) -> Any:
        """Rows (n, d) to (n, e)."""
        return x @ self.matrix + self.bias


@dataclass(frozen=True, eq=False)
class Silu:
    """x -> x times its logistic.

    Source: Hendrycks & Gimpel 2016, Gaussian Error Linear Units (SiLU).
    """

    def __call__(self, x: Any) -> Any:
        """Entry by entry; the logistic as a hyperbolic tangent, which does not overflow."""
        return x * (1 + array_namespace(x).tanh(x / 2)) / 2


@dataclass(frozen=True, eq=False)
class Residual:
    """x -> x + layers(x).

    Source: He et al. 2016, Deep Residual Learning, equation 1.
    """

    layers: tuple[Any, ...]

    def __call__(self, x: Any) -> Any:
        """Rows (n, d) to (n, d)."""
        return x + through(self.layers, x)


@dataclass(frozen=True, eq=False)
class Lifted:
    """x -> space components of the point of the hyperboloid over the tangent exp(log_scale) · x.

    Source: Desai et al. 2023 (MERU), equation 6, with a learned scale.
    """

    log_scale: Any
    """()"""

    def __call__(self, x: Any) -> Any:
        """Space components (n, d)."""
        return lifted(array_namespace(self.log_scale).exp(self.log_scale) * x)


Layer = Standard | Dense | Silu | Residual | Lifted

LAYER_KINDS: tuple[type, ...] = (Standard, Dense, Silu, Residual, Lifted)
"""The classes of layers that a file may hold."""


def through(layers: tuple[Any, ...], x: Any) -> Any:
    """Rows after all layers."""
    for layer in layers:
        x = layer(x)
    return x


@dataclass(frozen=True, eq=False)
class Network:
    """Layers as a map of vectors: frozen, made of arrays."""

    layers: tuple[Any, ...]
    dim: int
    """Coordinates of what it gives."""

    def __call__(self, vectors: Vectors) -> Float[np.ndarray, "n e"]:
        """(n, e) float32 of vectors (n, d), which are scaled to length one before."""
        return np.asarray(through(self.layers, unit(vectors)), dtype=np.float32)
