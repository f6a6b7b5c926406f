"""``toy``: a small random image transformer of torch beside a bag of letters, in one space."""

import numpy as np
import torch
from torch import nn

from isthmus.encode.fresh.towers import square
from isthmus.encode.torch_towers import ImageTower, TextTower, torch_device, weights_id
from isthmus.types import Space

WIDTH, PATCH = 32, 16


class Seeing(nn.Module):
    """Patches of 16 pixels, a class token, three layers, its last state to 24 coordinates."""

    def __init__(self, mean=False, batch_first=True):
        super().__init__()
        self.patches = nn.Conv2d(3, WIDTH, PATCH, PATCH)
        self.first = nn.Parameter(torch.randn(1, 1, WIDTH))
        self.places = nn.Parameter(0.5 * torch.randn(1, 17, WIDTH))
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                WIDTH, 4, 64, 0.0, "gelu", batch_first=batch_first, norm_first=True
            )
            for _ in range(3)
        )
        self.out = nn.Linear(WIDTH, 24)
        self.letters = nn.Embedding(256, 24)
        self.mean, self.batch = mean, 0 if batch_first else 1

    def tokens(self, pixels):
        x = self.patches(pixels.permute(0, 3, 1, 2).float() / 127.5 - 1).flatten(2).transpose(1, 2)
        return torch.cat([self.first.expand(len(x), -1, -1), x], dim=1) + self.places

    def image(self, pixels):
        x = self.tokens(pixels).transpose(0, self.batch)
        for layer in self.layers:
            x = layer(x)
        x = x.transpose(0, self.batch)
        return self.out(x.mean(dim=1) if self.mean else x[:, 0])

    def text(self, letters):
        known = (letters > 0)[:, :, None].float()
        return (self.letters(letters) * known).sum(dim=1) / known.sum(dim=1)


def letters(texts):
    found = np.zeros((len(texts), 64), np.int64)
    for row, text in enumerate(texts):
        some = list(text.encode()[:64]) or [32]
        found[row, : len(some)] = some
    return {"letters": torch.from_numpy(found)}


def load(rest, options):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Seeing(rest == "mean", rest != "second").eval()
    space, device = Space(f"toy:{rest}", weights_id(model) + rest, 24), torch_device(options)
    text = TextTower(
        space=space, module=model, tokenize=letters, device=device, cut=False, limit=64,
        lengths=lambda inputs: (inputs["letters"] > 0).sum(dim=1),
        forward=lambda inputs: model.text(inputs["letters"]),
        counts=lambda texts: [len(one.encode()) for one in texts],
    )  # fmt: skip
    image = ImageTower(
        space=space, module=model, device=device, prepare=square, at_least=64, crops=False,
        workers=1, collate=lambda some: {"pixels": torch.from_numpy(np.stack(some))},
        forward=lambda inputs: model.image(inputs["pixels"]),
    )  # fmt: skip
    return {"image": image, "text": text}
