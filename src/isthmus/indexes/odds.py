"""How probable is it that an item matches a query? Learned where it is known what belongs together.

A similarity means one thing for a text and a picture, another for two pictures, and some queries
and some items are near to everything. For each ordered pair of modalities the log odds of a match
are a line over three numbers: the similarity, its place among what the query meets in the gallery,
and its place among what the item meets from other queries.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors, fingerprint, unit
from isthmus.engine.jobs import bar
from isthmus.engine.shards import embed_shard
from isthmus.indexes.backgrounds import Background, background
from isthmus.records import dataclass
from isthmus.scores.odds import logistic
from isthmus.scores.rules import direction
from isthmus.store import read_tensors, write_tensors
from isthmus.types import Encoder, RequestError, World
from isthmus.types.links import owners_of

NEGATIVES = 99
"""A match in the sample that the line is fitted to: most pairs of a search are none."""
BLOCK = 128
"""Queries that are scored at once."""
FEWEST = 8
"""Objects from which on odds are learned."""
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
        """Whether a direction was learned."""
        return direction(query, gallery) in self.lines

    def ratios(
        self, query: str, gallery: str, sides: Sides, met: Background
    ) -> Float[np.ndarray, "q k"]:
        """Log likelihood ratios of a match of queries with items.

        Args:
            query: modality that asks.
            gallery: modality of the items.
            sides: unit vectors of queries and of items.
            met: background of the gallery that the items are of.
        """
        *slopes, start = self.lines[direction(query, gallery)]
        return numbers(sides, met, self.asking[query]) @ np.array(slopes) + start

    def prior(self, query: str, gallery: str, count: int) -> float:
        """Log odds that one of so many items matches, before it is looked at."""
        share = min(0.5, self.matches[direction(query, gallery)] / max(count, 1))
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
    met = {name: background(x) for name, x in vectors.items()}
    if len(set().union(*(one.tolist() for one in objects.values()))) < FEWEST:
        raise RequestError(f"Odds of a match are learned from {FEWEST} objects or more.")
    lines: dict[str, np.ndarray] = {}
    matches: dict[str, float] = {}
    for query in vectors:
        for gallery in vectors:
            found = _pairs(vectors, objects, met, (query, gallery))
            if found is None:
                continue
            there, absent, share = found
            lines[direction(query, gallery)] = logistic(there, absent)
            matches[direction(query, gallery)] = share
    if not lines:
        raise RequestError(f"No two items of {world} belong together: odds need some that do.")
    return Odds(met, lines, matches, world)


def _pairs(
    vectors: Mapping[str, Vectors],
    objects: Mapping[str, np.ndarray],
    met: Mapping[str, Background],
    way: tuple[str, str],
) -> tuple[np.ndarray, np.ndarray, float] | None:
    """Numbers of matches and of others, and matches of a query; None without any match."""
    query, gallery = way
    rng = np.random.default_rng([0, *direction(*way).encode()])
    there, absent = list[np.ndarray](), list[np.ndarray]()
    for start in range(0, len(vectors[query]), BLOCK):
        some = vectors[query][start : start + BLOCK]
        block = numbers((some, vectors[gallery]), met[gallery], met[query])
        for row, every in enumerate(block, start):
            same = objects[gallery] == objects[query][row]
            own = np.flatnonzero(same & (np.arange(len(same)) != row if query == gallery else True))
            drawn = rng.permutation(np.flatnonzero(~same))[: NEGATIVES * max(len(own), 1)]
            there.append(every[own])
            absent.append(every[drawn])
    if not sum(map(len, there)):
        return None
    return np.concatenate(there), np.concatenate(absent), sum(map(len, there)) / len(there)


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
