"""all-MiniLM-L6-v2 in plain torch: six post-norm layers of width 384, mean over real tokens."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

WIDTH, HEADS, LAYERS, EPS = 384, 12, 6, 1e-12


class Layer(nn.Module):
    """Self-attention and feed-forward, normalised after each residual."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.mix = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, EPS), nn.LayerNorm(WIDTH, EPS)

    def forward(self, x: Tensor, allowed: Tensor) -> Tensor:
        """(n, t, 384) → (n, t, 384)."""
        n, t, _ = x.shape
        q, k, v = self.qkv(x).view(n, t, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=allowed)
        x = self.norm1(x + self.mix(mixed.transpose(1, 2).reshape(n, t, WIDTH)))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class TextTower(nn.Module):
    """ids (n, t) int64, 0 = padding → (n, 384): the mean of the token vectors, not normalised."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(vocabulary, WIDTH), nn.Embedding(512, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, EPS)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))

    def start(self, ids: Tensor, upto: int = LAYERS) -> Tensor:
        """Token vectors after the first `upto` layers."""
        x = self.norm(self.words(ids) + self.places.weight[: ids.shape[1]])
        for layer in self.layers[:upto]:
            x = layer(x, allowed(ids))
        return x

    def finish(self, x: Tensor, ids: Tensor, since: int = LAYERS) -> Tensor:
        """Pooled vector from the token vectors that `start(ids, since)` gave."""
        for layer in self.layers[since:]:
            x = layer(x, allowed(ids))
        kept = (ids != 0).unsqueeze(-1).to(x.dtype)
        return (x * kept).sum(1) / kept.sum(1)

    def forward(self, ids: Tensor) -> Tensor:
        """(n, t) token numbers → (n, 384)."""
        return self.finish(self.start(ids), ids)


def allowed(ids: Tensor) -> Tensor:
    """(n, 1, 1, t): which tokens may be looked at."""
    return (ids != 0)[:, None, None, :]


def load(folder: Path) -> TextTower:
    """From `model.safetensors`; the constant token type is added to the places."""
    state = load_file(folder / "model.safetensors")
    tower = TextTower(state["embeddings.word_embeddings.weight"].shape[0])
    own = {
        "words.weight": state["embeddings.word_embeddings.weight"],
        "places.weight": state["embeddings.position_embeddings.weight"]
        + state["embeddings.token_type_embeddings.weight"][0],
    }
    own |= {f"norm.{p}": state[f"embeddings.LayerNorm.{p}"] for p in ("weight", "bias")}
    names = {
        "mix": "attention.output.dense",
        "up": "intermediate.dense",
        "down": "output.dense",
        "norm1": "attention.output.LayerNorm",
        "norm2": "output.LayerNorm",
    }
    for i in range(LAYERS):
        at = f"encoder.layer.{i}."
        for p in ("weight", "bias"):
            own[f"layers.{i}.qkv.{p}"] = torch.cat(
                [state[f"{at}attention.self.{x}.{p}"] for x in ("query", "key", "value")]
            )
            own |= {
                f"layers.{i}.{mine}.{p}": state[f"{at}{theirs}.{p}"]
                for mine, theirs in names.items()
            }
    tower.load_state_dict(own)
    return tower.eval()
