"""What the small point tower of ``mini`` learns from: patches of points, and frozen vectors.

Furniture's training shapes, scenes of ``babel``, and drawings that are blown up: a glyph's outline
as a cushion, in its colours, which brings 1,300 names more than furniture has.
"""

import argparse
import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import distance_transform_edt, gaussian_filter

import isthmus
from isthmus.encode.shapes.inputs import grouped
from isthmus.read.points import PointCloud
from isthmus.worlds import load
from isthmus.worlds.bundled import payloads

COPIES = 4
"""Draws of points of each shape."""
STYLES = ("fluent-3d", "twemoji", "openmoji-color")
BABEL = 300
TEMPLATES = ("{}", "a photo of a {}")
SIDE = 96


def cushion(rgba: np.ndarray, rng: np.random.Generator, count: int = 1024) -> PointCloud:
    """Points of both sides of a drawing (h, w, 4) that is as thick as it is far to its outline."""
    solid = rgba[..., 3] > 127
    far = gaussian_filter(distance_transform_edt(np.pad(solid, 1))[1:-1, 1:-1], 1.0)
    half = np.where(solid, np.sqrt(np.maximum(far, 0)) * SIDE**0.5 * rng.uniform(0.15, 0.5), 0)
    row, column = np.nonzero(solid)
    chosen = rng.choice(len(row), count)
    row, column, side = row[chosen], column[chosen], rng.choice([-1.0, 1.0], count)
    down, across = np.gradient(half)
    normals = np.column_stack([-across[row, column] * 1, down[row, column], np.ones(count)])
    normals[:, 2] *= side
    normals[:, :2] *= 1
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    points = np.column_stack([column, -row, half[row, column] * side]) + rng.uniform(
        -0.5, 0.5, (count, 3)
    )
    return PointCloud(points.astype(np.float32), rgba[row, column], normals.astype(np.float32))


@dataclass
class Made:
    """Shapes so far: kind, name and part of each, its patches, and the mean of its renders."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)
    patches: list[np.ndarray] = field(default_factory=list)
    centres: list[np.ndarray] = field(default_factory=list)
    views: list[np.ndarray] = field(default_factory=list)

    def add(self, row: tuple[str, str, str], clouds: list[PointCloud], view: np.ndarray) -> None:
        """One shape in several draws of its points."""
        pairs = [grouped(one.fitted()) for one in clouds]
        self.rows.append(row)
        self.patches.append(np.stack([patches for patches, _ in pairs]).astype(np.float16))
        self.centres.append(np.stack([centres for _, centres in pairs]).astype(np.float16))
        self.views.append(view.astype(np.float32))


def draws(whole: PointCloud, rng: np.random.Generator) -> list[PointCloud]:
    """Several times half of the points or 1,024 of them."""
    count = min(1024, len(whole.points))
    return [whole.taken(rng.choice(len(whole.points), count, replace=False)) for _ in range(COPIES)]


def furniture(made: Made, bank: Path, rng: np.random.Generator) -> None:
    """Training and validation objects, with the vectors of their renders."""
    world = load("furniture")
    for key in world.items["mesh"].ids:
        if world.split[key] == "test":
            continue
        kept = np.load(bank / f"{key.replace('/', '__')}.npz")
        points, normals = (kept[one].astype(np.float32) for one in ("points", "normals"))
        seen = kept["views"][:, :384].astype(np.float32)
        seen = (seen / np.linalg.norm(seen, axis=1, keepdims=True)).mean(axis=0)
        whole = PointCloud(points, kept["colours"], normals)
        row = ("furniture", world.factors[key]["name"], world.split[key])
        made.add(row, draws(whole, rng), seen)


def glyphs(made: Made, rng: np.random.Generator) -> None:
    """Training objects, blown up, in three styles in turn."""
    world = load("glyphs", styles=list(STYLES))
    pictures = world.items["image"]
    for key in world.items["text"].ids:
        if world.split[key] != "train":
            continue
        sources = [pictures[f"{key}/{style}"].source for style in STYLES]
        drawn = [
            np.array(Image.open(io.BytesIO(payloads(one.file)[one.id])).convert("RGBA"))
            for one in sources
        ]
        drawn = [one for one in drawn if (one[..., 3] > 127).sum() > 400]
        if drawn:
            clouds = [cushion(drawn[at % len(drawn)], rng) for at in range(COPIES)]
            made.add(("glyphs", world.items["text"][key], "train"), clouds, np.zeros(384))


def babel(made: Made, rng: np.random.Generator) -> None:
    """Training scenes with one group of things."""
    world = load("babel", n=BABEL, groups=1)
    for key in world.items["points"].ids:
        if world.split[key] == "train":
            row = ("babel", world.items["text"][key], "train")
            made.add(row, draws(world.items["points"][key](), rng), np.zeros(384))


def main() -> None:
    """Write one npz."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bank", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    made, rng = Made(), np.random.default_rng(0)
    furniture(made, options.bank, rng)
    glyphs(made, rng)
    babel(made, rng)
    names = sorted({name for _, name, _ in made.rows})
    said = [template.format(name.lower()) for name in names for template in TEMPLATES]
    texts = isthmus.load("mini", workers=1)["text"].encode(said)
    np.savez(
        options.out,
        patches=np.stack(made.patches),
        centres=np.stack(made.centres),
        views=np.stack(made.views),
        rows=np.array(made.rows),
        names=np.array(names),
        texts=texts.reshape(len(names), len(TEMPLATES), -1),
    )


if __name__ == "__main__":
    main()
