"""Arrays in safetensors files: no code is ever run on loading, and rows can be memory-mapped."""

import json
import operator
import os
import re
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
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    with atomic(path) as part:
        try:
            save_file(whole, part, metadata=dict(meta))
        except SafetensorError as error:  # it hides what the system said, such as a full disk
            code = re.search(r"os error (\d+)", str(error))
            if code is None:
                raise
            number = int(code[1])
            raise OSError(number, os.strerror(number), str(path)) from error


def read_described(path: Path, form: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """All arrays of a file, and what its metadata say of them as JSON.

    Raises:
        ValueError: the file is not safetensors, describes nothing, or is of another format.
        KeyError: it lacks the description.
    """
    arrays, meta = read_tensors(path)
    about: dict[str, Any] = json.loads(meta["isthmus"])
    if about["format"] != form:
        raise ValueError(
            f"it is of the format {about['format']!r}, and this version reads {form!r}: install "
            "the newer isthmus that wrote it"
        )
    return arrays, about


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
        except (ValueError, RecursionError) as error:
            raise ValueError(
                f"{path} is not a safetensors file (its header is not JSON)."
            ) from error
    if not isinstance(header, dict) or not isinstance(header.get("__metadata__", {}), dict):
        raise ValueError(f"{path} is not a safetensors file (its header lists no arrays).")
    for name, entry in header.items():
        if name != "__metadata__":
            _check_entry(path, name, entry, size - 8 - length)
    return header, 8 + length


def _check_entry(path: Path, name: str, entry: Any, available: int) -> None:
    try:
        begin, end = map(operator.index, entry["data_offsets"])
        shape = [operator.index(size) for size in entry["shape"]]
        dtype = _DTYPES.get(entry["dtype"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} is not a safetensors file (its header does not describe array {name!r})."
        ) from error
    if dtype is None:
        known = ", ".join(_DTYPES)
        raise ValueError(f"{path}: array {name!r} has type {entry['dtype']}; readable are {known}.")
    wanted = int(np.prod(shape, dtype=object)) * np.dtype(dtype).itemsize
    if min(shape, default=0) < 0 or not (0 <= begin <= end <= available and end - begin == wanted):
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
