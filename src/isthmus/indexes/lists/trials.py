"""How many lists and candidates approximate search takes, tried on held-out queries."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Int

from isthmus.arrays import Vectors
from isthmus.indexes.exact import Rows, nearest
from isthmus.indexes.lists.approximate import (
    SEED,
    Found,
    Prepared,
    Setting,
    centres_of,
    closeness,
    digest,
    looked_up,
    read,
    write,
)

WANTED = 0.985
"""Recall that is tuned for, on every kind of queries."""
DEPTHS = (10, 100)
"""Items asked for that it is tuned for; who asks for more is answered exactly."""
AGAIN = (5, 10, 20, 30, 50, 100, 200)
"""Candidates an item that are scored again: the fewest that are enough where all lists are seen."""
MORE = 4
"""Times as many lists as rows among themselves take: it is these that the centres were fitted on,
and what was not indexed lies between the lists more often."""
CODES_MISS = 0.01
"""Share that codes may miss in that look."""
HELD_OUT = 256
"""Queries of a kind, every fourth of them for what takes long."""
LEAST = 16
"""Of a kind that are counted, where a kind has more."""
APART = 0.05
"""Share of the rows that are farther from their centres than is usual for queries that are far."""
CROWDED = 1e-3
"""Where the nearest differ by less in similarity, what is so much worse is as good: which of a
hundred pictures that are all but the same come first is chance."""
TIE = 1e-6
"""Scores that are as good: items may have equal vectors."""
Kinds: TypeAlias = Mapping[str, tuple[Vectors, Int[np.ndarray, " q"]]]
"""Held-out queries of each kind, and which rows they are themselves, or -1."""


def prepare(
    path: Path, rows: Rows, queries: Mapping[str, Vectors], before: Prepared | None = None
) -> Prepared:
    """Write inverted lists where they are not yet, and try how many must be looked into.

    Args:
        path: of their file.
        rows: unit vectors.
        queries: further kinds of held-out queries beside the rows themselves, each of which is
            looked for among all others.
        before: what the last generation says; its file stays where it is of the same rows.

    Raises:
        ExtraMissingError: Faiss is not installed.
    """
    known = before is not None and before.file == path.name and path.is_file()
    if not (before and known and before.digest == digest(path)):
        write(path, rows)
    index = read(path)
    own = np.sort(np.random.default_rng(SEED).permutation(len(rows))[:HELD_OUT])
    kinds = {"among themselves": (np.asarray(rows[own], np.float32), own)}
    kinds |= {name: (some, np.full(len(some), -1)) for name, some in queries.items() if len(some)}
    centres = centres_of(index)
    close = {name: closeness(some, centres) for name, (some, _) in kinds.items()}
    border = _border([*close.values()])
    settings = list[Setting]()
    for far in (False, True):
        some = {name: (asked[(close[name] < border) == far], own[(close[name] < border) == far])
                for name, (asked, own) in kinds.items()}  # fmt: skip
        most = max(len(asked) for asked, _ in some.values())
        some = {name: one for name, one in some.items() if len(one[0]) >= min(most, LEAST) > 0}
        found = (_tuned(index, rows, some, depth, far) for depth in DEPTHS if some)
        settings += [one for one in found if one]
    settings = sorted(settings, key=lambda one: (one.depth, one.far))
    return Prepared(path.name, digest(path), len(centres), border, tuple(settings))


def _border(close: Sequence[np.ndarray]) -> float:
    """Halfway between what is usual among the rows and for the kind of queries farthest from them.

    Where no kind is apart from the rows, what is the least of all: of queries beyond nothing is
    known, and so they are answered exactly.

    Args:
        close: how close the rows are to their centres, and then each further kind of queries.
    """
    usual = [float(np.median(some)) for some in close]
    if min(usual) >= np.quantile(close[0], APART):
        return float(min(some.min() for some in close))
    return round((usual[0] + min(usual)) / 2, 6)


def _tuned(index: Any, rows: Rows, kinds: Kinds, depth: int, far: bool) -> Setting | None:
    """The fewest candidates, and then the fewest lists, that are enough for every kind."""
    if depth >= len(rows):
        return None
    truth = {name: nearest(some, rows, depth + 1) for name, (some, _) in kinds.items()}
    few = {name: (some[::4], own[::4]) for name, (some, own) in kinds.items()}
    truth_of_few = {name: (some[::4], numbers[::4]) for name, (some, numbers) in truth.items()}
    every = len(centres_of(index))
    again = AGAIN[-1]
    for again in AGAIN:
        asked = Setting(depth, every, again * depth, far, {})
        found = _tried(index, rows, few, truth_of_few, asked)
        if min(found.recall.values()) >= 1 - CODES_MISS:
            break
    numbers = [round(2 ** (step / 8)) for step in range(8 * every.bit_length())]
    numbers = sorted({number for number in numbers if number <= every})

    def tried(probed: int) -> Setting:
        return _tried(index, rows, kinds, truth, Setting(depth, probed, again * depth, far, {}))

    least = bisect_left(numbers, True, key=lambda n: min(tried(n).recall.values()) >= WANTED)
    if least == len(numbers):
        return None
    return tried(min(numbers[least] * (1 if far else MORE), every))


def _tried(
    index: Any, rows: Rows, kinds: Kinds, truth: Mapping[str, Found], setting: Setting
) -> Setting:
    """A setting with the recall of each kind of queries."""
    recall = dict[str, float]()
    for name, (some, own) in kinds.items():
        found = looked_up(index, some, rows, setting.depth + 1, setting)
        recall[name] = round(_recall(found, truth[name], own, setting.depth), 4)
    return replace(setting, recall=recall)


def _recall(found: Found, truth: Found, own: Int[np.ndarray, " q"], depth: int) -> float:
    """Share of the nearest items that were found, or as good ones; a query's own row aside."""
    wanted, scores = (
        np.where(numbers == own[:, None], -np.inf, scores) for scores, numbers in (truth, found)
    )
    least = -np.partition(-wanted, depth - 1, axis=1)[:, depth - 1, None]
    crowded = wanted.max(axis=1, keepdims=True) - least < CROWDED
    right = ((scores >= least - np.where(crowded, CROWDED, TIE)) & (found[1] >= 0)).sum(axis=1)
    return float(np.minimum(right, depth).mean() / depth)
