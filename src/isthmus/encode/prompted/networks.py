"""Learned visual prompts: tokens between the layers of an image transformer, and a frame of pixels.

torch only.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn


class Tokens(nn.Module):
    """Prompts before every layer, new ones in each, behind the first token.

    They are taken away after the last layer, so that what comes after sees as many tokens as ever.

    Source: Jia et al. 2022, Visual Prompt Tuning, section 3.2 (VPT-Deep), drawn as for patches of
    16 pixels; CLIP Goes 3D (Hegde et al. 2023) takes the same.
    """

    def __init__(self, layers: Sequence[nn.Module], shape: tuple[int, ...], count: int) -> None:
        super().__init__()
        width, self.batch = shape[2], shape.index(1)
        most = (6 / (3 * 16**2 + width)) ** 0.5
        drawn = torch.empty(len(layers), count, width).uniform_(-most, most)
        self.prompts = nn.Parameter(drawn)
        for number, layer in enumerate(layers):
            layer.register_forward_pre_hook(self._before(number))
        layers[-1].register_forward_hook(self._after)

    def _before(self, number: int) -> Callable[[nn.Module, tuple[Any, ...]], tuple[Any, ...]]:
        def put_in(_: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
            x = inputs[0].transpose(0, self.batch)
            rest = 1 + (self.prompts.shape[1] if number else 0)
            own = self.prompts[number].to(x.dtype).expand(len(x), -1, -1)
            x = torch.cat([x[:, :1], own, x[:, rest:]], dim=1)
            return x.transpose(0, self.batch), *inputs[1:]

        return put_in

    def _after(self, _: nn.Module, inputs: tuple[Any, ...], found: Any) -> Any:
        x, rest = _first(found).transpose(0, self.batch), 1 + self.prompts.shape[1]
        x = torch.cat([x[:, :1], x[:, rest:]], dim=1).transpose(0, self.batch)
        return x if isinstance(found, Tensor) else (x, *found[1:])


class Frame(nn.Module):
    """A border of pixels that is added to every picture; nothing at the start.

    Source: Bahng et al. 2022, Exploring Visual Prompts for Adapting Large-Scale Models, section 3.
    """

    shown: Tensor

    def __init__(self, pixels: Tensor, share: float) -> None:
        super().__init__()
        shape = pixels.shape[1:]
        sides = [axis for axis, size in enumerate(shape) if size > 4]  # the others are channels
        self.width = max(1, round(share * min(shape[axis] for axis in sides)))
        self.border = nn.Parameter(torch.zeros(shape))
        inside = torch.ones(shape)
        for axis in sides:
            for start in (0, shape[axis] - self.width):
                inside.narrow(axis, start, self.width).zero_()
        self.register_buffer("shown", 1 - inside, persistent=False)
        self.unit = 127.5 if pixels.dtype == torch.uint8 else 1.0

    def forward(self, pixels: Tensor) -> Tensor:
        """The same pixels with the border on them."""
        return pixels + self.unit * self.border * self.shown


def image_layers(
    model: nn.Module, run: Callable[[], Any]
) -> tuple[list[nn.Module], tuple[int, ...]]:
    """The layers of a transformer that one picture goes through, and the shape they hand on.

    They are a list of modules of one class that hand on (1, t, width) or (t, 1, width); of several
    such lists the one with the most weights. Empty if the network is no such transformer.

    Args:
        model: the whole model.
        run: takes one picture through its image tower.
    """
    lists = [list(x) for x in model.modules() if isinstance(x, (nn.ModuleList, nn.Sequential))]
    shapes: dict[nn.Module, tuple[int, ...]] = {}

    def note(layer: nn.Module, inputs: tuple[Any, ...], found: Any) -> None:
        x, y = _first(inputs), _first(found)
        alike = isinstance(x, Tensor) and isinstance(y, Tensor) and x.shape == y.shape
        if alike and x.ndim == 3 and min(x.shape[:2]) == 1 < max(x.shape[:2]):
            shapes[layer] = tuple(x.shape)

    hooks = [one.register_forward_hook(note) for some in lists for one in some]
    with torch.no_grad():
        run()
    for hook in hooks:
        hook.remove()
    whole = [some for some in lists if some and all(x in shapes for x in some)]
    alike = [some for some in whole if len({type(x) for x in some}) == 1]
    found = max(alike, key=_weights, default=[])
    return found, shapes[found[0]] if found else ()


def _weights(layers: Sequence[nn.Module]) -> int:
    return sum(x.numel() for layer in layers for x in layer.parameters())


def _first(found: Any) -> Any:
    return found[0] if isinstance(found, (tuple, list)) and found else found
