"""What the bank holds: renders of named meshes, texts that they are to be near, and folds."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

import isthmus
from isthmus.worlds import load
from tools import families
from tools.shapes.seen import FEATURES

TEMPLATES = ("{}", "a photo of a {}")
KINDS = ("furniture", "units", "glyphs")
TURNED = "turned"
"""The kind of furniture that stands on faces right or wrong: of one fold with furniture."""
FOLDS = 4
WIDE = 384 + FEATURES["first"][1] + 1280
"""Numbers of a view: its vector, and the means of both branches without the middle map."""


def unit(x: np.ndarray) -> np.ndarray:
    """Rows at length one; zeros stay."""
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-9)


@dataclass(frozen=True, eq=False)
class Known:
    """Shapes that are learned from, one a row."""

    files: list[Path]
    kinds: np.ndarray
    names: np.ndarray
    """Lower case."""
    labels: np.ndarray
    """Categories of furniture, lower case; empty elsewhere."""
    parts: np.ndarray
    groups: np.ndarray
    views: list[np.ndarray]
    """(v, 2944) float16 of each: vectors and features of its renders."""

    def folds(self, seed: int = 0) -> np.ndarray:
        """(n,) the fold of each row: no name and no group of a kind lies in two of them."""
        found = np.zeros(len(self.names), int)
        kinds = np.where(self.kinds == TURNED, "furniture", self.kinds)
        for kind in np.unique(kinds):
            rows = np.flatnonzero(kinds == kind)
            pairs = families.chain(self.names[rows].tolist())
            pairs += families.chain(self.groups[rows].tolist())
            part = np.unique(families.components(len(rows), pairs), return_inverse=True)[1]
            sizes, filled = np.bincount(part), np.zeros(FOLDS)
            of = np.zeros(len(sizes), int)
            for one in np.random.default_rng(seed).permutation(len(sizes)):
                of[one] = filled.argmin()
                filled[of[one]] += sizes[one]
            found[rows] = of[part]
        return found


def read(bank: Path, kinds: tuple[str, ...] = KINDS) -> Known:
    """All of a bank but what bears the name of a test object of ``furniture``.

    Args:
        bank: what ``tools.shapes.bank`` wrote.
        kinds: folders of it.
    """
    world = load("furniture")
    tested = {
        world.factors[key]["name"].lower() for key, part in world.split.items() if part == "test"
    }
    files, rows, views = list[Path](), list[tuple[str, ...]](), list[np.ndarray]()
    for kind in kinds:
        for path in sorted((bank / kind).glob("*.npz")):
            kept = np.load(path)
            name, label, part, group = (
                str(kept[key]) for key in ("name", "label", "part", "group")
            )
            if name.lower() in tested:
                continue
            files.append(path)
            rows.append((kind, name.lower(), label.lower(), part, group))
            views.append(kept["views"][:, :WIDE])
    kinds_, names, labels, parts, groups = np.array(rows).T
    return Known(files, kinds_, names, labels, parts, groups, views)


def said(words: list[str]) -> np.ndarray:
    """(n, 384) unit vectors of words through the templates."""
    text = isthmus.load("mini", workers=1)["text"]
    spoken = unit(text.encode([t.format(word) for word in words for t in TEMPLATES]))
    return unit(spoken.reshape(len(words), len(TEMPLATES), -1).mean(axis=1))


def texts(names: np.ndarray) -> np.ndarray:
    """(n, 384) unit vectors of names that may repeat; zeros for those that are empty."""
    distinct, row = np.unique(names, return_inverse=True)
    return np.where((distinct != "")[:, None], said([one or "a" for one in distinct]), 0)[row]
