"""Folders of vectors: clip-retrieval's numbered shards, a file a modality, or Parquet shards."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.arrays import scratch
from isthmus.read.tables import KNOWN, PARQUET
from isthmus.read.vectors.files import read_arrays
from isthmus.read.vectors.keys import named_modality
from isthmus.store import NamedArrays, is_file, is_folder
from isthmus.types import RequestError, amount

_SHARDED = {"image": "img_emb", "text": "text_emb"}
_OTHERS = (".npz", ".safetensors", ".pt", ".pkl")
_LAYOUTS = (
    "wanted are img_emb/img_emb_0.npy and text_emb/text_emb_0.npy (clip-retrieval's layout), .npy "
    "files named by modality, or Parquet shards of the same columns, with vectors in lists."
)


def array_paths(path: Path) -> list[Path]:
    """Every file that belongs to a set of arrays, in a fixed order.

    Raises:
        RequestError: nothing there, or a folder without arrays.
    """
    if is_file(path):
        return [path]
    sharded = [file for folder in _SHARDED.values() for file in _shards(path / folder, ".npy")]
    files = sharded or files_of(path, ".npy")
    tables = files or [file for file in files_of(path, *PARQUET) if file.stem.lower() != "items"]
    if not tables:
        raise RequestError(f"The folder {path} holds no arrays; {_LAYOUTS}")
    if not files and len({named_modality(file.stem) for file in tables}) > 1:
        raise RequestError(
            f"The Parquet files of {path} are named after several modalities, so that it cannot be "
            f"told whether their rows belong together; {_LAYOUTS}"
        )
    return tables


def read_folder(path: Path, max_bytes: int = 0) -> NamedArrays:
    """The arrays of a folder by modality or column, with what tables among them say of the rows.

    Args:
        path: of the folder.
        max_bytes: that each Parquet file may unfold to; 0 for the usual limit.

    Raises:
        RequestError: shards are missing, or do not fit together.
    """
    if not any((path / folder).is_dir() for folder in _SHARDED.values()):
        return _files(path, array_paths(path), max_bytes)
    arrays = {
        modality: _joined([_alone(file) for file in files])
        for modality, folder in _SHARDED.items()
        if (files := _shards(path / folder, ".npy"))
    }
    told = _tables(_shards(path / "metadata", ".parquet"), max_bytes)
    rows = {modality: len(array) for modality, array in arrays.items()}
    described = {len(column) for column in told.columns.values()}
    if described and described != set(rows.values()):
        raise RequestError(
            f"{path}: the metadata describe {amount(min(described), 'item')}, but there are "
            f"vectors of {rows}; a shard may be missing."
        )
    return NamedArrays(arrays, told.columns, left_out=told.left_out)


def _files(path: Path, files: Sequence[Path], max_bytes: int) -> NamedArrays:
    """One file a modality, or Parquet shards; files of other kinds beside them are named."""
    suffix = files[0].suffix.lower()
    why = f"is not read, for the folder has {suffix} files"
    left_out = {file.name: why for file in files_of(path, *_OTHERS)}
    if suffix in PARQUET:
        found = _tables(files, max_bytes)
        return replace(found, left_out={**found.left_out, **left_out})
    arrays = {file.stem: read_arrays(file).arrays for file in files}
    named = {name: some[""] for name, some in arrays.items() if "" in some}
    return NamedArrays(named, left_out=left_out)


def _tables(files: Sequence[Path], max_bytes: int) -> NamedArrays:
    """Parquet shards one below the other: their vectors, and columns of a known name.

    Raises:
        RequestError: a shard has other columns of vectors than the first.
    """
    parts, texts = dict[str, list[np.ndarray]](), list[Mapping[str, list[Any]]]()
    for file in files:
        found = read_arrays(file, max_bytes)
        if texts and found.arrays.keys() != parts.keys():
            raise RequestError(
                f"{file} has vectors in the columns {[*found.arrays]}, {files[0].name} in "
                f"{[*parts]}; shards have the same columns."
            )
        for name, array in found.arrays.items():  # all of them together may not fit in memory
            parts.setdefault(name, []).append(scratch(array.shape, array.dtype, len(files)))
            parts[name][-1][:] = array
        texts.append({name: x for name, x in found.columns.items() if name.lower() in KNOWN})
    there = dict.fromkeys(name for some in texts for name in some)
    whole = [name for name in there if all(name in some for some in texts)]
    return NamedArrays(
        {name: _joined(some) for name, some in parts.items()},
        {name: [value for some in texts for value in some[name]] for name in whole},
        left_out={name: "is a column that some shards lack" for name in there if name not in whole},
    )


def _alone(file: Path) -> np.ndarray:
    """The one array of a .npy file."""
    arrays = read_arrays(file).arrays
    if "" not in arrays:
        raise RequestError(f"{file} should be one array in .npy format; it holds {[*arrays]}.")
    return arrays[""]


def files_of(folder: Path, *suffixes: str) -> list[Path]:
    """The files of a folder with these endings in any case, sorted; hidden ones are left out."""
    there = folder.iterdir() if is_folder(folder) else ()
    return sorted(f for f in there if f.suffix.lower() in suffixes and not f.name.startswith("."))


def _shards(folder: Path, suffix: str) -> list[Path]:
    """Files in the order of the number that ends their stem: 2 before 10."""
    numbered: dict[int, Path] = {}
    for file in files_of(folder, suffix):
        number = int(next(iter(re.findall(r"\d+$", file.stem)), -1))
        if number < 0 or number in numbered:
            raise RequestError(
                f"{file} wants a number of its own at its end, which says what shard it is."
            )
        numbered[number] = file
    numbers = sorted(numbered)
    if numbers and len(numbers) != numbers[-1] - numbers[0] + 1:
        gap = next(n for n in range(numbers[0], numbers[-1]) if n not in numbered)
        raise RequestError(f"{folder}: shard {gap} is missing between {numbers[0]} and the last.")
    return [numbered[number] for number in numbers]


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    if len(parts) == 1:
        return parts[0]
    if len({part.shape[1:] for part in parts}) != 1 or parts[0].ndim != 2:
        raise RequestError(
            f"The shards have the shapes {[part.shape for part in parts]}; all need one (n, d) "
            "form with the same d."
        )
    shape = (sum(map(len, parts)), parts[0].shape[1])
    return np.concatenate(parts, out=scratch(shape, np.result_type(*parts)))
