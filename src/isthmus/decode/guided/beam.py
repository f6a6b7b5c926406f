"""Beam search by what the language model and the space say together."""

from typing import Any

import numpy as np

from isthmus.decode.guided.writing import Choice, Draft, StuckError, Task, check_length, choices
from isthmus.records import dataclass


@dataclass(frozen=True)
class Beam:
    """The drafts with the best joint score go on: mean log probability + weight z.

    z is the cosine to the target in standard deviations above that of unrelated texts, so that one
    weight serves every space.
    """

    width: int = 5
    k: int = 12
    """Tokens that each draft may go on with."""
    weight: float = 0.5

    def __call__(self, task: Task, rng: np.random.Generator) -> Draft:
        """A finished draft; nothing in it is drawn.

        Raises:
            StuckError: no draft could be ended.
        """
        drafts, context = [task.begun()], task.read()
        ended = list[tuple[float, Draft]]()
        while drafts and len(ended) < self.width:
            check_length(drafts[0])
            every = self._continued(task, drafts, context)
            if not every:
                break
            scores = self._joint(task, [(drafts[row], one) for row, one in every])
            best = np.argsort(-scores, kind="stable")[: self.width]
            new = [(float(scores[k]), every[k][0], drafts[every[k][0]].plus(every[k][1]))
                   for k in best]  # fmt: skip
            ended += [(score, draft) for score, _, draft in new if draft.done]
            going = [(row, draft) for _, row, draft in new if not draft.done]
            drafts = [draft for _, draft in going]
            if going:
                context = context.take([row for row, _ in going])
                context = context.push([draft.ids[-1] for draft in drafts])
        if not ended:
            raise StuckError(f"None of {self.width} drafts could be ended.")
        return max(ended, key=lambda one: one[0])[1]

    def _continued(self, task: Task, drafts: list[Draft], context: Any) -> list[tuple[int, Choice]]:
        every = list[tuple[int, Choice]]()
        for row, draft in enumerate(drafts):
            try:
                found = choices(task, draft, context.log_probs[row], self.k)
            except StuckError:
                continue
            every += [(row, one) for one in found]
        return every

    def _joint(self, task: Task, every: list[tuple[Draft, Choice]]) -> np.ndarray:
        said = [(draft.log_prob + one.wanted) / (len(draft.ids) + 1) for draft, one in every]
        if not self.weight:
            return np.array(said)
        cosines = task.cosines("", [draft.text + one.scored for draft, one in every])
        return np.array(said) + self.weight * task.standard(cosines)
