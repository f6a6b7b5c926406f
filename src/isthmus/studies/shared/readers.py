"""What reads a modality's vectors as texts, also in spaces of which nothing ships."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from isthmus.arrays import Vectors, fingerprint
from isthmus.decode.kinds import Reader, kinds_of, open_reader
from isthmus.lab import embed
from isthmus.read import spoken
from isthmus.store import cache_folder, read_tensors, sweep, write_tensors
from isthmus.types import Encoder, RequestError
from isthmus.worlds import load as load_world

LYING = ("glyphs", "babel?n=60", "orchestra", "motions", "primitives")
"""Worlds whose items tell where a modality lies in a space that no such figures ship for."""
SAMPLE = 60
"""Items of such a world."""


def reader_of(encoders: Mapping[str, Encoder], modality: str, decoder: str = "") -> Reader:
    """What reads a modality's vectors in a space; its words come with their evidence.

    Raises:
        RequestError: the space encodes no texts, or no bundled world tells where the modality lies.
    """
    words = spoken(encoders)
    if not words:
        raise RequestError("This space encodes no texts, which vectors are read as.")
    text, others = encoders[words], None
    if not kinds_of(text, modality):
        others = lying(encoders[modality])
    return open_reader(text, modality, others, decoder, evidence=True)


def lying(encoder: Encoder) -> Vectors:
    """Vectors of items of a bundled world, which tell where their modality lies; kept in the cache.

    Raises:
        RequestError: no world has such items.
    """
    told = getattr(encoder, "preprocessing", "")
    key = fingerprint(encoder.space.id, encoder.modality, told)
    file = cache_folder() / "lying" / f"{encoder.modality}-{key}.safetensors"
    if file.is_file():
        return np.asarray(read_tensors(file)[0]["vectors"], np.float32)
    opened: Callable[[str], Any] = load_world
    for name in LYING:
        items = opened(name).items.get(encoder.modality)
        if items is not None:
            rows = range(0, len(items), max(1, len(items) // SAMPLE))
            found = embed(encoder, [items.payload[row] for row in rows], modality=encoder.modality)
            sweep(file.parent, of=file.name)
            write_tensors(file, {"vectors": found.vectors}, {"items": json.dumps(name)})
            return found.vectors
    raise RequestError(f"No bundled world has {encoder.modality} items, by which they are read.")
