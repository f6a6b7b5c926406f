"""Hard prompts by gradient: the words whose text lies nearest to a vector.

Source: Wen et al. 2023, Hard Prompts Made Easy (PEZ), arXiv 2302.03668, algorithm 1: a soft prompt
is kept; the gradient is taken at its projection to the nearest tokens and applied to the soft
prompt. The loss is 1 - cosine. Tokens are those of whole words here, so that the prompt can be
read. Wants a text tower of torch.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from isthmus.records import dataclass
from isthmus.types import Encoder, RequestError, a_kind

if TYPE_CHECKING:
    import torch

STEPS, RATE, WORDS = 300, 0.1, 8
"""Steps of AdamW, its rate, and words of the prompt."""


@dataclass(frozen=True, eq=False)
class Table:
    """The rows of a text tower's tokens, for words that are one token each."""

    text: Any
    module: "torch.nn.Embedding"
    key: str
    """Of the tower's inputs, which holds the tokens."""
    words: Sequence[str]
    ids: "torch.Tensor"
    """(w,) token of each word."""

    def vector(self, rows: Sequence[int], given: "torch.Tensor") -> "torch.Tensor":
        """(d,) of the text of words by number, their rows in the table replaced by given ones."""
        import torch

        inputs = self.text.inputs([" ".join(self.words[row] for row in rows)])
        tokens, wanted = inputs[self.key][0], self.ids[list(rows)]
        windows = tokens.unfold(0, len(wanted), 1)
        starts = (windows == wanted).all(dim=1).nonzero()
        if not len(starts):
            raise RequestError("The tower's tokens of several words are not those of each word.")
        start = int(starts[0])

        def replaced(module: Any, asked: Any, found: "torch.Tensor") -> "torch.Tensor":
            parts = [found[:, :start], given[None].to(found), found[:, start + len(wanted) :]]
            return torch.cat(parts, dim=1)

        hook = self.module.register_forward_hook(replaced)
        try:
            return self.text.vectors(inputs)[0]
        finally:
            hook.remove()


def table_of(text: Encoder, words: Sequence[str]) -> Table:
    """The table of a tower's tokens.

    Args:
        text: the space's encoder of texts.
        words: that a prompt may be made of; those that are several tokens are left out.

    Raises:
        RequestError: no tower of torch, or none of the words is one token.
    """
    tower: Any = text
    if not hasattr(tower, "module") or not hasattr(tower, "vectors"):
        raise RequestError(
            f"Hard prompts want a text tower that gives gradients (hf:, openclip:), not "
            f"{a_kind(text)}; the corrector works in any space."
        )
    import torch

    asked: list[tuple[Any, Any]] = []
    hooks = [one.register_forward_hook(lambda module, given, _: asked.append((module, given[0])))
             for one in tower.module.modules() if isinstance(one, torch.nn.Embedding)]  # fmt: skip
    inputs = tower.inputs([*words])
    with torch.no_grad():
        tower.vectors(tower.inputs([words[0]]))
    for one in hooks:
        one.remove()
    key = next(name for name, array in inputs.items() if not array.is_floating_point()
               and (array[:1] != array[-1:]).any() and int(array.max()) > 1)  # fmt: skip
    module = max((one for one, given in asked if int(given.max()) > 1), key=lambda x: len(x.weight))
    lengths = tower.lengths(inputs)
    single = [row for row in range(len(words)) if int(lengths[row]) == int(lengths.min())]
    tokens = inputs[key][single]
    column = int((tokens != tokens[:1]).any(dim=0).nonzero()[0]) if len(single) > 1 else -1
    if column < 0:
        raise RequestError(f"None of {len(words)} words is one token of this tower: give others.")
    return Table(tower, module, key, [words[row] for row in single], tokens[:, column])


def hard_prompt(
    target: Float[np.ndarray, " d"], table: Table, seed: int = 0, steps: int = STEPS
) -> tuple[str, float]:
    """The prompt that came nearest to a unit vector, and its cosine.

    Args:
        target: where the space's texts lie.
        table: of the tower's words.
        seed: of the words to begin with.
        steps: of the optimiser, 1 or more.

    Raises:
        RequestError: words are not tokens of their own when they stand together.
    """
    import torch
    from torch.nn.functional import cosine_similarity, normalize

    rng = torch.Generator().manual_seed(seed)
    choice = table.module.weight.detach()[table.ids]
    start = torch.randint(len(choice), (WORDS,), generator=rng)
    soft = choice[start].clone().requires_grad_()
    optimiser = torch.optim.AdamW([soft], lr=RATE, weight_decay=0.0)
    wanted = torch.from_numpy(np.ascontiguousarray(target)).to(choice)
    best, most = [int(row) for row in start], -2.0
    for _ in range(steps):
        rows = (normalize(soft.detach(), dim=1) @ normalize(choice, dim=1).T).argmax(dim=1)
        hard = choice[rows].clone().requires_grad_()
        cosine = cosine_similarity(table.vector(rows.tolist(), hard), wanted, dim=0)
        if float(cosine.detach()) > most:
            best, most = [int(row) for row in rows], float(cosine.detach())
        (soft.grad,) = torch.autograd.grad(1 - cosine, hard)
        optimiser.step()
    return " ".join(table.words[row] for row in best), most
