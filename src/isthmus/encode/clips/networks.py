"""Networks that heed the order of frames, over vectors or pixels of frames. torch only.

Both give vectors of the frozen space that they were trained against.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, normalize, silu

WAVES = 7
"""Cosines of the time that say where a frame stands."""


class Mixer(nn.Module):
    """From the vectors of a clip's frames to its own: their mean, and what their order adds.

    About 1.9 million weights. Starts as the mean; any number of frames, places as shares of time.

    Source: Ni et al. 2022, Expanding language-image pretrained models for general video
    recognition, section 3.2 (a transformer over frame vectors), without messages between frames.
    """

    def __init__(self, dim: int = 384, width: int = 128, layers: int = 2) -> None:
        super().__init__()
        self.width = width
        self.seen, self.moved = nn.Linear(dim, width), nn.Linear(dim, width)
        self.placed = nn.Linear(WAVES, width)
        layer = nn.TransformerEncoderLayer(
            width, 4, 2 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.straight = nn.Linear(dim, width, bias=False)
        pooled = 3 * WAVES * width
        self.bend = nn.Linear(pooled, width)
        self.last = nn.Linear(pooled + width, dim)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def begin(self, frames: Tensor) -> None:
        """Start from the directions in which frames (n, t, d) of a clip differ, all alike."""
        change = 8 * (frames - frames.mean(dim=1, keepdim=True)).flatten(0, 1)
        sizes, axes = torch.linalg.eigh(change.T @ change / len(change))
        top = axes[:, -self.width :] / sizes[-self.width :].clamp(min=1e-6).sqrt()
        with torch.no_grad():
            self.straight.weight.copy_(top.T)

    def forward(self, frames: Tensor) -> Tensor:
        """(n, t, d) unit vectors in order to (n, d) unit vectors."""
        mean = frames.mean(dim=1, keepdim=True)
        waves, change = _waves(frames), 8 * (frames - mean)
        x = self.layers(self.seen(frames) + self.moved(change) + self.placed(waves))
        x = torch.cat([x, self.straight(change)], dim=2)
        waved = torch.einsum("ntw,tk->nkw", x, waves) / frames.shape[1]
        size = waved[:, :, self.width :].abs()  # of a motion, wherever in its run it begins
        pooled = torch.cat([waved, size], dim=2).flatten(1)
        pooled = torch.cat([pooled, gelu(self.bend(pooled))], dim=1)
        return normalize(normalize(mean[:, 0], dim=1) + self.last(pooled), dim=1)


def _waves(frames: Tensor) -> Tensor:
    """(t, WAVES): 1, and cosines of 1, 2, ... half turns over the time of the clip."""
    time = (torch.arange(frames.shape[1], device=frames.device) + 0.5) / frames.shape[1]
    return torch.cos(torch.pi * torch.arange(WAVES, device=frames.device) * time[:, None])


class Block(nn.Module):
    """A convolution over space, one over time, added to what came; space is halved.

    Source: Tran et al. 2018, A closer look at spatiotemporal convolutions, section 3.5: (2+1)D.
    """

    def __init__(self, come: int, go: int) -> None:
        super().__init__()
        self.down = nn.Conv3d(come, go, (1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1))
        self.more = nn.Conv3d(go, go, (1, 3, 3), padding=(0, 1, 1), groups=go // 16)
        self.time = nn.Conv3d(go, go, (3, 1, 1), padding=(1, 0, 0))
        self.norms = nn.ModuleList([nn.GroupNorm(8, go) for _ in range(3)])

    def forward(self, x: Tensor) -> Tensor:
        """(n, come, t, s, s) to (n, go, t, s / 2, s / 2)."""
        x = silu(self.norms[0](self.down(x)))
        x = x + silu(self.norms[1](self.more(x)))
        return x + silu(self.norms[2](self.time(x)))


class SpaceTime(nn.Module):
    """From pixels to a vector: factorised convolutions, then waves over the time.

    About 1.8 million weights.
    """

    def __init__(self, dim: int = 384, width: int = 256) -> None:
        super().__init__()
        stem = nn.Conv3d(3, 32, (1, 5, 5), stride=(1, 2, 2), padding=(0, 2, 2))
        self.blocks = nn.Sequential(stem, Block(32, 64), Block(64, 128), Block(128, width))
        self.token = nn.Linear(4 * width, width)
        self.last = nn.Linear(WAVES * width, dim)

    def forward(self, pixels: Tensor) -> Tensor:
        """(n, t, 64, 64, 3) of 0..255 to (n, d) unit vectors."""
        x = self.blocks(pixels.permute(0, 4, 1, 2, 3).float() / 127.5 - 1)
        n, channels, t, side, _ = x.shape
        half = side // 2
        x = x.reshape(n, channels, t, 2, half, 2, half).mean(dim=(4, 6))
        x = silu(self.token(x.permute(0, 2, 1, 3, 4).flatten(2)))
        waves = _waves(x)
        return normalize(self.last((torch.einsum("ntw,tk->nkw", x, waves) / t).flatten(1)), dim=1)
