"""Classifications: what every classifier of embeddings returns, zero-shot or probe."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Float, Int

from isthmus.measure.retrieval.hits import hit_chances
from isthmus.measure.statistics import (
    DRAWS,
    LEAST,
    Ranks,
    above_and_tied,
    chance,
    permuted_labels,
    top_probabilities,
    wilson_interval,
)
from isthmus.records import dataclass
from isthmus.types import Axes, Result, axes_or_new, drawn

SHOWN = 30
"""Classes up to which the whole table of confusions is drawn."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ClassResult(Result):
    """Share of items whose class comes first (top-1), and which classes are taken for which."""

    top5: float
    """Share of items whose class is among the first five."""
    class_recall: float
    """Top-1 averaged over classes, each counting once."""
    items: int
    """Items that were classified."""
    classes: tuple[str, ...]
    recalls: tuple[float, ...]
    """Top-1 of the items of each class; NaN for classes without items."""
    confusion: Float[np.ndarray, "c c"]
    """Items of each class (row) taken for each class (column); ties are shared out."""
    worst: tuple[tuple[str, str, float], ...]
    """Most frequent confusions: class, what it was taken for, items."""

    @property
    def summary(self) -> str:
        """The numbers, for the sentence."""
        mistakes = [f"; most often {a!r} is taken for {b!r}" for a, b, _ in self.worst[:1]]
        return (
            f"{self.value:.1%} of {self.items} items right, {self.top5:.1%} among the first five, "
            f"by chance {self.null.mean:.1%}, {len(self.classes)} classes"
            f"{''.join(mistakes)}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Every field as plain JSON values; the confusions by name, without the zeros."""
        table = [
            [self.classes[i], self.classes[j], float(self.confusion[i, j])]
            for i, j in np.argwhere(self.confusion)
        ]
        return {**super().to_dict(), "confusion": table}

    def plot(self, ax: Axes | None = None) -> Axes:
        """The table of confusions or, with many classes, the most frequent ones as bars."""
        ax = axes_or_new(ax)
        if len(self.classes) <= SHOWN:
            shares = self.confusion / np.maximum(self.confusion.sum(axis=1, keepdims=True), 1)
            ax.imshow(shares, vmin=0, vmax=1, cmap="Blues")
            names = drawn(self.classes)
            ax.set_xticks(range(len(names)), names, rotation=90)
            ax.set_yticks(range(len(names)), names)
        else:
            pairs = [" → ".join(drawn((true, taken))) for true, taken, _ in self.worst[::-1]]
            ax.barh(range(len(pairs)), [count for *_, count in self.worst[::-1]])
            ax.set_yticks(range(len(pairs)), pairs)
        ax.set_xlabel("taken for" if len(self.classes) <= SHOWN else "items")
        return ax


R = TypeVar("R", bound=ClassResult)


@dataclass(frozen=True, eq=False)
class Task:
    """What is classified, and rightly as what."""

    truth: Int[np.ndarray, " n"]
    """Class number of every item."""
    classes: tuple[str, ...]
    objects: Int[np.ndarray, " n"]
    """Object number of every item."""


def classified(
    kind: Callable[..., R],
    name: str,
    scores: Float[np.ndarray, "n c"],
    task: Task,
    rng: np.random.Generator,
) -> R:
    """The result of scores of every item for every class, larger is closer.

    Classes of equal score share the first place. The null permutes the labels among objects
    while the answers stay as they are: chance follows how often each class is answered.
    """
    five = top5_of(scores, task)
    return answered(partial(kind, top5=five), name, top_probabilities(scores), task, rng)


def top5_of(scores: Float[np.ndarray, "n c"], task: Task) -> float:
    """Share of items whose class is among the five of the highest scores; ties are shared out."""
    size = scores.shape
    among = above_and_tied(scores.copy(), np.arange(size[0]), task.truth)
    ranks = Ranks.of_items(np.arange(size[0]), *among, size)
    return float(hit_chances(ranks, min(5, size[1])).mean())


def answered(
    kind: Callable[..., R],
    name: str,
    answers: Float[np.ndarray, "n c"],
    task: Task,
    rng: np.random.Generator,
) -> R:
    """The result of the probability with which each item is given each class; else as above."""
    truth, classes, objects = task.truth, task.classes, task.objects
    rows, c, n = np.arange(len(truth)), len(classes), len(np.unique(objects))
    right = answers[rows, truth].astype(np.float64)
    confusion = np.zeros((c, c))
    row, column = np.nonzero(answers)
    np.add.at(confusion, (truth[row], column), answers[row, column])
    draws = answers[rows, permuted_labels(truth, objects, rng, DRAWS)].mean(axis=1)
    null = chance("label", float(right.mean()), draws, note="class labels dealt anew to objects")
    count = np.bincount(truth, minlength=c)
    recalls = np.divide(np.diag(confusion), count, out=np.full(c, np.nan), where=count > 0)
    return kind(
        name=name,
        value=float(right.mean()),
        n=n,
        interval=wilson_interval(right, objects) if n >= LEAST else None,
        null=replace(null, mean=float((count / len(rows)) @ answers.mean(axis=0))),
        class_recall=float(np.nanmean(recalls)),
        items=len(rows),
        classes=classes,
        recalls=tuple(recalls.tolist()),
        confusion=confusion,
        worst=confusions(confusion, classes),
    )


def confusions(
    confusion: Float[np.ndarray, "c c"], classes: tuple[str, ...], most: int = 10
) -> tuple[tuple[str, str, float], ...]:
    """The most frequent wrong answers: class, answer, items."""
    wrong = confusion - np.diag(np.diag(confusion))
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    cells = zip(*np.unravel_index(order, wrong.shape), strict=True)
    return tuple((classes[i], classes[j], float(wrong[i, j])) for i, j in cells if wrong[i, j] > 0)
