"""Labels: one class name per row, which rows belong to one object, and labels permuted."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Int

from isthmus.measure.statistics.inputs import SetLike, as_set
from isthmus.measure.statistics.samples import take_rows
from isthmus.measure.statistics.searches import MOST_QUERIES, sampled_rows
from isthmus.records import amount, dataclass, short
from isthmus.types import EmbeddingSet, RequestError

Labels: TypeAlias = Mapping[str, Any] | Sequence[Any] | np.ndarray
"""A name per row in the order of the set, or a mapping from id to name."""

NONE = ("None", "nan", "<NA>", "NaT")
"""How tables of others say that there is no name."""


def names_of(a: EmbeddingSet, labels: Labels, what: str = "label") -> np.ndarray:
    """One name per row, as text.

    Raises:
        RequestError: an id has no name, or there are more or fewer names than rows.
    """
    rows: Any = labels
    many = isinstance(rows, Iterable) and not isinstance(rows, str)
    if isinstance(labels, Mapping):
        given = [labels.get(name) for name in a.ids]
    elif not many or len(given := [*labels]) != len(a):
        raise RequestError(
            f"Every row needs one {what}, but there are {amount(len(a), f'{a.modality} item')} and "
            f"{amount(len([*labels]), what) if many else short(labels)}."
        )
    pairs = zip(a.ids, given, strict=True)
    if missing := [name for name, one in pairs if str(one) in NONE and not isinstance(one, str)]:
        raise RequestError(
            f"Every {a.modality} item needs a {what}, but {len(missing)} of {len(a)} have "
            f"none; the first is {missing[0]!r}."
        )
    return np.array([*map(str, given)])


@dataclass(frozen=True, eq=False)
class Labelled:
    """Items with a class name and an object number each."""

    items: EmbeddingSet
    names: np.ndarray
    """Class name of every item, as text."""
    objects: Int[np.ndarray, " n"]
    """Object number of every item, 0, 1, ..."""


def labelled(
    a: SetLike, labels: Labels, objects: Labels | None, rng: np.random.Generator
) -> Labelled:
    """The items with their labels; of many, those of random whole objects.

    Without ``objects`` every item is one of its own.

    Raises:
        RequestError: an item has no label or no object.
    """
    items = as_set(a)
    names, groups = names_of(items, labels), np.arange(len(items))
    if objects is not None:
        groups = np.unique(names_of(items, objects, "object"), return_inverse=True)[1]
    rows = sampled_rows(np.arange(len(items)), groups, MOST_QUERIES, rng)
    return Labelled(
        items if len(rows) == len(items) else take_rows(items, rows),
        names[rows],
        np.unique(groups[rows], return_inverse=True)[1],
    )


def permuted_labels(
    truth: Int[np.ndarray, " n"],
    objects: Int[np.ndarray, " n"],
    rng: np.random.Generator,
    draws: int,
) -> Int[np.ndarray, "b n"]:
    """Labels permuted: among objects where each has one label, else within every object.

    Whole objects trade their label, because the rows of one object are not independent. Where
    an object carries several labels (one picture in six styles), they trade places inside it.
    """
    _, first, number = np.unique(objects, return_index=True, return_inverse=True)
    if (truth == truth[first][number]).all():
        return np.stack([truth[first][rng.permutation(len(first))][number] for _ in range(draws)])
    home = np.argsort(objects, kind="stable")
    permuted = np.empty((draws, len(truth)), dtype=truth.dtype)
    for row in permuted:
        row[home] = truth[np.lexsort((rng.random(len(objects)), objects))]
    return permuted
