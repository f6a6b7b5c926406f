"""The networks of ``fresh``: a small convolutional tower and a small transformer. torch only.

Words are numbered by a hash, so that no vocabulary has to be learned first.
"""

import hashlib
import re
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import silu

WORDS = 8192
"""Numbers that words are hashed to; 0 is padding, 1 the beginning of every text."""
LIMIT = 48
"""Words of a text, its beginning included."""


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


def words(text: str) -> list[str]:
    """Words and marks in small letters."""
    return re.findall(r"\w+|[^\w\s]", text.lower())


def numbers(texts: list[str]) -> np.ndarray:
    """(n, 48) of int64: each text's words by number, then 0."""
    found = np.zeros((len(texts), LIMIT), np.int64)
    for row, text in enumerate(texts):
        kept = words(text)[: LIMIT - 1]
        found[row, : len(kept) + 1] = [1, *map(number, kept)]
    return found


def number(word: str) -> int:
    """2 to 8191, the same on every machine."""
    digest: Any = hashlib.blake2b(word.encode(), digest_size=8).digest()
    return 2 + int.from_bytes(digest, "big") % (WORDS - 2)
