"""The model card's table: `python -m tools.mini.evaluate [--weights DIR] [--out FILE]`.

Test objects of the glyphs, the test split of the clip art, and, where they can be had, pictures
from outside: the Tux Paint stamps (Debian, GPL-2: evaluation only, nothing of them is shipped or
trained on).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from isthmus.encode.mini import WEIGHTS, open_weights
from isthmus.types import Encoder
from tools.mini import sources
from tools.mini.icons import icons
from tools.mini.photographs import photographs
from tools.mini.pictures import STYLES, WORLDS, clipart, glyphs, plain_name
from tools.mini.scores import Figure, figure, one_to_one, ranks, unit
from tools.mini.sources import class_names
from tools.mini.stamps import stamps

Encoders = Mapping[str, Encoder]


def glyph_scores(
    encoders: Encoders, worlds: Path, split: str
) -> tuple[list[dict], dict[str, dict[int, np.ndarray]]]:
    """The split's objects, and each style's hits for each of them (query = English name)."""
    objects = pq.read_table(worlds / "glyphs/objects.parquet").to_pylist()
    rows = [i for i, row in enumerate(objects) if row["split"] == split]
    text = encoders["text"].encode([objects[i]["name"] for i in rows])
    found = {}
    for style, source in STYLES.items():
        cells = pq.read_table(worlds / "glyphs" / source / f"{style}.parquet")["image"]
        image = encoders["image"].encode([cells[i].as_py() for i in rows])
        found[style] = one_to_one(text, image)
    return [objects[i] for i in rows], found


def named_in_training(names: list[str], worlds: Path, archives: Path) -> list[bool]:
    """Whether a name occurs, whole or as a phrase, in the name of a training picture or class."""
    drawings = [d.name for d in [*glyphs(worlds, "noto"), *clipart(worlds)] if d.train]
    known = {
        plain_name(name)
        for name in [*drawings, *class_names(), *(icon.name for icon in icons(archives))]
    }
    everything = "|".join(f" {name} " for name in sorted(known))
    return [f" {plain_name(name)} " in everything for name in names]


def glyph_table(encoders: Encoders, worlds: Path, split: str, archives: Path) -> dict[str, Figure]:
    """Hits over all styles, by style, by what training named, and by group."""
    objects, found = glyph_scores(encoders, worlds, split)
    table = {}
    for k in (1, 5):
        table[f"glyphs {split}, six styles, R@{k}"] = figure(
            np.mean([f[k] for f in found.values()], axis=0)
        )
    for style, hits in found.items():
        for k in (1, 5):
            table[f"glyphs {split}, {style}, R@{k}"] = figure(hits[k])
    named = np.array(named_in_training([row["name"] for row in objects], worlds, archives))
    for said, some in (("named in training", named), ("never named in training", ~named)):
        for k in (1, 5):
            table[f"glyphs {split}, {said}, R@{k}"] = figure(
                np.mean([f[k] for f in found.values()], axis=0)[some]
            )
    for group in sorted({row["group"] for row in objects}):
        inside = [row["group"] == group for row in objects]
        table[f"glyphs {split}, {group}, R@1"] = figure(
            np.mean([f[1] for f in found.values()], axis=0)[inside]
        )
    return table


def captioned_table(
    encoders: Encoders, name: str, pictures: list, captions: list[str]
) -> dict[str, Figure]:
    """hit@k of each distinct caption among all pictures; all of that caption are relevant."""
    distinct = sorted(set(captions))
    text, image = encoders["text"].encode(distinct), encoders["image"].encode(pictures)
    relevant = np.array([[caption == c for caption in captions] for c in distinct])
    rank = ranks(unit(text) @ unit(image).T, relevant)
    return {
        f"{name} ({len(pictures)} pictures), hit@{k}": figure((rank <= k).astype(float))
        for k in (1, 5)
    }


def clipart_table(encoders: Encoders, worlds: Path) -> dict[str, Figure]:
    """The test split, by distinct name."""
    rows = [
        r
        for r in pq.read_table(worlds / "clipart/pictures.parquet").to_pylist()
        if r["split"] == "test"
    ]
    return captioned_table(
        encoders,
        "clip art, test",
        [r["image"] for r in rows],
        [plain_name(r["name"]) for r in rows],
    )


def stamps_table(encoders: Encoders, build: Path) -> dict[str, Figure]:
    """By kind of picture."""
    table = {}
    for kind, found in stamps(build).items():
        table |= captioned_table(
            encoders, f"stamps, {kind}", [s.picture for s in found], [s.caption for s in found]
        )
    return table


def photographs_table(encoders: Encoders) -> dict[str, Figure]:
    """By collection: caption to picture, and picture to caption (zero-shot among the captions)."""
    table: dict[str, Figure] = {}
    for name, found in photographs().items():
        paths, captions = [path for path, _ in found], [caption for _, caption in found]
        table |= captioned_table(encoders, f"photographs, {name}", paths, captions)
        distinct = sorted(set(captions))
        text, image = encoders["text"].encode(distinct), encoders["image"].encode(paths)
        right = np.array([[caption == c for c in distinct] for caption in captions])
        hits = ranks(unit(image) @ unit(text).T, right) <= 1
        figured = figure(hits.astype(float))
        table[f"photographs, {name}, right one of {len(distinct)} captions"] = figured
    return table


def main() -> None:
    """Print the table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--worlds", type=Path, default=WORLDS)
    parser.add_argument("--build", type=Path, default=Path(".build"))
    parser.add_argument("--split", default="test", choices=("val", "test"))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/mini.json"))
    args = parser.parse_args()
    encoders = open_weights(args.weights)
    table = glyph_table(
        encoders, args.worlds, args.split, sources.fetch(args.build)[2]
    ) | clipart_table(encoders, args.worlds)
    table |= stamps_table(encoders, args.build) | photographs_table(encoders)
    for name, value in table.items():
        print(f"{name:<56} {value}  n={value.n}")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    config = json.loads((args.weights / "config.json").read_text("utf-8"))
    kept = {
        "weights": config["sha256"],
        "figures": {name: value.to_dict() for name, value in table.items()},
    }
    args.out.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
