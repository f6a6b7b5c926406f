"""Texts against the items they are of, by a space's vectors: CLIPScore, RefCLIPScore, cycle recall.

An encoder reads no more of a text than its limit of tokens; what it did not read counts for
nothing. Each of these says how many texts were cut, which ``encoder.truncated(texts)`` tells.
"""

from functools import partial

import numpy as np
from jaxtyping import Float

from isthmus.measure.retrieval.hits import hit_chances
from isthmus.measure.statistics import (
    LEAST,
    Pair,
    SetLike,
    as_pair,
    both_searches,
    chance,
    pairings,
    searchable,
    seeded,
    wilson_interval,
)
from isthmus.measure.texts.resampled import NO_NULL, TextScore, score
from isthmus.records import amount, dataclass
from isthmus.types import Interval, Links, RequestError

WEIGHT = 2.5
"""What CLIPScore multiplies a cosine by, so that it spreads over 0..1 for CLIP's pictures."""


@dataclass(frozen=True, eq=False, kw_only=True)
class EmbeddedScore(TextScore):
    """A score of texts by their vectors, averaged over texts; objects are drawn anew whole."""

    cut: int | None
    """Texts longer than the encoder's limit; None where nobody counted."""

    @classmethod
    def at(cls, sums: Float[np.ndarray, "b k"], n: int) -> Float[np.ndarray, " b"]:
        """From the sums over the texts of each object, and how many these are."""
        return sums[:, 0] / sums[:, 1]

    @property
    def cut_said(self) -> str:
        """How many texts were cut, in words."""
        if self.cut is None:
            return "nobody counted the texts that were cut at the encoder's limit"
        return f"{amount(self.cut, 'sentence')} cut at the encoder's limit"

    def __str__(self) -> str:
        return f"{super().__str__()}, {self.cut_said}"


@dataclass(frozen=True, eq=False, kw_only=True)
class ClipScore(EmbeddedScore):
    """2.5 times the cosine of a text and its item, where that is above 0."""

    paper = "Hessel et al., CLIPScore, EMNLP 2021, section 3"
    sentence = (
        "Texts score {self.value:.3f} with the items they are of and {self.null.mean:.3f} with "
        "others, on the scale of 2.5 max(cos, 0); {self.cut_said}."
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class RefClipScore(EmbeddedScore):
    """Harmonic mean of CLIPScore and of the cosine with the nearest reference."""

    paper = "Hessel et al., CLIPScore, EMNLP 2021, section 3 (RefCLIPScore)"
    sentence = (
        "Texts score {self.value:.3f}: the harmonic mean of CLIPScore (2.5 max(cos, 0)) and the "
        "cosine with the nearest of their references; {self.cut_said}."
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class CycleRecall(EmbeddedScore):
    """Share of sentences whose vector is nearest to the item they are of."""

    candidates: int
    """Items among which it was looked for."""

    paper = (
        "recall@1 of Radford et al., CLIP, ICML 2021, section 3.1, of the item by the sentence "
        "that was made from it"
    )
    sentence = (
        "The vectors of {self.value:.1f} % of the sentences are nearest to the item they were made "
        "from, of {self.candidates:,} (by chance {self.null.mean:.1f} %); {self.cut_said}."
    )


def clip_score(
    texts: SetLike,
    items: SetLike,
    links: Links | None = None,
    *,
    cut: int | None = None,
    rng: np.random.Generator | None = None,
) -> ClipScore:
    """CLIPScore, 2.5 max(cos, 0), averaged over texts: the original scale, of 0 to 2.5.

    Args:
        texts: vectors of the texts.
        items: vectors of the items they are of.
        links: which text is of which item; without them equal ids, or rows of plain arrays.
        cut: texts longer than the encoder's limit.
        rng: draws intervals and null; without it the seed is 0.

    Raises:
        SpaceMismatchError: the sets live in different spaces.
        RequestError: nothing links them, or a text is linked to several items.

    Source: Hessel et al. 2021, section 3. torchmetrics prints 100 max(cos, 0) under this name.
    """
    pair, rng = _one_item_each(as_pair(texts, items, links)), seeded(rng)
    own, values = pair.rows[:, 0], clip_scores(pair)
    moved = pairings(pair, rng)[:, pair.rows[:, 1]]
    draws = np.array([clip_scores(pair, columns).mean() for columns in moved])
    null = chance("pairing", float(values.mean()), draws)
    statistics = _by_object(pair, own, values)
    return score(ClipScore, "CLIPScore", statistics, rng, null, cut=cut)


def ref_clip_score(
    texts: SetLike,
    items: SetLike,
    references: SetLike,
    reference_links: Links,
    links: Links | None = None,
    *,
    cut: int | None = None,
) -> RefClipScore:
    """RefCLIPScore averaged over texts: harmonic mean of CLIPScore and max(best cos, 0).

    Args:
        texts: vectors of the texts.
        items: vectors of the items they are of.
        references: vectors of the references, in the same space.
        reference_links: which text has which references, one or more each.
        links: which text is of which item; without them equal ids, or rows of plain arrays.
        cut: texts, references among them, longer than the encoder's limit.

    Raises:
        SpaceMismatchError: the sets live in different spaces.
        RequestError: nothing links them, a text is linked to several items or has no reference.

    Source: Hessel et al. 2021, section 3.
    """
    pair = _one_item_each(as_pair(texts, items, links))
    own, image = pair.rows[:, 0], clip_scores(pair)
    theirs = as_pair(texts, references, reference_links)
    best = np.full(len(theirs.a), -np.inf)
    np.maximum.at(best, theirs.rows[:, 0], _cosines(theirs, theirs.rows[:, 1]))
    bare = np.flatnonzero(np.isinf(best[own]))
    if len(bare):
        raise RequestError(
            f"{amount(len(bare), 'sentence')} have no reference, the first "
            f"{pair.a.ids[own[bare[0]]]}: link each text to one or more."
        )
    nearest = np.maximum(best[own], 0)
    both = image + nearest
    values = np.divide(2 * image * nearest, both, out=np.zeros(len(both)), where=both > 0)
    statistics = _by_object(pair, own, values)
    return score(RefClipScore, "RefCLIPScore", statistics, None, NO_NULL, cut=cut)


def cycle_recall(
    sentences: SetLike,
    items: SetLike,
    links: Links | None = None,
    *,
    cut: int | None = None,
) -> CycleRecall:
    """Share of sentences that find, first of all items, the one they were made from, in 0..100.

    Whether this says anything depends on the encoder: one that steered the sentences was optimised
    for it (``docs/text_metrics.md``). Ties count in expectation: equal vectors score chance.

    Args:
        sentences: vectors of the sentences.
        items: vectors of all items that are looked among.
        links: which sentence is of which item; without them equal ids, or rows of plain arrays.
        cut: sentences longer than the encoder's limit.

    Raises:
        SpaceMismatchError: the sets live in different spaces.
        RequestError: nothing links them.
    """
    found = both_searches(searchable(as_pair(sentences, items, links)))[0]
    shares = 100 * found.scored(partial(hit_chances, k=1))
    _, number = np.unique(found.objects, return_inverse=True)
    statistics = np.stack([np.bincount(number, shares[:, 0]), np.bincount(number)], axis=1)
    null = chance("pairing", float(shares[:, 0].mean()), shares[:, 1:].mean(axis=0))
    interval = None
    if len(statistics) >= LEAST:
        wilson = wilson_interval(shares[:, 0] / 100, found.objects)
        interval = Interval(100 * wilson.low, 100 * wilson.high, wilson.method)
    fields = {"interval": interval, "cut": cut, "candidates": found.ranks.gallery}
    return score(CycleRecall, "cycle recall@1", statistics, None, null, **fields)


def clip_scores(pair: Pair, columns: np.ndarray | None = None) -> Float[np.ndarray, " k"]:
    """2.5 max(cos, 0) of every link, or of its text with other rows of the items."""
    return WEIGHT * np.maximum(_cosines(pair, pair.rows[:, 1] if columns is None else columns), 0)


def _cosines(pair: Pair, columns: np.ndarray) -> Float[np.ndarray, " k"]:
    return np.einsum("kd,kd->k", pair.x[pair.rows[:, 0]], pair.y[columns], dtype=np.float64)


def _one_item_each(pair: Pair) -> Pair:
    texts, counts = np.unique(pair.rows[:, 0], return_counts=True)
    if counts.max() > 1:
        several = pair.a.ids[texts[counts.argmax()]]
        raise RequestError(
            f"A text is of one item, but {several} is linked to {counts.max():,}: give it one link."
        )
    return pair


def _by_object(
    pair: Pair, texts: np.ndarray, values: Float[np.ndarray, " k"]
) -> Float[np.ndarray, "n 2"]:
    """Sum of the values of each object's texts, and how many they are."""
    _, number = np.unique(pair.objects[0][texts], return_inverse=True)
    return np.stack([np.bincount(number, values), np.bincount(number)], axis=1)
