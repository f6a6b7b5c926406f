"""Write the folder that ships: two graphs, the tokenizer, a config with hashes and data."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from tools.mini.averaging import Heads
from tools.mini.branch import Branch
from tools.mini.export_heads import image_model, text_model
from tools.mini.heads import WIDTH
from tools.mini.image_tower import ImageTower
from tools.mini.text_tower import TextTower
from tools.mini.texts import LIMIT

PREPROCESSING = (
    "whole picture fitted into a white square of 224 px, bicubic, transparent is white; "
    "(x - 127)/128"
)


def write(
    folder: Path,
    towers: tuple[ImageTower, Branch, TextTower],
    heads: Heads,
    names: np.ndarray,
    tokenizer: Path,
    made: dict[str, Any],
) -> dict[str, str]:
    """The files' sha256 by name.

    `names` are the class names' sentence vectors; `made` says how the heads were made: plan, data,
    licences, versions.
    """
    folder.mkdir(parents=True, exist_ok=True)
    image = image_model(towers[0], towers[1], heads, names)
    text = text_model(towers[2], heads.text)
    for name, graph in (("image", image), ("text", text)):
        onnx.checker.check_model(graph)
        (folder / f"{name}.onnx").write_bytes(graph.SerializeToString(deterministic=True))
    shutil.copyfile(tokenizer, folder / "tokenizer.json")
    hashes = {
        f.name: hashlib.sha256(f.read_bytes()).hexdigest()
        for f in sorted(folder.iterdir())
        if f.name != "config.json"
    }
    config = {
        "dim": WIDTH,
        "scale": heads.scale,
        "bias": 0.0,
        "tokens": LIMIT,
        "preprocessing": PREPROCESSING,
        "sha256": hashes,
        "made": made,
    }
    (folder / "config.json").write_text(
        json.dumps(config, indent=1, sort_keys=True) + "\n", "utf-8"
    )
    return hashes
