"""Build `mini` from its sources: `python -m tools.mini` (<= 90 minutes on two quiet cores).

Needs torch, pip, npm and the bundled worlds; everything slow is kept under the build folder, so
that a stopped build goes on where it was. The same weights come out twice on one machine with the
same versions and thread count.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict, replace
from pathlib import Path

import torch
from filelock import FileLock
from torch import Tensor, nn

from isthmus.encode.mini import WEIGHTS
from tools.mini import cache, finetune, image_tower, material, package, sources, text_tower, texts
from tools.mini.averaging import both
from tools.mini.bank import Bank
from tools.mini.branch import Branch
from tools.mini.export_text import tower as text_nodes
from tools.mini.graph import Graph, ids
from tools.mini.heads import SHIPPED, WIDTH, ImageHead, TextHead
from tools.mini.image_tower import ImageTower
from tools.mini.pictures import STYLES, WORLDS
from tools.mini.texts import Speaker
from tools.mini.train import Model, Plan, run

PLAN = Plan(steps=600, batch=384, rate=1.5e-3, anchors=96)
SECOND_PLAN = replace(PLAN, steps=750, seed=100)
MEMBERS, SECOND_MEMBERS = 3, 7  # heads on each branch, of as many seeds, averaged
DATA = {
    "image tower": "EfficientNet-Lite0, ImageNet-1k weights (original release Apache-2.0)",
    "text tower": "all-MiniLM-L6-v2 (original release Apache-2.0)",
    "glyphs": "training objects in six styles: Fluent (MIT), Twemoji (CC-BY-4.0), "
    "OpenMoji (CC-BY-SA-4.0), Noto (Apache-2.0)",
    "clipart": "training split of Open Clip Art (public domain)",
    "icons": "fourteen icon sets (CC0, MIT, ISC, Apache-2.0, CC-BY)",
    "class names": "ImageNet-1k names (MIT)",
}


def speaker(tower: text_tower.TextTower, tokenizer: Path, kept: Path, threads: int) -> Speaker:
    """The frozen text tower, run as it will ship; so is its tokenizer, written to `kept`."""
    g = Graph("text")
    model = g.model([ids()], {"embedding": (text_nodes(g, tower), WIDTH)})
    return Speaker(
        cache.session(model.SerializeToString(), threads), texts.tokenizer(tokenizer, kept)
    )


def fresh(bank: Bank, plan: Plan) -> Model:
    """Untrained heads for a bank."""
    torch.manual_seed(plan.seed)
    seen = torch.cat([torch.from_numpy(rows) for rows in bank.groups.values()])
    mean = sum(part.float().sum(0) for part in bank.features[seen].split(4096)) / len(seen)
    square = sum(part.float().square().sum(0) for part in bank.features[seen].split(4096)) / len(
        seen
    )
    std = (square - mean.square()).clamp(min=0).sqrt()
    head = ImageHead(mean, std + 0.05, plan.drop)
    return Model(head, TextHead(), nn.Parameter(torch.tensor(3.0)))


def members(bank: Bank, rows: Tensor, plan: Plan) -> list[Model]:
    """`MEMBERS` pairs of heads on frozen features, from as many seeds."""
    found: list[Model] = []
    for seed in range(plan.seed, plan.seed + MEMBERS):
        own = replace(plan, seed=seed)
        found.append(fresh(bank, own))
        run(found[-1], bank, rows, own)
    return found


def tuned(bank: Bank, tower: ImageTower, plan: Plan) -> tuple[Branch, list[Model]]:
    """The second branch, trained together with `SECOND_MEMBERS` pairs of heads."""
    branch = Branch(tower)
    seeds = range(plan.seed, plan.seed + SECOND_MEMBERS)
    found = [fresh(bank, replace(plan, seed=seed)) for seed in seeds]
    finetune.run(branch, found, bank, tower.classifier.weight, plan)
    return branch, found


def build(
    build_folder: Path, worlds: Path, out: Path, threads: int, styles: tuple[str, ...]
) -> dict[str, str]:
    """All steps; the files' sha256 by name. One build at a time works in a folder."""
    build_folder.mkdir(parents=True, exist_ok=True)
    with FileLock(build_folder / "lock", timeout=1):
        return _build(build_folder, worlds, out, threads, styles)


def _build(
    build_folder: Path, worlds: Path, out: Path, threads: int, styles: tuple[str, ...]
) -> dict[str, str]:
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.set_flush_denormal(True)
    checkpoint, minilm, archives = sources.fetch(build_folder)
    seeing, reading = image_tower.load(checkpoint), text_tower.load(minilm)
    folder = build_folder / "mini"
    folder.mkdir(parents=True, exist_ok=True)
    say = speaker(reading, minilm / "tokenizer.json", folder / "tokenizer.json", threads)
    names = material.class_vectors(say, sources.class_names(), folder)
    shards = material.shards(worlds, archives, styles)
    bank = material.bank(shards, cache.frozen_tower(seeing), say, names, folder)
    branch, second = tuned(bank, seeing, SECOND_PLAN)
    heads = both(members(bank, seeing.classifier.weight, PLAN), second)
    heads.frozen.name_weight = SHIPPED
    made = {"data": DATA, "styles": list(styles), "plan": asdict(PLAN), "threads": threads}
    made |= {"members": MEMBERS, "second members": SECOND_MEMBERS}
    made |= {"second plan": asdict(SECOND_PLAN), "branch rate": finetune.RATE}
    made |= {"name weight": {"slope": SHIPPED.slope, "steep": SHIPPED.steep}}
    made |= {"torch": torch.__version__}
    return package.write(
        out, (seeing, branch, reading), heads, names[:, 0].numpy(), folder / "tokenizer.json", made
    )


def main() -> None:
    """Parse, build, print the hashes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path(".build"))
    parser.add_argument("--worlds", type=Path, default=WORLDS)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--without-style", choices=tuple(STYLES), help="leave a style out, to measure it as unseen"
    )
    args = parser.parse_args()
    styles = tuple(style for style in STYLES if style != args.without_style)
    start = time.monotonic()
    for name, digest in build(args.build, args.worlds, args.out, args.threads, styles).items():
        print(f"{digest}  {name}")
    print(f"{(time.monotonic() - start) / 60:.1f} minutes")


if __name__ == "__main__":
    main()
