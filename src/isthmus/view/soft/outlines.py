"""Outlines: the places where a picture of a surface changes by leaps, made soft.

A pixel near an edge at which the surface ends for the eye, or at which two faces of different light
meet, is mixed with its neighbour across that edge. With the signed distance d of its middle from
the edge in pixels, the surface covers 1 / (1 + exp(-d / softness)) of it. The integral over d of
that curve's slope is 1, as that of the share of a pixel which a moving edge covers, so that
gradients have the right size (Li et al. 2018, Differentiable Monte Carlo ray tracing through edge
sampling, section 3; mixing across edges as in Laine et al. 2020, Modular primitives for
high-performance differentiable rendering, section 3.4).
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from isthmus.records import dataclass
from isthmus.view.soft.cameras import NEAR
from isthmus.view.soft.pairs import along, boxed, least, middles
from isthmus.view.soft.visible import Seen, areas, cross

REACH = 5.0
"""Softnesses from an edge at which less than 1 % is mixed."""
ACROSS = 0.8
"""Pixels beyond an edge, at least, where its neighbour is looked for."""


@dataclass(frozen=True, eq=False)
class Edges:
    """Edges of faces, each once."""

    ends: Int[Tensor, "e 2"]
    """Numbers of vertices."""
    faces: Int[Tensor, "e 2"]
    """Numbers of the first two faces at the edge; the same twice where there is only one."""
    third: Int[Tensor, " e"]
    """The vertex of the first face that is not at the edge."""
    border: Bool[Tensor, " e"]
    """Whether other than two faces meet there."""


def edges_of(faces: Int[Tensor, "f 3"]) -> Edges:
    """The edges of faces."""
    number = torch.arange(len(faces), device=faces.device).repeat(3)
    ends = torch.cat((faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]])).sort(dim=1).values
    other = torch.cat((faces[:, 2], faces[:, 0], faces[:, 1]))
    both, edge, count = torch.unique(ends, dim=0, return_inverse=True, return_counts=True)
    order = torch.argsort(edge, stable=True)
    first = order[torch.cumsum(count, 0) - count]
    second = order[torch.cumsum(count, 0) - count + (count > 1)]
    owners = torch.stack((number[first], number[second]), dim=1)
    return Edges(both, owners, other[first], count != 2)


@dataclass(frozen=True, eq=False)
class Mixing:
    """Pixels at outlines, their neighbours across, and how much of these they take."""

    pixel: Int[Tensor, " m"]
    neighbour: Int[Tensor, " m"]
    share: Float[Tensor, " m"]

    def __call__(self, values: Float[Tensor, "p c"]) -> Float[Tensor, "p c"]:
        """Values of all pixels, mixed at the outlines."""
        own, other = values[self.pixel], values[self.neighbour]
        mixed = own + self.share[:, None] * (other - own)
        return values.index_copy(0, self.pixel, mixed)


def mixing(
    screen: Float[Tensor, "v 3"],
    faces: Int[Tensor, "f 3"],
    edges: Edges,
    found: Seen,
    softness: float,
    creases: bool = False,
) -> Mixing:
    """How pixels are mixed at the outlines that are in sight; its shares have gradients.

    Args:
        screen: pixels x and y, and depth, of the vertices.
        faces: of the surface.
        edges: of the faces.
        found: what each pixel sees.
        softness: in pixels, above 0.
        creases: mix where two faces meet that are both seen, too: flat ones differ in their light.
    """
    side = found.side
    with torch.no_grad():
        rows = candidates(screen, faces, edges, creases)
        ends = screen[edges.ends[rows]]
        third = screen[edges.third[rows], :2]
        reach = max(REACH * softness, 1.0)
        owner, pixel = boxed(
            ends[:, :, :2].amin(dim=1) - reach, ends[:, :, :2].amax(dim=1) + reach, side
        )
        near = feet(ends[owner], third[owner], middles(pixel, side))
        other = across(pixel, near, side)
        ok = (near.distance.abs() <= reach) & (other >= 0) & (other != pixel)
        ok &= ends_there(pixel, other, near, found.depth) | (
            meets_there(pixel, other, edges.faces[rows[owner]], found.faces) if creases else False
        )
        kept = torch.nonzero(ok).squeeze(1)
        chosen = kept[least(near.distance[kept].abs(), pixel[kept], side * side)[0]]
    pixel, way = pixel[chosen], near.share[chosen, None]
    a, b = screen[edges.ends[rows[owner[chosen]]], :2].unbind(1)
    foot = a * (1 - way) + b * way
    covered = torch.sigmoid(
        (near.normal[chosen] * (middles(pixel, side) - foot)).sum(dim=1) / softness
    )
    share = torch.where(near.distance[chosen] > 0, 1 - covered, covered)
    return Mixing(pixel, other[chosen], share)


def candidates(
    screen: Float[Tensor, "v 3"], faces: Int[Tensor, "f 3"], edges: Edges, creases: bool
) -> Int[Tensor, " s"]:
    """Edges at which the surface may end for the eye (borders, and where it turns away), or all."""
    ahead = screen[edges.ends, 2].amin(dim=1) > NEAR
    if creases:
        return torch.nonzero(ahead).squeeze(1)
    facing = areas(screen, faces) > 0
    turned = facing[edges.faces[:, 0]] != facing[edges.faces[:, 1]]
    return torch.nonzero((turned | edges.border) & ahead).squeeze(1)


@dataclass(frozen=True, eq=False)
class Feet:
    """Where the nearest points of edges lie, seen from places beside them."""

    share: Float[Tensor, " k"]
    """Of the way between the ends."""
    normal: Float[Tensor, "k 2"]
    """Unit, towards the surface."""
    distance: Float[Tensor, " k"]
    """Signed, along the normal: positive on the surface's side."""
    depth: Float[Tensor, " k"]


def feet(
    ends: Float[Tensor, "k 2 3"], third: Float[Tensor, "k 2"], place: Float[Tensor, "k 2"]
) -> Feet:
    """The nearest points of edges; their surface lies on the side of the third vertex."""
    (a, b), (near, far) = ends[:, :, :2].unbind(1), ends[:, :, 2].unbind(1)
    way = b - a
    share, offset = along(a, b, place)
    upright = torch.nn.functional.normalize(torch.stack((-way[:, 1], way[:, 0]), dim=1), dim=1)
    towards = torch.where(cross(way, third - a) >= 0, 1.0, -1.0).to(place)
    upright = upright * towards[:, None]
    inside = torch.where((offset * upright).sum(dim=1) >= 0, 1.0, -1.0).to(place)
    size = offset.norm(dim=1)
    normal = torch.where(
        (size > 1e-4)[:, None], offset * (inside / size.clamp_min(1e-12))[:, None], upright
    )
    return Feet(share, normal, inside * size, 1 / ((1 - share) / near + share / far))


def across(pixel: Int[Tensor, " k"], near: Feet, side: int) -> Int[Tensor, " k"]:
    """Pixels as far on the other side of an edge, at least ``ACROSS``; -1 outside the picture."""
    inside = torch.where(near.distance > 0, 1.0, -1.0).to(near.distance)
    step = near.distance.abs() + near.distance.abs().clamp_min(ACROSS)
    place = middles(pixel, side) - near.normal * (inside * step)[:, None]
    x, y = torch.floor(place).long().unbind(1)
    there = (x >= 0) & (y >= 0) & (x < side) & (y < side)
    return torch.where(there, y * side + x, -1)


def ends_there(
    pixel: Int[Tensor, " k"], other: Int[Tensor, " k"], near: Feet, nearest: Float[Tensor, " p"]
) -> Bool[Tensor, " k"]:
    """Whether an edge ends a surface that is seen on its inner side, before what is outside."""
    inner = torch.where(near.distance > 0, pixel, other)
    outer = torch.where(near.distance > 0, other, pixel)
    return torch.isfinite(nearest[inner]) & (nearest[outer] > near.depth * (1 + 1e-4))


def meets_there(
    pixel: Int[Tensor, " k"],
    other: Int[Tensor, " k"],
    both: Int[Tensor, "k 2"],
    faces: Int[Tensor, " p"],
) -> Bool[Tensor, " k"]:
    """Whether the two faces of an edge are what is seen on its two sides."""
    own, beyond = faces[pixel], faces[other]
    found = ((own == both[:, 0]) & (beyond == both[:, 1])) | (
        (own == both[:, 1]) & (beyond == both[:, 0])
    )
    return found & (own != beyond)
