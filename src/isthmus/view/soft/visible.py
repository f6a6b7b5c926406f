"""Which face each pixel sees, and with what weights of its corners."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from isthmus.records import dataclass
from isthmus.view.soft.cameras import NEAR
from isthmus.view.soft.pairs import boxed, least, middles


@dataclass(frozen=True, eq=False)
class Seen:
    """Pixels in which some face is seen, without gradients."""

    pixel: Int[Tensor, " m"]
    face: Int[Tensor, " m"]
    depth: Float[Tensor, " p"]
    """Of every pixel: distance before the camera, infinite where nothing is seen."""

    @property
    def side(self) -> int:
        """Pixels along each side of the picture."""
        return round(len(self.depth) ** 0.5)

    @property
    def faces(self) -> Int[Tensor, " p"]:
        """The number of every pixel's face, -1 where none is seen."""
        none = torch.full_like(self.depth, -1, dtype=torch.long)
        return none.index_copy(0, self.pixel, self.face)


def areas(screen: Float[Tensor, "v 3"], faces: Int[Tensor, "f 3"]) -> Float[Tensor, " f"]:
    """Twice the signed area of each face on the screen."""
    a, b, c = screen[faces, :2].unbind(1)
    return cross(b - a, c - a)


def cross(a: Float[Tensor, "n 2"], b: Float[Tensor, "n 2"]) -> Float[Tensor, " n"]:
    """Third coordinate of the cross product."""
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def weights(corners: Float[Tensor, "k 3 3"], place: Float[Tensor, "k 2"]) -> Float[Tensor, "k 3"]:
    """Of the corners of triangles on the screen, at places in the plane; they sum to 1."""
    a, b, c = (corners[:, k, :2] for k in range(3))
    area = cross(b - a, c - a)
    first = cross(b - place, c - place) / area
    second = cross(c - place, a - place) / area
    return torch.stack((first, second, 1 - first - second), dim=1)


def seen(
    screen: Float[Tensor, "v 3"],
    faces: Int[Tensor, "f 3"],
    drawn: Bool[Tensor, " f"],
    side: int,
) -> Seen:
    """The nearest face at the middle of each pixel, of the faces that are drawn."""
    with torch.no_grad():
        corners = screen[faces]
        ahead = corners[:, :, 2].amin(dim=1) > NEAR
        rows = torch.nonzero(drawn & ahead & (areas(screen, faces) != 0)).squeeze(1)
        flat = corners[rows, :, :2]
        owner, pixel = boxed(flat.amin(dim=1), flat.amax(dim=1), side)
        face = rows[owner]
        part = weights(corners[face], middles(pixel, side))
        inside = torch.nonzero((part >= 0).all(dim=1)).squeeze(1)
        face, pixel, part = face[inside], pixel[inside], part[inside]
        depth = 1 / (part / corners[face, :, 2]).sum(dim=1)
        chosen, nearest = least(depth, pixel, side * side)
        return Seen(pixel[chosen], face[chosen], nearest)
