"""The bytes of a glTF 2.0: chunks, buffers, buffer views and accessors.

Sections in brackets are those of the glTF 2.0.1 specification (Khronos, ISO/IEC 12113:2022).
"""

import base64
import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

import numpy as np
from jaxtyping import Shaped

from isthmus.read.meshes.beside import Beside, shown
from isthmus.read.meshes.surfaces import MAX_FACES
from isthmus.store import parse_json
from isthmus.types import ItemError

COMPONENTS = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}

REPLACED = {
    "KHR_draco_mesh_compression": "without compression",
    "EXT_meshopt_compression": "without compression",
    "KHR_meshopt_compression": "without compression",
    "KHR_texture_basisu": "with PNG or JPEG textures",
    "MSFT_texture_dds": "with PNG or JPEG textures",
}
"""Extensions that may stand beside what they replace, and how to export without them."""


def unreadable(name: Any) -> ItemError:
    """The fault of an object that needs an extension."""
    how = REPLACED.get(str(name), "without it")
    return ItemError(
        f"It needs the glTF extension {shown(str(name))}, which isthmus does not read: "
        f"export it again {how}."
    )


def chunks(data: bytes) -> tuple[Any, bytes | None]:
    """The JSON of a glTF or GLB, and the binary chunk of a GLB [4.4].

    Bytes that are not UTF-8 are replaced: names of nodes, which mean nothing here.

    Raises:
        ValueError: damaged, or another version.
    """
    if data[:4] != b"glTF":
        return parse_json(data.decode(json.detect_encoding(data), "replace"), "its JSON"), None
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2:
        raise ValueError(f"it is GLB {version}; 2 is read: convert it first")
    found: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= length:
        (size,), kind = struct.unpack_from("<I", data, at), data[at + 4 : at + 8]
        if at + 8 + size > len(data):
            raise ValueError(f"it is cut short: it has {len(data):,} of {length:,} bytes")
        found.setdefault(kind, data[at + 8 : at + 8 + size])
        at += 8 + size
    if b"JSON" not in found:
        raise ValueError("it has no JSON chunk")
    text = found[b"JSON"].decode("utf-8", "replace")
    return parse_json(text, "its JSON"), found.get(b"BIN\0")


def whole(values: Mapping[str, Any], key: str, default: int | None = None) -> int:
    """A number of 0, 1, 2, ... of a JSON object."""
    value = values.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{key!r} is {shown(repr(value))}, where 0, 1, 2, ... is wanted")
    return value


def numbers(values: Mapping[str, Any], key: str, default: Sequence[float]) -> np.ndarray:
    """As many numbers of a JSON object as the default has."""
    found = np.asarray(values.get(key, default), dtype=float)
    if found.shape != (len(default),):
        raise ValueError(f"{key!r} has shape {found.shape}; {len(default)} numbers are wanted")
    return found


class Document:
    """The JSON of a glTF and the bytes that it speaks of."""

    def __init__(self, root: dict[str, Any], binary: bytes | None, beside: Beside) -> None:
        self.root, self.binary, self.beside = root, binary, beside
        self._buffers: dict[int, bytes] = {}
        self._arrays: dict[int, np.ndarray] = {}
        self._claimed = 0

    def entry(self, kind: str, index: Any) -> dict[str, Any]:
        """One object of a list of the document."""
        entries = self.root.get(kind, ())
        there = isinstance(index, int) and not isinstance(index, bool)
        if not there or not 0 <= index < len(entries):
            raise ValueError(f"{kind}[{shown(repr(index))}] is not there")
        found = entries[index]
        if not isinstance(found, dict):
            raise ValueError(f"{kind}[{index}] is no object")
        return found

    def buffer(self, index: int) -> bytes:
        """Bytes of a buffer [3.6.1]."""
        if index not in self._buffers:
            entry = self.entry("buffers", index)
            uri = entry.get("uri")
            if uri is None and (index or self.binary is None):
                for name in entry.get("extensions", ()):
                    raise unreadable(name)
                raise ValueError(f"its buffer {index} has no data")
            found = self.binary if uri is None else self.resource(str(uri))
            if found is None:
                raise ValueError(f"its data file {shown(str(uri))} is not beside it")
            if len(found) < (wanted := whole(entry, "byteLength")):
                raise ValueError(f"its buffer {index} has {len(found):,} of {wanted:,} bytes")
            self._buffers[index] = found
        return self._buffers[index]

    def resource(self, uri: str) -> bytes | None:
        """What a URI names: the bytes in it, or a file around the document [2.8]."""
        if uri[:5].lower() != "data:":
            return self.beside.get(uri)
        about, comma, content = uri.partition(",")
        if not comma:
            raise ValueError("a data URI has no data")
        plain = unquote_to_bytes(content)
        return (
            base64.b64decode(plain) if about.replace(" ", "").lower().endswith(";base64") else plain
        )

    def view(self, index: Any) -> memoryview:
        """Bytes of a buffer view [3.6.1.2]."""
        entry = self.entry("bufferViews", index)
        start, length = whole(entry, "byteOffset", 0), whole(entry, "byteLength")
        found = memoryview(self.buffer(whole(entry, "buffer")))[start : start + length]
        if len(found) < length:
            raise ValueError(f"its buffer view {index} reaches beyond the buffer")
        return found

    def accessor(self, index: Any) -> Shaped[np.ndarray, "n k"]:
        """Values of an accessor; normalised integers as fractions [3.6.2]."""
        entry = self.entry("accessors", index)
        if index in self._arrays:
            return self._arrays[index]
        kind = COMPONENTS.get(whole(entry, "componentType"))
        width = WIDTHS.get(str(entry.get("type")))
        if kind is None or width is None:
            what = f"{entry.get('type')} of component type {entry['componentType']}"
            raise ValueError(f"its accessor {index} is {shown(what)}, which no mesh has")
        count = whole(entry, "count")
        self._claimed += count
        if self._claimed > 12 * MAX_FACES:
            # an accessor without a buffer view is all zeros of any length: a claim costs no bytes
            raise ItemError(
                f"The mesh has {self._claimed:,} corners; {12 * MAX_FACES:,} are read: "
                "simplify it first."
            )
        if "bufferView" in entry:
            values = self._strided(entry, count, kind, width)
        else:
            values = np.zeros((count, width), kind)
        if "sparse" in entry:
            values = self._sparse(entry["sparse"], values)
        if entry.get("normalized") is True and kind != "<f4":
            values = np.maximum(values / np.iinfo(kind).max, -1.0)
        self._arrays[index] = values
        return values

    def _sparse(self, entry: Mapping[str, Any], values: np.ndarray) -> np.ndarray:
        """Values with some of them replaced [3.6.2.3]."""
        count, where = whole(entry, "count"), entry["indices"]
        places = self._strided(where, count, COMPONENTS[where["componentType"]], 1)[:, 0]
        if len(places) and places.max() >= len(values):
            raise ValueError("a sparse accessor replaces values that it does not have")
        values = values.copy()
        values[places] = self._strided(entry["values"], count, values.dtype.str, values.shape[1])
        return values

    def _strided(self, entry: Mapping[str, Any], count: int, kind: str, width: int) -> np.ndarray:
        view, size = self.view(entry.get("bufferView")), np.dtype(kind).itemsize
        start = whole(entry, "byteOffset", 0)
        stride = whole(self.entry("bufferViews", entry["bufferView"]), "byteStride", 0)
        stride = stride or size * width
        if count and start + stride * (count - 1) + size * width > len(view):
            raise ValueError(f"{count:,} values reach beyond buffer view {entry['bufferView']}")
        return np.ndarray((count, width), kind, view, start, (stride, size))
