"""Training of a small tower, step by step: it goes on where it was stopped."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Plan:
    """How long, how fast, and where it is kept."""

    steps: int
    rate: float
    state: Path
    often: int = 25
    """Steps between two checkpoints."""
    most: float = 60.0
    """Of the inverse temperature, which is learned."""


def share(step: int, steps: int) -> float:
    """Of the rate: it rises for 60 steps, stays, and falls to 0 from two thirds on."""
    return min(1.0, (step + 1) / 60, 3 * (1 - step / steps))


def trained(
    net: nn.Module,
    loss: Callable[[int, Tensor], Tensor],
    plan: Plan,
    judged: Callable[[], Any],
) -> None:
    """Train a network; ``loss`` takes the step, which decides all chance, and the scale."""
    scale = nn.Parameter(torch.tensor(3.0))
    decayed = [p for p in net.parameters() if p.ndim > 1]
    other = [*(p for p in net.parameters() if p.ndim <= 1), scale]
    groups = [{"params": decayed, "weight_decay": 0.05}, {"params": other, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=plan.rate)
    step, total, begun = 0, 0.0, time.perf_counter()
    if plan.state.exists():
        kept = torch.load(plan.state)
        net.load_state_dict(kept["net"])
        optimiser.load_state_dict(kept["optimiser"])
        scale.data, step = kept["scale"], kept["step"]
    while step < plan.steps:
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * share(step, plan.steps)
        value = loss(step, scale.exp().clamp(max=plan.most))
        optimiser.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        total, step = total + value.item(), step + 1
        if step % plan.often == 0 or step == plan.steps:
            kept = {"net": net.state_dict(), "optimiser": optimiser.state_dict()}
            torch.save({**kept, "scale": scale.data, "step": step}, plan.state)
            said = judged() if step % (2 * plan.often) == 0 or step == plan.steps else ""
            seconds = time.perf_counter() - begun
            print(step, f"loss {total / plan.often:.3f}", f"{seconds:.0f} s", said, flush=True)
            total = 0.0


def unit(x: Tensor) -> Tensor:
    """Rows at length one."""
    return nn.functional.normalize(x, dim=1)
