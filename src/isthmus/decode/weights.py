"""Weights of decoders in 8 bits, 128 being zero: a scale of 16 bits a row.

A folder a decoder, found by its space. That of the default space ships; decoders that a user
trained lie in the cache, under ``decoders``.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from isthmus.arrays import fingerprint
from isthmus.decode.networks import Network
from isthmus.store import cache_folder, read_tensors, write_json, write_tensors
from isthmus.types import RequestError

FOLDER = Path(__file__).parent / "mini_decoder"
SCALE = ".scale"
ZERO = 128


def quantised(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Matrices as uint8 about 128 with a float16 scale a row, all else as float16."""
    found: dict[str, np.ndarray] = {}
    for name, x in arrays.items():
        if x.ndim < 2:
            found[name] = x.astype(np.float16)
            continue
        scale = np.maximum(np.abs(x).max(1, keepdims=True) / 127, 1e-6).astype(np.float16)
        steps = np.rint(x / scale.astype(np.float32)).clip(-127, 127)
        found[name] = (steps + ZERO).astype(np.uint8)
        found[name + SCALE] = scale
    return found


def plain_arrays(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """float32 of what ``quantised`` made."""
    found: dict[str, np.ndarray] = {}
    for name, x in arrays.items():
        scale = arrays.get(name + SCALE)
        wide = np.asarray(x, np.float32)
        if not name.endswith(SCALE):
            found[name] = wide if scale is None else (wide - ZERO) * np.asarray(scale, np.float32)
    return found


def write_network(
    folder: Path,
    arrays: Mapping[str, np.ndarray],
    words: Sequence[str],
    about: Mapping[str, object],
) -> None:
    """Keep a trained decoder; `about` holds ``space`` (its id), ``heads`` and ``longest``."""
    folder.mkdir(parents=True, exist_ok=True)
    write_tensors(folder / "decoder.safetensors", quantised(arrays), {"what": "text decoder"})
    write_json(folder / "decoder.json", {**about, "words": list(words)})


def read_network(folder: Path) -> Network:
    """A decoder from its folder.

    Raises:
        RequestError: the folder holds none, or its parts do not fit each other.
    """
    try:
        about = json.loads((folder / "decoder.json").read_text("utf-8"))
        arrays = plain_arrays(read_tensors(folder / "decoder.safetensors")[0])
        network = Network(arrays, about["words"], about["heads"], about["longest"])
        fits = len(network.words) == len(arrays["embed.weight"])
    except (OSError, ValueError, KeyError) as error:
        raise RequestError(f"{folder} holds no text decoder that can be read: {error}") from error
    if not fits:
        raise RequestError(f"{folder} holds weights and words of two decoders: train it again.")
    return network


@cache
def made_with() -> str:
    """Hash of what ships: captions of other weights or another memory are other captions."""
    return fingerprint(*(file.read_bytes() for file in sorted(FOLDER.iterdir())))


@cache
def network_for(space: str) -> Network | None:
    """The decoder that was trained on the vectors of a space, by its id; None if there is none."""
    for folder in (FOLDER, cache_folder() / "decoders" / space):
        file = folder / "decoder.json"
        if file.is_file() and json.loads(file.read_text("utf-8"))["space"] == space:
            return read_network(folder)
    return None
