"""glTF files of a unit square, written by hand, so that tests know every byte of them."""

import io
import json
import struct

import numpy as np
from PIL import Image

SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], "<f4")
PLACES = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], "<f4")
"""Texture places of its corners as glTF counts them; (0, 0), (1, 0), ... from the lower left."""
CODES = {"i1": 5120, "u1": 5121, "i2": 5122, "u2": 5123, "u4": 5125, "f4": 5126}
KINDS = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}


def png(side=4):
    buffer = io.BytesIO()
    pixels = np.arange(side * side * 3, dtype=np.uint8).reshape(side, side, 3)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


class Writer:
    """A document that grows by what is added to it; `root` is its JSON."""

    def __init__(self, **root):
        self.bytes = b""
        self.root = {"asset": {"version": "2.0"}, "bufferViews": [], "accessors": [], **root}

    def view(self, data, **more):
        self.bytes += b"\0" * (-len(self.bytes) % 4)
        entry = {"buffer": 0, "byteOffset": len(self.bytes), "byteLength": len(data), **more}
        self.root["bufferViews"].append(entry)
        self.bytes += data
        return len(self.root["bufferViews"]) - 1

    def accessor(self, values, **more):
        values = np.asarray(values)
        values = values.reshape(len(values), -1)
        kind = values.dtype.str[1:]
        entry = {"bufferView": self.view(values.tobytes()), "count": len(values),
                 "componentType": CODES[kind], "type": KINDS[values.shape[1]], **more}  # fmt: skip
        self.root["accessors"].append(entry)
        return len(self.root["accessors"]) - 1

    def square(self, indices=(0, 1, 2, 0, 2, 3), **primitive):
        """One primitive of the square, whose further keys may override; node 0, mesh 0."""
        attributes = {"POSITION": self.accessor(SQUARE), **primitive.pop("attributes", {})}
        if indices is not None:
            primitive = {"indices": self.accessor(np.array(indices, "<u2")), **primitive}
        self.root.setdefault("meshes", [{"primitives": []}])
        self.root["meshes"][0]["primitives"].append({"attributes": attributes, **primitive})
        self.root.setdefault("nodes", [{"mesh": 0}])
        self.root.setdefault("scenes", [{"nodes": [0]}])
        return self

    def painted(self, base, old=False, **material):
        """Material 0, with the picture as texture 0."""
        where = {"extensions": {"KHR_materials_pbrSpecularGlossiness": base}} if old else {
            "pbrMetallicRoughness": base}  # fmt: skip
        self.root["materials"] = [{**where, **material}]
        self.root.setdefault("images", [{"bufferView": self.view(png()), "mimeType": "image/png"}])
        self.root.setdefault("textures", [{"source": 0}])
        return self

    def glb(self):
        self.root.setdefault("buffers", [{"byteLength": len(self.bytes)}])
        return packed(json.dumps(self.root).encode(), self.bytes)

    def gltf(self, uri):
        """The JSON, whose buffer is the file of this name."""
        self.root["buffers"] = [{"byteLength": len(self.bytes), "uri": uri}]
        return json.dumps(self.root, ensure_ascii=False).encode()


def packed(document, binary=b""):
    document += b" " * (-len(document) % 4)
    binary += b"\0" * (-len(binary) % 4)
    size = 12 + 8 + len(document) + 8 + len(binary)
    head = struct.pack("<4sIII4s", b"glTF", 2, size, len(document), b"JSON")
    return head + document + struct.pack("<I4s", len(binary), b"BIN\0") + binary


def drawn(found):
    """Each triangle as the set of its corners in order, begun at the least."""
    corners = np.round(found.vertices[found.faces], 5).tolist()
    return sorted(min(one[i:] + one[:i] for i in range(3)) for one in corners)
