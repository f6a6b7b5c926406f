"""Vertex-animated models of Glest and MegaGlest: G3D, version 4.

Little-endian: ``G3D`` and a version byte, a mesh count (u16) and a type byte; of each mesh a name
(64 bytes), frames, vertices and indices (u32), colours, flags, names of textures (64 bytes each),
positions and normals of every frame, one set of texture coordinates, and triangles.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HEAD = struct.Struct("<64sIII8fII")
CUSTOM = 1
"""Flag: transparent texels show the team's colour."""
DIFFUSE = 1
"""The texture that has colours; the others, each with a name, say how it shines."""


@dataclass(frozen=True, eq=False)
class Part:
    """One mesh of a model, y up."""

    vertices: np.ndarray
    """(t, v, 3) float32 of every key frame."""
    uv: np.ndarray
    """(v, 2) float32, the origin at the lower left; empty without a texture."""
    faces: np.ndarray
    """(f, 3) int32."""
    colour: tuple[float, float, float, float]
    """Red, green, blue and opacity, 0..1."""
    flags: int
    texture: str
    """File beside the model; empty where there is none."""

    def at(self, share: float, cycle: bool) -> np.ndarray:
        """(v, 3) at a share (0..1) of the motion, between key frames linearly as the game does.

        A cycle runs back to its first key frame; anything else ends at its last.
        """
        count = len(self.vertices)
        where = share * (count if cycle else count - 1)
        low = min(int(where), count - 1)
        high = (low + 1) % count if cycle else min(low + 1, count - 1)
        return self.vertices[low] + (where - low) * (self.vertices[high] - self.vertices[low])


def read(path: Path) -> list[Part]:
    """The meshes of a model.

    Raises:
        ValueError: another format or version, or the file is cut short.
    """
    data = path.read_bytes()
    if data[:4] != b"G3D\x04":
        raise ValueError(f"{path.name} is not a G3D model of version 4: it begins {data[:4]!r}.")
    (count,) = struct.unpack_from("<H", data, 4)
    parts, at = [], 7
    for _ in range(count):
        part, at = _part(data, at)
        parts.append(part)
    return parts


def _part(data: bytes, at: int) -> tuple[Part, int]:
    _, frames, vertices, indices, *rest = HEAD.unpack_from(data, at)
    at += HEAD.size
    red, green, blue, opacity, flags, textures = *rest[:3], rest[7], rest[8], rest[9]
    names = []
    for bit in range(8):
        if textures >> bit & 1:
            names.append((1 << bit, data[at : at + 64].split(b"\0")[0].decode("latin-1")))
            at += 64
    placed = np.frombuffer(data, "<f4", frames * vertices * 3, at).reshape(frames, vertices, 3)
    at += 2 * placed.nbytes  # normals, which follow, are computed anew from the faces
    uv = np.frombuffer(data, "<f4", 2 * vertices if textures else 0, at).reshape(-1, 2)
    at += uv.nbytes
    faces = np.frombuffer(data, "<u4", indices, at).reshape(-1, 3).astype(np.int32)
    texture = dict(names).get(DIFFUSE, "")
    colour = (red, green, blue, opacity)
    return Part(placed, uv, faces, colour, flags, texture), at + 4 * indices
