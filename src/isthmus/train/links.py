"""Links that are learned: contrastive heads from one space into another, and C-MCR's joining.

Every head starts at ridge regression, its predictions taken far from their mean (near to it a
cosine tells them little apart, and gradients are small), and is kept as it was best on a tenth of
the objects; where no step beats ridge as ``fit_ridge`` gives it, that is kept. torch only; what
comes out are arrays.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.arrays import evenly_spaced, unit
from isthmus.similarity.euclidean import normalised
from isthmus.store import packed, unpacked
from isthmus.train.heads import mlp
from isthmus.train.losses.contrastive import info_nce
from isthmus.transform.links.closed_forms import ridge, stretch, times
from isthmus.transform.links.pairs import LinkPairs
from isthmus.transform.maps import Affine
from isthmus.transform.networks import LAYER_KINDS, Dense, Network, Residual, through
from isthmus.types import ExtraMissingError, RequestError

STEPS, JOINING_STEPS = 240, 400
BATCH, JOINING = 512, 256
"""Pairs of a step; where each comes with a pseudo pair, half as many."""
RATE = 1e-3
EVERY = 20
"""Steps between looks at the objects that decide which weights are kept."""
HIDDEN = 512
SCALE, JOINING_SCALE = 50.0, 20.0
"""Where the inverse temperature of a contrastive head starts, and that of joining (C-MCR: 50)."""
CLOSE = 0.1
"""Weight of the intra-space term (C-MCR: 0.1)."""
NOISE = 0.1
"""Squared length of the noise, in squared distances from the mean (C-MCR: 0.004 a coordinate). It,
steps and temperature of joining were chosen on 600 known scenes of ``babel``."""
FAR = 8.0
"""Times that a prediction is farther from its mean than ridge regression has it, at the start."""
JUDGES = 1_000
"""Pairs that decide which weights are kept, at most."""

Layers = tuple[Any, ...]
Rows = Sequence[Any]
"""Vectors of A and of B that pair up, then the pseudo pairs that they recall; NumPy or torch."""


def fit_contrastive(pairs: LinkPairs) -> Network:
    """A linear head from A to B, trained to tell each pair from the others of its batch.

    Source: Radford et al. 2021 (CLIP), figure 3, with B's side frozen as in Zhai et al. 2022, LiT.
    """
    return _fit_contrastive(pairs, bent=False)


def fit_contrastive_mlp(pairs: LinkPairs) -> Network:
    """The same with a bent addition of 512 hidden coordinates that starts at nothing.

    Source: the same; He et al. 2015, Deep Residual Learning, equation 1.
    """
    return _fit_contrastive(pairs, bent=True)


def fit_exmcr(pairs: LinkPairs) -> Network:
    """A's head into B, joined by a modality that both share; B stays as it is.

    Trained as ``fit_cmcr``, with B's head the identity.

    Source: Zhang et al. 2024, Extending Multi-modal Contrastive Representations (Ex-MCR),
    section 3.2: the base space is kept.
    """
    shared, rows, (start, begun) = _joining(pairs, "exmcr")
    heads = (_bent(start, pairs.seed),)
    (head,) = _trained(shared, heads, rows, _joined_loss(rows), begun)
    return Network(head, pairs.y.shape[1])


def fit_cmcr(pairs: LinkPairs) -> tuple[Network, Network]:
    """Heads of A and of B into one new space, joined by a modality that both share.

    No pair of the other modalities is needed. For each item t of the shared one, the memories of
    both spaces give pseudo items v and a that mean the same, and for each that is remembered such a
    t (``LinkPairs.joining``); noise makes points of all of them small clouds; heads f and g are
    trained by

        InfoNCE(f(t), g(t)) + InfoNCE(f(v), g(a)) + 0.1 (|f(t) - f(v)| + |g(t) - g(a)|) / 2

    where t and v lie in A, t and a in B, and heads give unit vectors.

    Source: Wang et al. 2023, C-MCR, arXiv 2305.14381, sections 3.2 (consistency, noise) and 3.3
    (inter- and intra-space alignment). Heads there are MLPs with batch normalisation from random
    weights; here they are linear maps with a bent addition, from ridge regression and identity.
    """
    shared, rows, (start, begun) = _joining(pairs, "cmcr")
    dim = pairs.y.shape[1]
    same = Dense(np.eye(dim), np.zeros(dim))
    heads = _bent(start, pairs.seed), _bent(same, pairs.seed + 1)
    f, g = _trained(shared, heads, rows, _joined_loss(rows), begun)
    return Network(f, dim), Network(g, dim)


def _starts(pairs: LinkPairs) -> tuple[Dense, Dense]:
    """Ridge regression as ``fit_ridge`` gives it, and as training starts."""
    found, best = ridge(pairs), stretch(ridge, pairs)
    kept, begun = (times(found, factor) for factor in (best, FAR))
    return _layer(kept), _layer(begun)


def _layer(found: Affine) -> Dense:
    return Dense(found.matrix, found.back - found.away @ found.matrix)


def _bent(start: Dense, seed: int) -> Layers:
    """A linear layer and a bent addition that starts at nothing."""
    dim = start.matrix.shape[1]
    first, bend, second = mlp(dim, dim, HIDDEN, np.random.default_rng([seed, *b"link"]))
    assert isinstance(second, Dense)
    added = (first, bend, Dense(np.zeros_like(second.matrix), second.bias))
    return start, Residual(added)


def _fit_contrastive(pairs: LinkPairs, *, bent: bool) -> Network:
    start, begun = _starts(pairs.all)
    head = _bent(start, pairs.seed) if bent else (start,)

    def loss(heads: Sequence[Layers], batch: Rows, scale: Any, targets: Any) -> Any:
        x, y = batch
        return info_nce(scale * _out(heads, 0, x) @ y.T, targets)

    whole = pairs.all
    (head,) = _trained(whole, (head,), (whole.x, whole.y), loss, begun)
    return Network(head, pairs.y.shape[1])


def _joining(pairs: LinkPairs, method: str) -> tuple[LinkPairs, Rows, tuple[Dense, Dense]]:
    """Pairs of the shared modality; these and their pseudo pairs, row by row; where heads start."""
    if pairs.memory is None:
        raise RequestError(
            f"{method} joins two spaces by a modality that they share, and wants sets of their "
            "other modalities: isthmus.link(texts_a, texts_b, through=(images_a, sounds_b))."
        )
    shared, more = pairs.joining
    rows = [shared.x, shared.y, more.x, more.y]
    return shared, rows, _starts(shared.beside(more))


def _joined_loss(rows: Rows) -> Callable[..., Any]:
    """The loss of C-MCR; noise is drawn from torch's generator, which is seeded."""
    sizes = [(NOISE * x.var(axis=0).sum() / x.shape[1]) ** 0.5 for x in rows]

    def loss(heads: Sequence[Layers], batch: Rows, scale: Any, targets: Any) -> Any:
        import torch

        noisy = [
            normalised(x + size * torch.randn_like(x)) for x, size in zip(batch, sizes, strict=True)
        ]
        t, u, v, a = (_out(heads, side, x) for side, x in zip((0, 1, 0, 1), noisy, strict=True))
        inter = info_nce(JOINING_SCALE * t @ u.T, targets)
        inter = inter + info_nce(JOINING_SCALE * v @ a.T, targets)
        intra = torch.linalg.norm(t - v, dim=1).mean() + torch.linalg.norm(u - a, dim=1).mean()
        return inter + CLOSE * intra / 2

    return loss


def _out(heads: Sequence[Layers], side: int, x: Any) -> Any:
    """Rows at length one after a side's head; without one they stay."""
    return normalised(through(heads[side], x)) if side < len(heads) else x


def _trained(
    pairs: LinkPairs,
    heads: Sequence[Layers],
    rows: Rows,
    loss: Callable[..., Any],
    begun: Dense,
) -> Sequence[Layers]:
    """Heads as they were best on a tenth of the objects.

    Args:
        pairs: their objects and seed, row by row those of ``rows``.
        heads: of A, and of B where it moves too; A's is what training must beat.
        rows: A's and B's vectors, then further pairs of them.
        loss: of heads, a batch of ``rows``, the inverse temperature and the matches.
        begun: the first layer of A's head as training starts.
    """
    try:
        import torch
    except ModuleNotFoundError as error:
        raise ExtraMissingError("torch", "train") from error
    objects, steps = pairs.objects, STEPS if len(rows) == 2 else JOINING_STEPS
    rng = np.random.default_rng([pairs.seed, *b"steps"])
    judging = np.isin(objects, rng.permutation(np.unique(objects))[: max(2, len(objects) // 10)])
    if judging.all():
        return heads
    train, judges = np.flatnonzero(~judging), evenly_spaced(np.flatnonzero(judging), JUDGES)
    arrays, shape = packed(tuple(heads))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(pairs.seed)
        first = arrays | {"0.0.matrix": begun.matrix, "0.0.bias": begun.bias}
        weights = {k: torch.tensor(x, requires_grad=True) for k, x in first.items()}
        log_scale = torch.tensor(np.log(SCALE), dtype=torch.float32, requires_grad=True)
        model = unpacked(weights, shape, LAYER_KINDS)
        optimiser = torch.optim.AdamW([*weights.values(), log_scale], lr=RATE, weight_decay=0.01)
        fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        tensors = [torch.tensor(np.asarray(x, np.float32)) for x in rows]
        best = _reciprocal(arrays, shape, rows, judges), arrays
        for step in range(1, steps + 1):
            batch = rng.permutation(train)[: BATCH if len(rows) == 2 else JOINING]
            same = torch.tensor(objects[batch][:, None] == objects[batch][None, :]).float()
            optimiser.zero_grad()
            scale = log_scale.clamp(0.0, float(np.log(100.0))).exp()
            loss(model, [x[batch] for x in tensors], scale, same).backward()
            optimiser.step()
            fall.step()
            if step % EVERY == 0:
                now = {k: x.detach().numpy().copy() for k, x in weights.items()}
                best = max(best, (_reciprocal(now, shape, rows, judges), now), key=lambda x: x[0])
    return unpacked(best[1], shape, LAYER_KINDS)


def _reciprocal(arrays: dict[str, Any], shape: Any, rows: Rows, judges: np.ndarray) -> float:
    """Mean reciprocal rank among the judging pairs, over the pairs and the pseudo pairs."""
    heads: Sequence[Layers] = unpacked(arrays, shape, LAYER_KINDS)
    found: list[Float[np.ndarray, " n"]] = []
    for x, y in zip(rows[::2], rows[1::2], strict=True):
        a, b = (unit(_out(heads, side, one[judges])) for side, one in enumerate((x, y)))
        scores = a @ b.T
        found.append(1 / (scores >= scores.diagonal()[:, None]).sum(axis=1))
    return float(np.mean(found))
