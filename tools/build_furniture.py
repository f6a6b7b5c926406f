"""Build the world `furniture`: meshes of Sweet Home 3D's catalogues, simplified and packed.

python -m tools.build_furniture                       # the part that ships
python -m tools.build_furniture --whole --out FOLDER  # all of them, a few times larger
"""

from __future__ import annotations

import argparse
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.read.meshes.files import mesh
from isthmus.read.meshes.packed import pack
from isthmus.read.meshes.triangles import Mesh
from isthmus.store import write_table
from isthmus.view.cameras import Pose
from isthmus.view.renders import RenderOptions, render
from tools import families
from tools.fetch import Pin, fetch
from tools.furniture_catalogue import LANGUAGES, LICENCES, Piece, pieces
from tools.simplify import SAME_LOOK, SAME_SHAPE, reduced
from tools.tables import report

OUT = Path("src/isthmus/worlds/data/furniture")
SALT = "isthmus-furniture"
SHIPPED = 120_000
"""Bytes, compressed: larger meshes (trees above all, whose leaves cannot be merged) do not ship."""
NEAR = 8.0  # grey levels, root mean square over pixels, channels and views
THUMB = 48
POSES = (Pose(30.0, 20.0), Pose(120.0, 20.0))

PACKAGE = Pin(
    "deb",
    "sweethome3d-furniture",
    "1.8-1",
    "3ccb90c63f9525e887a767b9cd5c8b6933b8b6b2973a615a5359ee68a2118668",
)


@dataclass(frozen=True)
class Packed:
    """A model as it is written, and what became of it."""

    content: bytes
    size: int
    """Of the content, compressed by itself."""
    faces: int
    faces_before: int
    overlap: float
    difference: float
    thumb: np.ndarray
    """(d,) distance of each pixel of two small views from white paper."""


def catalogues(build: Path) -> list[Piece]:
    """Every model of the package, unpacked."""
    source = fetch(PACKAGE, build) / "usr/share/sweethome3d/furniture"
    found: list[Piece] = []
    for name in LICENCES:
        folder = build / "unpacked" / "furniture" / name
        if not (folder / "PluginFurnitureCatalog.properties").is_file():
            with zipfile.ZipFile(source / f"{name}.sh3f") as archive:
                archive.extractall(folder)
        found += pieces(folder, name)
    return found


def placed(found: Mesh, turn: np.ndarray, size: np.ndarray) -> Mesh:
    """Turned and stretched to its size in metres, standing on the ground around the origin."""
    vertices = found.vertices @ turn.T
    box = replace(found, vertices=vertices.astype(np.float32)).bounds
    scale = size / np.maximum(box[1] - box[0], 1e-9)
    middle = np.array([box[:, 0].mean(), box[0, 1], box[:, 2].mean()])
    normals = found.normals @ turn.T / np.where(scale > 0, scale, 1)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return replace(
        found,
        vertices=((vertices - middle) * scale).astype(np.float32),
        normals=(normals / np.maximum(length, 1e-12)).astype(np.float32),
    )


def one(piece: Piece) -> Packed:
    """Read, placed, simplified and packed."""
    whole = placed(mesh(piece.file), piece.turn, piece.size)
    fewer = reduced(whole)
    content = pack(fewer.mesh)
    views = render(whole, POSES, RenderOptions(side=THUMB, samples=1), workers=1)
    ink = np.concatenate([255.0 - view.colour.reshape(-1) for view in views])
    counts = len(fewer.mesh.faces), len(whole.faces)
    size = len(zlib.compress(content, 9))
    return Packed(content, size, *counts, fewer.overlap, fewer.difference, ink)


def family_of(found: Sequence[Piece], packed: Sequence[Packed]) -> list[str]:
    """The id of the first object of each one's family: equal names or nearly equal views."""
    names = [families.name_family(piece.name, "") for piece in found]
    near = families.near_pairs(np.stack([one.thumb for one in packed]), NEAR)
    joined = families.components(len(found), [*families.chain(names), *near])
    return [found[first].id for first in joined]


def columns(rows: Sequence[tuple[Piece, Packed, str, str]]) -> dict[str, Sequence[Any]]:
    """One row an object, as the file holds them."""
    plain = ("id", "name", "category", "creator", "licence", "source", "catalogue")
    table: dict[str, Sequence[Any]] = {
        key: [getattr(piece, key) for piece, *_ in rows] for key in plain
    }
    table["family"] = [family for *_, family, _ in rows]
    table["split"] = [split for *_, split in rows]
    for language in LANGUAGES:
        table[f"name_{language}"] = [piece.names[language] for piece, *_ in rows]
    table["faces"] = [packed.faces for _, packed, *_ in rows]
    table["mesh"] = [packed.content for _, packed, *_ in rows]
    return table


def build_furniture(build: Path, out: Path, whole: bool = False, workers: int = 2) -> list[Path]:
    """Write a file for each licence and return them."""
    found = catalogues(build)
    with ProcessPoolExecutor(workers) as pool:
        packed = list(pool.map(one, found, chunksize=8))
    family = family_of(found, packed)
    rows = list(zip(found, packed, family, families.splits(family, SALT), strict=True))
    shipped = [row for row in rows if whole or row[1].size <= SHIPPED]
    tell(packed, [row[1] for row in shipped])
    by_licence: dict[str, list[tuple[Piece, Packed, str, str]]] = defaultdict(list)
    for row in shipped:
        by_licence[row[0].licence].append(row)
    written = [out / licence.lower() / "meshes.parquet" for licence in by_licence]
    for path, some in zip(written, by_licence.values(), strict=True):
        write_table(path, columns(some))
    return written


def tell(packed: Sequence[Packed], shipped: Sequence[Packed]) -> None:
    """How much was left out and how much it shows."""
    fewer = [one for one in shipped if one.faces < one.faces_before]
    overlap = [one.overlap for one in fewer]
    before, after = sum(one.faces_before for one in shipped), sum(one.faces for one in shipped)
    print(
        f"{len(packed)} models, {len(shipped)} written; {before:,} triangles, {after:,} written. "
        f"{len(fewer)} simplified: overlap of silhouettes {np.mean(overlap):.4f} (least "
        f"{min(overlap):.3f}, wanted {SAME_SHAPE}), pixels differ by "
        f"{np.mean([one.difference for one in fewer]):.1f} grey levels (wanted {SAME_LOOK})."
    )


def main() -> None:
    """Build this world alone."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--build", type=Path, default=Path(".build"), help="where archives are kept and unpacked"
    )
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--whole", action="store_true", help="also what is too large to ship")
    args = parser.parse_args()
    print(report(build_furniture(args.build, args.out, args.whole)))


if __name__ == "__main__":
    main()
