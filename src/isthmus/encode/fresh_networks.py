"""The networks of ``fresh``: a small convolutional tower and a small transformer. torch only."""

import torch
from torch import Tensor, nn
from torch.nn.functional import silu


class Block(nn.Module):
    """Half the side: a convolution with stride, then one that is added.

    Source: He et al. 2016, Deep Residual Learning; Wu & He 2018, Group Normalization.
    """

    def __init__(self, come: int, go: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(come, go, 3, stride=2, padding=1)
        self.more = nn.Conv2d(go, go, 3, padding=1)
        self.norms = nn.ModuleList([nn.GroupNorm(8, go), nn.GroupNorm(8, go)])

    def forward(self, x: Tensor) -> Tensor:
        """(n, come, s, s) to (n, go, s / 2, s / 2)."""
        x = silu(self.norms[0](self.down(x)))
        return x + silu(self.norms[1](self.more(x)))


class Fresh(nn.Module):
    """Both towers, about 2.9 million weights."""

    def __init__(self, words: int, limit: int, dim: int, width: int = 192) -> None:
        super().__init__()
        stem = nn.Conv2d(3, 48, 7, stride=4, padding=3)
        self.blocks = nn.Sequential(stem, Block(48, 96), Block(96, width))
        self.seen = nn.Linear(4 * width, dim)
        self.words = nn.Embedding(words, width)
        self.places = nn.Parameter(0.02 * torch.randn(limit, width))
        layer = nn.TransformerEncoderLayer(
            width, 4, 2 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.said = nn.Linear(width, dim)
        nn.init.normal_(self.words.weight, std=0.02)

    def image(self, pixels: Tensor) -> Tensor:
        """(n, 64, 64, 3) of uint8 to (n, dim)."""
        x = pixels.permute(0, 3, 1, 2).float() / 127.5 - 1
        quarters = nn.functional.adaptive_avg_pool2d(self.blocks(x), 2)
        return self.seen(quarters.flatten(1))

    def text(self, words: Tensor) -> Tensor:
        """(n, t) of word numbers to (n, dim): the mean over what is not padding."""
        padding = words == 0
        x = self.words(words) + self.places[: words.shape[1]]
        x = self.layers(x, src_key_padding_mask=padding)
        kept = (~padding)[:, :, None].float()
        return self.said((x * kept).sum(dim=1) / kept.sum(dim=1))
