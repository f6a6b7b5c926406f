"""Half transparent primitives laid over one another, pixel by pixel, in sparse pairs."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

OPAQUE = 0.995
"""The most that one primitive covers: below 1, so that what lies behind keeps a gradient."""


def over(
    pixel: Int[Tensor, " k"],
    depth: Float[Tensor, " k"],
    alpha: Float[Tensor, " k"],
    colour: Float[Tensor, "k c"],
    ground: Float[Tensor, "p c"],
) -> tuple[Float[Tensor, "p c"], Float[Tensor, " p"]]:
    """Each pixel's primitives in front of its ground, the least depth in front.

    Porter & Duff 1984, Compositing digital images, "over", from front to back: a primitive adds
    its colour times its alpha times what those before it let through.

    Args:
        pixel: number of each pair's pixel.
        depth: order within a pixel; gradients do not pass through it.
        alpha: 0..1; no more than ``OPAQUE`` is taken.
        colour: of each pair, in linear light.
        ground: of every pixel.

    Returns:
        Colour of every pixel, and the share of it that is covered.
    """
    order = torch.argsort(depth.detach(), stable=True)
    order = order[torch.argsort(pixel[order], stable=True)]
    pixel, alpha, colour = pixel[order], alpha[order].clamp(0, OPAQUE), colour[order]
    passed = torch.log1p(-alpha).double()
    before = torch.cumsum(passed, 0) - passed
    first = torch.ones_like(pixel, dtype=torch.bool)
    first[1:] = pixel[1:] != pixel[:-1]
    start = torch.nonzero(first).squeeze(1)
    run = torch.cumsum(first, 0) - 1
    through = torch.exp(before - before[start][run]).to(alpha)
    share = through * alpha
    held = share.new_zeros(len(ground)).index_add(0, pixel, share)
    light = ground * (1 - held)[:, None]
    return light.index_add(0, pixel, share[:, None] * colour), held
