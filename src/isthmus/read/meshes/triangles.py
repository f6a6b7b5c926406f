"""Meshes: metres, right-handed, y up, the front towards +z; colours sRGB, textures 0..255.

Files that state no unit or axis are taken as they are; ``turned`` brings another upstream axis
up, ``fitted`` brings any mesh to one place and size.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int, UInt8

from isthmus.arrays import fingerprint
from isthmus.records import amount, dataclass
from isthmus.types import RequestError

AXES = {
    "y": np.eye(3),
    "z": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "x": np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]),
}
"""Rotations that bring an upstream axis up."""


def linear_light(value: np.ndarray) -> np.ndarray:
    """Linear light of sRGB values, both 0..1 (IEC 61966-2-1)."""
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def stored_value(light: np.ndarray) -> np.ndarray:
    """The sRGB value of linear light, both 0..1: the inverse of ``linear_light``."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


@dataclass(frozen=True, eq=False)
class Material:
    """What a part of a surface looks like: a colour times a texture, as linear light."""

    colour: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    """sRGB and opacity, 0..1."""
    texture: "UInt8[np.ndarray, 'h w 4'] | None" = None
    """sRGB and opacity; row 0 is the top, v = 1."""
    gloss: float = 0.0
    """Share of a lamp's light that is mirrored, 0..1. Files are read as matte."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles and what they look like.

    A vertex where two normals, texture places or materials meet is listed once for each.
    """

    vertices: Float[np.ndarray, "v 3"]
    """Metres."""
    faces: Int[np.ndarray, "f 3"]
    """Counter-clockwise seen from outside."""
    normals: Float[np.ndarray, "v 3"]
    """Of length 1: as the file gives them, or the mean of the faces around. Where a face differs
    from them by more than 45 degrees it is drawn flat."""
    uv: Float[np.ndarray, "v 2"]
    """Places in the texture, (0, 0) at its lower left; beyond 0..1 it repeats."""
    colours: UInt8[np.ndarray, "v 4"]
    """sRGB and opacity of each vertex, 255 where there is none."""
    material: Int[np.ndarray, " f"]
    """Of each face, its number in ``materials``."""
    materials: tuple[Material, ...]
    missing: tuple[str, ...] = ()
    """Files that it mentions and that were not found: materials, textures."""
    left_out: tuple[str, ...] = ()
    """What else the file holds and the mesh does not, in words."""

    @property
    def note(self) -> str:
        """What it was read without, in words; nothing if it is whole."""
        mentioned = [f"what it mentions: {', '.join(self.missing)}"] if self.missing else []
        return "; ".join(f"without {what}" for what in (*mentioned, *self.left_out))

    def __str__(self) -> str:
        low, high = self.bounds
        size = " x ".join(f"{side:.3g}" for side in high - low)
        return f"mesh of {amount(len(self.faces), 'triangle')}, {size} m"

    @property
    def content_key(self) -> str:
        """Changes with anything that is drawn of it."""
        arrays = (self.vertices, self.faces, self.normals, self.uv, self.colours, self.material)
        colours = [(one.colour, one.gloss) for one in self.materials]
        textures = [b"" if one.texture is None else one.texture for one in self.materials]
        return fingerprint(*arrays, colours, *textures)

    @property
    def bounds(self) -> Float[np.ndarray, "2 3"]:
        """Lowest and highest corner of the box around the faces."""
        used = self.vertices[self.faces.reshape(-1)]
        return np.stack([used.min(axis=0), used.max(axis=0)])

    def fitted(self, radius: float = 1.0) -> "Mesh":
        """Moved and scaled: the middle of its box at the origin, its farthest corner at ``radius``.

        Pose is kept, so a lying bottle lies. Vertices that no face uses do not count.
        """
        middle = self.bounds.mean(axis=0)
        reach = np.linalg.norm(self.vertices[self.faces.reshape(-1)] - middle, axis=1).max()
        scale = radius / max(float(reach), 1e-12)
        return replace(self, vertices=((self.vertices - middle) * scale).astype(np.float32))

    def turned(self, up: str) -> "Mesh":
        """Rotated so that the axis that points up upstream ("x", "y" or "z") becomes y.

        Raises:
            RequestError: another axis.
        """
        if up not in AXES:
            raise RequestError(f"The upstream axis is one of x, y, z, not {up!r}.")
        turn = AXES[up].astype(np.float32)
        return replace(self, vertices=self.vertices @ turn.T, normals=self.normals @ turn.T)


def merged(meshes: Sequence[Mesh]) -> Mesh:
    """One or more meshes as one, each with its own materials."""

    def moved(parts: list[np.ndarray], sizes: list[int]) -> np.ndarray:
        starts = np.cumsum([0, *sizes[:-1]])
        moved = [part + int(start) for part, start in zip(parts, starts, strict=True)]
        return np.concatenate(moved).astype(np.int32)

    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        moved([mesh.faces for mesh in meshes], [len(mesh.vertices) for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.uv for mesh in meshes]),
        np.concatenate([mesh.colours for mesh in meshes]),
        moved([mesh.material for mesh in meshes], [len(mesh.materials) for mesh in meshes]),
        tuple(material for mesh in meshes for material in mesh.materials),
        tuple(dict.fromkeys(name for mesh in meshes for name in mesh.missing)),
        tuple(dict.fromkeys(what for mesh in meshes for what in mesh.left_out)),
    )
