"""Point clouds: places in metres, right-handed, y up, with colours and normals."""

from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from isthmus.read.meshes.files import mesh
from isthmus.read.meshes.triangles import Mesh, linear_light, stored_value
from isthmus.records import amount, dataclass
from isthmus.types import ItemError, RequestError

LIGHT = linear_light(np.arange(256) / 255)
"""Of the sRGB values 0..255."""


@dataclass(frozen=True, eq=False)
class PointCloud:
    """Points of a surface."""

    points: Float[np.ndarray, "n 3"]
    """Metres."""
    colours: UInt8[np.ndarray, "n 4"]
    """sRGB and opacity."""
    normals: Float[np.ndarray, "n 3"]
    """Of length 1, outwards."""

    def __str__(self) -> str:
        return f"cloud of {amount(len(self.points), 'point')}"


def cloud(item: Any, count: int = 2048) -> PointCloud:
    """A cloud of a PointCloud (itself), of a call that gives one, or of what ``meshes`` reads.

    Args:
        item: see above.
        count: of points drawn from a mesh.

    Raises:
        ItemError: nothing of the kind; says what is wrong.
    """
    item = item() if callable(item) else item
    return item if isinstance(item, PointCloud) else sampled(mesh(item), count)


def sampled(shape: Mesh, count: int, seed: int = 0) -> PointCloud:
    """Points drawn evenly over a mesh's surface, with the colours seen there.

    Args:
        shape: any mesh with some area.
        count: of points, 1 or more.
        seed: equal seeds give equal points.

    Raises:
        ItemError: no area.
        RequestError: fewer than one point.
    """
    corners = shape.vertices[shape.faces].astype(float)
    area = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    if count < 1 or not area.sum() > 0:
        kind = RequestError if count < 1 else ItemError
        raise kind(
            f"Points are drawn from a surface: wanted 1 or more of one with area, not {count} of "
            f"area {area.sum() / 2:.3g}."
        )
    rng = np.random.default_rng(seed)
    face = rng.choice(len(area), count, p=area / area.sum())
    root, second = np.sqrt(rng.random(count)), rng.random(count)
    weight = np.stack([1 - root, root * (1 - second), root * second], axis=1)

    def mixed(values: np.ndarray) -> np.ndarray:
        return np.einsum("nk,nkd->nd", weight, values[shape.faces[face]].astype(float))

    normals = mixed(shape.normals)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    seen = _appearance(shape, face, mixed(shape.uv))
    seen[:, :3] *= np.einsum("nk,nkd->nd", weight, LIGHT[shape.colours[shape.faces[face], :3]])
    seen[:, 3] *= mixed(shape.colours[:, 3:])[:, 0] / 255
    colours = np.concatenate([stored_value(seen[:, :3].clip(0, 1)), seen[:, 3:]], axis=1)
    return PointCloud(
        mixed(shape.vertices).astype(np.float32),
        np.rint(255 * colours.clip(0, 1)).astype(np.uint8),
        (normals / np.maximum(length, 1e-9)).astype(np.float32),
    )


def _appearance(shape: Mesh, face: np.ndarray, uv: np.ndarray) -> Float[np.ndarray, "n 4"]:
    """Colour and texture of the materials as linear light, and their opacity, 0..1."""
    kind = shape.material[face]
    found = np.array([material.colour for material in shape.materials])[kind]
    found[:, :3] = linear_light(found[:, :3])
    for number, material in enumerate(shape.materials):
        if material.texture is not None and (of := kind == number).any():
            height, width = material.texture.shape[:2]
            u, v = (uv[of] - np.floor(uv[of])).T
            row = np.minimum(((1 - v) * height).astype(int), height - 1)
            column = np.minimum((u * width).astype(int), width - 1)
            texel = material.texture[row, column]
            found[of, :3] *= LIGHT[texel[:, :3]]
            found[of, 3] *= texel[:, 3] / 255
    return found
