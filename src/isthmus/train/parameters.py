"""What is trained, by name, and its optimiser: AdamW with a schedule. torch only."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from isthmus.store import unpacked
from isthmus.train.checkpoints import Progress, below
from isthmus.train.model import MODEL_KINDS, Model
from isthmus.train.recipe import Recipe
from isthmus.train.towers import Towers

WARM = 0.05
"""Share of all steps in which the learning rate rises."""
TOWER = "tower."
"""Before the names of towers' weights."""


class Parameters:
    """The tensors of a model and of its towers, as they are at the end of an epoch."""

    def __init__(
        self,
        recipe: Recipe,
        towers: Towers | None,
        shape: Any,
        progress: Progress,
        device: torch.device,
    ) -> None:
        self.recipe = recipe
        now = progress.arrays["now"]
        own = {name: x for name, x in now.items() if not name.startswith(TOWER)}
        self.tensors = {name: torch.tensor(x, device=device) for name, x in own.items()}
        self.model: Model = unpacked(self.tensors, shape, MODEL_KINDS)
        self.trained = {k: x.requires_grad_() for k, x in self.tensors.items() if self._learns(k)}
        if towers:
            towers.take(below(TOWER, now))
            weights = {TOWER + name: x for name, x in towers.parameters.items()}
            self.tensors |= weights
            self.trained |= weights
        turns = towers is not None and len(recipe.further) == 1
        third = towers.reached.get(recipe.further[0], ()) if towers and turns else ()
        self.odd = {TOWER + name for name in third}
        """What learns in odd steps alone, and all else in even ones; empty: all in all."""
        self.optimiser = torch.optim.AdamW(self._groups())
        if progress.step:
            self._restore(progress)

    def arrays(self) -> dict[str, dict[str, np.ndarray]]:
        """The parts of a checkpoint as they are now."""
        moments = {
            part: {
                k: self.optimiser.state[x].get(moment, torch.zeros_like(x))
                for k, x in self.trained.items()
            }
            for part, moment in (("first", "exp_avg"), ("second", "exp_avg_sq"))
        }
        return {part: _arrays(some) for part, some in {"now": self.tensors, **moments}.items()}

    def take_turn(self, done: int) -> None:
        """Leave the gradients of what learns in this step, after so many."""
        for name, x in self.trained.items():
            if self.odd and (name in self.odd) != bool(done % 2):
                x.grad = None

    def step(self) -> None:
        """One step of the optimiser; the temperature stays above its least."""
        self.optimiser.step()
        with torch.no_grad():
            most = max(self.recipe.last_scale, self.recipe.start)
            self.tensors["log_scale"].clamp_(max=math.log(most))

    def schedule(self, done: int, all_steps: int) -> None:
        """Learning rates, and a scheduled temperature, after so many of all steps."""
        recipe = self.recipe
        warm = max(1, round(WARM * all_steps))
        left = (1 + math.cos(math.pi * done / all_steps)) / 2
        for group in self.optimiser.param_groups:
            group["lr"] = group["most"] * min((done + 1) / warm, left)
        if recipe.temperature == "scheduled":
            share = done / max(1, all_steps - 1)
            ends = math.log(recipe.start), math.log(recipe.last_scale)
            self.tensors["log_scale"].fill_(ends[0] + share * (ends[1] - ends[0]))

    def _groups(self) -> list[dict[str, Any]]:
        """Parameters by learning rate and by whether they decay: vectors do not."""
        recipe = self.recipe
        groups = [
            {
                "params": [
                    x
                    for name, x in self.trained.items()
                    if name.startswith(TOWER) == in_tower and (x.ndim > 1) == is_matrix
                ],
                "weight_decay": decay,
                "lr": rate,
                "most": rate,
            }
            for in_tower, rate in ((False, recipe.rate), (True, recipe.tower_rate))
            for is_matrix, decay in ((True, recipe.decay), (False, 0.0))
        ]
        return [group for group in groups if group["params"]]

    def _learns(self, name: str) -> bool:
        if name == "log_scale":
            return self.recipe.learns_scale
        if name == "bias":
            return self.recipe.loss == "sigmoid"
        return not name.startswith("fixed")

    def _restore(self, progress: Progress) -> None:
        for name, x in self.trained.items():
            steps = progress.step
            if self.odd:
                steps = steps // 2 if name in self.odd else (steps + 1) // 2
            self.optimiser.state[x] = {
                "step": torch.tensor(float(steps)),
                "exp_avg": torch.tensor(progress.arrays["first"][name], device=x.device),
                "exp_avg_sq": torch.tensor(progress.arrays["second"][name], device=x.device),
            }


def _arrays(tensors: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    return {name: x.detach().cpu().numpy().copy() for name, x in tensors.items()}
