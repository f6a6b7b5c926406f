"""How different texts are from each other: distinct n-grams, self-BLEU, Vendi score."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from isthmus.measure.statistics import (
    LEAST,
    SetLike,
    as_set,
    check_whole,
    jackknife,
    leave_one_out_sums,
    random_blocks,
    seeded,
)
from isthmus.measure.texts.captions import ORDERS, Grams, Tokens, grams, tokens_of
from isthmus.measure.texts.references import BleuScore
from isthmus.measure.texts.resampled import NO_NULL, Statistics, TextScore, score
from isthmus.records import dataclass
from isthmus.types import RequestError, Result

METHOD = "jackknife over blocks of texts, at this n"


@dataclass(frozen=True, eq=False, kw_only=True)
class DistinctResult(Result):
    """Different n-grams for each n-gram."""

    paper = "Li et al., A Diversity-Promoting Objective Function, NAACL 2016, section 5.1"
    sentence = (
        "{self.value:.1f} % of the n-grams are different ones ({self.name}); the more texts, the "
        "fewer, so that only equally many compare."
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class SelfBleuScore(TextScore):
    """How much each text repeats the others, averaged over texts."""

    higher = "worse"
    paper = "Zhu et al., Texygen, SIGIR 2018, section 3 (self-BLEU), without smoothing"
    sentence = "Each text scores {self.value:.1f} of 100 in BLEU with all others as its references."


@dataclass(frozen=True, eq=False, kw_only=True)
class VendiScore(Result):
    """How many different texts there are in effect."""

    paper = "Friedman & Dieng, The Vendi Score, TMLR 2023, arXiv 2210.02410, definition 3.1"
    sentence = (
        "The {self.n:,} vectors are as diverse as {self.value:.1f} that have nothing in common."
    )


def distinct_n(
    texts: Sequence[str], *, n: int = 2, rng: np.random.Generator | None = None
) -> DistinctResult:
    """Different n-grams as a share of all n-grams of the texts together, in 0..100.

    Args:
        texts: one or more.
        n: words of an n-gram.
        rng: cuts the texts into blocks; without it the seed is 0.

    Raises:
        RequestError: no text has n words.

    Source: Li et al. 2016, section 5.1 (distinct-1, distinct-2).
    """
    order = check_whole(n, "The length of an n-gram counts words")
    found = grams([tokens_of(one) for one in texts], order)[-1]
    if not len(found.count):
        raise RequestError(f"No text has {order} words: there is no n-gram to count.")
    values = _distinct_shares(found, random_blocks(len(texts), seeded(rng)))
    interval = jackknife(values, METHOD, debias=False).interval if len(texts) >= LEAST else None
    value, name = float(values[0]), f"distinct-{order}"
    return DistinctResult(name=name, value=value, n=len(texts), interval=interval, null=NO_NULL)


def _distinct_shares(found: Grams, block: np.ndarray) -> Float[np.ndarray, " g1"]:
    """Of all texts, then without each block: an n-gram goes if it stands in no other block."""
    blocks = int(block.max()) + 1
    held = np.unique(found.gram * blocks + block[found.text])
    in_blocks = np.bincount(held // blocks, minlength=found.kinds)
    lost = np.bincount(held[in_blocks[held // blocks] == 1] % blocks, minlength=blocks)
    every = np.bincount(block[found.text], found.count, blocks)
    different, total = in_blocks.size - np.r_[0, lost], every.sum() - np.r_[0, every]
    return 100 * different / np.maximum(total, 1)


def self_bleu(
    texts: Sequence[str], *, n: int = ORDERS, rng: np.random.Generator | None = None
) -> SelfBleuScore:
    """BLEU-n of each text with all others as its references, averaged, in 0..100; less is better.

    Args:
        texts: two or more.
        n: words of the longest n-grams, 1 to 4.
        rng: draws the texts of the interval, the others fixed; without it the seed is 0.

    Raises:
        RequestError: another n, or a single text.

    Source: Zhu et al. 2018, section 3, without smoothing and with coco-caption's length.
    """
    if n not in range(1, ORDERS + 1):
        raise RequestError(f"BLEU counts n-grams of up to 1, 2, 3 or 4 words, not {n}.")
    if len(texts) < 2:
        raise RequestError(f"Texts are compared with each other: 2 or more, not {len(texts)}.")
    each = BleuScore.at(_among_others([tokens_of(one) for one in texts], n), 1)
    return score(SelfBleuScore, f"self-BLEU-{n}", each[:, None], rng, NO_NULL)


def _among_others(texts: Sequence[Tokens], order: int) -> Statistics:
    """What ``BleuScore.at`` wants of each text, all others being its references."""
    n, lengths = len(texts), np.array([len(one) for one in texts])
    found = np.zeros((n, 2 * order + 2))
    for k, some in enumerate(grams(texts, order)):
        ranked = np.lexsort((-some.count, some.gram))
        first = np.flatnonzero(np.diff(some.gram[ranked], prepend=-1))
        second = np.minimum(first + 1, max(0, len(ranked) - 1))
        again = some.gram[ranked[second]] == some.gram[ranked[first]]
        again &= second > first
        top, holder = some.count[ranked[first]], some.text[ranked[first]]
        next_best = np.where(again, some.count[ranked[second]], 0)
        others = np.where(holder[some.gram] == some.text, next_best[some.gram], top[some.gram])
        found[:, k] = np.bincount(some.text, np.minimum(some.count, others), n)
        found[:, order + k] = np.maximum(lengths - k, 0)
    found[:, -2], found[:, -1] = lengths, _closest_others(lengths)
    return found


def _closest_others(lengths: np.ndarray) -> np.ndarray:
    """The length nearest to each that another text has, the shorter of two."""
    ranked = np.sort(lengths)
    place = np.searchsorted(ranked, lengths)
    padded = np.r_[-np.inf, ranked, np.inf]
    below, above = padded[place], padded[place + 2]  # an equal one of another text is above
    return np.where(lengths - below <= above - lengths, below, above)


def vendi_score(texts: SetLike, *, rng: np.random.Generator | None = None) -> VendiScore:
    """Vendi score of vectors: exp of the entropy of the spectrum of their cosines, in 1..n.

    Args:
        texts: vectors of the texts (of anything, in fact).
        rng: cuts them into blocks; without it the seed is 0.

    Source: Friedman & Dieng 2023, definition 3.1, with cosine as the similarity.
    """
    some = as_set(texts)
    x, n = some.unit.astype(np.float64), len(some)
    block = random_blocks(n, seeded(rng))
    parts = [x[block == number] for number in range(int(block.max()) + 1)]
    # the d x d matrix has the same spectrum as the n x n one but for zeros
    sums = leave_one_out_sums(np.stack([part.T @ part for part in parts]))
    values = np.array([_effective_number(one) for one in sums])
    enough = n >= LEAST
    interval = jackknife(values, METHOD, scale="log", debias=False).interval if enough else None
    value = float(values[0])
    return VendiScore(name="Vendi score", value=value, n=n, interval=interval, null=NO_NULL)


def _effective_number(gram: Float[np.ndarray, "d d"]) -> float:
    shares = np.linalg.eigvalsh(gram / np.trace(gram))
    shares = shares[shares > 1e-15]
    return float(np.exp(-(shares * np.log(shares)).sum()))
