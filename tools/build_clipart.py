"""Build the world `clipart`: public-domain drawings by many hands, with names and keywords.

    python -m tools.build_clipart [--build .build] [--out src/isthmus/worlds/data/clipart]

Left out, each with a count: pictures whose own file does not say "public domain", blank ones,
copies, and all but a few stars of one computed series.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from isthmus.store import write_table
from tools import families
from tools.clipart_metadata import PUBLIC_DOMAIN, Sheet, keywords, names, read_sheet
from tools.fetch import Pin, fetch
from tools.raster import drawn, ink, smaller_webp, thumb
from tools.tables import report

OUT = Path("src/isthmus/worlds/data/clipart")
SALT = "isthmus-clipart"
LIBRARY = "usr/share/openclipart"
VERSION = "1:0.18+dfsg-19"
SVG = Pin(
    "deb",
    "openclipart-svg",
    VERSION,
    "989712d90d57dfa3230049f553bb43b76c30ee4d4b8c5f6e106e33f7db5cbdc5",
)
PNG = Pin(
    "deb",
    "openclipart-png",
    VERSION,
    "f07f1545a2970c2cf3fa339bc2405da1a95cf2b1827bfa05bf73eb1c20291c02",
)
BLANK = 1.0  # grey levels of mean ink under which a picture shows nothing
NEAR = 20.0  # grey levels, root mean square over pixels and channels
QUALITY = 85  # of WebP, where lossy is the smaller one
MANY_STARS = re.compile(r"^star_\d+pt\d+step$")
STARS_KEPT = 25  # one in so many
UNSUITED = {"sex", "sexy", "stripper"}  # keywords
SERIES_FOLDERS = (
    "signs_and_symbols/flags",
    "recreation/games/cards",
    "shapes/jigsaw",
    "shapes/stars",
)

Row = tuple[Sheet, str, bytes]  # what a file says, the caption, the picture


def sheets(build: Path) -> list[Sheet]:
    """What all files of the library say about themselves, by path."""
    root = fetch(SVG, build) / LIBRARY / "svg"
    return [read_sheet(file, root) for file in sorted(root.rglob("*.svg"))]


def picture(sheet: Sheet, build: Path) -> bytes | None:
    """WebP bytes, or None where the drawing shows nothing."""
    vector = fetch(SVG, build) / LIBRARY / f"svg/{sheet.path}.svg"
    bitmap = fetch(PNG, build) / LIBRARY / f"png/{sheet.path}.png"
    image = drawn(vector, bitmap, prefer_bitmap=sheet.has_text)
    if image is None or ink(image) < BLANK:
        return None
    return smaller_webp(image, QUALITY)


def wanted(found: Sequence[Sheet], out: Counter[str]) -> list[tuple[Sheet, str]]:
    """Public-domain pictures with their captions, counting what is left out."""
    kept: list[tuple[Sheet, str]] = []
    stars = 0
    for sheet, name in zip(found, names(found), strict=True):
        if sheet.licence not in PUBLIC_DOMAIN:
            out["its file does not say public domain"] += 1
            continue
        if UNSUITED.intersection(keywords(sheet)):
            out["not for everyone"] += 1
            continue
        if MANY_STARS.match(sheet.stem):
            stars += 1
            if stars % STARS_KEPT != 1:
                out["star polygon: of a computed series of 1,375 every 25th is kept"] += 1
                continue
        kept.append((sheet, name))
    return kept


def distinct(rows: Sequence[Row], out: Counter[str]) -> list[Row]:
    """Of equal pictures the one in the best-named folder."""
    best: dict[bytes, Row] = {}
    for row in sorted(rows, key=lambda row: ("unsorted" in row[0].path, row[0].path)):
        if best.setdefault(row[2], row) is not row:
            out["copy of another picture"] += 1
    return sorted(best.values(), key=lambda row: row[0].path)


def family_of(rows: Sequence[Row]) -> list[int]:
    """Variants of one drawing: alike in name or in pixels, or one of a series in its own folder."""
    captions = [name.casefold() for _, name, _ in rows]
    subjects = [subject(sheet, name) for sheet, name, _ in rows]
    near = families.near_pairs(np.stack([thumb(data) for _, _, data in rows]), NEAR)
    links = [*families.chain(captions), *families.chain(subjects), *near]
    return families.components(len(rows), links)


def subject(sheet: Sheet, name: str) -> str:
    """What is drawn, whatever its colour, number and manner; or the series it is one of."""
    for folder in SERIES_FOLDERS:
        if sheet.path.startswith(folder + "/"):
            return folder
    plain = re.sub(r"\(.*?\)|, black and white|\d+", " ", name.lower())
    words = [word for word in plain.split() if word not in families.COLOURS]
    return " ".join(words) or name.casefold()


def build_clipart(build: Path, out: Path, workers: int = 2) -> list[Path]:
    """Write the one file of the world, print what was left out, and return it."""
    left_out: Counter[str] = Counter()
    fetch(PNG, build)
    kept = wanted(sheets(build), left_out)
    with ProcessPoolExecutor(workers) as pool:
        pictures = list(
            pool.map(partial(picture, build=build), [sheet for sheet, _ in kept], chunksize=16)
        )
    left_out["blank"] = pictures.count(None)
    shown = [
        (sheet, name, data) for (sheet, name), data in zip(kept, pictures, strict=True) if data
    ]
    rows = distinct(shown, left_out)
    ids = [sheet.path for sheet, _, _ in rows]
    family = [ids[first] for first in family_of(rows)]
    columns = {
        "id": ids,
        "name": [name for _, name, _ in rows],
        "title": [sheet.title for sheet, _, _ in rows],
        "keywords": [keywords(sheet) for sheet, _, _ in rows],
        "folder": [sheet.folder for sheet, _, _ in rows],
        "creator": [sheet.creator for sheet, _, _ in rows],
        "licence": ["CC-PDDC"] * len(rows),
        "family": family,
        "split": families.splits(family, SALT),
        "image": [data for _, _, data in rows],
    }
    write_table(out / "pictures.parquet", columns)
    for reason, count in left_out.most_common():
        print(f"{count:>6} left out: {reason}")
    return [out / "pictures.parquet"]


def main() -> None:
    """Build this world alone."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--build", type=Path, default=Path(".build"), help="where archives are kept and unpacked"
    )
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    print(report(build_clipart(args.build, args.out)))


if __name__ == "__main__":
    main()
