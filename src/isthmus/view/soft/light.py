"""Light on surfaces as ``view.shade`` has it, and colours as files store them, with gradients."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from isthmus.view.renders import Light, lamps

SMOOTH = 0.7
"""Cosine between a vertex's normal and its face's below which the face's is taken."""


def vertex_normals(
    vertices: Float[Tensor, "v 3"], faces: Int[Tensor, "f 3"]
) -> Float[Tensor, "v 3"]:
    """Means of the normals of the faces around, by their areas; unit length."""
    total = torch.zeros_like(vertices)
    across = face_normals(vertices, faces, unit=False)
    total = total.index_add(0, faces.reshape(-1), across.repeat_interleave(3, dim=0))
    return torch.nn.functional.normalize(total, dim=1, eps=1e-12)


def face_normals(
    vertices: Float[Tensor, "v 3"], faces: Int[Tensor, "f 3"], unit: bool = True
) -> Float[Tensor, "f 3"]:
    """Of each face; twice its area long unless of unit length."""
    a, b, c = vertices[faces].unbind(1)
    across = torch.linalg.cross(b - a, c - a)
    return torch.nn.functional.normalize(across, dim=1, eps=1e-20) if unit else across


def facing(
    smooth: Float[Tensor, "m 3"], flat: Float[Tensor, "m 3"], place: Float[Tensor, "m 3"]
) -> Float[Tensor, "m 3"]:
    """Normals towards the camera: of the vertices, or of the face where they differ much.

    Args:
        smooth: weighted sums of the vertices' normals, of any length.
        flat: unit normals of the faces.
        place: in the camera's coordinates.
    """
    length = smooth.norm(dim=1, keepdim=True)
    along = (smooth * flat).sum(dim=1, keepdim=True).abs()
    rough = (length < 1e-6) | (along < SMOOTH * length)
    normal = torch.where(rough, flat, smooth / length.clamp_min(1e-12))
    away = (normal * place).sum(dim=1, keepdim=True) > 0
    return torch.where(away, -normal, normal)


def lit(normal: Float[Tensor, "m 3"], lights: Sequence[Light]) -> Float[Tensor, " m"]:
    """Light that falls on a surface: the cosine to each lamp, and all of it from everywhere."""
    table = torch.as_tensor(lamps(lights)).to(normal)
    everywhere = (table[:, :3] == 0).all(dim=1)
    return table[everywhere, 3].sum() + (
        (normal @ table[~everywhere, :3].T).clamp_min(0) @ table[~everywhere, 3]
    )


def stored(light: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Stored (sRGB) values of linear light, both 0..1 (IEC 61966-2-1)."""
    light = light.clamp(0, 1)
    high = 1.055 * light.clamp_min(0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(light <= 0.0031308, 12.92 * light, high)


def linear(value: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Linear light of sRGB values, both 0..1."""
    high = ((value.clamp_min(0.04045) + 0.055) / 1.055) ** 2.4
    return torch.where(value <= 0.04045, value / 12.92, high)
