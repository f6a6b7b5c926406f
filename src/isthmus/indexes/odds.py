"""How probable is it that an item matches a query? Learned where it is known what belongs together.

A similarity means one thing for a text and a picture, another for two pictures, and some queries
and some items are near to everything. For each ordered pair of modalities the log odds of a match
are a line over three numbers: the similarity, its place among what the query meets in the gallery,
and its place among what the item meets from other queries; of one modality the first two. Items of
a modality that was not learned are ranked by a line over the second number, learned on all others;
they have no probability.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors, evenly_spaced, fingerprint, unit
from isthmus.engine.jobs import bar
from isthmus.engine.shards import embed_shard
from isthmus.indexes.backgrounds import Background, background
from isthmus.records import dataclass
from isthmus.scores.odds import logistic
from isthmus.scores.rules import direction
from isthmus.store import read_tensors, write_tensors
from isthmus.types import Encoder, RequestError, World
from isthmus.types.links import owners_of

SHARE = 0.1
"""Weight of matches when a line is fitted: between one in two and one in a hundred."""
FEWEST = 8
"""Objects from which on odds are learned."""
MOST = 600
"""Items of a modality that odds are learned from."""
OTHERS = 100
"""Items that are thought to be there besides, none of which matches."""
ANY = "*"
"""In place of a gallery's modality: the line of galleries that were not learned."""
FORMAT = 1


Sides = tuple[Float[np.ndarray, "q d"], Float[np.ndarray, "k d"]]
"""Unit vectors of queries and of items."""


@dataclass(frozen=True, eq=False)
class Odds:
    """Log odds of a match, for every ordered pair of modalities that was learned."""

    asking: Mapping[str, Background]
    """Of what asks, by modality."""
    lines: Mapping[str, Float[np.ndarray, " 4"]]
    """By direction, such as ``text>image``: slopes of the three numbers, and the log likelihood
    ratio where all are 0."""
    matches: Mapping[str, float]
    """Matches of a query, by direction."""
    world: str
    """That they were learned on."""

    def knows(self, query: str, gallery: str) -> bool:
        """Whether a direction was learned, so that its probabilities mean what they say."""
        return direction(query, gallery) in self.lines

    def ranks(self, query: str) -> bool:
        """Whether a list for queries of this modality can be ranked: one direction was learned."""
        return direction(query, ANY) in self.lines

    def _way(self, query: str, gallery: str) -> str:
        """The direction, or the one that stands for it."""
        return direction(query, gallery if self.knows(query, gallery) else ANY)

    def ratios(
        self, query: str, gallery: str, sides: Sides, met: Background, asking: Background | None
    ) -> Float[np.ndarray, "q k"]:
        """Log likelihood ratios of a match of queries with items.

        Args:
            query: modality that asks.
            gallery: modality of the items.
            sides: unit vectors of queries and of items.
            met: background of the gallery that the items are of.
            asking: background of the gallery's items of the query's modality; None for that of
                the queries that the odds were learned from.
        """
        found = numbers(sides, met, self.asking[query] if asking is None else asking)
        return on_line(found, self.lines[self._way(query, gallery)])

    def expected(self, query: str, gallery: str) -> float:
        """Matches of a query, as on what the odds were learned from."""
        return self.matches[self._way(query, gallery)]

    def prior(self, query: str, gallery: str, count: int) -> float:
        """Log odds that one of so many items matches, before it is looked at.

        As if a hundred more were there that do not: of three items none is likely by that alone.
        """
        share = min(0.5, self.expected(query, gallery) / (count + OTHERS))
        return float(np.log(share / (1 - share)))


def numbers(sides: Sides, met: Background, asking: Background) -> Float[np.ndarray, "q k 3"]:
    """What the odds are a line over."""
    queries, items = (np.asarray(some, np.float64) for some in sides)
    similarity = queries @ items.T
    return np.stack(
        [similarity, met.among(queries, similarity), asking.among(items, similarity.T).T], axis=2
    )


def fit_odds(vectors: Mapping[str, Vectors], objects: Mapping[str, np.ndarray], world: str) -> Odds:
    """The odds of items whose objects are known.

    Args:
        vectors: unit vectors by modality.
        objects: the object of each row, by modality.
        world: what they are.

    Raises:
        RequestError: too few objects, or no two items of any modality belong together.
    """
    if len(set().union(*(one.tolist() for one in objects.values()))) < FEWEST:
        raise RequestError(f"Odds of a match are learned from {FEWEST} objects or more.")
    met = {name: background(x) for name, x in vectors.items()}
    rows = {name: evenly_spaced(np.arange(len(x)), MOST) for name, x in vectors.items()}
    some = {name: x[rows[name]] for name, x in vectors.items()}
    pairs: dict[tuple[str, str], _Pairs] = {}
    for a, one in some.items():
        for b, other in some.items():
            same = objects[a][rows[a]][:, None] == objects[b][rows[b]][None]
            mask = ~np.eye(len(same), dtype=bool) if a == b else np.ones(same.shape, bool)
            if (same & mask).any():
                found = numbers((one, other), met[b], met[a]).astype(np.float32)
                pairs[a, b] = _Pairs(found, same & mask, mask)
    if not pairs:
        raise RequestError(f"No two items of {world} belong together: odds need some that do.")
    lines = {direction(*way): _line(one, way) for way, one in pairs.items()}
    matches = {direction(*way): float(one.same.sum() / len(one.same)) for way, one in pairs.items()}
    for a in {way[0] for way in pairs}:
        lines[direction(a, ANY)] = _borrowed([one for way, one in pairs.items() if way[0] == a])
        matches[direction(a, ANY)] = float(
            np.mean([matches[direction(*way)] for way in pairs if way[0] == a])
        )
    return Odds(met, lines, matches, world)


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Pairs of one direction: what the odds are a line over, and which match and which count."""

    numbers: Float[np.ndarray, "q k 3"]
    same: np.ndarray
    """(q, k) of bool."""
    counted: np.ndarray


def on_line(
    some: Float[np.ndarray, "... f"], line: Float[np.ndarray, " f+1"]
) -> Float[np.ndarray, "..."]:
    """Slopes times numbers, and the constant."""
    return some @ line[:-1] + line[-1]


def _line(pairs: _Pairs, way: tuple[str, str]) -> Float[np.ndarray, " 4"]:
    """The line of a direction; of one modality its third slope is 0."""
    used = 2 if way[0] == way[1] else 3
    there, absent = (
        pairs.numbers[of & pairs.counted][:, :used] for of in (pairs.same, ~pairs.same)
    )
    *slopes, start = logistic(there, absent, SHARE)
    return np.array([*slopes, *[0.0] * (3 - used), start])


def _borrowed(some: Sequence[_Pairs]) -> Float[np.ndarray, " 4"]:
    """The line over the second number alone, which means the same in every gallery."""
    there, absent = (
        np.concatenate([x.numbers[(x.same == which) & x.counted][:, 1:2] for x in some])
        for which in (True, False)
    )
    slope, start = logistic(there, absent, SHARE)
    return np.array([0.0, slope, 0.0, start])


def odds_of(encoders: Mapping[str, Encoder], world: World, *, progress: bool = False) -> Odds:
    """The odds of a space, learned on the linked items of a world.

    Raises:
        RequestError: the space has no way for two of its linked modalities.
    """
    some = {name: items for name, items in world.items.items() if name in encoders}
    vectors: dict[str, np.ndarray] = {}
    rows: dict[str, Sequence[str]] = {}
    total = sum(map(len, some.values()))
    with bar(total, f"items of {world.name}, from which odds are learned", progress) as tick:
        for name, items in some.items():
            made = embed_shard(encoders[name], items, tick=tick)
            if made.ids:
                vectors[name], rows[name] = unit(np.asarray(made.made)), made.ids
    return fit_odds(vectors, owners_of(rows, world.links), world.name)


def write_odds(folder: Path, odds: Odds) -> str:
    """Keep odds in a folder; the name of their file."""
    arrays = {f"line {key}": line for key, line in odds.lines.items()}
    for name, one in odds.asking.items():
        arrays |= {f"mean {name}": one.mean, f"covariance {name}": one.covariance}
    about = {"format": str(FORMAT), "world": odds.world, "matches": json.dumps(odds.matches)}
    name = f"odds-{fingerprint(about, *(arrays[key] for key in sorted(arrays)))[:16]}.safetensors"
    write_tensors(folder / name, arrays, about)
    return name


def read_odds(path: Path) -> Odds:
    """Odds that were kept.

    Raises:
        RequestError: the file holds none, or is of a later isthmus.
    """
    try:
        arrays, about = read_tensors(path)
        if int(about["format"]) > FORMAT:
            raise RequestError(f"{path} was written by a later isthmus: update isthmus to read it.")
        names = [key.removeprefix("mean ") for key in arrays if key.startswith("mean ")]
        return Odds(
            {m: Background(arrays[f"mean {m}"], arrays[f"covariance {m}"]) for m in names},
            {key[5:]: np.asarray(x) for key, x in arrays.items() if key.startswith("line ")},
            {key: float(value) for key, value in json.loads(about["matches"]).items()},
            about["world"],
        )
    except (KeyError, ValueError, OSError) as error:
        raise RequestError(f"{path} holds no odds of a match ({error}): run isthmus index again "
                           "with --odds WORLD.") from error  # fmt: skip
