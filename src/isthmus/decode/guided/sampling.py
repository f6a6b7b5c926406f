"""Best of n: the language model writes several sentences, the space picks one."""

from dataclasses import replace

import numpy as np

from isthmus.decode.guided.reading import words
from isthmus.decode.guided.writing import LONGEST, Choice, Draft, StuckError, Task, choices
from isthmus.records import dataclass


@dataclass(frozen=True)
class BestOfN:
    """Of n sentences that are drawn from the language model, the one nearest to the target."""

    n: int = 32
    temperature: float = 0.8
    k: int = 50
    """Tokens that one is drawn from."""

    def __call__(self, task: Task, rng: np.random.Generator) -> Draft:
        """A finished draft.

        Raises:
            StuckError: not one of the sentences could be ended.
        """
        drafts = drawn(task, rng, self)
        return drafts[int(task.cosines("", [one.text for one in drafts]).argmax())]


def drawn(task: Task, rng: np.random.Generator, how: BestOfN) -> list[Draft]:
    """Finished drafts drawn from the language model, at most n: those that get stuck are left out.

    Raises:
        StuckError: all of them got stuck.
    """
    done, open_ = list[Draft](), [(one, one.begun()) for one in _tasks(task, how.n)]
    context = task.read().take([0] * how.n)
    for _ in range(LONGEST):
        picked = list[tuple[int, Choice]]()
        for row, (own, draft) in enumerate(open_):
            try:
                found = choices(own, draft, context.log_probs[row], how.k)
            except StuckError:
                continue
            picked.append((row, found[_draw(found, how.temperature, rng)]))
        new = [(row, open_[row][1].plus(one), one.token) for row, one in picked]
        done += [draft for _, draft, _ in new if draft.done]
        going = [one for one in new if not one[1].done]
        if not going:
            break
        open_ = [(open_[row][0], draft) for row, draft, _ in going]
        context = context.take([row for row, _, _ in going]).push([token for *_, token in going])
    if not done:
        raise StuckError(f"None of {how.n} sentences could be ended.")
    return done


def _tasks(task: Task, n: int) -> list[Task]:
    """One a draft: every second one must say a name that is offered, each in its turn."""
    found = [task] * n
    for row in range(1, n if task.offered else 0, 2):
        name = task.offered[row // 2 % len(task.offered)]
        require = (*task.asked.require, words(name)[-1])
        found[row] = replace(task, asked=replace(task.asked, require=require), offered=())
    return found


def _draw(found: list[Choice], temperature: float, rng: np.random.Generator) -> int:
    raised = np.array([one.wanted for one in found]) / temperature
    shares = np.exp(raised - raised.max())
    return int(rng.choice(len(found), p=shares / shares.sum()))
