"""Maps of a cloud on a plane, each with how far its neighbourhoods can be trusted."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors, squared_distances
from isthmus.measure.statistics import (
    NEAR,
    SetLike,
    as_set,
    chance,
    mean_interval,
    seeded,
    take_rows,
)
from isthmus.types import Axes, ExtraMissingError, RequestError, Result, axes_or_new

LARGEST = 2_000
"""Items on a map; of more, as many are drawn."""
DRAWS = 199
"""Maps with their points permuted."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PlaneMap(Result):
    """Trustworthiness of a map: 1 if near points are near items."""

    points: Float[np.ndarray, "n 2"]
    rows: np.ndarray
    """The item of each point."""
    continuity: float
    """1 if near items are near points."""
    method: str
    paper = (
        "Venna & Kaski, Neural Networks 19, 2006, equations 1 and 2 (trustworthiness, continuity); "
        "null: the map's points dealt to the items anew."
    )

    sentence = (
        "The {self.method} map is trustworthy to {self.value:.3f} (points dealt at random: "
        "{self.null.mean:.3f}) and continuous to {self.continuity:.3f}, over "
        f"{NEAR} neighbours."
    )

    def plot(self, ax: Axes | None = None) -> Axes:
        """The map."""
        ax = axes_or_new(ax)
        ax.scatter(self.points[:, 0], self.points[:, 1], s=6)
        ax.set(title=f"{self.method}, trustworthiness {self.value:.3f}", xticks=[], yticks=[])
        return ax


def plane_map(
    a: SetLike, *, method: str = "pca", rng: np.random.Generator | None = None
) -> PlaneMap:
    """Items on a plane by one of ``MAPS``, and how far near points are near items.

    Of more than 2,000 items as many are drawn. The interval is over the items of one map.

    Raises:
        RequestError: an unknown method, or 30 items or fewer.
        ExtraMissingError: umap-learn is not installed.

    Source: Venna & Kaski 2006.
    """
    items, rng = as_set(a), seeded(rng)
    if method not in MAPS or len(items) <= 3 * NEAR:
        raise RequestError(
            f"A map is one of {', '.join(MAPS)} and wants more than {3 * NEAR} items; asked was "
            f"{method!r} of {len(items)}."
        )
    rows = np.sort(rng.permutation(len(items))[:LARGEST])
    x = take_rows(items, rows).unit.astype(np.float64)
    points = np.asarray(MAPS[method](x, int(rng.integers(2**31))), np.float64)
    high, low = _ranks(x @ x.T), _ranks(-squared_distances(points))
    each = _trust(high, low)
    value = float(each.mean())
    orders = (rng.permutation(len(x)) for _ in range(DRAWS))
    draws = np.array([_trust(high, low[np.ix_(order, order)]).mean() for order in orders])
    return PlaneMap(
        name=f"trustworthiness of {method} ({items.modality})",
        value=value,
        n=len(x),
        interval=mean_interval(each, "mean over items, Student's t"),
        null=chance("reference law", value, draws, note="points dealt anew"),
        points=points,
        rows=rows,
        continuity=float(_trust(low, high).mean()),
        method=method,
    )


def _ranks(likeness: np.ndarray) -> np.ndarray:
    """(n, n) of each item in each row's order of likeness, 1 for the nearest; 0 for itself."""
    likeness = likeness.copy()
    np.fill_diagonal(likeness, np.inf)
    order = np.argsort(-likeness, axis=1, kind="stable")
    found = np.empty(order.shape, np.int32)
    np.put_along_axis(found, order, np.arange(len(order), dtype=np.int32)[None], axis=1)
    return found


def _trust(true: np.ndarray, shown: np.ndarray, k: int = NEAR) -> np.ndarray:
    """(n,) 1 less the normalised excess of true ranks among the k nearest shown."""
    excess = np.where((shown > 0) & (shown <= k), np.maximum(true - k, 0), 0).sum(axis=1)
    return 1 - excess * 2 / (k * (2 * len(true) - 3 * k - 1))


def _pca(x: Vectors, seed: int) -> np.ndarray:
    first, size, _ = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    return first[:, :2] * size[:2]


def _isomap(x: Vectors, seed: int) -> np.ndarray:
    from sklearn.manifold import Isomap

    return Isomap(n_neighbors=NEAR).fit_transform(x)


def _tsne(x: Vectors, seed: int) -> np.ndarray:
    from sklearn.manifold import TSNE

    return TSNE(perplexity=min(30, len(x) / 4), init="pca", random_state=seed).fit_transform(x)


def _umap(x: Vectors, seed: int) -> np.ndarray:
    try:
        from umap import UMAP
    except ModuleNotFoundError as error:
        raise ExtraMissingError("umap-learn", "analysis") from error
    return np.asarray(UMAP(metric="cosine", random_state=seed, n_jobs=1).fit_transform(x))


MAPS: dict[str, Callable[[Vectors, int], np.ndarray]] = {
    "pca": _pca,
    "isomap": _isomap,
    "tsne": _tsne,
    "umap": _umap,
}
"""How items are put on a plane: (unit vectors, seed) -> (n, 2)."""
