"""Arrays in safetensors files: no code is ever run on loading, and rows can be memory-mapped.

Frozen dataclasses are kept as named arrays and JSON; only classes on a list are made of them.
"""

import dataclasses
import json
import operator
import struct
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.arrays import pieces, scratch
from isthmus.records import amount
from isthmus.store.documents import parse_json
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
_ORDER = ("I64", "F64", "F32", "I32", "F16", "U8", "BOOL")
"""Widest first, as the ``safetensors`` package lays arrays out."""
_MORE = {"BF16": "<u2", "U16": "<u2", "U32": "<u4", "U64": "<u8", "I16": "<i2", "I8": "|i1"}
_READ = _DTYPES | _MORE
"""More than is written; a number of BF16 is the upper half of one of F32."""
_MAX_HEADER = 100_000_000


def write_tensors(path: Path, arrays: Mapping[str, np.ndarray], meta: Mapping[str, str]) -> None:
    """Write named arrays with text metadata, atomically and byte-equal for equal input.

    Arrays that lie in files are copied piece by piece; the bytes are those of the ``safetensors``
    package, which would hold them all in memory.

    Raises:
        ValueError: an array has a type that no reader here knows.
    """
    arrays = {
        name: array.astype(array.dtype.newbyteorder("<"), copy=False)
        for name, array in arrays.items()
    }
    kinds: dict[str, str] = {}
    for name, array in arrays.items():
        known = (kind for kind, code in _DTYPES.items() if array.dtype == np.dtype(code))
        kinds[name] = next(known, "")
        if not kinds[name]:
            raise ValueError(f"Array {name!r} has type {array.dtype}; kept are {[*_DTYPES]}.")
    order = sorted(arrays, key=lambda name: (_ORDER.index(kinds[name]), name))
    header: dict[str, Any] = {"__metadata__": dict(sorted(meta.items()))}
    end = 0
    for name in order:
        start, end = end, end + arrays[name].nbytes
        shape = [*arrays[name].shape]
        header[name] = {"dtype": kinds[name], "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    with atomic(path) as part, part.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in order:
            for rows in pieces(arrays[name]):
                file.write(rows)


def read_described(
    path: Path, form: str, parse: Callable[[str, str], Any] = parse_json
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """All arrays of a file, and what its metadata say of them as JSON.

    Args:
        path: of a safetensors file.
        form: the format that it must be of.
        parse: a document and its name to values; by default with limits, finite numbers only.

    Raises:
        ValueError: the file is not safetensors, describes nothing, or is of another format.
    """
    arrays, meta = read_tensors(path)
    if "isthmus" not in meta:
        raise ValueError("it has no metadata 'isthmus', which every file of this kind has")
    about = parse(meta["isthmus"], "its metadata 'isthmus'")
    if not isinstance(about, dict) or not isinstance(about.get("format"), str):
        raise ValueError("its metadata 'isthmus' is no object with a format")
    if about["format"] != form:
        raise ValueError(
            f"it is of the format {about['format'][:80]!r}, and this version reads {form!r}: "
            "install the newer isthmus that wrote it"
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
    meta = header.get("__metadata__", {}) if isinstance(header, dict) else None
    if not isinstance(meta, dict) or not all(isinstance(value, str) for value in meta.values()):
        raise ValueError(
            f"{path} is not a safetensors file (its header lists no arrays, or its metadata are no "
            "texts)."
        )
    end = 0
    entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
    for name, entry in entries.items():
        _check_entry(path, name, entry, size - 8 - length)
    for begin, stop in sorted(entry["data_offsets"] for entry in entries.values()):
        if begin != end:
            raise ValueError(f"{path}: its arrays overlap or leave a hole at byte {begin:,}.")
        end = stop
    if end != size - 8 - length:
        raise ValueError(
            f"{path}: {amount(size - 8 - length - end, 'byte')} behind its last array."
        )
    return header, 8 + length


def _check_entry(path: Path, name: str, entry: Any, available: int) -> None:
    try:
        begin, end = map(operator.index, entry["data_offsets"])
        shape = [operator.index(size) for size in entry["shape"] if not isinstance(size, bool)]
        if len(shape) != len(entry["shape"]):
            raise TypeError("true and false are no sizes")
        dtype = _READ.get(entry["dtype"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} is not a safetensors file (its header does not describe array {name!r})."
        ) from error
    if dtype is None:
        known = ", ".join(_READ)
        raise ValueError(f"{path}: array {name!r} has type {entry['dtype']}; readable are {known}.")
    wanted = int(np.prod(shape, dtype=object)) * np.dtype(dtype).itemsize
    if min(shape, default=0) < 0 or not (0 <= begin <= end <= available and end - begin == wanted):
        raise ValueError(
            f"{path}: array {name!r} claims {wanted} bytes that the file does not hold."
        )


def read_tensors(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Memory-mapped arrays by name, read-only, and the metadata; BF16 is widened to float32.

    Raises:
        ValueError: the file is not safetensors, or its header lies about the file.
    """
    header, start = tensor_header(path)
    meta = header.pop("__metadata__", {})
    arrays: dict[str, np.ndarray] = {}
    for name, entry in header.items():
        dtype, shape = np.dtype(_READ[entry["dtype"]]), tuple(entry["shape"])
        offset = start + entry["data_offsets"][0]
        if 0 in shape:  # an empty range cannot be mapped
            arrays[name] = np.empty(shape, dtype)
        else:
            arrays[name] = np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=shape)
        if entry["dtype"] == "BF16":
            halves, arrays[name] = arrays[name], scratch(shape, np.float32)
            np.left_shift(halves, 16, out=arrays[name].view(np.uint32), dtype=np.uint32)
    return arrays, meta


def packed(part: Any, prefix: str = "") -> tuple[dict[str, np.ndarray], Any]:
    """Arrays by dotted name, and a JSON value that says where each belongs.

    Dataclasses, tuples and dicts with text keys may hold each other, arrays and plain values.
    Arrays become float32 where they are of a float type.
    """
    if isinstance(part, np.ndarray):
        kept = part.astype(np.float32) if part.dtype.kind == "f" else part
        return {prefix: kept}, {"array": prefix}
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        names = [one.name for one in dataclasses.fields(part)]
        arrays, inside = _all({name: getattr(part, name) for name in names}, prefix)
        return arrays, {"kind": type(part).__name__, "fields": inside}
    if isinstance(part, Mapping):
        arrays, inside = _all(part, prefix)
        return arrays, {"mapping": inside}
    if isinstance(part, tuple):
        arrays, inside = _all({str(place): one for place, one in enumerate(part)}, prefix)
        return arrays, {"tuple": list(inside.values())}
    return {}, {"value": part}


def _all(parts: Mapping[str, Any], prefix: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    arrays: dict[str, np.ndarray] = {}
    inside: dict[str, Any] = {}
    for name, one in parts.items():
        more, inside[name] = packed(one, f"{prefix}.{name}" if prefix else name)
        arrays |= more
    return arrays, inside


_NODES = ({"array"}, {"tuple"}, {"mapping"}, {"kind", "fields"}, {"value"})
"""Keys of what ``packed`` writes of a part."""


def unpacked(arrays: Mapping[str, Any], shape: Any, kinds: Iterable[type]) -> Any:
    """The inverse of ``packed``.

    Raises:
        ValueError: an array is missing, or a class is not on the list.
    """
    known = {kind.__name__: kind for kind in kinds}

    def made(node: Any) -> Any:
        if not isinstance(node, Mapping) or set(node) not in _NODES:
            raise ValueError(f"It describes no part by {str(node)[:80]!r}.")
        if "array" in node:
            return arrays[node["array"]]
        if "tuple" in node:
            return tuple(made(one) for one in node["tuple"])
        if "mapping" in node:
            return {name: made(one) for name, one in node["mapping"].items()}
        if "kind" in node:
            return known[node["kind"]](**{k: made(one) for k, one in node["fields"].items()})
        return node["value"]

    try:
        return made(shape)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"It does not describe a part that this version knows: {error}") from error
