"""Folders of vectors: clip-retrieval's layout in numbered shards, or one file per modality."""

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from isthmus.read.tables import open_table
from isthmus.read.vectors.files import NamedArrays, read_arrays
from isthmus.store import is_file, is_folder
from isthmus.types import RequestError

_SHARDED = {"image": "img_emb", "text": "text_emb"}
_OTHERS = (".npz", ".safetensors", ".pt", ".pkl")
_IN_MEMORY = 1 << 28
"""Bytes up to which shards are joined in memory; larger ones go through an unnamed file."""


def array_paths(path: Path) -> list[Path]:
    """Every file that belongs to a set of arrays, in a fixed order.

    Raises:
        RequestError: nothing there, or a folder without arrays.
    """
    if is_file(path):
        return [path]
    if not is_folder(path):
        raise RequestError(f"There is no file or folder {path}.")
    sharded = [file for folder in _SHARDED.values() for file in _shards(path / folder, ".npy")]
    files = sharded or files_of(path, ".npy")
    if not files:
        raise RequestError(
            f"The folder {path} holds no arrays; wanted are img_emb/img_emb_0.npy and "
            "text_emb/text_emb_0.npy (clip-retrieval's layout), or .npy files named by modality."
        )
    return files


def read_folder(path: Path, max_bytes: int = 0) -> NamedArrays:
    """The arrays of a folder by modality, with clip-retrieval's metadata as columns.

    Args:
        path: of the folder.
        max_bytes: that each file of metadata may unfold to; 0 for the usual limit.

    Raises:
        RequestError: shards are missing, or do not fit together.
    """
    if not any((path / folder).is_dir() for folder in _SHARDED.values()):
        arrays = {file.stem: read_arrays(file).arrays.get("") for file in array_paths(path)}
        beside = (file for suffix in _OTHERS for file in files_of(path, suffix))
        return NamedArrays(
            {name: array for name, array in arrays.items() if array is not None},
            left_out={file.name: "is not read, for the folder has .npy files" for file in beside},
        )
    arrays = {
        modality: _joined([_alone(file) for file in files])
        for modality, folder in _SHARDED.items()
        if (files := _shards(path / folder, ".npy"))
    }
    shards = _shards(path / "metadata", ".parquet")
    tables = [open_table(file, max_bytes).columns for file in shards]
    names = [name for name in tables[0] if all(name in table for table in tables)] if tables else []
    columns = {name: [value for table in tables for value in table[name]] for name in names}
    rows = {modality: len(array) for modality, array in arrays.items()}
    described = {name: len(column) for name, column in columns.items()}
    if described and set(described.values()) != set(rows.values()):
        raise RequestError(
            f"{path}: the metadata describe {next(iter(described.values()))} items, but there are "
            f"vectors of {rows}; a shard may be missing."
        )
    return NamedArrays(arrays, columns)


def _alone(file: Path) -> np.ndarray:
    """The one array of a .npy file."""
    arrays = read_arrays(file).arrays
    if "" not in arrays:
        raise RequestError(f"{file} should be one array in .npy format; it holds {[*arrays]}.")
    return arrays[""]


def files_of(folder: Path, suffix: str) -> list[Path]:
    """The files of a folder with this ending in any case, sorted; hidden ones are left out."""
    there = folder.iterdir() if is_folder(folder) else ()
    return sorted(f for f in there if f.suffix.lower() == suffix and not f.name.startswith("."))


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
    if sum(part.nbytes for part in parts) <= _IN_MEMORY:
        return np.concatenate(parts)
    shape = (sum(len(part) for part in parts), parts[0].shape[1])
    with tempfile.TemporaryFile() as file:
        joined = np.memmap(file, dtype=np.result_type(*parts), mode="w+", shape=shape)
    np.concatenate(parts, out=joined)
    return joined
