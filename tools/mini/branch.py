"""A second branch of the image tower: its last blocks, trained on drawings.

It starts at the frozen tower's 7 x 7 maps. The frozen branch stays and names the classes of
photographs; the second one is a copy of it that may change.
"""

from __future__ import annotations

from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tools.mini.image_tower import Block, Conv, ImageTower

SIDE = 7


class Branch(nn.Module):
    """`late` and `top` of a tower, to be trained.

    Maps are laid out (channels, n, 49): a 1 x 1 convolution is one matrix product over all pictures
    and places, and a filter by channel one product a channel with a 49 x 49 matrix. On a CPU this
    is much faster, forward and back, than torch's own convolutions by channel.
    """

    def __init__(self, tower: ImageTower) -> None:
        super().__init__()
        self.late, self.top = deepcopy(tower.late), deepcopy(tower.top)

    def forward(self, maps: Tensor) -> Tensor:
        """(n, 192, 49) maps → (n, 1280) means of the last map."""
        x = maps.transpose(0, 1).contiguous()
        for block in self.late:
            x = through(block, x)
        for conv in self.top:
            x = filtered(conv, x)
        return x.mean(2).T


def through(block: nn.Module, x: Tensor) -> Tensor:
    """A block on maps laid out (channels, n, 49)."""
    assert isinstance(block, Block)
    y = x
    for conv in block.convs:
        y = filtered(conv, y)
    return x + y if block.residual else y


def filtered(conv: nn.Module, x: Tensor) -> Tensor:
    """A convolution of stride 1 on maps laid out (channels, n, 49)."""
    assert isinstance(conv, Conv)
    if conv.spec.groups == 1:
        y = torch.addmm(conv.bias[:, None], conv.weight[:, :, 0, 0], x.flatten(1))
        y = y.unflatten(1, x.shape[1:])
    else:
        y = torch.baddbmm(conv.bias[:, None, None], x, spread(conv.weight).transpose(1, 2))
    return F.relu6(y) if conv.spec.relu6 else y


def spread(weight: Tensor) -> Tensor:
    """(c, 1, k, k) filters → (c, 49, 49) matrices: how each place adds to each other."""
    size = weight.shape[-1]
    places = torch.cartesian_prod(torch.arange(SIDE), torch.arange(SIDE))
    offset = places[None] - places[:, None] + size // 2  # (to, from, 2)
    inside = ((offset >= 0) & (offset < size)).all(2)
    index = torch.where(inside, offset[..., 0] * size + offset[..., 1], size * size)
    padded = torch.cat([weight.flatten(1), torch.zeros(len(weight), 1)], dim=1)
    return padded[:, index.flatten()].unflatten(1, index.shape)


def mirrored(maps: Tensor) -> Tensor:
    """(n, c, 49) maps, left and right exchanged."""
    return maps.unflatten(2, (SIDE, SIDE)).flip(3).flatten(2)
