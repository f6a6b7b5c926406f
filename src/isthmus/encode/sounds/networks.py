"""A network for sounds, in plain torch: log-mel patches to one vector.

Like the networks for shapes it has no batch normalisation, so that a vector does not depend on its
batch and training goes on as it stopped.
"""

import torch
from torch import Tensor, nn

WIDTHS = (32, 64, 128, 192)
"""Channels after each halving of time and bands."""


class LogMelNet(nn.Module):
    """Convolutions over each patch of a log-mel spectrogram, then its mean and its largest values.

    About 0.5 million weights. Source: Wu et al. 2022, Wav2CLIP, section 2.1, for a network of
    convolutions over spectrograms beside a frozen CLIP, with far fewer layers.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for come, go in zip((1, *WIDTHS[:-1]), WIDTHS, strict=True):
            layers += [nn.Conv2d(come, go, 3, 2, 1), nn.GroupNorm(8, go), nn.ReLU()]
        self.maps = nn.Sequential(*layers)
        self.out = nn.Linear(2 * WIDTHS[-1], dim)

    def forward(self, patches: Tensor, there: Tensor) -> Tensor:
        """(n, p, 96, 64) log-mel patches, and (n, p) 1 where there is one, to (n, dim)."""
        n, p = patches.shape[:2]
        maps = self.maps((patches.flatten(0, 1)[:, None] + 4) / 3).flatten(2)
        x = torch.cat([maps.mean(dim=2), maps.amax(dim=2)], dim=1).reshape(n, p, -1)
        share = there / there.sum(dim=1, keepdim=True)
        return self.out((x * share[:, :, None]).sum(dim=1))
