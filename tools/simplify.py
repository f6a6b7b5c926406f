"""Fewer triangles that look the same: the smallest of a few budgets whose views agree.

meshoptimizer removes edges and keeps a subset of the vertices, so that texture places, normals and
borders of materials stay what the artist drew. A budget is enough if, over twelve views, the
silhouettes overlap by `SAME_SHAPE` and pixels differ by at most `SAME_LOOK` grey levels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from isthmus.read.meshes.triangles import Material, Mesh
from isthmus.view.cameras import RIGS
from isthmus.view.renders import Rendered, RenderOptions, render

BUDGETS = (800, 1_600, 3_200, 6_400, 12_800, 25_600)
SAME_SHAPE = 0.98  # intersection over union, mean of the views
SAME_LOOK = 6.0  # grey levels of 255, mean over the pixels of the object and over the views
SIDE = 128
TEXTURE_SIDE = 256


@dataclass(frozen=True)
class Reduced:
    """A mesh with fewer triangles, and how much its views differ."""

    mesh: Mesh
    overlap: float
    difference: float


def reduced(mesh: Mesh) -> Reduced:
    """The mesh within the smallest sufficient budget; whole where none suffices."""
    mesh = replace(mesh, materials=tuple(small(material) for material in mesh.materials))
    options = RenderOptions(side=SIDE, samples=1)
    poses = RIGS["fibonacci"](12)
    before = render(mesh, poses, options)
    for budget in BUDGETS:
        if budget >= len(mesh.faces):
            break
        fewer = simplified(mesh, budget)
        if not len(fewer.faces):
            continue
        found = Reduced(fewer, *compared(before, render(fewer, poses, options)))
        if found.overlap >= SAME_SHAPE and found.difference <= SAME_LOOK:
            return found
    return Reduced(mesh, 1.0, 0.0)


def simplified(mesh: Mesh, faces: int) -> Mesh:
    """At most about this many faces, where the shape allows it."""
    import meshoptimizer

    corners = np.ascontiguousarray(mesh.faces.reshape(-1), np.uint32)
    places = np.ascontiguousarray(mesh.vertices, np.float32)
    out, error = np.zeros_like(corners), np.zeros(1, np.float32)
    kept = meshoptimizer.simplify(
        out,
        corners,
        places,
        target_index_count=3 * faces,
        target_error=1.0,
        options=meshoptimizer.SIMPLIFY_PRUNE,
        result_error=error,
    )
    left = out[:kept].reshape(-1, 3).astype(np.int32)
    return replace(mesh, faces=left, material=_materials(mesh, left))


def _materials(mesh: Mesh, faces: np.ndarray) -> np.ndarray:
    """Of each face: vertices are never shared by two materials, so any corner tells."""
    of_vertex = np.zeros(len(mesh.vertices), np.int32)
    of_vertex[mesh.faces.reshape(-1)] = np.repeat(mesh.material, 3)
    return of_vertex[faces[:, 0]]


def compared(before: list[Rendered], after: list[Rendered]) -> tuple[float, float]:
    """Overlap of silhouettes, and difference of pixels where either is seen."""
    overlaps, differences = [], []
    for one, two in zip(before, after, strict=True):
        either = one.mask | two.mask
        overlaps.append((one.mask & two.mask).sum() / max(either.sum(), 1))
        away = np.abs(one.colour[either].astype(float) - two.colour[either])
        differences.append(away.mean() if away.size else 0.0)
    return float(np.mean(overlaps)), float(np.mean(differences))


def small(material: Material) -> Material:
    """With a texture of at most `TEXTURE_SIDE` pixels a side."""
    from PIL import Image

    if material.texture is None or max(material.texture.shape[:2]) <= TEXTURE_SIDE:
        return material
    height, width = material.texture.shape[:2]
    scale = TEXTURE_SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    image: Any = Image.fromarray(np.ascontiguousarray(material.texture))
    return replace(material, texture=np.asarray(image.resize(size, Image.Resampling.BOX)))
