"""Class texts: zero-shot classification, by the nearest class name."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from isthmus.arrays import unit
from isthmus.measure.classification.classifications import ClassResult, Task, classified
from isthmus.measure.statistics import Labels, SetLike, as_set, labelled, scores_between, seeded
from isthmus.similarity.pooling import mean_of_vectors
from isthmus.types import EmbeddingSet, RequestError, Step, same_space

ClassTexts = SetLike | Mapping[str, SetLike]
"""A set whose ids are the class names, or the vectors of every class's prompts by name."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ZeroShotResult(ClassResult):
    """Share of items whose nearest class text is their own."""

    paper = "Radford et al. 2021, arXiv 2103.00020, section 3.1"
    sentence = "Classified by the nearest class text, without any training: {self.summary}."


def zero_shot(
    a: SetLike,
    labels: Labels,
    classes: ClassTexts,
    *,
    objects: Labels | None = None,
    rng: np.random.Generator | None = None,
) -> ZeroShotResult:
    """Share of items that are nearest to the text of their own class, with nothing trained.

    Args:
        a: items, usually images.
        labels: class name of every item, in order or by id.
        classes: a set whose ids are the class names or, by class name, the vectors of its
            prompts: unit vectors are averaged and the mean is scaled to length one again.
        objects: which items are of one object (views, styles), in order or by id; the unit of
            intervals and null.
        rng: draws the bootstrap, the permuted labels and, beyond 20,000 items, the items.

    Raises:
        RequestError: an item has no label, a label is no class, or there is one class only.
        SpaceMismatchError: a class text lives in another space.
    """
    rng = seeded(rng)
    shown = labelled(a, labels, objects, rng)
    texts = class_vectors(classes, shown.items)
    unknown = sorted(set(shown.names.tolist()) - set(texts.ids))
    if unknown:
        raise RequestError(
            f"Labels must be among the {len(texts)} classes (such as {texts.ids[0]!r}), but "
            f"{len(unknown)} are not; the first is {unknown[0]!r}."
        )
    scores = scores_between(shown.items, texts).whole
    task = Task(np.array([texts.row[name] for name in shown.names]), texts.ids, shown.objects)
    return classified(ZeroShotResult, "zero-shot top-1", scores, task, rng)


def class_vectors(classes: ClassTexts, items: EmbeddingSet) -> EmbeddingSet:
    """One vector per class, in the items' space."""
    if isinstance(classes, Mapping):
        sets = {name: as_set(texts, "class") for name, texts in classes.items()}
        for texts in sets.values():
            same_space(items.space, texts.space)
        means = np.array([mean_of_vectors(texts.unit) for texts in sets.values()])
        modality = next((texts.modality for texts in sets.values()), "class")
        found = EmbeddingSet(
            unit(means.reshape(len(sets), items.space.dim)),
            tuple(sets),
            modality,
            items.space,
            HISTORY,
        )
    else:
        found = as_set(classes, "class")
        same_space(items.space, found.space)
    if len(found) < 2:
        raise RequestError(
            f"Classifying needs two or more classes, but there is only {list(found.ids)}."
        )
    return found


HISTORY = (Step("average prompts"),)
