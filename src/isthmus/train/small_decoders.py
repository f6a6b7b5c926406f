"""Small text decoders, trained on any vectors and sentences within minutes. torch only.

The vectors are those of the sentences themselves (text-only training), sums of such vectors, or
those of the items that the sentences are of (a twin, trained with pairs): nothing here knows which.
"""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import nn
from torch.nn import functional as F

from isthmus.arrays import Vectors, unit
from isthmus.records import dataclass
from isthmus.train.decoders import END, Network, Shape
from isthmus.types import RequestError

MARKS = ("[END]", "[BEGIN]")
_WARM, _CLIP = 100, 1.0
_PIECE = re.compile(r"\w+(?:[-']\w+)*|[^\w\s]")


@dataclass(frozen=True)
class SmallRecipe:
    """How a small decoder is trained."""

    steps: int = 1500
    batch: int = 128
    rate: float = 2e-3
    seed: int = 0
    noise: float = 0.0
    """Length of the noise that is added to unit vectors (CapDec, Nukrai et al. 2022, eq. 2)."""
    shape: Shape = Shape(width=128, layers=2, heads=4, prefix=2, entities=0, longest=40)
    """Its entities are names that are told beside the vector (ViECap, Fei et al. 2023)."""


@dataclass(frozen=True, eq=False)
class SmallWeights:
    """A trained decoder, as ``decode.networks`` reads it."""

    arrays: dict[str, np.ndarray]
    words: list[str]
    heads: int
    longest: int


def fit_small_decoder(
    vectors: Vectors,
    sentences: Sequence[str],
    recipe: SmallRecipe,
    names: Float[np.ndarray, "m d"] | None = None,
) -> SmallWeights:
    """A decoder from vectors (n, d) to sentences, one each.

    Args:
        vectors: what is read.
        sentences: what should be said of each.
        recipe: how it is trained; the same seed gives the same weights on one machine and thread.
        names: vectors of names, of which those nearest to a vector are told beside it.

    Raises:
        RequestError: another number of sentences than of vectors, or none.
    """
    if not len(sentences) or len(sentences) != len(vectors):
        raise RequestError(f"{len(vectors)} vectors want a sentence each, not {len(sentences)}.")
    pieces = [_PIECE.findall(one.lower())[: recipe.shape.longest - 1] for one in sentences]
    counts = Counter(piece for row in pieces for piece in row)
    words = [*MARKS, *sorted(counts)]
    known = {word: number for number, word in enumerate(words)}
    tokens = torch.zeros(len(pieces), max(map(len, pieces)) + 1, dtype=torch.long)
    for row, some in enumerate(pieces):
        tokens[row, : len(some)] = torch.tensor([known[piece] for piece in some])
    torch.manual_seed(recipe.seed)
    network = Network(recipe.shape, vectors.shape[1], len(words))
    given = torch.from_numpy(unit(np.asarray(vectors, np.float32)))
    told = None if names is None else torch.from_numpy(unit(np.asarray(names, np.float32)))
    _train(network, given, tokens, told, recipe)
    arrays = {key: x.detach().numpy() for key, x in network.state_dict().items()}
    return SmallWeights(arrays, words, recipe.shape.heads, recipe.shape.longest)


def _train(
    network: Network,
    given: torch.Tensor,
    tokens: torch.Tensor,
    names: torch.Tensor | None,
    recipe: SmallRecipe,
) -> None:
    """Cross entropy of the next word, over words and their end."""
    rng = torch.Generator().manual_seed(recipe.seed)
    tuned = torch.optim.AdamW(network.parameters(), recipe.rate, weight_decay=0.01)
    for step in range(recipe.steps):
        warm = min(1.0, (step + 1) / _WARM)
        tuned.param_groups[0]["lr"] = recipe.rate * warm * (1 - 0.95 * step / recipe.steps)
        rows = torch.randint(len(given), (recipe.batch,), generator=rng)
        noise = F.normalize(torch.randn(recipe.batch, given.shape[1], generator=rng), dim=1)
        seen = F.normalize(given[rows] + recipe.noise * noise, dim=1)
        target = tokens[rows]
        target = target[:, : int((target != END).sum(dim=1).max()) + 1]
        before = torch.cat([torch.full_like(target[:, :1], END), target[:, :-1]], dim=1)
        states = network(seen, *entities(seen, names, network.shape.entities), before)
        real = (target == END).cumsum(dim=1) <= 1
        loss = F.cross_entropy(states[real] @ network.embed.weight.T, target[real],
                               label_smoothing=0.02)  # fmt: skip
        tuned.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
        tuned.step()


def entities(
    vectors: torch.Tensor, names: torch.Tensor | None, many: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Vectors (b, k, d) of the names nearest to each vector, and which are told (b, k)."""
    if names is None or not many:
        return vectors.new_zeros(len(vectors), many, vectors.shape[1]), vectors.new_zeros(
            len(vectors), many
        )
    centred = F.normalize(names - names.mean(dim=0), dim=1)
    found = (vectors @ centred.T).topk(many, dim=1).indices
    return names[found], torch.ones(len(vectors), many)
