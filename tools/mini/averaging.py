"""Several pairs of heads, trained alike from different seeds, as one wide pair.

Heads of different seeds err differently, and all start from the same sentence vectors, so the mean
of their outputs is a vector of the same space. It needs no ensemble at run time: the mean of
networks with one hidden layer is one network whose hidden layer holds all of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tools.mini.heads import ImageHead, TextHead
from tools.mini.train import Model


def averaged(models: Sequence[Model]) -> Model:
    """A model whose vectors, before they are scaled to length 1, are the mean of the models'."""
    images, texts = [m.image for m in models], [m.text for m in models]
    first = images[0]
    hidden = sum(head.up.out_features for head in images)
    image = ImageHead(first.mean, first.std, first.drop, hidden)
    text = TextHead(sum(head.up.out_features for head in texts))
    with torch.no_grad():
        for wide, heads in ((image, images), (text, texts)):
            side_by_side(wide.up, wide.down, [(head.up, head.down) for head in heads])
        image.straight.weight.copy_(mean([head.straight.weight for head in images]))
        image.straight.bias.copy_(mean([head.straight.bias for head in images]))
        image.share.copy_(mean([head.share for head in images]))
        scale = nn.Parameter(mean([m.log_scale for m in models]))
    result = Model(image, text, scale)
    result.train(False)
    return result


@dataclass(frozen=True)
class Heads:
    """What ships: an image head on each branch, one text head, the learned inverse temperature.

    z = w(f)·s·e + (1 - a)·H(f, e) + a·H'(f', e); f are the frozen branch's features, f' the second
    one's, a is the second one's part.
    """

    frozen: ImageHead
    second: ImageHead
    part: float
    text: TextHead
    scale: float

    def image(self, features: Tensor, second: Tensor, expected: Tensor) -> Tensor:
        """(n, 1840) features of both branches, (n, 384) expected class names → (n, 384)."""
        standard = self.frozen.standard(features)
        own = self.frozen.own(standard, expected)
        other = self.second.own(self.second.standard(second), expected)
        said = (1 - self.part) * own + self.part * other
        return self.frozen.weight(standard) * expected + said


def both(frozen: Sequence[Model], second: Sequence[Model]) -> Heads:
    """The mean of all models' vectors, those on frozen features and those on the second branch."""
    one, other, every = averaged(frozen), averaged(second), averaged([*frozen, *second])
    with torch.no_grad():
        one.image.share.copy_(every.image.share)
    part = len(second) / (len(frozen) + len(second))
    return Heads(one.image, other.image, part, every.text, float(every.log_scale.detach().exp()))


def side_by_side(
    up: nn.Linear, down: nn.Linear, layers: Sequence[tuple[nn.Linear, nn.Linear]]
) -> None:
    """Fill one hidden layer with all of theirs; what it gives out is their mean."""
    up.weight.copy_(torch.cat([u.weight for u, _ in layers]))
    up.bias.copy_(torch.cat([u.bias for u, _ in layers]))
    down.weight.copy_(torch.cat([d.weight for _, d in layers], dim=1) / len(layers))
    down.bias.copy_(mean([d.bias for _, d in layers]))


def mean(tensors: Sequence[Tensor]) -> Tensor:
    """Over the sequence."""
    return torch.stack(list(tensors)).mean(0)
