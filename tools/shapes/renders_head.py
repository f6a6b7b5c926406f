"""The head that reads renders: ridge regression from the image tower's features to texts.

    python -m tools.shapes.renders_head --bank .build/shapes --out FOLDER [--folds]

What is added to a picture's vector is linear in the features of both branches. It learns from
furniture as it stands and turned over, MegaGlest's models and drawings that are blown up, towards
their names and, of furniture, a share of their category's name. ``--folds`` judges a recipe by four
folds, no name or family in two of them; the head that ships is fitted on all. ``--category 0``
leaves the names of categories out, as a zero-shot question about them wants it.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tools.shapes.known import FOLDS, KINDS, TURNED, Known, read, said, texts, unit

UNNAMEABLE = ("", "miscellaneous", "exterior", "staircases")


@dataclass(frozen=True)
class Recipe:
    """How the head is fitted; chosen by the folds."""

    weights: Mapping[str, float] = field(
        default_factory=lambda: {"furniture": 1.0, "units": 0.5, "glyphs": 0.2, TURNED: 0.5}
    )
    """Of a shape of each kind, before it is divided by the root of how many share its name."""
    category: float = 0.4
    """Of the category's text beside the name's; 0 leaves categories out."""
    strength: float = 1.0
    share: float = 0.65
    kept: float = 0.85
    """Share of the image tower's own vector."""
    rank: int = 128


@dataclass(frozen=True, eq=False)
class Lessons:
    """What of the bank a head sees."""

    start: np.ndarray
    """(n, 384) unit vectors: means of the renders' vectors."""
    features: np.ndarray
    """(n, 2560) means over renders, at a spread of one."""
    mean: np.ndarray
    spread: np.ndarray
    names: np.ndarray
    """(n, 384) unit vectors of names."""
    categories: np.ndarray
    """The same of categories; zeros where there is none."""
    weights: np.ndarray
    """(n,) before those of kinds: fewer of a name and of a category count more."""
    kinds: np.ndarray


def lessons(known: Known) -> Lessons:
    """Means of the bank's renders."""
    own = [one for one, kind in zip(known.views, known.kinds, strict=True) if kind == "furniture"]
    every = np.concatenate(own).astype(np.float32)[:, 384:]
    mean, spread = every.mean(axis=0), every.std(axis=0) + 1e-6
    start = np.stack(
        [unit(unit(one[:, :384].astype(np.float32)).mean(axis=0)) for one in known.views]
    )
    features = np.stack([one[:, 384:].astype(np.float32).mean(axis=0) for one in known.views])
    labels = np.where(np.isin(known.labels, UNNAMEABLE), "", known.labels)
    _, row, count = np.unique(known.names, return_inverse=True, return_counts=True)
    weights = count[row] ** -0.5
    _, row, count = np.unique(labels, return_inverse=True, return_counts=True)
    weights = weights * np.where(
        labels == "", 1.0, len(labels[labels != ""]) / len(count) / count[row]
    )
    scaled = (features - mean) / spread / features.shape[1] ** 0.5
    return Lessons(
        start, scaled, mean, spread, texts(known.names), texts(labels), weights, known.kinds
    )


def fitted(some: Lessons, rows: np.ndarray, recipe: Recipe) -> dict[str, np.ndarray]:
    """The head of these rows (n,) bool: ``down``, ``up`` and ``bias``."""
    weights = some.weights * np.array([recipe.weights[kind] for kind in some.kinds])
    rows = np.flatnonzero(rows & (weights > 0))
    weights = (weights[rows] / weights[rows].mean())[:, None]
    x = some.features[rows]
    aim = unit(some.names[rows] + recipe.category * some.categories[rows])
    y = aim - recipe.kept * some.start[rows]
    middle, away = (weights * x).mean(axis=0), (weights * y).mean(axis=0)
    root = weights**0.5
    centred = (x - middle) * root
    gram = centred @ centred.T
    ridge = recipe.strength * np.trace(gram) / len(gram) * np.eye(len(gram))
    matrix = centred.T @ np.linalg.solve(gram + ridge, (y - away) * root)
    left, size, right = np.linalg.svd(matrix, full_matrices=False)
    share, rank = recipe.share / recipe.kept, recipe.rank
    wide = (some.spread * len(some.spread) ** 0.5)[:, None]
    down, up = share * left[:, :rank] * size[:rank] / wide, right[:rank]
    bias = share * (away - middle @ matrix) - some.mean @ down @ up
    return {"down": down, "up": up, "bias": bias}


def seen(head: Mapping[str, np.ndarray], views: np.ndarray) -> np.ndarray:
    """(384,) of renders (v, 2944), as ``RendersHead`` and ``Road`` make it."""
    views = views.astype(np.float32)
    each = unit(views[:, :384]) + (views[:, 384:] @ head["down"]) @ head["up"] + head["bias"]
    return unit(each).mean(axis=0)


def held_out(known: Known, recipe: Recipe, seed: int = 0) -> np.ndarray:
    """(n, 384) of every shape by a head that saw no shape of its fold and none of its name."""
    some, folds = lessons(known), known.folds(seed)
    found = np.zeros((len(folds), 384), np.float32)
    for number in range(FOLDS):
        out = folds == number
        named = np.isin(known.names, known.names[out & (known.kinds == "furniture")])
        head = fitted(some, ~out & ~named, recipe)
        for row in np.flatnonzero(out):
            found[row] = seen(head, known.views[row])
    return found


def judged(known: Known, vectors: np.ndarray, seed: int = 0) -> dict[str, float]:
    """Folds' hit@5 by name of furniture, of units among it, of it turned; balanced accuracy."""
    folds, z, hits, mixed, turned = (
        known.folds(seed),
        unit(vectors),
        *(list[bool]() for _ in range(3)),
    )
    for number in range(FOLDS):
        own = np.flatnonzero((folds == number) & (known.kinds == "furniture"))
        hits += found_first(known.names[own], z[own], known.names[own])
        ways = np.flatnonzero((folds == number) & (known.kinds == TURNED))
        turned += pooled(known, z, ways)
        units = np.flatnonzero((folds == number) & (known.kinds == "units"))
        units = units[np.unique(known.names[units], return_index=True)[1]]
        both = np.concatenate([units, own])
        mixed += found_first(known.names[units], z[both], known.names[both])
    rows = np.flatnonzero((known.kinds == "furniture") & ~np.isin(known.labels, UNNAMEABLE))
    labels = np.unique(known.labels[rows])
    guess = labels[(z[rows] @ said(list(labels)).T).argmax(axis=1)]
    right = [np.mean(guess[known.labels[rows] == one] == one) for one in labels]
    return {
        "furniture": float(np.mean(hits)), "units": float(np.mean(mixed or [0])), "n": len(hits),
        "turned": float(np.mean(turned or [0])), "balanced": float(np.mean(right)),
    }  # fmt: skip


def pooled(known: Known, z: np.ndarray, rows: np.ndarray) -> list[bool]:
    """The same of meshes of which each row is one way up."""
    if not len(rows):
        return []
    meshes, of = np.unique([known.files[row].stem[:-3] for row in rows], return_inverse=True)
    mean = np.stack([z[rows[of == number]].mean(axis=0) for number in range(len(meshes))])
    names = np.array([known.names[rows[of == number]][0] for number in range(len(meshes))])
    return found_first(names, unit(mean), names)


def found_first(asked: np.ndarray, z: np.ndarray, names: np.ndarray) -> list[bool]:
    """Of each distinct name, whether one of its shapes is among the first five."""
    asked = np.unique(asked)
    if not len(asked):
        return []
    order = np.argsort(-(said(list(asked)) @ z.T), axis=1, kind="stable")[:, :5]
    return (names[order] == asked[:, None]).any(axis=1).tolist()


def main() -> None:
    """Judge, or fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bank", type=Path, required=True)
    parser.add_argument("--kinds", nargs="+", default=[*KINDS, TURNED])
    parser.add_argument("--category", type=float, default=Recipe.category)
    parser.add_argument("--folds", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    known = read(options.bank, tuple(options.kinds))
    recipe = Recipe(category=options.category)
    if options.folds:
        for seed in range(3):
            print(seed, judged(known, held_out(known, recipe, seed), seed), flush=True)
    if options.out:
        found = fitted(lessons(known), np.ones(len(known.names), bool), recipe)
        half = {key: x.astype(np.float16) for key, x in found.items()}
        options.out.parent.mkdir(parents=True, exist_ok=True)
        np.savez(options.out, **half | {"bias": found["bias"].astype(np.float32)})


if __name__ == "__main__":
    main()
