"""A model in training: layers of each modality, a trunk, a similarity, a temperature."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from isthmus.records import dataclass
from isthmus.registry import find
from isthmus.scores.rules import Trained, named
from isthmus.similarity import LEARNED
from isthmus.similarity.euclidean import normalised
from isthmus.similarity.learned import Bilinear, Mahalanobis
from isthmus.train import HEADS
from isthmus.train.recipe import Recipe
from isthmus.transform.maps import MapByModality
from isthmus.transform.mended import Mended
from isthmus.transform.networks import LAYER_KINDS, Lifted, Network, Standard, through
from isthmus.types import EmbeddingSet, RequestError, Space

HYPERBOLIC = ("lorentz", "exterior_angle")
"""Similarities of points of a hyperboloid, on which a last layer lifts all vectors."""


@dataclass(frozen=True, eq=False)
class Model:
    """All that is trained, as arrays or as torch tensors."""

    fixed: Mapping[str, tuple[Any, ...]]
    """Layers that are not trained, by modality: the standardisation."""
    own: Mapping[str, tuple[Any, ...]]
    """Layers of each modality; none of a frozen one. The first modality is the general one."""
    trunk: tuple[Any, ...]
    """Layers of all modalities, after their own."""
    similarity: Any
    """Name, or one with a matrix."""
    log_scale: Any
    """(1,) logarithm of the inverse temperature."""
    bias: Any
    """(1,) of the logits."""

    def side(self, modality: str, x: Any) -> Any:
        """Rows (n, e) of a modality's unit vectors (n, d)."""
        return through((*self.fixed[modality], *self.own[modality], *self.trunk), x)

    def logits(self, first: Any, second: Any) -> Any:
        """(n, m) scaled similarities of rows of the general modality and of the other one."""
        scale = array_namespace(self.log_scale).exp(self.log_scale)
        return scale * named(self.similarity)(first, second) + self.bias

    def factors(self, first: Any, second: Any) -> tuple[Any, Any] | None:
        """Rows whose inner products are the similarities; None where these are no products."""
        if isinstance(self.similarity, Bilinear):
            return first @ self.similarity.matrix, second
        if self.similarity == "cosine":
            return normalised(first), normalised(second)
        return (first, second) if self.similarity == "dot" else None

    def mended(self, parent: Space, recipe: Recipe, objects: int) -> Mended:
        """The space that a model of NumPy arrays makes of its parent."""
        layers = {m: (*self.fixed[m], *self.own[m], *self.trunk) for m in self.own}
        maps: MapByModality = {m: Network(one, _dim(one, parent.dim)) for m, one in layers.items()}
        plain = isinstance(self.similarity, str) and self.similarity == "cosine"
        rule = None if plain else Trained(self.similarity, next(iter(self.own)))
        ended = {"scale": float(np.exp(self.log_scale[0])), "bias": float(self.bias[0])}
        return Mended(parent, recipe.chain, (maps,), rule, objects, {**recipe.to_dict(), **ended})


MODEL_KINDS: tuple[type, ...] = (Model, Bilinear, Mahalanobis, *LAYER_KINDS)
"""The classes that a checkpoint may hold."""


def initial_model(recipe: Recipe, sides: Mapping[str, EmbeddingSet], seed: int) -> Model:
    """A model as training starts.

    Args:
        recipe: loss, similarity, heads and temperature.
        sides: training vectors by modality; the first is the left side of a similarity with two
            different sides.
        seed: of the heads.

    Raises:
        RequestError: a modality to freeze that is not there.
    """
    if unknown := [name for name in recipe.freeze if name not in sides]:
        raise RequestError(f"--freeze names some of {', '.join(sides)}, not {unknown[0]!r}.")
    rng = np.random.default_rng([seed, *b"heads"])
    d = next(iter(sides.values())).space.dim
    e = recipe.dim or d
    head = find("heads", HEADS, recipe.head)
    fixed = {m: (_standard(sides[m]),) if recipe.standardise else () for m in sides}
    own = {m: () if m in recipe.freeze else head(d, e, recipe.hidden, rng) for m in sides}
    trunk: tuple[Any, ...] = head(e, e, recipe.hidden, rng) if recipe.shared else ()
    if recipe.similarity in HYPERBOLIC:
        trunk = (*trunk, Lifted(np.zeros(1)))
    similarity: Any = recipe.similarity
    if similarity in LEARNED:
        similarity = find("similarities", LEARNED, similarity)(np.eye(e))
    bias = -10.0 if recipe.loss == "sigmoid" else 0.0
    return Model(fixed, own, trunk, similarity, np.array([np.log(recipe.start)]), np.array([bias]))


def _standard(some: EmbeddingSet) -> Standard:
    x = some.unit.astype(np.float64)
    spread = x.std(axis=0)
    return Standard(x.mean(axis=0), np.maximum(spread, 1e-3 * spread.max()) * x.shape[1] ** 0.5)


def _dim(layers: tuple[Any, ...], start: int) -> int:
    return through(layers, np.ones((1, start), dtype=np.float32)).shape[1]
