"""Arrays in safetensors files: no code is ever run on loading, and rows can be memory-mapped."""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.store.files import atomic

_DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "U8": "|u1",
    "BOOL": "|b1",
}
_MAX_HEADER = 100_000_000


def write_tensors(path: Path, arrays: Mapping[str, np.ndarray], meta: Mapping[str, str]) -> None:
    """Write named arrays with text metadata, atomically and byte-equal for equal input."""
    from safetensors.numpy import save_file

    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    with atomic(path) as part:
        save_file(whole, part, metadata=dict(meta))


def tensor_header(path: Path) -> tuple[dict[str, Any], int]:
    """The header of a safetensors file and the offset where its data begins.

    Raises:
        ValueError: the file is not safetensors, or its header lies about the file.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else -1
        if not 0 < length <= min(size - 8, _MAX_HEADER):
            raise ValueError(
                f"{path} is not a safetensors file (its header does not fit the file)."
            )
        try:
            header = json.loads(file.read(length))
        except ValueError as error:
            raise ValueError(
                f"{path} is not a safetensors file (its header is not JSON)."
            ) from error
    for name, entry in header.items():
        if name != "__metadata__":
            _check_entry(path, name, entry, size - 8 - length)
    return header, 8 + length


def _check_entry(path: Path, name: str, entry: Mapping[str, Any], available: int) -> None:
    begin, end = entry["data_offsets"]
    dtype = _DTYPES.get(entry["dtype"])
    if dtype is None:
        known = ", ".join(_DTYPES)
        raise ValueError(f"{path}: array {name!r} has type {entry['dtype']}; readable are {known}.")
    wanted = int(np.prod(entry["shape"], dtype=object)) * np.dtype(dtype).itemsize
    if not (0 <= begin <= end <= available and end - begin == wanted):
        raise ValueError(
            f"{path}: array {name!r} claims {wanted} bytes that the file does not hold."
        )


def read_tensors(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Memory-mapped arrays by name, read-only, and the metadata.

    Raises:
        ValueError: the file is not safetensors, or its header lies about the file.
    """
    header, start = tensor_header(path)
    meta = header.pop("__metadata__", {})
    arrays: dict[str, np.ndarray] = {}
    for name, entry in header.items():
        dtype, shape = np.dtype(_DTYPES[entry["dtype"]]), tuple(entry["shape"])
        if 0 in shape:  # an empty range cannot be mapped
            arrays[name] = np.empty(shape, dtype)
            continue
        offset = start + entry["data_offsets"][0]
        arrays[name] = np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=shape)
    return arrays, meta
