"""EfficientNet-Lite0 as plain convolutions, with its batch normalisation folded away.

Pictures are (n, 3, 224, 224), sRGB 0..255 scaled to (x - 127)/128. The tower is in parts: `middle`
ends with 112 channels of 14 x 14, which are read; `down` makes 192 channels of 7 x 7 of them, where
a second branch starts (branch.py); `late` and `top` end with 1280 channels of 7 x 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPS = 1e-3  # of the original batch normalisation
MIDDLE = 11  # blocks before this one are the first part
# kernel, stride, expanded by, channels out, for each of the 16 blocks
BLOCKS = [(3, 1, 1, 16)]
for kernel, stride, channels, repeats in (
    (3, 2, 24, 2),
    (5, 2, 40, 2),
    (3, 2, 80, 3),
    (5, 1, 112, 3),
    (5, 2, 192, 4),
    (3, 1, 320, 1),
):
    BLOCKS += [(kernel, stride if i == 0 else 1, 6, channels) for i in range(repeats)]


@dataclass(frozen=True)
class ConvSpec:
    """Shape of a convolution and what follows it."""

    kernel: int
    stride: int
    groups: int
    relu6: bool


class Conv(nn.Module):
    """Convolution padded as TensorFlow does (odd pixel right and below), then ReLU6 or nothing."""

    def __init__(self, weight: Tensor, bias: Tensor, spec: ConvSpec) -> None:
        super().__init__()
        self.weight, self.bias, self.spec = nn.Parameter(weight), nn.Parameter(bias), spec

    def pads(self) -> tuple[int, int]:
        """Pixels before and after, for the even sizes that occur here."""
        total = self.spec.kernel - self.spec.stride
        return total // 2, total - total // 2

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) → (n, c', h/stride, w/stride)."""
        before, after = self.pads()
        if before == after:
            x = F.conv2d(
                x, self.weight, self.bias, self.spec.stride, before, groups=self.spec.groups
            )
        else:
            x = F.pad(x, (before, after, before, after))
            x = F.conv2d(x, self.weight, self.bias, self.spec.stride, groups=self.spec.groups)
        return F.relu6(x) if self.spec.relu6 else x


class Block(nn.Module):
    """Expand, filter by channel, project; added to its input where the shapes agree."""

    def __init__(self, convs: list[Conv], residual: bool) -> None:
        super().__init__()
        self.convs, self.residual = nn.Sequential(*convs), residual

    def forward(self, x: Tensor) -> Tensor:
        """The same for the whole block."""
        return x + self.convs(x) if self.residual else self.convs(x)


class Classifier(nn.Module):
    """The original 1,000 ImageNet rows on pooled features."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(bias)

    def forward(self, pooled: Tensor) -> Tensor:
        """(n, 1280) → (n, 1000) logits."""
        return pooled @ self.weight.T + self.bias


def folded(state: dict[str, Tensor], conv: str, norm: str, spec: ConvSpec) -> Conv:
    """w·(γ/σ) and β - μ·(γ/σ): the convolution that equals convolution and normalisation."""
    gain = state[f"{norm}.weight"] / torch.sqrt(state[f"{norm}.running_var"] + EPS)
    bias = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * gain
    return Conv(state[f"{conv}.weight"] * gain[:, None, None, None], bias, spec)


def block(state: dict[str, Tensor], i: int, channels_in: int) -> Block:
    """Block number ``i`` of the checkpoint."""
    kernel, stride, expand, channels = BLOCKS[i]
    wide, at = channels_in * expand, f"_blocks.{i}."
    convs = []
    if expand > 1:
        convs.append(folded(state, at + "_expand_conv", at + "_bn0", ConvSpec(1, 1, 1, True)))
    convs.append(
        folded(state, at + "_depthwise_conv", at + "_bn1", ConvSpec(kernel, stride, wide, True))
    )
    convs.append(folded(state, at + "_project_conv", at + "_bn2", ConvSpec(1, 1, 1, False)))
    return Block(convs, residual=stride == 1 and channels == channels_in)


@dataclass(frozen=True)
class ImageTower:
    """Weights as released."""

    middle: nn.Sequential
    down: nn.Sequential
    late: nn.Sequential
    top: nn.Sequential
    classifier: Classifier


def load(checkpoint: Path) -> ImageTower:
    """From the released file, opened as plain tensors."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    layers: list[nn.Module] = [folded(state, "_conv_stem", "_bn0", ConvSpec(3, 2, 1, True))]
    channels = 32
    for i, (_, _, _, out) in enumerate(BLOCKS):
        layers.append(block(state, i, channels))
        channels = out
    top = folded(state, "_conv_head", "_bn1", ConvSpec(1, 1, 1, True))
    parts = (layers[: MIDDLE + 1], layers[MIDDLE + 1 : MIDDLE + 2], layers[MIDDLE + 2 :], [top])
    classifier = Classifier(state["_fc.weight"], state["_fc.bias"])
    return ImageTower(*(nn.Sequential(*part).eval() for part in parts), classifier)
