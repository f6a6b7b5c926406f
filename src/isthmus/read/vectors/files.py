"""Named arrays of one file: .npy, .npz, .safetensors and Parquet, mapped wherever possible.

The content decides the format, not the file's name, and nothing is ever unpickled.
"""

import math
import struct
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from isthmus.store import MAX_BYTES, NamedArrays, is_file, read_tensors, read_vectors
from isthmus.types import RequestError, reason

_FORMATS = ".npy, .npz, .safetensors and .parquet files, or a folder of them"
_PICKLED = (".pt", ".pth", ".pkl", ".pickle")


def read_arrays(path: Path, max_bytes: int = MAX_BYTES) -> NamedArrays:
    """The arrays of a file; a single unnamed one stands under the key "".

    Args:
        path: of the file.
        max_bytes: that what is compressed in it may unfold to; the rest is mapped.

    Raises:
        RequestError: the file is missing, empty, cut short, a pickle, of no known format, or
            unfolds to more than ``max_bytes``.
    """
    if not is_file(path):
        raise RequestError(f"There is no file or folder {path}; arrays are read from {_FORMATS}.")
    with path.open("rb") as file:
        start = file.read(8)
    if not start:
        raise RequestError(f"{path} is empty (0 bytes); arrays are read from {_FORMATS}.")
    try:
        return _read(path, start, max_bytes or MAX_BYTES)
    except Exception as error:  # damaged files fail in as many ways as there are formats
        raise RequestError(f"{path} cannot be read as arrays: {reason(error)}") from error


def _read(path: Path, start: bytes, max_bytes: int) -> NamedArrays:
    if start.startswith(b"\x93NUMPY"):
        with path.open("rb") as file:
            return NamedArrays({"": _mapped(path, path.name, file, path.stat().st_size)})
    if start.startswith(b"PK"):
        return NamedArrays(_npz(path, max_bytes))
    if start.startswith(b"PAR1"):
        return read_vectors(path, max_bytes)
    if path.suffix.lower() == ".safetensors":  # whose first byte is that of a length
        arrays, meta = read_tensors(path)
        return NamedArrays(arrays, {}, meta)
    if start.startswith(b"\x80") or path.suffix.lower() in _PICKLED:
        raise _pickle(path)
    raise RequestError(
        f"{path} is none of the formats that arrays are read from: {_FORMATS}; it may be damaged."
    )


def _pickle(path: Path) -> RequestError:
    return RequestError(
        f"{path} is or holds a Python pickle, which may run code when opened; save plain arrays "
        "with numpy.save, numpy.savez or safetensors instead."
    )


def _npz(path: Path, max_bytes: int) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if any(name.lower().endswith(".pkl") for name in names):  # torch.save writes a zip too
            raise _pickle(path)
        members = [info for info in archive.infolist() if info.filename.lower().endswith(".npy")]
        if not members:
            raise RequestError(f"{path} is a zip file without arrays; it holds {names[:5]}.")
        unfolded = sum(info.file_size for info in members if info.compress_type)
        if unfolded > max_bytes:
            raise RequestError(
                f"{path} unfolds to {unfolded:,} bytes, more than the {max_bytes:,} that are "
                "allowed: save it uncompressed with numpy.savez, so that it can be mapped, or, if "
                "you trust it, allow more with --max-bytes (max_bytes= in Python)."
            )
        return {info.filename[:-4]: _member(path, archive, info) for info in members}


def _member(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    name = f"{path.name}: {info.filename}"
    if info.flag_bits & 1:
        raise RequestError(f"{name} is encrypted; save the arrays with numpy.savez.")
    if info.compress_type == zipfile.ZIP_STORED:
        with path.open("rb") as file:
            file.seek(info.header_offset)
            head = file.read(30)
            if head[:4] != b"PK\3\4" or len(head) < 30:
                raise RequestError(f"{name} is not where the file says; it is damaged.")
            begin = info.header_offset + 30 + sum(struct.unpack("<HH", head[26:30]))
            file.seek(begin)
            return _mapped(path, name, file, begin + info.file_size)
    with archive.open(info) as file:
        dtype, shape, fortran = _header(name, file)
        wanted = _bytes(dtype, shape)
        if wanted > info.file_size:
            raise RequestError(
                f"{name} claims an array of {shape}, {wanted:,} bytes, which is more than the file "
                "holds; its header is wrong."
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
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
        (3, 0): np.lib.format.read_array_header_2_0,  # the names of fields alone are read otherwise
    }
    try:
        version = np.lib.format.read_magic(file)
        found = readers[version](file) if version in readers else None
    except Exception as error:  # damaged headers fail in many ways, and numpy advises pickles
        raise RequestError(
            f"{name} is no .npy file: its header is damaged, or larger than 10,000 bytes."
        ) from error
    if found is None:
        raise RequestError(f"{name} has the .npy version {version}; readable are 1.0, 2.0 and 3.0.")
    shape, fortran, dtype = found
    if min(shape, default=0) < 0 or any(isinstance(size, bool) for size in shape):
        raise RequestError(f"{name} claims an array of {shape}; its header is wrong.")
    if dtype.itemsize == 0:
        raise RequestError(f"{name} claims an array of {dtype}, which takes no bytes at all.")
    if dtype.hasobject:
        raise RequestError(
            f"{name} holds Python objects, a pickle that may run code when opened; save it as "
            "plain numbers or text, for example with array.astype('float32') or astype('str')."
        )
    return dtype, shape, fortran


def _bytes(dtype: np.dtype[Any], shape: tuple[int, ...]) -> int:
    return math.prod(shape) * dtype.itemsize
