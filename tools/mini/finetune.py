"""Contrastive training of the second branch together with several pairs of heads."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from tools.mini.bank import Bank
from tools.mini.branch import Branch, mirrored
from tools.mini.heads import TOP
from tools.mini.train import (
    Model,
    Plan,
    anchors,
    centred,
    contrast,
    drawn,
    joined,
    names_seen,
    pace,
    told,
)

RATE = 2e-4  # of the branch; its heads learn at the plan's


def keep_memory() -> None:
    """Let the C library keep large blocks that are freed: a step takes a third less time.

    Otherwise each step fetches the same gigabytes again and the system clears them page by page.
    Does nothing where the C library is not glibc.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        most_mapped, trim_above = -4, -1  # M_MMAP_MAX, M_TRIM_THRESHOLD of malloc.h
        library.mallopt(most_mapped, 0)
        library.mallopt(trim_above, -1)


def seen(branch: Branch, bank: Bank, rows: np.ndarray, mirror: bool = False) -> Tensor:
    """(n, 1840) features: the branch's means, and the frozen middle map's."""
    maps = bank.maps.take(rows)
    means = branch(mirrored(maps) if mirror else maps)
    return torch.cat([means, bank.features[rows, TOP:].float()], dim=1)


def run(branch: Branch, members: Sequence[Model], bank: Bank, rows: Tensor, plan: Plan) -> None:
    """Train in place; `rows` are the classifier's rows (1000, 1280).

    All heads see the same pictures through the one branch, with their own dropout, anchors and
    strangers. Half of the batches are mirrored.
    """
    keep_memory()
    rng = np.random.default_rng(plan.seed)
    torch.manual_seed(plan.seed)
    rows = centred(rows)
    groups = [list(branch.parameters()), *(member.parameters() for member in members)]
    rates = [RATE, *(plan.rate for _ in members)]
    optimiser = torch.optim.AdamW(
        [{"params": group} for group in groups], weight_decay=plan.weight_decay, betas=(0.9, 0.98)
    )
    for member in members:
        member.train(True)
    for step in range(plan.steps):
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * pace(step, plan.steps)
        found = drawn(bank, plan, rng)
        batch = told(bank, found, seen(branch, bank, found, rng.random() < 0.5), rng)
        losses: list[Tensor] = []
        for member in members:
            more = joined(batch, anchors(bank, rows, member.image, plan.anchors, rng))
            losses.append(contrast(member, more, names_seen(bank, plan, rng), plan))
        optimiser.zero_grad()
        torch.stack(losses).sum().backward()
        for group in groups:
            nn.utils.clip_grad_norm_(group, 1.0)
        optimiser.step()
        if step % 50 == 0:
            print(f"branch: step {step} loss {torch.stack(losses).mean().item():.3f}", flush=True)
    for member in members:
        member.train(False)
