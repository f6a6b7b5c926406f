"""ZeroCap: the keys and values that a language model remembers are moved towards the target.

Tewel et al. 2022, "ZeroCap: Zero-Shot Image-to-Text Generation for Visual-Semantic Arithmetic",
equations 3 to 5. Their 512 candidates and five beams are 128 and one here: see the fields.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from isthmus.decode.guided.causal import CausalModel, TorchContext, forked
from isthmus.decode.guided.models import prompted
from isthmus.decode.guided.writing import Choice, Draft, Task, check_length, choices
from isthmus.records import dataclass
from isthmus.types import RequestError

if TYPE_CHECKING:
    import torch

    Shifts = list[tuple[torch.Tensor, torch.Tensor]]
    """What is added to keys and values of each layer."""


@dataclass(frozen=True)
class ZeroCap:
    """Greedy search in a language model whose cached context is moved before every token."""

    step: float = 0.3
    """Length of a move, over the gradient's norm in each layer."""
    steps: int = 5
    """Moves before every token."""
    k: int = 128
    """Candidates: the likeliest tokens."""
    temperature: float = 0.01
    """Of the softmax of their cosines."""
    fluency: float = 0.2
    """Weight of the divergence from the distribution that was not moved."""
    fusion: float = 0.99
    """Share of the moved distribution in the geometric mean that the token is taken from."""

    def __call__(self, task: Task, rng: np.random.Generator) -> Draft:
        """A finished draft; nothing in it is drawn.

        Raises:
            RequestError: the language model is none of torch.
            StuckError: no token can follow.
        """
        if not isinstance(task.model, CausalModel):
            raise RequestError("ZeroCap moves what a model of torch remembers: name one of these.")
        *ids, last = prompted(task.model, task.prompt)
        first = ids or [last]  # of a single token, which is read twice then
        draft, context = task.begun(), task.model.read(first)
        while not draft.done:
            check_length(draft)
            after = context.push([last])
            log_probs = self._moved(task, draft, (context, after.log_probs[0]), last)
            best = choices(task, draft, log_probs, 1)[0]
            draft, last, context = draft.plus(best), best.token, after
        return draft

    def _moved(
        self, task: Task, draft: Draft, known: tuple[TorchContext, Any], last: int
    ) -> Float[np.ndarray, " v"]:
        """Log probabilities after the last token, the context before it moved to the target.

        ``known`` are that context, and the log probabilities if it is not moved.
        """
        import torch

        context, unmoved = known
        own = torch.from_numpy(unmoved.copy())
        if not self.step or not self.steps or draft.pending:
            return unmoved
        shifts = [
            (torch.zeros_like(layer.keys), torch.zeros_like(layer.values))
            for layer in context.cache.layers
        ]
        found = self._candidates(task, draft, own.numpy())
        cosines = task.cosines(draft.text, [one.scored for one in found])
        raised = torch.tensor(cosines / self.temperature)
        wanted = (raised.softmax(0).float(), torch.tensor([one.token for one in found]))
        for _ in range(self.steps):
            shifts = self._step(context, last, shifts, (own, wanted))
        with torch.no_grad():
            moved = said(context, last, shifts)
        mixed = (1 - self.fusion) * own + self.fusion * moved
        return mixed.log_softmax(0).numpy()

    def _candidates(
        self, task: Task, draft: Draft, log_probs: Float[np.ndarray, " v"]
    ) -> list[Choice]:
        return choices(task, draft, log_probs, self.k)

    def _step(self, context: TorchContext, last: int, shifts: "Shifts", told: Any) -> "Shifts":
        """Shifts after one move down the gradient of the loss, normalised layer by layer."""
        import torch

        own, (wanted, tokens) = told
        leaves = [[one.clone().requires_grad_() for one in pair] for pair in shifts]
        with torch.enable_grad():
            moved = said(context, last, leaves)
            loss = -(wanted * moved[tokens]).sum()
            loss = loss + self.fluency * (moved.exp() * (moved - own)).sum()
        flat = [one for pair in leaves for one in pair]
        gradients = torch.autograd.grad(loss, flat)
        new = [
            one.detach() - self.step * slope / (slope.float().norm() ** 0.9 + 1e-15).to(slope.dtype)
            for one, slope in zip(flat, gradients, strict=True)
        ]
        return [*zip(new[::2], new[1::2], strict=True)]


def said(context: TorchContext, last: int, shifts: Any) -> "torch.Tensor":
    """Log probabilities (v,) after a token, with shifted keys and values before it."""
    import torch

    cache = forked(context.cache)
    for layer, (keys, values) in zip(cache.layers, shifts, strict=True):
        layer.keys, layer.values = layer.keys.clone() + keys, layer.values.clone() + values
    found = context.model.raw(torch.tensor([[last]]), cache)
    return found.logits[0, -1].float().log_softmax(-1)
