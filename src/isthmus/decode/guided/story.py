"""A text of several sentences, each steered by an item of its own, whatever modality it is of."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.decode.evidence import evidence_of
from isthmus.decode.guided.constraints import Constraints, check_start, share_out
from isthmus.decode.guided.reading import unfinished
from isthmus.decode.guided.sampling import BestOfN, drawn
from isthmus.decode.guided.scorers import TextScorer, cut_texts
from isthmus.decode.guided.writing import Draft, Strategy, StuckError, Task
from isthmus.records import dataclass
from isthmus.types import RequestError
from isthmus.types.decoded import Decoded, Evidence

TRIES = 8
"""Draws of sentences where a strategy gets stuck, before what is asked is given up."""


@dataclass(frozen=True, eq=False)
class Steering:
    """An item that a sentence shall fit."""

    target: Float[np.ndarray, " d"]
    """Of length one; how near the sentence comes to it is what is told in the end."""
    unrelated: Float[np.ndarray, "r d"]
    """Unit vectors of texts that have nothing to do with it; two or more."""
    guide: Float[np.ndarray, " d"] | None = None
    """What steers, of length one: what the item has beside others of its kind. None: the target."""
    offered: Sequence[str] = ()
    """Names that may be said, however unlikely."""


@dataclass(frozen=True)
class Sentence:
    """What was written of one item."""

    text: str
    cosine: float
    """To the item, of the whole sentence, encoded again."""
    chance: float
    """Mean cosine of unrelated texts."""
    share: float
    """Of unrelated texts that fit the item less; 0.5 by chance."""
    evidence: Sequence[Evidence]
    """Each word that names something, and by how much the cosine falls without it."""
    cut: int
    """1 if the sentence is longer than the tower takes, so that its end is not seen."""


@dataclass(frozen=True, eq=False)
class Writer:
    """What all sentences of a text are written by."""

    model: Any
    scorer: TextScorer
    strategy: Strategy
    asked: Constraints = Constraints()
    scale: float = 100.0
    """Inverse temperature of the space."""

    def tell(
        self,
        start: str,
        items: Sequence[Steering],
        rng: np.random.Generator,
        tick: Callable[[int], Any] = lambda _: None,
    ) -> tuple[str, list[Sentence]]:
        """The text and its sentences, one an item, in their order.

        Args:
            start: what the text begins with; its last sentence is gone on with if it is not ended.
            items: what steers each sentence.
            rng: of what is drawn.
            tick: called with 1 after every sentence.

        Raises:
            RequestError: an opening that leaves no way, or a constraint that could not be met.
        """
        check_start(self.asked, start)
        text, found = " ".join(start.split()), list[Sentence]()
        shared = share_out(self.asked.require, len(items))
        for one, require in zip(items, shared, strict=True):
            task = self._task(one, text, replace(self.asked, require=require))
            sentence = written(task, self.strategy, rng).text.strip()
            text = f"{task.before} {sentence}".strip()
            found.append(_sentence(task, sentence, one))
            tick(1)
        return text, found

    def _task(self, item: Steering, text: str, asked: Constraints) -> Task:
        """What is to be written behind a text."""
        opening = unfinished(text)
        guide = item.target if item.guide is None else item.guide
        cosines = item.unrelated @ guide
        return Task(
            self.model,
            self.scorer,
            guide,
            text[: len(text) - len(opening)].strip(),
            opening,
            asked,
            self.scale,
            float(cosines.mean()),
            max(1e-6, float(cosines.std())),
            tuple(item.offered),
        )


def written(task: Task, strategy: Strategy, rng: np.random.Generator) -> Draft:
    """A sentence that is as it must be; where the strategy gets stuck, the best of some drawn.

    Raises:
        RequestError: none of all that were tried is.
    """
    try:
        draft = strategy(task, rng)
        if task.asked.fits(task.before, draft.text.strip()):
            return draft
    except StuckError:
        pass
    for trial in range(TRIES if hasattr(task.model, "read") else 0):
        try:
            some = drawn(task, rng, BestOfN(n=12, temperature=0.8 + 0.1 * trial))
        except StuckError:
            continue
        return some[int(task.cosines("", [one.text for one in some]).argmax())]
    raise RequestError(
        f"No sentence was found behind {task.prompt[-60:]!r} that is as asked ({_told(task.asked)}"
        "): ask for less, or for another length."
    )


def _told(asked: Constraints) -> str:
    said = [f"{asked.words[0]} to {asked.words[1]} words"]
    said += [f"with {', '.join(asked.require)}"] if asked.require else []
    said += [f"without {', '.join(asked.forbid)}"] if asked.forbid else []
    said += [f"grade {asked.grade:g}"] if asked.grade is not None else []
    return "; ".join(said)


def _sentence(task: Task, text: str, item: Steering) -> Sentence:
    task, unrelated = replace(task, target=item.target), item.unrelated @ item.target
    cosine = float(task.cosines("", [text])[0])
    encoder = task.scorer.encoder
    (told,) = evidence_of([Decoded(text, cosine)], task.target[None], encoder)
    return Sentence(
        text,
        cosine,
        float(unrelated.mean()),
        float((unrelated < cosine).mean()),
        told.evidence,
        cut_texts(encoder, [text]),
    )
