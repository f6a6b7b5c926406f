"""From trimesh's geometries to one ``Mesh``: poses, normals, colours, materials."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from isthmus.read.meshes.triangles import Material, Mesh, merged

if TYPE_CHECKING:
    import trimesh

TEXTURE_SIDE = 1024
"""Pixels; larger textures are reduced, since views are a few hundred pixels wide."""

PLAIN = (0.72, 0.72, 0.72, 1.0)
"""Of a surface whose file says nothing about its colour: light grey, as clay."""

UNSAID = (102, 102, 102, 255)
"""What trimesh puts where a file with texture places names no material."""


def joined(placed: Iterable[tuple["trimesh.Trimesh", np.ndarray]]) -> Mesh | None:
    """All surfaces as one mesh, each vertex where its pose puts it; None of nothing."""
    meshes = [one(part, pose) for part, pose in placed]
    return merged(meshes) if meshes else None


def one(part: "trimesh.Trimesh", pose: np.ndarray) -> Mesh:
    """One surface in its place."""
    part = part.copy() if np.allclose(pose, np.eye(4)) else part.copy().apply_transform(pose)
    faces = np.asarray(part.faces, np.int32)
    vertices, normals = np.asarray(part.vertices), np.asarray(part.vertex_normals)
    colours, uv, material = appearance(part)
    if part.visual is not None and part.visual.kind == "face":
        corner = faces.reshape(-1)
        vertices, normals = vertices[corner], normals[corner]
        uv, colours = uv[corner], np.repeat(colours, 3, axis=0)
        faces = np.arange(len(corner), dtype=np.int32).reshape(-1, 3)
    return Mesh(
        vertices.astype(np.float32),
        faces,
        np.nan_to_num(normals).astype(np.float32),
        uv.astype(np.float32),
        colours,
        np.zeros(len(faces), np.int32),
        (material,),
    )


def appearance(part: "trimesh.Trimesh") -> tuple[np.ndarray, np.ndarray, Material]:
    """Colours of vertices (or of faces, where the file colours faces), texture places, material."""
    visual: Any = part.visual
    count = len(part.vertices)
    colours, uv = np.full((count, 4), 255, np.uint8), np.zeros((count, 2))
    if visual.kind == "texture":
        if visual.uv is not None:
            uv = np.nan_to_num(np.asarray(visual.uv)[:, :2])
        return colours, uv, material(visual.material, textured=visual.uv is not None)
    if visual.kind == "face":
        return np.asarray(visual.face_colors, np.uint8), uv, Material()
    if visual.kind == "vertex":
        return np.asarray(visual.vertex_colors, np.uint8), uv, Material()
    return colours, uv, Material(PLAIN)


def material(found: Any, textured: bool) -> Material:
    """Of trimesh's two kinds: glTF's, whose colour factor is linear light, and MTL's, sRGB."""
    factor = getattr(found, "baseColorFactor", None)
    if hasattr(found, "baseColorFactor"):
        colour = np.ones(4) if factor is None else fractions(factor)
        colour[:3] = np.where(
            colour[:3] <= 0.0031308, 12.92 * colour[:3], 1.055 * colour[:3] ** (1 / 2.4) - 0.055
        )
        image = found.baseColorTexture
    else:
        colour, image = fractions(found.diffuse), found.image
        if image is None and tuple(found.diffuse) == UNSAID:
            return Material(PLAIN)
    texture = pixels(image) if textured and image is not None else None
    red, green, blue, opacity = (float(c) for c in colour)
    return Material((red, green, blue, opacity), texture)


def fractions(colour: Any) -> np.ndarray:
    """(4,) in 0..1 of three or four numbers, bytes or fractions."""
    value = np.asarray(colour)
    value = value / 255 if value.dtype.kind in "iu" else value.astype(float)
    return np.clip(np.append(value, 1.0)[:4], 0, 1)


def pixels(image: Image.Image) -> np.ndarray:
    """(h, w, 4) sRGB and opacity, no side longer than `TEXTURE_SIDE`."""
    if max(image.size) > TEXTURE_SIDE:
        scale = TEXTURE_SIDE / max(image.size)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.BOX)
    return np.asarray(image.convert("RGBA"))
