"""Training of a small text decoder: from a vector of a space to a sentence. torch only.

It sees sentences alone. What an encoder of pictures would make of them is imitated (noise, and what
a classifier of things would say of one of a sentence's nouns), so that it can read vectors of other
modalities.
"""

from collections.abc import Callable, Mapping
from math import cos, pi
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from isthmus.arrays import Vectors
from isthmus.records import dataclass

END, BEGIN = 0, 1
"""Numbers of the marks at both ends of a sentence that tells a scene; the first also fills up, and
begins all other sentences."""
_RATE, _WARM, _DECAY = 1.0e-3, 200, 0.05
_SAVED = 250
"""Steps between checkpoints."""


@dataclass(frozen=True)
class Shape:
    """How large a decoder is."""

    width: int = 256
    layers: int = 3
    heads: int = 4
    prefix: int = 2
    """Positions that the vector takes."""
    entities: int = 4
    """Positions of names that were retrieved."""
    longest: int = 32
    """Word pieces of a sentence, the mark of its end included."""


@dataclass(frozen=True, eq=False)
class Lessons:
    """Sentences as word pieces and as unit vectors of the space, and what belongs to them."""

    tokens: Int[np.ndarray, "n t"]
    vectors: Vectors
    weights: Float[np.ndarray, " n"]
    """How often each is seen, relative to the others."""
    pictured: Bool[np.ndarray, " n"]
    """Whether a photograph may be imitated for it."""
    scenes: Bool[np.ndarray, " n"]
    """Whether a sentence tells a scene: these begin with a mark of their own."""
    nouns: Int[np.ndarray, "n j"]
    """Rows of ``noun_vectors``, -1 where there are fewer."""
    noun_vectors: Float[np.ndarray, "c d"]
    classes: Float[np.ndarray, "k d"]
    """Vectors of the names of what a classifier can tell."""
    pictures: Float[np.ndarray, "k d"]
    """What the space would make of a picture that shows each of them and nothing else."""
    alike: Float[np.ndarray, "k k"]
    """Logits of the classifier on a picture of each."""
    rests: Float[np.ndarray, "r d"]
    """What pictures hold beside their class."""
    rest_weights: Float[np.ndarray, " r"]
    """Weight of the class beside each rest."""
    names: Float[np.ndarray, "m d"]
    """Vectors of the names that entities are retrieved from."""


@dataclass(frozen=True)
class Schedule:
    """How long it is trained."""

    steps: int = 12_000
    batch: int = 128
    seed: int = 0
    bfloat16: bool = True


class Network(nn.Module):
    """A causal transformer whose first positions are the vector and the names retrieved for it."""

    def __init__(self, shape: Shape, dim: int, words: int) -> None:
        super().__init__()
        self.shape, wide = shape, shape.width
        self.embed = nn.Embedding(words, wide)
        self.place = nn.Parameter(torch.randn(self.before + shape.longest, wide) * 0.02)
        self.prefix = nn.Linear(dim, shape.prefix * wide)
        self.entity = nn.Linear(dim, wide)
        self.blocks = nn.ModuleList(Block(wide, shape.heads) for _ in range(shape.layers))
        self.last = nn.LayerNorm(wide)
        nn.init.normal_(self.embed.weight, std=0.02)

    @property
    def before(self) -> int:
        """Positions before the words."""
        return self.shape.prefix + self.shape.entities

    def forward(self, vector: Tensor, entities: Tensor, there: Tensor, words: Tensor) -> Tensor:
        """States (b, t, w) after each of ``words`` (b, t); ``embed``'s rows read words off them.

        Args:
            vector: (b, d), zeros where it is not told.
            entities: (b, k, d).
            there: (b, k), 0 where an entity is not told.
            words: numbers of word pieces, the first the mark of the beginning.
        """
        first = self.prefix(vector).view(len(vector), self.shape.prefix, -1)
        named = self.entity(entities) * there[..., None]
        x = torch.cat([first, named, self.embed(words)], 1)
        x = x + self.place[: x.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.last(x[:, self.before :])


class Block(nn.Module):
    """Attention to what comes before, then a small network; both on normed input."""

    def __init__(self, wide: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_a, self.norm_b = nn.LayerNorm(wide), nn.LayerNorm(wide)
        self.read, self.write = nn.Linear(wide, 3 * wide), nn.Linear(wide, wide)
        self.inner, self.outer = nn.Linear(wide, 4 * wide), nn.Linear(4 * wide, wide)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: Tensor) -> Tensor:
        """(b, t, w) to the same."""
        b, t, w = x.shape
        q, k, v = self.read(self.norm_a(x)).view(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.drop(self.write(seen.transpose(1, 2).reshape(b, t, w)))
        return x + self.drop(self.outer(F.gelu(self.inner(self.norm_b(x)), approximate="tanh")))


def imitated(
    lessons: Mapping[str, Tensor], rows: Tensor, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """(b, d) unit vectors as another modality might have them, and the means (b, d) of their kinds.

    Of rows that may be pictured half become what the space would make of a photograph of one of
    their nouns; others get isotropic noise of length up to 1.2, or none (CapDec, Nukrai et al.
    2022, equation 2, with the strength drawn).
    """
    clean = lessons["vectors"][rows]
    kind = torch.rand(len(rows), generator=rng)
    length = torch.rand(len(rows), 1, generator=rng) * 1.2 * (kind < 0.85)[:, None]
    noise = F.normalize(torch.randn(clean.shape, generator=rng), dim=1)
    noisy = F.normalize(clean + length * noise, dim=1)
    use = (lessons["pictured"][rows] & (kind < 0.5))[:, None]
    pictured = torch.where(use, photographed(lessons, rows, rng), noisy)
    return pictured, torch.where(use, lessons["picture_mean"], lessons["text_mean"])


def photographed(lessons: Mapping[str, Tensor], rows: Tensor, rng: torch.Generator) -> Tensor:
    """(b, d) unit vectors of photographs that a sentence might be said of.

    A class is drawn under softmax(s·cos(class, sentence + b·one of its nouns)), a classifier's
    scores around it, and the rest of another picture.
    """
    nouns = lessons["nouns"][rows]
    count = (nouns >= 0).sum(1)
    pick = (torch.rand(len(rows), generator=rng) * count.clamp(min=1)).long()
    chosen = nouns.gather(1, pick[:, None])[:, 0]
    noun = lessons["noun_vectors"][chosen.clamp(min=0)] * (chosen >= 0)[:, None]
    weight = torch.rand(len(rows), 1, generator=rng) * 3
    query = F.normalize(lessons["vectors"][rows] + weight * noun, dim=1)
    sharp = 25 + 30 * torch.rand(len(rows), 1, generator=rng)
    shown = (sharp * (query @ lessons["classes"].T)).softmax(1).multinomial(1, generator=rng)[:, 0]
    unsure = 1.5 + 2 * torch.rand(len(rows), 1, generator=rng)
    noise = torch.randn((len(rows), len(lessons["classes"])), generator=rng)
    scores = (lessons["alike"][shown] + unsure * noise).softmax(1)
    lent = torch.randint(len(lessons["rests"]), (len(rows),), generator=rng)
    named = lessons["rest_weights"][lent, None] * (scores @ lessons["pictures"])
    return F.normalize(named + lessons["rests"][lent], dim=1)


def retrieved(
    lessons: Mapping[str, Tensor], vectors: Tensor, means: Tensor, many: int, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Names nearest to each vector (b, k, d), and which of them are told (b, k): at random.

    Both sides less their means. Source of prompts of names that are left out at random: Fei et al.
    2023, ViECap, arXiv 2307.16525, section 3.2.
    """
    found = ((vectors - means) @ lessons["centred_names"].T).topk(many, dim=1).indices
    all_or_none = torch.rand(len(vectors), 1, generator=rng) < 0.75
    each = torch.rand(len(vectors), many, generator=rng) < 0.75
    return lessons["names"][found], (all_or_none & each).float()


def prepared(lessons: Lessons, seed: int) -> dict[str, Tensor]:
    """The lessons as tensors, with the means of both kinds and the names less theirs."""
    parts = {key: torch.from_numpy(np.asarray(value)) for key, value in vars(lessons).items()}
    parts = {key: x.float() if x.is_floating_point() else x for key, x in parts.items()}
    rng = torch.Generator().manual_seed(seed)
    some = parts["weights"] * parts["pictured"]
    rows = some.multinomial(min(4096, int((some > 0).sum())), generator=rng)
    parts["picture_mean"] = photographed(parts, rows, rng).mean(0)
    weights = parts["weights"] / parts["weights"].sum()
    parts["text_mean"] = weights @ parts["vectors"]
    parts["centred_names"] = F.normalize(parts["names"] - parts["names"].mean(0), dim=1)
    return parts


def fit_decoder(
    lessons: Lessons,
    shape: Shape,
    schedule: Schedule,
    folder: Path,
    tell: Callable[[int, float], object],
) -> dict[str, np.ndarray]:
    """Weights of a decoder by name, float32, trained on sentences.

    Args:
        lessons: what it learns.
        shape: of the network.
        schedule: how long; the same seed gives the same weights on one machine and thread count.
        folder: a checkpoint is written there every few steps, and gone on with if it is there.
        tell: is given the step and the mean loss since the last time.
    """
    torch.manual_seed(schedule.seed)
    network = Network(shape, lessons.vectors.shape[1], int(lessons.tokens.max()) + 1)
    parts = prepared(lessons, schedule.seed)
    tuned = torch.optim.AdamW(network.parameters(), _RATE, (0.9, 0.98), weight_decay=_DECAY)
    kept = folder / "training.pt"
    start = _resumed(kept, network, tuned)
    lengths = (parts["tokens"] > END).sum(1)
    losses = list[float]()
    for step in range(start, schedule.steps):
        rng = torch.Generator().manual_seed(schedule.seed * 1_000_003 + step)
        torch.manual_seed(schedule.seed * 1_000_003 + step)
        rows = _alike(parts["weights"], lengths, schedule.batch, rng)
        with torch.autocast("cpu", torch.bfloat16, enabled=schedule.bfloat16):
            loss = _loss(network, parts, rows, int(lengths[rows].max()) + 1, rng)
        tuned.param_groups[0]["lr"] = _RATE * _rate(step, schedule.steps)
        tuned.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        tuned.step()
        losses.append(float(loss.detach()))
        if (step + 1) % _SAVED == 0 or step + 1 == schedule.steps:
            tell(step + 1, float(np.mean(losses)))
            losses.clear()
            state = [network.state_dict(), tuned.state_dict(), step + 1]
            torch.save(state, kept.with_suffix(".new"))
            kept.with_suffix(".new").replace(kept)
    return {key: x.detach().numpy() for key, x in network.state_dict().items()}


def _rate(step: int, steps: int) -> float:
    """Warm, then along a cosine down to a twentieth."""
    return min(1.0, (step + 1) / _WARM) * (0.05 + 0.475 * (1 + cos(pi * step / steps)))


def _alike(weights: Tensor, lengths: Tensor, many: int, rng: torch.Generator) -> Tensor:
    """Rows drawn by weight, one of eight parts of like length, so that little is filled up."""
    drawn = weights.multinomial(8 * many, replacement=True, generator=rng)
    part = int(torch.randint(8, (1,), generator=rng))
    return drawn[lengths[drawn].argsort(stable=True)][part * many : (part + 1) * many]


def _resumed(file: Path, network: nn.Module, *others: Any) -> int:
    if not file.exists():
        return 0
    *states, step = torch.load(file, weights_only=True)
    for one, state in zip((network, *others), states, strict=True):
        one.load_state_dict(state)
    return int(step)


def _loss(
    network: Network, parts: Mapping[str, Tensor], rows: Tensor, long: int, rng: torch.Generator
) -> Tensor:
    """Cross entropy of the next word piece, over words and their ends."""
    seen, means = imitated(parts, rows, rng)
    found, there = retrieved(parts, seen, means, network.shape.entities, rng)
    told = (torch.rand(len(rows), 1, generator=rng) < 0.92).float()
    target = parts["tokens"][rows, :long].long()
    first = torch.where(parts["scenes"][rows], BEGIN, END)
    words = torch.cat([first[:, None], target[:, :-1]], 1)
    states = network(seen * told, found, there, words)
    real = (target == END).cumsum(1) <= 1
    logits = states[real] @ network.embed.weight.T
    return F.cross_entropy(logits.float(), target[real], label_smoothing=0.03)
