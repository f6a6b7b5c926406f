"""What the small point tower of ``mini`` learns from: patches of points, and frozen vectors.

The meshes of the bank (furniture, MegaGlest's models, drawings that are blown up) and scenes of
``babel``. What views say of a mesh is said by a head that saw neither it nor its name nor its
family (``renders_head.held_out``): so the tower learns what the head finds, not what it knows by
heart.
"""

import argparse
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from isthmus.encode.shapes.inputs import grouped
from isthmus.read.points import PointCloud
from isthmus.worlds import load
from tools.shapes.known import read, said
from tools.shapes.renders_head import UNNAMEABLE, Recipe, held_out

COPIES = 3
"""Draws of points of each shape."""
BABEL = 300


@dataclass
class Made:
    """Shapes so far: kind, name, part and category of each, its patches, and what views say."""

    rows: list[tuple[str, str, str, str]] = field(default_factory=list)
    patches: list[np.ndarray] = field(default_factory=list)
    centres: list[np.ndarray] = field(default_factory=list)
    views: list[np.ndarray] = field(default_factory=list)

    def add(self, row: tuple[str, str, str, str], whole: PointCloud, view: np.ndarray) -> None:
        """One shape in several draws of 1,024 of its points."""
        rng = np.random.default_rng(len(self.rows))
        count = min(1024, len(whole.points))
        draws = [rng.choice(len(whole.points), count, replace=False) for _ in range(COPIES)]
        pairs = [grouped(whole.taken(some).fitted()) for some in draws]
        self.rows.append(row)
        self.patches.append(np.stack([patches for patches, _ in pairs]).astype(np.float16))
        self.centres.append(np.stack([centres for _, centres in pairs]).astype(np.float16))
        self.views.append(view.astype(np.float32))


def cloud(path: Path) -> PointCloud:
    """The points that the bank keeps of a mesh."""
    kept = np.load(path)
    points, normals = (kept[one].astype(np.float32) for one in ("points", "normals"))
    return PointCloud(points, kept["colours"], normals)


def main() -> None:
    """Write one npz."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bank", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    made, known = Made(), read(options.bank)
    views = held_out(known, Recipe())
    facts = zip(known.kinds, known.names, known.parts, known.labels, strict=True)
    for row, path, view in zip(facts, known.files, views, strict=True):
        made.add(row, cloud(path), view)
    world = load("babel", n=BABEL, groups=1)
    for key in world.items["points"].ids:
        if world.split[key] == "train":
            row = ("babel", world.items["text"][key].lower(), "train", "")
            made.add(row, world.items["points"][key](), np.zeros(384))
    rows = np.array(made.rows)
    rows[np.isin(rows[:, 3], UNNAMEABLE), 3] = ""
    names = np.unique(rows[:, [1, 3]])
    texts = np.where((names != "")[:, None], said([name or "a" for name in names]), 0)
    np.savez(
        options.out,
        patches=np.stack(made.patches),
        centres=np.stack(made.centres),
        views=np.stack(made.views),
        rows=rows,
        names=names,
        texts=texts,
    )


if __name__ == "__main__":
    main()
