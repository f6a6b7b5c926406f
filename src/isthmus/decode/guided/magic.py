"""MAGIC: a language model's search, bent by an image's similarity to what each token would make.

Su et al. 2022, "Language Models Can See: Plugging Visual Controls in Text Generation", equation 3.
No gradient and no training; the paper's model was adapted to captions first, ours is not.
"""

import numpy as np
from jaxtyping import Float

from isthmus.arrays import unit
from isthmus.decode.guided.models import Context
from isthmus.decode.guided.writing import Choice, Draft, Task, check_length, choices
from isthmus.records import dataclass


@dataclass(frozen=True)
class Magic:
    """(1 - a) p(token) - a max similarity to states before + b share of the candidates' cosines."""

    k: int = 45
    """Candidates: the likeliest tokens."""
    a: float = 0.1
    """Weight of the degeneration penalty, the greatest cosine between the candidate's hidden state
    and those of the text before it."""
    b: float = 2.0
    """Weight of the softmax, over the candidates, of their cosines to the target."""

    def __call__(self, task: Task, rng: np.random.Generator) -> Draft:
        """A finished draft; nothing in it is drawn.

        Raises:
            StuckError: no token can follow.
        """
        draft, context = task.begun(), task.read()
        while not draft.done:
            check_length(draft)
            found = choices(task, draft, context.log_probs[0], self.k)
            wide = context.take([0] * len(found)).push([one.token for one in found])
            best = int(self._scores(task, draft, found, (context, wide)).argmax())
            draft, context = draft.plus(found[best]), wide.take([best])
        return draft

    def _scores(
        self, task: Task, draft: Draft, found: list[Choice], contexts: tuple[Context, Context]
    ) -> Float[np.ndarray, " m"]:
        """Of each candidate; ``contexts`` are those before and after it."""
        before, after = contexts
        probable = np.exp([one.wanted for one in found])
        total = (1 - self.a) * probable
        if self.a:
            total = total - self.a * degeneration(before.states[0], after.states[:, -1])
        if self.b:
            cosines = task.cosines(draft.text, [one.scored for one in found])
            total = total + self.b * task.shares(cosines)
        return total


def degeneration(
    states: Float[np.ndarray, "t h"], new: Float[np.ndarray, "m h"]
) -> Float[np.ndarray, " m"]:
    """Greatest cosine of each new state to those before (Su et al. 2022, equation 2)."""
    return (unit(new) @ unit(states).T).max(axis=1)
