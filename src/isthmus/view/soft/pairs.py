"""Sparse pairs of primitives and pixels: only those that may touch are ever listed."""

import torch
from jaxtyping import Float, Int


def boxed(
    low: Float[torch.Tensor, "n 2"], high: Float[torch.Tensor, "n 2"], side: int
) -> tuple[Int[torch.Tensor, " k"], Int[torch.Tensor, " k"]]:
    """Every pixel whose middle lies in a primitive's box, with the number of the primitive.

    Args:
        low: left upper corners, in pixels.
        high: right lower corners.
        side: pixels along each side of the square picture.

    Returns:
        Numbers of primitives in rising order, and of pixels, y · side + x.
    """
    first = torch.ceil(low - 0.5).clamp(0, side).long()
    last = torch.floor(high - 0.5).clamp(-1, side - 1).long()
    wide, tall = (last - first + 1).clamp_min(0).unbind(1)
    count = wide * tall
    owner = torch.repeat_interleave(torch.arange(len(count), device=low.device), count)
    place = torch.arange(len(owner), device=low.device)
    place = place - (torch.cumsum(count, 0) - count)[owner]
    x = first[owner, 0] + place % wide[owner]
    y = first[owner, 1] + torch.div(place, wide[owner], rounding_mode="floor")
    return owner, y * side + x


def middles(pixel: Int[torch.Tensor, " k"], side: int) -> Float[torch.Tensor, "k 2"]:
    """Where the middles of pixels lie, x and y."""
    y = torch.div(pixel, side, rounding_mode="floor")
    return torch.stack((pixel % side, y), dim=1) + 0.5


def along(
    a: Float[torch.Tensor, "k 2"], b: Float[torch.Tensor, "k 2"], place: Float[torch.Tensor, "k 2"]
) -> tuple[Float[torch.Tensor, " k"], Float[torch.Tensor, "k 2"]]:
    """Where between a and b, 0..1, a place is nearest, and what leads from there to the place."""
    way = b - a
    length = (way * way).sum(dim=1).clamp_min(1e-12)
    share = (((place - a) * way).sum(dim=1) / length).clamp(0, 1)
    return share, place - a - share[:, None] * way


def least(
    value: Float[torch.Tensor, " k"], pixel: Int[torch.Tensor, " k"], pixels: int
) -> tuple[Int[torch.Tensor, " m"], Float[torch.Tensor, " p"]]:
    """Of the pairs of each pixel the one of the least value, the first of equal ones.

    Returns:
        Numbers of the pairs chosen, one for each pixel that has any; and the least value of every
        pixel, infinite where it has no pair.
    """
    best = value.new_full((pixels,), torch.inf).scatter_reduce_(0, pixel, value, "amin")
    held = torch.nonzero(value == best[pixel]).squeeze(1)
    first = torch.full((pixels,), len(value), device=value.device)
    first = first.scatter_reduce_(0, pixel[held], held, "amin")
    return first[first < len(value)], best
