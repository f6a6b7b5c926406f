"""One sentence to be written: the task, drafts of it, and which tokens a draft may go on with."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float

from isthmus.decode.guided.constraints import Constraints, is_plain
from isthmus.decode.guided.models import prompted
from isthmus.decode.guided.reading import ended, words
from isthmus.decode.guided.scorers import TextScorer
from isthmus.records import dataclass

LONGEST = 160
"""Tokens of a sentence."""
_WIDER = 16
"""Times as many tokens as are wanted are looked at for those that may follow."""
_PRESSED = 9.0
"""Added to the log probability of a required word when half the sentence is over."""
_BOUNDARY = 0.5
"""Least probability that a word is over, for a new one to be put behind it and none glued to it."""


class StuckError(Exception):
    """No token can follow: what is asked for cannot be met on this path."""


@dataclass(frozen=True, eq=False)
class Task:
    """A sentence to be written, and the vector that it shall fit."""

    model: Any
    """A ``LanguageModel``; for ``conzic`` a ``MaskedModel``."""
    scorer: TextScorer
    target: Float[np.ndarray, " d"]
    """Of length one, in the space of the scorer."""
    before: str = ""
    """The text before the sentence."""
    opening: str = ""
    """The words that the sentence begins with."""
    asked: Constraints = Constraints()
    scale: float = 100.0
    """Inverse temperature of cosines, for shares of candidates."""
    floor: float = 0.0
    """Mean cosine of unrelated texts to the target."""
    spread: float = 0.05
    """Standard deviation of these."""
    offered: Sequence[str] = ()
    """Names that may follow, however unlikely, until one of them is said."""

    @property
    def prompt(self) -> str:
        """All that the language model reads first."""
        return f"{self.before} {self.opening}".strip()

    def cosines(self, prefix: str, candidates: Sequence[str]) -> Float[np.ndarray, " m"]:
        """Of the prefix with each candidate behind it to the target."""
        return np.asarray(self.scorer.scores(prefix, candidates, self.target), np.float64)

    def standard(self, cosines: Float[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
        """Cosines in standard deviations above those of unrelated texts."""
        return (cosines - self.floor) / self.spread

    def shares(self, cosines: Float[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
        """Softmax of cosines over the candidates, at the space's temperature."""
        raised = np.exp(self.scale * (cosines - cosines.max()))
        return raised / raised.sum()

    def begun(self) -> "Draft":
        """The draft of which nothing is written."""
        return Draft(text=self.opening)

    def read(self) -> Any:
        """The context of the prompt."""
        return self.model.read(prompted(self.model, self.prompt))


@runtime_checkable
class Strategy(Protocol):
    """How a sentence is written."""

    def __call__(self, task: Task, rng: np.random.Generator) -> "Draft":
        """A finished draft.

        Raises:
            StuckError: what is asked for cannot be met on the paths that were tried.
        """
        ...


@dataclass(frozen=True)
class Draft:
    """What is written of a sentence."""

    ids: tuple[int, ...] = ()
    text: str = ""
    """With the opening."""
    log_prob: float = 0.0
    """Of its tokens under the language model."""
    pending: tuple[int, ...] = ()
    """Tokens that must come next: the rest of a required word."""

    @property
    def done(self) -> bool:
        """Whether the sentence has ended."""
        return bool(self.ids) and not self.pending and ended(self.text)

    @property
    def mean(self) -> float:
        """Log probability a token."""
        return self.log_prob / max(1, len(self.ids))

    def plus(self, choice: "Choice") -> "Draft":
        """One token longer."""
        return replace(
            self,
            ids=(*self.ids, choice.token),
            text=self.text + choice.piece,
            log_prob=self.log_prob + choice.log_prob,
            pending=choice.pending,
        )


@dataclass(frozen=True)
class Choice:
    """A token that may follow."""

    token: int
    piece: str
    log_prob: float
    """Under the language model."""
    wanted: float
    """The same with what length, grade and required words add to it."""
    pending: tuple[int, ...] = ()
    whole: str = ""
    """All that a token begins, where more of it must follow."""

    @property
    def scored(self) -> str:
        """What the space sees of it."""
        return self.whole or self.piece


@lru_cache(maxsize=4)
def _masks(pieces: Sequence[str]) -> tuple[Bool[np.ndarray, " v"], ...]:
    """Of the vocabulary: plain text, what a word is over before, and what goes on with one."""
    first = np.array([one[:1] for one in pieces])
    glued = np.char.isalnum(first)
    over = (first != "") & ~glued & (first != "'") & (first != "’") & (first != "-")
    return np.array([is_plain(one) for one in pieces]), over, glued


def choices(task: Task, draft: Draft, log_probs: Float[np.ndarray, " v"], k: int) -> list[Choice]:
    """The k tokens wanted most after a draft, of those that may follow, and the names offered.

    Args:
        task: what is written.
        draft: what is written of it.
        log_probs: of each token of the vocabulary.
        k: 1 or more.

    Raises:
        StuckError: none may follow.
    """
    pieces = task.model.pieces
    if draft.pending:
        token, *rest = draft.pending
        said = float(log_probs[token])
        return [Choice(token, pieces[token], said, said, tuple(rest))]
    plain, over, glued = _masks(tuple(pieces) if isinstance(pieces, list) else pieces)
    share = float(np.exp(log_probs[over]).sum())
    kept = plain & ~glued if share >= _BOUNDARY else plain
    found = _allowed(task, draft, np.where(kept, log_probs, -np.inf), k)
    if share >= _BOUNDARY or not found:
        found = [*_required(task, draft, log_probs), *found]
    if not found:
        raise StuckError(f"Nothing can follow {draft.text!r}.")
    once = {one.token: one for one in reversed(found)}
    kept = sorted(once.values(), key=lambda one: -one.wanted)[:k]
    return [*kept, *_offered(task, draft, log_probs)] if share >= _BOUNDARY else kept


def _allowed(task: Task, draft: Draft, log_probs: Float[np.ndarray, " v"], k: int) -> list[Choice]:
    asked, found = task.asked, list[Choice]()
    count = min(_WIDER * k, int(np.isfinite(log_probs).sum()))
    if not count:
        return found
    likely = np.argpartition(-log_probs, count - 1)[:count]
    order = likely[np.argsort(-log_probs[likely], kind="stable")]
    marks = [k for k in _ends(task.model.pieces) if np.isfinite(log_probs[k])]
    for some in (map(int, order), marks):
        for token in some:
            piece, said = task.model.pieces[token], float(log_probs[token])
            if (draft.text or piece.strip()) and asked.allows(task.before, draft.text, piece):
                more = asked.pressure(task.before, draft.text, piece)
                found.append(Choice(token, piece, said, said + more))
            if len(found) >= k and some is not marks:
                break
    return found


@lru_cache(maxsize=4)
def _ends(pieces: Sequence[str]) -> tuple[int, ...]:
    """Tokens of the marks that end a sentence, and of nothing else."""
    return tuple(k for k, one in enumerate(pieces) if one in (".", "!", "?"))


def _required(task: Task, draft: Draft, log_probs: Float[np.ndarray, " v"]) -> list[Choice]:
    """The first tokens of words that must still come, the more wanted the less room is left."""
    found, sentence = list[Choice](), draft.text
    pressed = _PRESSED * task.asked.urgency(sentence)
    for word in task.asked.missing(sentence):
        whole = f" {word}" if sentence or task.before else word
        if task.asked.allows(task.before, sentence, whole):
            first, *rest = task.model.encode(whole)
            said = float(log_probs[first])
            piece = task.model.pieces[first]
            found.append(Choice(first, piece, said, min(0.0, said + pressed), tuple(rest)))
    return found


def _offered(task: Task, draft: Draft, log_probs: Float[np.ndarray, " v"]) -> list[Choice]:
    """The names that are offered, as long as none of them is said."""
    there = words(draft.text.lower())
    if any(words(name.lower())[-1:] == [word] for name in task.offered for word in there):
        return []
    found = list[Choice]()
    for name in task.offered:
        whole = f" {name}" if draft.text or task.before else name
        if task.asked.allows(task.before, draft.text, whole):
            first, *rest = tokens = task.model.encode(whole)
            pieces = [task.model.pieces[one] for one in tokens]
            if "".join(pieces).strip() == name:  # else the model has no tokens for it
                said = float(log_probs[first])
                found.append(Choice(first, pieces[0], said, said, tuple(rest), whole))
    return found


def greedy(task: Task, draft: Draft | None = None) -> Draft:
    """The likeliest token each time.

    Raises:
        StuckError: no token can follow.
    """
    draft, context = draft or task.begun(), task.read()
    while not draft.done:
        check_length(draft)
        best = choices(task, draft, context.log_probs[0], 1)[0]
        draft, context = draft.plus(best), context.push([best.token])
    return draft


def check_length(draft: Draft) -> None:
    """Stop a sentence that does not end.

    Raises:
        StuckError: it is longer than any.
    """
    if len(draft.ids) >= LONGEST:
        raise StuckError(f"A sentence of {LONGEST} tokens did not end.")
