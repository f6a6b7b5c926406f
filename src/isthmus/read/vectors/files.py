"""Named arrays of one file: .npy, .npz, .safetensors and Parquet, mapped wherever possible.

The content decides the format, not the file's name, and nothing is ever unpickled.
"""

import math
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from isthmus.records import dataclass
from isthmus.store.tables import read_vectors
from isthmus.store.tensors import read_tensors
from isthmus.types import RequestError

_FORMATS = ".npy, .npz, .safetensors and .parquet files, or a folder of them"
_MAX_INFLATED = 8 << 30
"""Bytes that one compressed member may unfold to; a larger one should be saved uncompressed."""


@dataclass(frozen=True, eq=False)
class NamedArrays:
    """What one file holds: arrays by key, plain columns by name, text metadata."""

    arrays: Mapping[str, np.ndarray]
    columns: Mapping[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    meta: Mapping[str, str] = field(default_factory=dict[str, str])


def read_arrays(path: Path) -> NamedArrays:
    """The arrays of a file; a single unnamed one stands under the key "".

    Raises:
        RequestError: the file is missing, empty, cut short, a pickle, or of no known format.
    """
    if not path.is_file():
        raise RequestError(f"There is no file {path}; arrays are read from {_FORMATS}.")
    with path.open("rb") as file:
        start = file.read(8)
    if not start:
        raise RequestError(f"{path} is empty (0 bytes); arrays are read from {_FORMATS}.")
    try:
        return _read(path, start)
    except (ValueError, OSError, struct.error, zipfile.BadZipFile) as error:
        if isinstance(error, RequestError):
            raise
        raise RequestError(f"{path} cannot be read as arrays: {error}") from error


def _read(path: Path, start: bytes) -> NamedArrays:
    if start.startswith(b"\x93NUMPY"):
        with path.open("rb") as file:
            return NamedArrays({"": _mapped(path, path.name, file, path.stat().st_size)})
    if start.startswith(b"PK"):
        return NamedArrays(_npz(path))
    if start.startswith(b"PAR1"):
        return NamedArrays(*read_vectors(path))
    if start.startswith(b"\x80") or path.suffix in (".pt", ".pth", ".pkl", ".pickle"):
        raise _pickle(path)
    if path.suffix == ".safetensors":
        arrays, meta = read_tensors(path)
        return NamedArrays(arrays, {}, meta)
    raise RequestError(
        f"{path} is none of the formats that arrays are read from: {_FORMATS}; it may be damaged."
    )


def _pickle(path: Path) -> RequestError:
    return RequestError(
        f"{path} is or holds a Python pickle, which may run code when opened; save plain arrays "
        "with numpy.save, numpy.savez or safetensors instead."
    )


def _npz(path: Path) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if any(name.endswith(".pkl") for name in names):  # what torch.save writes is a zip too
            raise _pickle(path)
        members = [info for info in archive.infolist() if info.filename.endswith(".npy")]
        if not members:
            raise RequestError(f"{path} is a zip file without arrays; it holds {names[:5]}.")
        return {info.filename[:-4]: _member(path, archive, info) for info in members}


def _member(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    name = f"{path.name}: {info.filename}"
    if info.flag_bits & 1:
        raise RequestError(f"{name} is encrypted; save the arrays with numpy.savez.")
    if info.compress_type == zipfile.ZIP_STORED:
        with path.open("rb") as file:
            file.seek(info.header_offset)
            head = file.read(30)
            lengths = struct.unpack("<HH", head[26:30])
            begin = info.header_offset + 30 + sum(lengths)
            file.seek(begin)
            return _mapped(path, name, file, begin + info.file_size)
    with archive.open(info) as file:
        dtype, shape, fortran = _header(name, file)
        wanted = _bytes(dtype, shape)
        if wanted > _MAX_INFLATED or wanted > info.file_size:
            raise RequestError(
                f"{name} claims an array of {shape}, {wanted:,} bytes, which is more than the file "
                "holds or than is unfolded in memory; save it uncompressed with numpy.savez."
            )
        flat = np.frombuffer(file.read(wanted), dtype)
    if flat.nbytes != wanted:
        raise RequestError(f"{name} is cut short: {flat.nbytes:,} of {wanted:,} bytes.")
    return flat.reshape(shape, order="F" if fortran else "C")


def _mapped(path: Path, name: str, file: BinaryIO, end: int) -> np.ndarray:
    dtype, shape, fortran = _header(name, file)
    offset, wanted = file.tell(), _bytes(dtype, shape)
    available = min(end, path.stat().st_size) - offset
    if wanted > available:
        raise RequestError(
            f"{name} claims an array of {shape}, {wanted:,} bytes, but holds {available:,}; the "
            "file is cut short or its header is wrong."
        )
    if wanted == 0:  # an empty range cannot be mapped
        return np.empty(shape, dtype)
    order = "F" if fortran else "C"
    return np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=shape, order=order)


def _header(name: str, file: Any) -> tuple[np.dtype[Any], tuple[int, ...], bool]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    elif version == (2, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_2_0(file)
    else:
        raise RequestError(f"{name} has the .npy version {version}; readable are 1.0 and 2.0.")
    if min(shape, default=0) < 0:
        raise RequestError(f"{name} claims an array of {shape}; its header is wrong.")
    if dtype.hasobject:
        raise RequestError(
            f"{name} holds Python objects, a pickle that may run code when opened; save it as "
            "plain numbers or text, for example with array.astype('float32') or astype('str')."
        )
    return dtype, shape, fortran


def _bytes(dtype: np.dtype[Any], shape: tuple[int, ...]) -> int:
    return math.prod(shape) * dtype.itemsize
