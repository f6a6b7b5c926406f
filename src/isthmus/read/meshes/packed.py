"""A mesh in a few kilobytes: rounded to 16 bits, renumbered, its textures as WebP.

The bytes are safetensors. Faces are grouped by material and vertices numbered as they first
appear, so that most numbers are small differences, which a general compressor shortens well:
Parquet's zstd brings 5,000 faces to some 40 KB. Positions are off by at most 1/131,070 of the
box's side, normals by about one degree.
"""

import io
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image
from safetensors.numpy import load, save

from isthmus.read.meshes.triangles import Material, Mesh

STEPS = 65_535
"""Of a box's side: what 16 bits tell apart."""


def pack(mesh: Mesh, quality: int = 80) -> bytes:
    """The bytes of a mesh.

    Args:
        mesh: any mesh; materials that no face uses and vertices that no face uses are left out,
            equal ones are joined.
        quality: of its textures, 1 to 100, as WebP counts it.
    """
    mesh = _ordered(_joined_materials(mesh))
    textured = [material.texture is not None for material in mesh.materials]
    box = _box(mesh.vertices)
    parts = {
        "box": box,
        "positions": _planes(_differences(_steps(mesh.vertices, box))),
        "counts": np.bincount(mesh.material, minlength=len(mesh.materials)).astype(np.int32),
        "looks": np.array([material.colour for material in mesh.materials], np.float32),
        "textured": np.array(textured, np.uint8),
        "faces": _planes(_behind(mesh.faces.reshape(-1))),
        "normals": _planes(_differences(_folded(mesh.normals)).astype(np.uint8)),
    }
    if any(textured):
        parts["uv_box"] = _box(mesh.uv)
        parts["uv"] = _planes(_differences(_steps(mesh.uv, parts["uv_box"])))
    if any(material.gloss for material in mesh.materials):
        parts["gloss"] = np.array([material.gloss for material in mesh.materials], np.float32)
    if (mesh.colours != 255).any():
        parts["colours"] = _planes(_differences(mesh.colours))
    for number, material in enumerate(mesh.materials):
        if material.texture is not None:
            parts[f"texture_{number}"] = _webp(material.texture, quality)
    return save(parts, {"missing": "\n".join(mesh.missing)})


def unpack(content: bytes) -> Mesh:
    """The mesh of bytes that ``pack`` made."""
    parts = load(content)
    faces = _numbers(_unplaned(parts["faces"], 1)[:, 0]).reshape(-1, 3)
    vertices = _places(_sums(_unplaned(parts["positions"], 3)), parts["box"])
    uv = (
        _places(_sums(_unplaned(parts["uv"], 2)), parts["uv_box"])
        if "uv" in parts
        else np.zeros((len(vertices), 2), np.float32)
    )
    colours = (
        _sums(_unplaned(parts["colours"], 4))
        if "colours" in parts
        else np.full((len(vertices), 4), 255, np.uint8)
    )
    gloss = parts.get("gloss", np.zeros(len(parts["looks"])))
    materials = tuple(
        Material(
            (float(rgba[0]), float(rgba[1]), float(rgba[2]), float(rgba[3])),
            _pixels(parts[f"texture_{number}"].tobytes()) if textured else None,
            float(gloss[number]),
        )
        for number, (rgba, textured) in enumerate(
            zip(parts["looks"], parts["textured"], strict=True)
        )
    )
    kinds = np.repeat(np.arange(len(materials), dtype=np.int32), parts["counts"])
    normals = _unfolded(_sums(_unplaned(parts["normals"], 2)))
    return Mesh(vertices, faces, normals, uv, colours, kinds, materials)


def _joined_materials(mesh: Mesh) -> Mesh:
    """Equal materials as one, and only those of a face."""
    kept: dict[tuple[object, ...], Material] = {}
    number = np.zeros(len(mesh.materials), np.int32)
    for row in np.unique(mesh.material).tolist():
        material = mesh.materials[row]
        texels = None if material.texture is None else material.texture.tobytes()
        key = (material.colour, texels, material.gloss)
        kept.setdefault(key, material)
        number[row] = list(kept).index(key)
    return replace(mesh, material=number[mesh.material], materials=tuple(kept.values()))


def _ordered(mesh: Mesh) -> Mesh:
    """Faces by material, vertices as faces first name them, equal vertices as one."""
    order = np.argsort(mesh.material, kind="stable")
    rows = np.concatenate(
        [mesh.vertices, mesh.normals, mesh.uv, mesh.colours.astype(np.float32)], axis=1
    ).astype(np.float32)
    _, same = np.unique(rows, axis=0, return_inverse=True)
    corners = same.reshape(-1)[mesh.faces[order]].reshape(-1)
    _, first, inverse = np.unique(corners, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int32)
    by_first = np.argsort(first)
    rank[by_first] = np.arange(len(first), dtype=np.int32)
    source = mesh.faces[order].reshape(-1)[first[by_first]]
    return replace(
        mesh,
        vertices=mesh.vertices[source],
        normals=mesh.normals[source],
        uv=mesh.uv[source],
        colours=mesh.colours[source],
        faces=rank[inverse.reshape(-1)].reshape(-1, 3),
        material=mesh.material[order],
    )


def _box(values: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "2 d"]:
    return np.stack([values.min(axis=0), values.max(axis=0)]).astype(np.float32)


def _behind(corners: Int[np.ndarray, " c"]) -> np.ndarray:
    """How far each corner lies behind the next new vertex: 0 for a new one."""
    new = np.maximum.accumulate(np.concatenate([[-1], corners[:-1]])) + 1
    behind = new - corners
    return behind.astype(np.uint16 if behind.max() < 2**16 else np.uint32)[:, None]


def _numbers(behind: np.ndarray) -> Int[np.ndarray, " c"]:
    """The corners again."""
    new = np.cumsum(behind == 0) - (behind == 0)
    return (new - behind.astype(np.int64)).astype(np.int32)


def _steps(values: Float[np.ndarray, "n d"], box: Float[np.ndarray, "2 d"]) -> np.ndarray:
    """Places in a box as whole steps, 0..65,535 a side."""
    side = np.where(box[1] > box[0], box[1] - box[0], 1).astype(np.float64)
    return np.rint((values - box[0]) / side * STEPS).astype(np.uint16)


def _places(steps: np.ndarray, box: Float[np.ndarray, "2 d"]) -> Float[np.ndarray, "n d"]:
    return (box[0] + steps.astype(np.float64) / STEPS * (box[1] - box[0])).astype(np.float32)


def _folded(normals: Float[np.ndarray, "n 3"]) -> np.ndarray:
    """Unit vectors as two bytes: places on an octahedron unfolded into a square.

    Cigolle et al., "A Survey of Efficient Representations for Independent Unit Vectors",
    JCGT 2014.
    """
    flat = normals / np.maximum(np.abs(normals).sum(axis=1, keepdims=True), 1e-12)
    x, y = flat[:, 0], flat[:, 1]
    below = flat[:, 2] < 0
    x, y = (
        np.where(below, (1 - np.abs(y)) * _sign(x), x),
        np.where(below, (1 - np.abs(x)) * _sign(y), y),
    )
    return np.rint(127 + 127 * np.stack([x, y], axis=1)).astype(np.uint8)


def _unfolded(square: np.ndarray) -> Float[np.ndarray, "n 3"]:
    x, y = (square.astype(np.float64).T - 127) / 127
    z = 1 - np.abs(x) - np.abs(y)
    x, y = (
        np.where(z < 0, (1 - np.abs(y)) * _sign(x), x),
        np.where(z < 0, (1 - np.abs(x)) * _sign(y), y),
    )
    found = np.stack([x, y, z], axis=1)
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def _sign(values: np.ndarray) -> np.ndarray:
    return np.where(values < 0, -1.0, 1.0)


def _differences(rows: np.ndarray) -> np.ndarray:
    """Of each row from the one before, wrapping around."""
    return np.diff(rows, axis=0, prepend=np.zeros_like(rows[:1]))


def _sums(rows: np.ndarray) -> np.ndarray:
    return np.cumsum(rows, axis=0, dtype=rows.dtype)


def _planes(rows: np.ndarray) -> UInt8[np.ndarray, "b d n"]:
    """Bytes of equal weight next to each other."""
    size = rows.dtype.itemsize
    spread = np.ascontiguousarray(rows.T).view(np.uint8).reshape(rows.shape[1], len(rows), size)
    return np.ascontiguousarray(np.moveaxis(spread, 2, 0))


def _unplaned(planes: np.ndarray, width: int) -> np.ndarray:
    spread = np.ascontiguousarray(np.moveaxis(planes, 0, 2))
    kind = {1: np.uint8, 2: np.uint16, 4: np.uint32}[len(planes)]
    return np.ascontiguousarray(spread.view(kind).reshape(width, -1).T)


def _webp(texture: UInt8[np.ndarray, "h w 4"], quality: int) -> np.ndarray:
    image = Image.fromarray(texture if (texture[..., 3] < 255).any() else texture[..., :3])
    made = io.BytesIO()
    image.save(made, "WEBP", quality=quality, method=6)
    return np.frombuffer(made.getvalue(), np.uint8)


def _pixels(content: bytes) -> UInt8[np.ndarray, "h w 4"]:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))
