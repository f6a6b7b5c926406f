"""How well is a style read that training never saw? `python -m tools.mini.unseen_styles`.

For each source of drawings the heads are trained again without all of its styles (both of Fluent
are one artist's), and tested on them with the held-out objects. Needs the caches of a build.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from tools.mini import cache, image_tower, material, sources, text_tower
from tools.mini.__main__ import PLAN, members, speaker
from tools.mini.averaging import averaged
from tools.mini.heads import SHIPPED, expected_names
from tools.mini.pictures import STYLES, WORLDS, glyphs
from tools.mini.scores import Figure, figure, one_to_one
from tools.mini.train import Plan


def tested(build: Path, worlds: Path, threads: int, plan: Plan) -> dict[str, Figure]:
    """R@1 and R@5 of each style under heads that never saw its source."""
    torch.set_num_threads(threads)
    checkpoint, minilm, archives = sources.fetch(build)
    tower, reading = image_tower.load(checkpoint), text_tower.load(minilm)
    frozen, folder = cache.frozen_tower(tower), build / "mini"
    say = speaker(reading, minilm / "tokenizer.json", folder / "tokenizer.json", threads)
    names = material.class_vectors(say, sources.class_names(), folder)
    table: dict[str, Figure] = {}
    for source in sorted(set(STYLES.values())):
        seen = [style for style in STYLES if STYLES[style] != source]
        shards = material.shards(worlds, archives, seen)
        bank = material.bank(shards, frozen, say, names, folder)
        model = averaged(members(bank, tower.classifier.weight, plan))
        model.image.name_weight = SHIPPED
        for style in (style for style in STYLES if STYLES[style] == source):
            drawings = glyphs(worlds, style)
            rows = np.flatnonzero([drawing.split == "test" for drawing in drawings])
            out = cache.write(
                material.renditions(material.Shard("glyphs", style, drawings, -1)),
                frozen,
                folder / f"{style}_-1",
            )
            chances = torch.from_numpy(np.array(out["chances"][rows])).float()
            features = torch.from_numpy(np.array(out["features"][rows])).float()
            with torch.no_grad():
                image = model.image(features, expected_names(chances, names[:, 0])).numpy()
                text = model.text(bank.texts[rows, 0]).numpy()
            for k, hits in one_to_one(text, image).items():
                table[f"{style}, its source unseen, R@{k}"] = figure(hits)
    return table


def main() -> None:
    """Print the table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path(".build"))
    parser.add_argument("--worlds", type=Path, default=WORLDS)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=400, help="fewer than the shipped heads had")
    parser.add_argument(
        "--out", type=Path, default=Path("benchmarks/results/mini_unseen_styles.json")
    )
    args = parser.parse_args()
    plan = replace(PLAN, steps=args.steps)
    table = tested(args.build, args.worlds, args.threads, plan)
    for name, value in table.items():
        print(f"{name:<48} {value}  n={value.n}")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    kept = {name: value.to_dict() for name, value in table.items()}
    args.out.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
