"""Build the world `glyphs`: every object that six drawing styles have, with names and splits.

    python -m tools.build_glyphs [--build .build] [--out src/isthmus/worlds/data/glyphs]

The grid object × style is full by construction: questions about style and content need every cell.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.store import write_table
from tools import families
from tools.fetch import Pin, fetch
from tools.raster import decode, ink, rasterise, thumb, webp
from tools.tables import report

OUT = Path("src/isthmus/worlds/data/glyphs")
SALT = "isthmus-glyphs"
LANGUAGES = ("de", "es", "fr", "it", "ja", "ko", "pt", "ru", "th", "zh")
FLAGS = ("country-flag", "subdivision-flag")
MANY = 20  # objects that share one picture: it says nothing of any of them
NEAR = 25.0  # grey levels, root mean square over pixels, channels and styles

EMOJIBASE = Pin(
    "npm",
    "emojibase-data",
    "17.0.0",
    "d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a",
)
FLUENT_3D = Pin(
    "npm",
    "@lobehub/fluent-emoji-3d",
    "1.1.0",
    "c1bb7eee7de090205a232518a9ab4adb3df458bfbe8a1f78232991194c8b2e58",
)
FLUENT_FLAT = Pin(
    "npm",
    "@lobehub/fluent-emoji-flat",
    "1.1.0",
    "8f9113c027c7c20eced0070354715a4093a459b8bef6332b91d45f38c9bdb147",
)
TWEMOJI = Pin(
    "npm",
    "@twemoji/svg",
    "15.0.0",
    "1d2907557a422c7c4e3feca50ef915c39da1db3d76b4a4d7e73fb59bce4403c3",
)
OPENMOJI = Pin(
    "npm", "openmoji", "17.0.0", "55ee7d13485dec86e9f38c1f3a645a13382d33ff97c0cd845ee824b0aef45e68"
)
NOTO = Pin(
    "npm",
    "emoji-datasource-google",
    "16.0.0",
    "fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438",
)


@dataclass(frozen=True)
class Style:
    """One way of drawing every object; `source` is the folder of its licence."""

    name: str
    source: str
    pin: Pin
    pattern: str
    quality: int | None  # of WebP; lossless if None, where lossless is the smaller one


STYLES = (
    Style("fluent-3d", "fluent", FLUENT_3D, "package/assets/*.webp", 90),
    Style("fluent-flat", "fluent", FLUENT_FLAT, "package/assets/*.svg", None),
    Style("twemoji", "twemoji", TWEMOJI, "package/*.svg", None),
    Style("openmoji-color", "openmoji", OPENMOJI, "package/color/svg/*.svg", None),
    Style("openmoji-black", "openmoji", OPENMOJI, "package/black/svg/*.svg", None),
    Style("noto", "noto", NOTO, "package/img/google/64/*.png", 85),
)


def object_id(hexcode: str) -> str:
    """Code points without the variation selector, which some sources write and some leave out."""
    return "-".join(part for part in hexcode.upper().split("-") if part != "FE0F")


def drawings(style: Style, build: Path) -> dict[str, Path]:
    """File of each object; of two spellings of one, the fully qualified (longer) one."""
    files = sorted(
        fetch(style.pin, build).glob(style.pattern), key=lambda path: (len(path.stem), path.stem)
    )
    return {object_id(path.stem): path for path in files}


def described(build: Path, language: str) -> dict[str, dict[str, Any]]:
    """Emojibase's row of each object, in Unicode's order."""
    rows = json.loads(
        (fetch(EMOJIBASE, build) / "package" / language / "data.json").read_text("utf-8")
    )
    return {object_id(row["hexcode"]): row for row in rows}


def encode(path: Path, quality: int | None) -> bytes:
    """One cell of the grid, from file to file."""
    return webp(rasterise(path), quality)


def family_of(
    rows: Sequence[dict[str, Any]], subgroups: Sequence[str], cells: dict[str, list[bytes]]
) -> list[int]:
    """Index of the first object of each object's family (see `tools.families`)."""
    by_code = families.chain([families.code_family(object_id(row["hexcode"])) for row in rows])
    names = [
        families.name_family(row["label"], sub) for row, sub in zip(rows, subgroups, strict=True)
    ]
    pictures = np.concatenate(
        [np.stack([thumb(data) for data in column]) for column in cells.values()], axis=1
    )
    near = families.near_pairs(pictures, NEAR)
    same = [pair for column in cells.values() for pair in families.chain(column)]
    return families.components(len(rows), [*by_code, *families.chain(names), *near, *same])


def full_grid(subgroups: Sequence[str], cells: dict[str, list[bytes]]) -> list[bool]:
    """False where not every style has a drawing of its own of the object.

    Country flags are empty frames in openmoji-black and one drawing by a third hand in both
    fluent styles; one button is blank. Such objects are kept, for retrieval, but would mislead a
    study of style against content.
    """
    often = [Counter(column) for column in cells.values()]
    shared = [
        max(n[data] for n, data in zip(often, row, strict=True))
        for row in zip(*cells.values(), strict=True)
    ]
    blank = [
        min(ink(decode(data)) for data in row) == 0 for row in zip(*cells.values(), strict=True)
    ]
    return [
        not (sub in FLAGS or n >= MANY or empty)
        for sub, n, empty in zip(subgroups, shared, blank, strict=True)
    ]


def objects(
    ids: Sequence[str], build: Path, cells: dict[str, list[bytes]]
) -> dict[str, Sequence[Any]]:
    """One row an object: names, place in Unicode's order of things, family and split."""
    english = described(build, "en")
    rows = [english[i] for i in ids]
    meta = json.loads((fetch(EMOJIBASE, build) / "package/meta/groups.json").read_text("utf-8"))
    subgroups = [meta["subgroups"][str(row["subgroup"])] for row in rows]
    family = [ids[first] for first in family_of(rows, subgroups, cells)]
    columns = {
        "id": ids,
        "emoji": [row["emoji"] for row in rows],
        "name": [row["label"] for row in rows],
        "keywords": [row.get("tags", []) for row in rows],
        "group": [meta["groups"][str(row["group"])] for row in rows],
        "subgroup": subgroups,
        "family": family,
        "grid": full_grid(subgroups, cells),
        "split": families.splits(family, SALT),
    }
    for language in LANGUAGES:
        labels = described(build, language)
        columns[f"name_{language}"] = [labels[i]["label"] for i in ids]
    return columns


def build_glyphs(build: Path, out: Path, workers: int = 2) -> list[Path]:
    """Write all files of the world and return them."""
    drawn = {style: drawings(style, build) for style in STYLES}
    ids = [i for i in described(build, "en") if all(i in files for files in drawn.values())]
    cells: dict[str, list[bytes]] = {}
    written: list[Path] = []
    with ProcessPoolExecutor(workers) as pool:
        for style, files in drawn.items():
            job = partial(encode, quality=style.quality)
            cells[style.name] = list(pool.map(job, [files[i] for i in ids], chunksize=32))
            written.append(out / style.source / f"{style.name}.parquet")
            write_table(written[-1], {"id": ids, "image": cells[style.name]})
    written.append(out / "objects.parquet")
    write_table(written[-1], objects(ids, build, cells))
    return written


def main() -> None:
    """Build this world alone."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--build", type=Path, default=Path(".build"), help="where archives are kept and unpacked"
    )
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    print(report(build_glyphs(args.build, args.out)))


if __name__ == "__main__":
    main()
