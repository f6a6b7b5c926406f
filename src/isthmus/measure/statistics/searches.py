"""Searches: every linked item of one set as a query to the other, with and without its links."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

from isthmus.measure.statistics.inputs import Pair
from isthmus.measure.statistics.nulls import DRAWS, pairings
from isthmus.measure.statistics.ranks import Ranks, Scores, ranked
from isthmus.records import dataclass
from isthmus.registry import find
from isthmus.similarity import SIMILARITIES
from isthmus.similarity.euclidean import dot
from isthmus.types import EmbeddingSet

MOST_QUERIES = 20_000
"""Beyond this, whole objects are sampled as queries; the gallery stays as it is."""

MOST_SCORES = 400_000_000
"""Likewise beyond this many scores of one direction."""

WHOLE = 100_000
"""Rows of a set up to which the gallery is the whole set."""

MOST_LINKS = 100_000
"""Likewise beyond this many links, whose ranks are looked up with 199 permuted ones each."""


@dataclass(frozen=True, eq=False)
class Search:
    """Queries of one set ranked against the whole other set."""

    ranks: Ranks
    """Question i · (1 + draws) is query i with its own links; the next ``draws`` questions are
    the same query with the links of other objects."""
    draws: int
    objects: Int[np.ndarray, " q"]
    """Object of each query: the exchangeable unit."""
    query: str
    """Modality of the queries."""
    gallery: str
    """Modality of the gallery."""
    uniform: bool
    """Each query is linked to one item and each item to one query: a permuted link meets every
    gallery item equally often."""

    def scored(
        self, formula: Callable[[Ranks], Float[np.ndarray, " q"]]
    ) -> Float[np.ndarray, "q b"]:
        """A formula's value for every query: column 0 with its links, others with permuted ones."""
        return formula(self.ranks).reshape(-1, 1 + self.draws)


def scores_between(queries: EmbeddingSet, gallery: EmbeddingSet) -> Scores:
    """Scores by the rule that the sets' space was fitted with or declares."""
    space = queries.space
    if space.rule is None and space.score == "cosine":  # sets keep their unit vectors
        return Scores(queries.unit, gallery.unit, dot)
    if space.rule is None:
        rule = find("similarities", SIMILARITIES, space.score)
    else:
        rule = space.rule.between(queries.modality, gallery.modality)
    return Scores(np.asarray(queries.vectors), np.asarray(gallery.vectors), rule)


def search(pair: Pair, rng: np.random.Generator) -> Search:
    """Items of a as queries to b."""
    links = pair.by_query
    rows = np.unique(links[:, 0])
    most = min(MOST_QUERIES, MOST_SCORES // len(pair.b), affordable(len(rows), len(links)))
    rows = sampled_rows(rows, pair.objects[0], most, rng)
    links = links[np.isin(links[:, 0], rows)]
    found = ranked_with_permuted(
        scores_between(pair.a, pair.b).of(rows),
        np.searchsorted(rows, links[:, 0]),
        with_permuted(links[:, 1], pairings(pair, rng)),
    )
    ends = [len(np.unique(pair.rows[:, side])) for side in (0, 1)]
    uniform = len(pair.rows) == ends[0] == ends[1] == len(pair.b)
    return Search(found, DRAWS, pair.objects[0][rows], pair.a.modality, pair.b.modality, uniform)


def ranked_with_permuted(
    scores: Scores, query: Int[np.ndarray, " k"], columns: Int[np.ndarray, "k b1"]
) -> Ranks:
    """Ranks of every query (ascending) with its links, then with each column of permuted ones.

    Question i · b1 is query i with its own links.
    """
    size = columns.shape[1]
    relevant = np.stack([np.repeat(query, size), columns.ravel()], axis=1)
    return ranked(scores, relevant, (query[:, None] * size + np.arange(size)).ravel())


def with_permuted(
    columns: Int[np.ndarray, " k"], moved: Int[np.ndarray, "b m"]
) -> Int[np.ndarray, "k b1"]:
    """Each linked item, then those that the permutations put in its place."""
    return np.concatenate([columns[:, None], moved[:, columns].T], axis=1)


def sampled_rows(
    rows: Int[np.ndarray, " q"], objects: Int[np.ndarray, " n"], most: int, rng: np.random.Generator
) -> Int[np.ndarray, " s"]:
    """The rows, or those of random whole objects, about ``most`` rows in all."""
    if len(rows) <= most:
        return rows
    names, sizes = np.unique(objects[rows], return_counts=True)
    order = rng.permutation(len(names))
    last = np.searchsorted(np.cumsum(sizes[order]), most, "right")
    return rows[np.isin(objects[rows], names[order[: max(1, last)]])]


def affordable(queries: int, links: int) -> int:
    """How many of so many queries, with so many links, have no more than ``MOST_LINKS``."""
    return MOST_LINKS * queries // max(links, 1)


def searchable(pair: Pair) -> Pair:
    """The pair itself or, beyond ``WHOLE`` rows of a set, a sample of its objects."""
    return pair if max(len(pair.a), len(pair.b)) <= WHOLE else pair.sampled


def both_searches(pair: Pair) -> tuple[Search, Search]:
    """Search b with a, and a with b.

    Permutations, and queries where they are sampled, are drawn with seed 0 and the ranks are
    kept on the pair, so that all measures of one pair search once.
    """
    kept: tuple[Search, Search] | None = vars(pair).get("_searches")
    if kept is None:
        rng = np.random.default_rng(0)
        kept = search(pair, rng), search(pair.reversed, rng)
        vars(pair)["_searches"] = kept
    return kept
