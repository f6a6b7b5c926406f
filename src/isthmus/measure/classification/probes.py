"""Probes: can a class be read from the vectors by a simple rule, on objects it never saw?"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np
from jaxtyping import Float, Int

from isthmus.arrays import Vectors, unit
from isthmus.measure.classification.classifications import (
    ClassResult,
    Task,
    answered,
    classified,
    top5_of,
)
from isthmus.measure.statistics import (
    Labels,
    SetLike,
    check_whole,
    labelled,
    seeded,
    top_probabilities,
)
from isthmus.records import amount, dataclass
from isthmus.types import RequestError

STRENGTHS = (100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01)
"""Ridge strengths tried, strongest first, in units of the mean eigenvalue of x'x."""


def ridge(
    x: Vectors,
    y: Int[np.ndarray, " n"],
    held_out: Float[np.ndarray, "m d"],
    objects: Int[np.ndarray, " n"],
) -> Float[np.ndarray, "m c"]:
    """Ridge regression on class indicators.

    Its strength is the one that reads the classes of a third of the training objects best from
    the others, each third in turn, so that views of one object cannot vouch for each other.
    """
    third = np.unique(objects, return_inverse=True)[1] % 3
    right = np.zeros(len(STRENGTHS))
    for fold in range(3):
        inner = third == fold
        fits = least_squares(x[~inner], y[~inner], int(y.max()) + 1, STRENGTHS)
        right += [(answers(fit, x[inner]).argmax(axis=1) == y[inner]).sum() for fit in fits]
    best = STRENGTHS[int(np.argmax(right))]  # the strongest among equals: argmax takes the first
    return answers(least_squares(x, y, int(y.max()) + 1, (best,))[0], held_out)


def least_squares(
    x: Vectors, y: Int[np.ndarray, " n"], c: int, strengths: tuple[float, ...]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """(weights, offsets) of each strength, given in units of the mean eigenvalue of x'x."""
    middle, target = x.mean(axis=0), np.eye(c, dtype=np.float32)[y]
    centred = x - middle
    values, vectors = np.linalg.eigh(centred.T @ centred)
    cross = vectors.T @ (centred.T @ (target - target.mean(axis=0)))
    scale = max(float(values.mean()), 1e-12)
    weights = [vectors @ (cross / (values + s * scale)[:, None]) for s in strengths]
    return [(w, target.mean(axis=0) - middle @ w) for w in weights]


def answers(fit: tuple[np.ndarray, np.ndarray], x: Vectors) -> Float[np.ndarray, "n c"]:
    """The fitted class indicators."""
    return x @ fit[0] + fit[1]


Rule = Callable[[Vectors, Int[np.ndarray, " n"], np.ndarray], Float[np.ndarray, "m c"]]
"""(training vectors, their classes 0..c-1, held-out vectors) -> scores."""

HELD_OUT = 1 / 3
"""Share of the objects that the rule never sees."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ProbeResult(ClassResult):
    """Held-out accuracy of a rule that was fitted to other objects."""

    trained_on: int
    """Items that the rule was fitted to."""
    rule: str
    sentence = (
        "Classified by {self.rule} fitted to {self.trained_on} items of other objects: "
        "{self.summary}."
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class LinearProbeResult(ProbeResult):
    """Held-out accuracy of a linear rule."""

    paper = "Alain & Bengio 2016, arXiv 1610.01644; here by ridge regression on class indicators"


@dataclass(frozen=True, eq=False, kw_only=True)
class KnnProbeResult(ProbeResult):
    """Held-out accuracy of a vote among nearest neighbours."""

    paper = "Cover & Hart 1967, IEEE Transactions on Information Theory 13(1)"


@dataclass(frozen=True, eq=False, kw_only=True)
class PrototypeProbeResult(ProbeResult):
    """Held-out accuracy of the nearest class mean."""

    paper = "Snell et al. 2017, arXiv 1703.05175, equation 2, with the cosine"


@dataclass(frozen=True, eq=False, kw_only=True)
class FewShotResult(ProbeResult):
    """Held-out accuracy of the nearest mean of a few objects of each class, over many choices."""

    paper = "Snell et al. 2017, arXiv 1703.05175, section 3.1, with the cosine"


P = TypeVar("P", bound=ProbeResult)


@dataclass(frozen=True, eq=False)
class Trial:
    """Vectors and classes of training objects, and those held out."""

    x: Vectors
    """Unit vectors to fit to."""
    y: Int[np.ndarray, " n"]
    """Their classes, as numbers of the task's classes."""
    objects: Int[np.ndarray, " n"]
    """Their objects."""
    held_out: Float[np.ndarray, "m d"]
    task: Task
    rng: np.random.Generator

    def scored(self, rule: Rule) -> Float[np.ndarray, "m c"]:
        """Scores of the held-out items for every class; classes never seen come last."""
        known, y = np.unique(self.y, return_inverse=True)
        scores = np.full((len(self.held_out), len(self.task.classes)), -np.inf)
        scores[:, known] = rule(self.x, y, self.held_out)
        return scores

    def result(self, kind: Callable[..., P], name: str, words: str, rule: Rule) -> P:
        """What the rule, in ``words``, reads of the held-out items."""
        made = partial(kind, trained_on=len(self.y), rule=words)
        return classified(made, name, self.scored(rule), self.task, self.rng)


def trial(
    a: SetLike, labels: Labels, objects: Labels | None, rng: np.random.Generator | None
) -> Trial:
    """A random third of the objects held out.

    Raises:
        RequestError: fewer than two classes are left to learn, or no held-out class is among
            them.
    """
    rng = seeded(rng)
    shown = labelled(a, labels, objects, rng)
    classes, numbers = np.unique(shown.names, return_inverse=True)
    groups, vectors = shown.objects, shown.items.unit
    count = int(groups.max()) + 1
    out = (rng.permutation(count) < max(1, round(HELD_OUT * count)))[groups]
    known = np.unique(numbers[~out])
    if len(known) < 2 or not np.isin(numbers[out], known).any():
        raise RequestError(
            f"A probe learns classes from some objects and is asked about others; of the "
            f"{len(classes)} classes of {count} objects, {len(known)} are left to learn and none "
            "or too few to ask: label several objects alike, in two classes or more."
        )
    task = Task(numbers[out], tuple(classes.tolist()), groups[out])
    return Trial(vectors[~out], numbers[~out], groups[~out], vectors[out], task, rng)


def linear_probe(
    a: SetLike,
    labels: Labels,
    *,
    objects: Labels | None = None,
    rng: np.random.Generator | None = None,
) -> LinearProbeResult:
    """Share of unseen objects whose class a linear rule reads from their vectors.

    Ridge regression on class indicators, fitted to two thirds of the objects; its strength is
    chosen among these. The null permutes the labels of the unseen objects.

    Args:
        a: items of one modality.
        labels: class name of every item, in order or by id.
        objects: which items are of one object, in order or by id; whole objects are held out.
        rng: draws the held-out objects, the bootstrap and the permuted labels.

    Raises:
        RequestError: an item has no label, or there is no class to learn and to ask.
    """
    found = trial(a, labels, objects, rng)
    rule = partial(ridge, objects=found.objects)
    return found.result(LinearProbeResult, "linear probe", "a linear rule", rule)


def knn_probe(
    a: SetLike,
    labels: Labels,
    *,
    k: int = 10,
    objects: Labels | None = None,
    rng: np.random.Generator | None = None,
) -> KnnProbeResult:
    """Share of unseen objects whose class most of their k nearest training items have.

    Classes with equally many votes share the answer; arguments and null as in
    ``linear_probe``.

    Raises:
        RequestError: k < 1, an item has no label, or there is no class to learn and to ask.
    """
    check_whole(k, "A vote is of k neighbours")
    name, words = f"{k}-nearest-neighbour probe", f"a vote of {k} neighbours"
    found = trial(a, labels, objects, rng)
    return found.result(KnnProbeResult, name, words, partial(neighbours, k=k))


def prototype_probe(
    a: SetLike,
    labels: Labels,
    *,
    objects: Labels | None = None,
    rng: np.random.Generator | None = None,
) -> PrototypeProbeResult:
    """Share of unseen objects that are nearest to the mean vector of their own class.

    The simplest rule there is: few items per class suffice. Arguments and null as in
    ``linear_probe``.

    Raises:
        RequestError: an item has no label, or there is no class to learn and to ask.
    """
    found = trial(a, labels, objects, rng)
    return found.result(
        PrototypeProbeResult, "prototype probe", "the nearest class mean", prototypes
    )


CHOICES = 20
"""Of the few objects of each class, over which answers are averaged."""


def few_shot(
    a: SetLike,
    labels: Labels,
    *,
    shots: int = 5,
    objects: Labels | None = None,
    rng: np.random.Generator | None = None,
) -> FewShotResult:
    """Share of unseen objects that are nearest to the mean of a few objects of their own class.

    The few are drawn 20 times from two thirds of the objects, fewer where a class has no more, and
    all items of a drawn object count; arguments and null as in ``linear_probe``.

    Raises:
        RequestError: shots < 1, an item has no label, or there is no class to learn and to ask.
    """
    check_whole(shots, "Few-shot classification is by a number of objects of each class")
    found, taken = trial(a, labels, objects, rng), list[Trial]()
    pairs = np.unique(np.stack([found.y, found.objects], axis=1), axis=0)
    for _ in range(CHOICES):
        order = found.rng.permutation(len(pairs))
        kept = order[np.argsort(pairs[order, 0], kind="stable")]
        _, start = np.unique(pairs[kept, 0], return_index=True)
        place = np.arange(len(kept)) - np.repeat(start, np.diff([*start, len(kept)]))
        few = {(y, one) for y, one in pairs[kept[place < shots]].tolist()}
        rows = [pair in few for pair in zip(found.y.tolist(), found.objects.tolist(), strict=True)]
        some = np.array(rows)
        taken.append(replace(found, x=found.x[some], y=found.y[some], objects=found.objects[some]))
    scores = [one.scored(prototypes) for one in taken]
    made = partial(
        FewShotResult,
        trained_on=round(np.mean([len(one.y) for one in taken])),
        rule=f"the nearest mean of {amount(shots, 'object')} of each class, drawn {CHOICES} times",
        top5=float(np.mean([top5_of(one, found.task) for one in scores])),
    )
    answers = np.mean([top_probabilities(one) for one in scores], axis=0)
    return answered(made, f"few-shot, {shots} of each", answers, found.task, found.rng)


def neighbours(
    x: Vectors, y: Int[np.ndarray, " n"], held_out: Float[np.ndarray, "m d"], k: int
) -> Float[np.ndarray, "m c"]:
    """Share of the k nearest items in each class."""
    from sklearn.neighbors import KNeighborsClassifier

    model = KNeighborsClassifier(n_neighbors=min(k, len(x)), algorithm="brute").fit(x, y)
    return np.asarray(model.predict_proba(held_out))


def prototypes(
    x: Vectors, y: Int[np.ndarray, " n"], held_out: Float[np.ndarray, "m d"]
) -> Float[np.ndarray, "m c"]:
    """Cosine with the mean unit vector of each class."""
    sums = np.zeros((int(y.max()) + 1, x.shape[1]))
    np.add.at(sums, y, x)
    return held_out @ unit(sums).T
