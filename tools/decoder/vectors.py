"""Sentences as vectors of a space and as word pieces: `python -m tools.decoder.vectors BUILD`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

import isthmus
from isthmus.arrays import unit
from isthmus.encode.mini import MiniText
from isthmus.types import Encoder
from tools.mini.sources import class_names

PHOTO = "a photo of a {}"


def gather(build: Path, text: Encoder, into: Path) -> None:
    """Write unit vectors of all sentences, the memory, the nouns and ImageNet's names."""
    rows = json.loads((build / "sentences.json").read_text("utf-8"))
    kept = json.loads((build / "memory.json").read_text("utf-8"))
    nouns = sorted({noun for row in rows for noun in row["nouns"]})
    found = {
        "sentences": [row["text"] for row in rows],
        "memory": [row["text"] for row in kept],
        "nouns": [PHOTO.format(x) for x in nouns],
        "classes": [PHOTO.format(x) for x in class_names()],
    }
    vectors = {key: unit(text.encode(some)).astype(np.float16) for key, some in found.items()}
    np.savez(into, nouns_named=np.array(nouns), **vectors)


def main(build: Path) -> None:
    """The same for `mini`."""
    text = isthmus.load("mini", workers=1)["text"]
    assert isinstance(text, MiniText)
    gather(build, text, build / "mini.npz")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
