"""Fresh towers for shapes against a frozen space, by one short recipe, with and without prompts.

    python -m benchmarks.points [--steps 100] [--seed 0]

The world is ``primitives``, one solid a configuration, each with one picture of it. The space is a
small image transformer and ``fresh``'s text tower, trained on pictures and sentences of the
training part and frozen then. Each tower learns against its sentences alone, against sentences and
pictures (ULIP), and so with visual prompts that take turns (CLIP Goes 3D). Sentences of the
validation part then look for its shapes; training was stopped by other objects, of the training
part. The test part is not looked at.
"""

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import isthmus
from benchmarks.harness import RESULTS
from isthmus.encode import ENCODERS
from isthmus.encode.fresh.networks import Fresh
from isthmus.encode.fresh.towers import DIM
from isthmus.encode.fresh.towers import load as load_fresh
from isthmus.encode.torch_towers import weights_id
from isthmus.lab import embed
from isthmus.measure.statistics import Pair, wilson_interval
from isthmus.train.loop import Learned, Task, learn
from isthmus.train.recipe import Recipe
from isthmus.train.towers import Towers
from isthmus.types import EmbeddingSet, Items, LoadOptions, World
from isthmus.view.cameras import dome
from isthmus.view.mesh_views import RenderSetup, render_bag

PATCH, WIDTH, DEPTH = 8, 96, 4
STOP = 60
"""Training objects that decide when training stops."""
TOWERS = {"patches": "points", "pointnet": "points", "pointmlp": "points", "voxels": "voxels"}
RECIPES = ("text and image", "text, image and prompts", "text")
KNOWN: dict[str, Any] = {}
"""The weights of the space, once they are trained."""


class Small(Fresh):
    """``fresh`` with an image transformer: patches of 8 pixels, four layers, a class token."""

    def __init__(self) -> None:
        super().__init__(8192, 48, DIM)
        self.blocks = nn.Conv2d(3, WIDTH, PATCH, PATCH)
        self.first = nn.Parameter(0.02 * torch.randn(1, 65, WIDTH))
        layer = nn.TransformerEncoderLayer(
            WIDTH, 4, 3 * WIDTH, 0.0, "gelu", batch_first=True, norm_first=True
        )
        self.seeing = nn.TransformerEncoder(layer, DEPTH, enable_nested_tensor=False)
        self.seen = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, DIM))

    def image(self, pixels: Tensor) -> Tensor:
        """(n, 64, 64, 3) of uint8 to (n, dim)."""
        x = self.blocks(pixels.permute(0, 3, 1, 2).float() / 127.5 - 1).flatten(2).transpose(1, 2)
        x = torch.cat([torch.zeros_like(x[:, :1]), x], dim=1) + self.first
        return self.seen(self.seeing(x)[:, 0])


def load(rest: str, options: LoadOptions) -> dict[str, Any]:
    """``small``: the space, with what it has learned so far."""
    towers: dict[str, Any] = dict(load_fresh("", replace(options, device="cpu")))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Small().eval()
    if KNOWN:
        model.load_state_dict(KNOWN)
    space = replace(towers["text"].space, name="small", id=weights_id(model))
    forwards = {
        "image": lambda inputs: model.image(inputs["pixels"]),
        "text": lambda inputs: model.text(inputs["words"]),
    }
    return {
        name: replace(towers[name], space=space, module=model, forward=forward)
        for name, forward in forwards.items()
    }


def world() -> World:
    """The solids with a picture each, from the front and a little above."""
    known = isthmus.worlds.load("primitives", each=1)
    setup = RenderSetup(dome(12)[4:5])
    pictures = [
        render_bag(make(), setup, name, workers=1).parts.payload[0]
        for name, make in zip(known.items["mesh"].ids, known.items["mesh"], strict=True)
    ]
    image = Items("image", known.items["mesh"].ids, pictures)
    return replace(known, items={**known.items, "image": image})


def pair(encoders: Mapping[str, Any], some: World, names: tuple[str, str], ids: Any) -> Pair:
    """Two modalities of the same objects, embedded."""
    a, b = (embed(encoders[name], some.items[name].take(ids)) for name in names)
    return Pair(a, b, np.stack([np.arange(len(ids))] * 2, axis=1))


def fitted(space: str, some: World, recipe: Recipe, ids: Mapping[str, Any]) -> dict[str, Any]:
    """Train one recipe, and let the validation part's sentences look for its shapes."""
    encoders, begun = isthmus.load(space, device="cpu"), time.process_time()
    first, text = recipe.modalities[:2]
    train, stop = (pair(encoders, some, (first, text), ids[part]) for part in ("train", "stop"))
    third = None
    if recipe.third:
        third = pair(encoders, some, (first, recipe.third), ids["train"])
    towers = Towers(encoders, some.items, recipe.towers)
    found = learn(Task(train, stop, recipe, towers=towers, third=third, general=text))
    towers.take(found.weights)
    own = {
        name: towers.embedded(one, towers.step)
        for name, one in val_sets(encoders, some, recipe, ids)
    }
    return {
        **scores(own, first, text),
        **told(found, towers),
        "CPU seconds": time.process_time() - begun,
    }


def val_sets(
    encoders: Mapping[str, Any], some: World, recipe: Recipe, ids: Mapping[str, Any]
) -> Any:
    """The validation part's items by modality, embedded by untrained towers."""
    for name in recipe.modalities:
        yield name, embed(encoders[name], some.items[name].take(ids["val"]))


def told(found: Learned, towers: Towers) -> dict[str, Any]:
    """How training went."""
    log = found.log
    return {
        "epoch": found.epoch, "epochs": len(log), "steps": log[-1]["step"],
        "loss": [log[0]["loss"], log[-1]["loss"]],
        "weights": int(sum(x.size for x in found.weights.values())),
    }  # fmt: skip


def scores(own: Mapping[str, EmbeddingSet], first: str, text: str) -> dict[str, Any]:
    """Sentences find their shape first, or among five; and shapes their picture."""
    seen = {"image": (first, "image")} if "image" in own and first != "image" else {}
    asked = {"hit": (text, first), **seen}
    rows: dict[str, Any] = {}
    for name, (query, other) in asked.items():
        order = np.argsort(-(own[query].unit @ own[other].unit.T), axis=1, kind="stable")
        place = (order == np.arange(len(order))[:, None]).argmax(axis=1)
        for k in (1, 5):
            around = wilson_interval((place < k).astype(float))
            rows[f"{name}@{k}"] = [float((place < k).mean()), around.low, around.high]
    return {**rows, "n": len(own[text])}


def space(some: World, ids: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Train the frozen space, which is the same for every tower."""
    recipe = Recipe(
        modalities=("image", "text"), towers=("image", "text"), head="none", tower_rate=1e-3,
        epochs=40, patience=40, pairs=64,
    )  # fmt: skip
    encoders = isthmus.load("small", device="cpu")
    train, stop = (pair(encoders, some, ("image", "text"), ids[part]) for part in ("train", "stop"))
    towers = Towers(encoders, some.items, recipe.towers)
    found = learn(Task(train, stop, recipe, seed, towers=towers, general="text"))
    towers.take(found.weights)
    KNOWN.update({k: x.detach().clone() for k, x in encoders["image"].module.state_dict().items()})
    own = {n: towers.embedded(x, towers.step) for n, x in val_sets(encoders, some, recipe, ids)}
    return {**scores(own, "image", "text"), **told(found, towers)}


def kept_space(some: World, ids: Mapping[str, Any], options: Any) -> dict[str, Any]:
    """What is measured so far, the space first, whose weights lie beside."""
    if options.out.exists():
        return json.loads(options.out.read_text())
    shown = {"steps": options.steps, "seed": options.seed, "space": space(some, ids, options.seed)}
    torch.save(KNOWN, options.out.with_suffix(".pt"))
    options.out.write_text(json.dumps(shown, indent=1))
    print("space", json.dumps(shown["space"]), flush=True)
    return shown


def main() -> None:
    """Every tower by every recipe; what is there already is kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS / "points.json")
    options = parser.parse_args()
    torch.set_num_threads(1)
    ENCODERS["small"] = f"{__name__}:load"
    some = world()
    parts = {p: [x for x in some.items["text"].ids if some.split[x] == p] for p in ("train", "val")}
    ids = {"train": parts["train"][STOP:], "stop": parts["train"][:STOP], "val": parts["val"]}
    shown, kept = kept_space(some, ids, options), options.out.with_suffix(".pt")
    KNOWN.update(torch.load(kept, weights_only=True))
    epochs = -(-options.steps // (len(ids["train"]) // 32))
    for kind, modality in TOWERS.items():
        for words in RECIPES:
            image = ("image",) if "image" in words else ()
            prompts = "prompts" in words
            recipe = Recipe(
                modalities=(modality, "text", *image), head="none", freeze=("text",), pairs=32,
                towers=(modality, *(image if prompts else ())), tower_rate=1e-3,
                epochs=epochs * (2 if prompts else 1), patience=999,
            )  # fmt: skip
            name = "patches" if kind == "voxels" else kind
            beside = "prompted:small" if prompts else "small"
            if f"{kind}: {words}" in shown:
                continue
            row = fitted(f"shapes:{name}/{options.seed}?beside={beside}", some, recipe, ids)
            shown[f"{kind}: {words}"] = row
            print(kind, words, json.dumps(row), flush=True)
            options.out.write_text(json.dumps(shown, indent=1))


if __name__ == "__main__":
    main()
