"""The drawings that `mini` learns from: each with its name, keywords, split and encoded picture."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import resvg_py
from PIL import Image

from tools.mini.icons import icons

STYLES = {
    "fluent-3d": "fluent",
    "fluent-flat": "fluent",
    "twemoji": "twemoji",
    "openmoji-color": "openmoji",
    "openmoji-black": "openmoji",
    "noto": "noto",
}
WORLDS = Path("src/isthmus/worlds/data")


@dataclass(frozen=True)
class Drawing:
    """A picture and what is said about it."""

    name: str
    keywords: tuple[str, ...]
    split: str
    train: bool  # whether it is trained on
    picture: bytes  # encoded, or an SVG document
    seed: int  # of its renditions
    once: bool = (
        False  # trained on as it is, never in variations: flags, of which there are too many
    )


def plain_name(name: str) -> str:
    """Lower case, words apart."""
    return " ".join(re.sub(r"[_\-]+", " ", name).lower().split())


def glyphs(worlds: Path, style: str) -> list[Drawing]:
    """All 1,797 objects in one style; empty frames of flags in black are not for training."""
    objects = pq.read_table(worlds / "glyphs/objects.parquet").to_pylist()
    cells = pq.read_table(worlds / "glyphs" / STYLES[style] / f"{style}.parquet")[
        "image"
    ].to_pylist()
    number = list(STYLES).index(style)
    return [
        Drawing(
            row["name"],
            tuple(row["keywords"]),
            row["split"],
            row["split"] == "train" and (row["grid"] or style != "openmoji-black"),
            cell,
            100_003 * number + i,
            once=not row["grid"],
        )
        for i, (row, cell) in enumerate(zip(objects, cells, strict=True))
    ]


def clipart(worlds: Path) -> list[Drawing]:
    """The training split without flags."""
    rows = pq.read_table(worlds / "clipart/pictures.parquet").to_pylist()
    found: list[Drawing] = []
    for i, row in enumerate(rows):
        name = re.sub(r"\b\d+\b", "", plain_name(row["name"]))
        name = " ".join(name.split()) or plain_name(row["folder"].rsplit("/", 1)[-1])
        train = row["split"] == "train" and "/flags" not in row["folder"]
        words = tuple(row["keywords"][:8])
        found.append(Drawing(name, words, row["split"], train, row["image"], i))
    return found


def drawn_icons(archives: Path) -> list[Drawing]:
    """All icons; none is held out."""
    return [
        Drawing(icon.name, (), "train", True, icon.svg.encode(), i)
        for i, icon in enumerate(icons(archives))
    ]


def opened(picture: bytes) -> Image.Image:
    """RGBA of an SVG document or of an encoded picture."""
    if picture.startswith(b"<svg"):
        picture = bytes(resvg_py.svg_to_bytes(svg_string=picture.decode(), skip_system_fonts=True))
    return Image.open(io.BytesIO(picture)).convert("RGBA")


def keyed(drawings: Sequence[Drawing]) -> tuple[list[Drawing], list[int]]:
    """One drawing for each distinct (name, keywords), and which of them each drawing has."""
    first: dict[tuple[str, tuple[str, ...]], int] = {}
    found: list[Drawing] = []
    key: list[int] = []
    for drawing in drawings:
        what = (drawing.name, drawing.keywords)
        if what not in first:
            first[what] = len(found)
            found.append(drawing)
        key.append(first[what])
    return found, key
