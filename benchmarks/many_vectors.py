"""A million vectors like those of real items, for benchmarks of search.

Real ones: pictures of ``glyphs`` and of scenes of ``babel`` in ``mini``, PCA to 256 coordinates.
Those of training objects are multiplied: a new vector is a real one, moved along the differences to
its nearest real neighbours by Gaussian weights (other styles of the same thing, scenes that differ
in a fact), as many as the intrinsic dimension that was measured, and by Gaussian noise in all
coordinates, a fifth as long as the way to the nearest neighbour; the weights are of the strength at
which the measured dimension of the many is again that of the real ones. Queries are real pictures
and texts of objects of the test splits, none of which is among what was multiplied.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.arrays import unit
from isthmus.indexes.exact import nearest

SCENES = 6_000
"""Of babel."""
SEED = 31
"""Of these scenes: an index tries its lists with sentences of others."""
DIM = 256
READ, PARTS = 2_000, 10
"""Vectors that a dimension is read from, and how often."""
NOISE = 0.2
"""Length of the noise, in mean distances to the nearest neighbour."""


@dataclass(frozen=True)
class Real:
    """Unit vectors of real items."""

    gallery: np.ndarray
    """(n, 256) pictures of training and validation objects."""
    queries: dict[str, np.ndarray]
    """(q, 256) pictures and texts of test objects."""
    tried: dict[str, np.ndarray]
    """(w, 256) words and sentences that an index tries its lists with."""


def real(kept: Path | None, seed: int = SEED) -> Real:
    """Encode, or read what was kept, and reduce to 256 coordinates that keep inner products."""
    if kept and kept.is_file():
        arrays = dict(np.load(kept))
    else:
        arrays = encoded(seed)
        if kept:
            np.savez(kept, **arrays)
    _, _, axes = np.linalg.svd(arrays["gallery"], full_matrices=False)
    found = {name: unit(some @ axes[:DIM].T) for name, some in arrays.items()}
    tried = {name: found.pop(name) for name in ("words", "sentences")}
    return Real(found.pop("gallery"), found, tried)


def encoded(seed: int) -> dict[str, np.ndarray]:
    """Unit vectors in ``mini``: pictures that may be multiplied, and what is asked.

    Args:
        seed: of the scenes of babel; glyphs are what they are.
    """
    from isthmus.indexes.rules import sentences_of, words_of
    from isthmus.lab.loading import load as load_space
    from isthmus.worlds import load
    from isthmus.worlds.babel.scenes import babel_world

    encoders = load_space("mini")
    found: dict[str, list[np.ndarray]] = {"gallery": [], "pictures": [], "texts": []}
    for world in (load("glyphs"), babel_world(SCENES, seed=seed)):
        for modality, name in (("image", "pictures"), ("text", "texts")):
            items = world.items[modality]
            test = [one for one in items.ids if world.split[one] == "test"]
            rest = [one for one in items.ids if world.split[one] != "test"]
            parts = {name: test} if modality == "text" else {"gallery": rest, name: test}
            for into, ids in parts.items():
                for start in range(0, len(ids), 256):
                    some = [items[one] for one in ids[start : start + 256]]
                    found[into].append(unit(np.asarray(encoders[modality].encode(some))))
    found |= {"words": [words_of(encoders, [])], "sentences": [sentences_of(encoders)]}
    return {name: np.concatenate(some) for name, some in found.items()}


def dimension(vectors: np.ndarray) -> float:
    """Intrinsic dimension by isthmus' own measure, the mean over parts of 2,000."""
    from isthmus.measure.dimensions.intrinsic import dimension_of

    found = list[float]()
    for seed in range(PARTS):
        rng = np.random.default_rng(seed)
        rows = np.sort(rng.choice(len(vectors), min(READ, len(vectors)), replace=False))
        found.append(dimension_of(vectors[rows], rng=rng).dimension)
    return float(np.mean(found))


@dataclass(frozen=True)
class Recipe:
    """How vectors are multiplied."""

    neighbours: int
    """Along whose differences a vector is moved."""
    strength: float
    """Of the weights."""
    noise: float
    """Length of the noise."""
    before: float
    """Intrinsic dimension of the real ones."""
    after: float
    """And of the many."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {name: round(float(value), 3) for name, value in vars(self).items()}


def multiplied(
    vectors: np.ndarray, near: np.ndarray, how: Recipe, count: int, seed: int
) -> np.ndarray:
    """(count, d) vectors around real ones.

    Args:
        vectors: (n, d) unit vectors.
        near: (n, k) numbers of each one's nearest others.
        how: strength and noise of the recipe.
        count: how many.
        seed: of the draws.
    """
    rng, (n, d), k = np.random.default_rng(seed), vectors.shape, near.shape[1]
    made = np.empty((count, d), np.float32)
    for start in range(0, count, 8_192):
        stop = min(start + 8_192, count)
        row = rng.integers(0, n, stop - start)
        spread = how.strength / np.sqrt(k)
        weight = rng.normal(scale=spread, size=(len(row), k)).astype(np.float32)
        middle = vectors[row]
        moved = np.einsum("nk,nkd->nd", weight, vectors[near[row]] - middle[:, None])
        random = rng.normal(scale=how.noise / np.sqrt(d), size=moved.shape).astype(np.float32)
        made[start:stop] = unit(middle + moved + random)
    return made


def recipe(vectors: np.ndarray) -> tuple[Recipe, np.ndarray]:
    """The recipe, and each vector's nearest others."""
    before = dimension(vectors)
    near = nearest(vectors, vectors, round(before) + 1)[1]
    cosine = np.einsum("nd,nd->n", vectors, vectors[near[:, 1]])
    apart = float(np.sqrt(np.maximum(2 - 2 * cosine, 0)).mean())
    near = near[:, 1:]

    def tried(strength: float) -> Recipe:
        how = Recipe(near.shape[1], strength, NOISE * apart, before, 0.0)
        return replace(how, after=dimension(multiplied(vectors, near, how, PARTS * READ, 1)))

    low, high = 0.2, 1.5
    for _ in range(7):
        middle = (low + high) / 2
        low, high = (middle, high) if tried(middle).after < before else (low, middle)
    return tried((low + high) / 2), near
