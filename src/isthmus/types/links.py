"""Links: which item of one set belongs to which item of another, many to many."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from isthmus.records import amount, dataclass, short
from isthmus.types.choosing import Names
from isthmus.types.errors import RequestError
from isthmus.types.sets import EmbeddingSet


@dataclass(frozen=True, eq=False)
class Links:
    """Pairs of ids (a, b), resolved to rows only on use, so that a skipped item shifts nothing.

    Example:
        >>> Links([("cat.jpg", "cat.jpg#0"), ("cat.jpg", "cat.jpg#1")])
        Links(2 pairs, 1 x 2 items)
    """

    pairs: tuple[tuple[str, str], ...]
    """(k, 2) ids, distinct pairs."""

    def __init__(self, pairs: Iterable[Sequence[str]]) -> None:
        try:
            distinct = dict.fromkeys(map(_pair, pairs))
        except (TypeError, ValueError) as error:
            raise RequestError(
                "Links are pairs of ids, one of each set, such as [('a.jpg', 'a cat')], not "
                f"{short(pairs)} ({error})."
            ) from error
        object.__setattr__(self, "pairs", Names(distinct))

    def __len__(self) -> int:
        return len(self.pairs)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.pairs)

    def __repr__(self) -> str:
        a, b = (len({pair[side] for pair in self.pairs}) for side in (0, 1))
        return f"Links({amount(len(self), 'pair')}, {a} x {b} items)"

    @property
    def reversed(self) -> "Links":
        """The same links seen from b."""
        turned = object.__new__(Links)  # distinct pairs stay distinct
        object.__setattr__(turned, "pairs", Names((b, a) for a, b in self.pairs))
        return turned

    def rows(self, a: EmbeddingSet, b: EmbeddingSet) -> np.ndarray:
        """(k, 2) row numbers of the pairs whose two items are present, sorted.

        Raises:
            RequestError: not one pair has both its items in the sets.
        """
        rows = np.empty((len(self), 2), dtype=np.int64)
        for side, some in enumerate((a, b)):
            found = (some.row.get(pair[side], -1) for pair in self.pairs)
            rows[:, side] = np.fromiter(found, dtype=np.int64, count=len(self))
        rows = rows[(rows >= 0).all(axis=1)]
        if not len(rows):
            raise RequestError(
                f"Not one link of {len(self):,} joins an id of the {a.modality} set (such as "
                f"{_first(a)}) to one of the {b.modality} set (such as {_first(b)})."
            )
        return rows[np.lexsort((rows[:, 1], rows[:, 0]))]

    @staticmethod
    def between(a: EmbeddingSet, b: EmbeddingSet, links: "Links | None" = None) -> np.ndarray:
        """Rows of the given links or, without links, of equal ids; never of row order.

        Raises:
            RequestError: no links were given and no id is in both sets.
        """
        if not len(a) or not len(b):
            raise RequestError("There is nothing to link: a set is empty.")
        if links is not None:
            return links.rows(a, b)
        if a.ids == b.ids:
            return np.repeat(np.arange(len(a), dtype=np.int64)[:, None], 2, axis=1)
        found = [(row, b.row[name]) for row, name in enumerate(a.ids) if name in b.row]
        if not found:
            raise RequestError(
                f"Which {a.modality} belongs to which {b.modality}? No links were given and no id "
                f"is in both sets ({_first(a)}, ... and {_first(b)}, ...): pass isthmus.Links, or "
                "give linked items equal ids, as isthmus.embed(space, {id: item}) does."
            )
        return np.array(found, dtype=np.int64)


def objects_of(rows: np.ndarray, n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    """The whole object that each row of a (n) and of b (m) belongs to, as numbers.

    Objects are the connected components of the links: all captions of an image, all views of
    a shape. They are what is resampled, permuted and split, never single rows. Rows without a
    link are objects of their own.
    """
    # SciPy's graph module takes 60 ms to import
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = (rows[:, 0], rows[:, 1] + n)
    graph = coo_array((np.ones(len(rows), dtype=np.int8), ends), shape=(n + m, n + m))
    _, labels = connected_components(graph, directed=False)
    _, labels = np.unique(labels, return_inverse=True)
    return labels[:n], labels[n:]


def owners_of(
    ids: Mapping[str, Sequence[str]], links: Mapping[tuple[str, str], Links]
) -> dict[str, np.ndarray]:
    """The whole object that each item of many modalities belongs to, as numbers.

    Args:
        ids: of the items, by modality.
        links: by pairs of modalities; of items that are not there they are passed over.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows = {key: row for row, key in enumerate((m, name) for m in ids for name in ids[m])}
    ends = [
        (rows[a, one], rows[b, other])
        for (a, b), pairs in links.items()
        for one, other in pairs
        if (a, one) in rows and (b, other) in rows
    ]
    first, second = np.array(ends, np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(first), np.int8), (first, second)), shape=2 * (len(rows),))
    _, labels = connected_components(graph, directed=False)
    starts = np.cumsum([0, *map(len, ids.values())])
    return {m: labels[a:b] for m, a, b in zip(ids, starts, starts[1:], strict=False)}


def _pair(ids: Any) -> tuple[str, str]:
    a, b = [ids] if isinstance(ids, str) else ids  # of the names of a table's columns, say
    return str(a), str(b)


def _first(items: EmbeddingSet) -> str:
    return repr(items.ids[0]) if items.ids else "none: the set is empty"
