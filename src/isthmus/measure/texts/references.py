"""Texts against the references that people wrote: BLEU, ROUGE-L, CIDEr, SPIDEr.

As coco-caption computes them (Chen et al. 2015, arXiv 1504.00325, section 3.2), whose numbers the
field prints, times 100; where that departs from a paper's equation, the docstring says so.
"""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float

from isthmus.measure.texts.captions import ORDERS, Captions, Tokens, by_item
from isthmus.measure.texts.resampled import NO_NULL, Statistics, TextScore, score
from isthmus.records import dataclass
from isthmus.types import RequestError

Numbers = Float[np.ndarray, " m"]

TINY, SMALL = 1e-15, 1e-9
"""What coco-caption adds to matches and to n-grams, so that nothing is divided by zero."""
BETA = 1.2
"""How much recall counts in ROUGE-L."""
SIGMA = 6.0
"""Words by which a prediction may differ in length until CIDEr counts it exp(-1/2)."""
TENFOLD = 10.0
"""CIDEr is a mean cosine times ten."""


@dataclass(frozen=True, eq=False, kw_only=True)
class BleuScore(TextScore):
    """Precision of n-grams over all items, with a penalty for texts that are too short."""

    paper = "Papineni et al., BLEU, ACL 2002, section 2.3; lengths as in coco-caption (closest)"
    sentence = (
        "{self.name} is {self.value:.2f} of 100: the geometric mean of the shares of n-grams that "
        "stand in a reference, less where the texts are shorter than their references."
    )

    @classmethod
    def at(cls, sums: Float[np.ndarray, "b k"], n: int) -> Float[np.ndarray, " b"]:
        """From matches and n-grams by order, then words of predictions and of references."""
        order = (sums.shape[-1] - 2) // 2
        match, every = sums[:, :order] + TINY, sums[:, order:-2] + SMALL
        ratio = (sums[:, -2] + TINY) / (sums[:, -1] + SMALL)
        with np.errstate(over="ignore"):
            penalty = np.exp(np.minimum(0.0, 1 - 1 / ratio))
        return 100 * penalty * np.exp(np.log(match / every).mean(axis=-1))


@dataclass(frozen=True, eq=False, kw_only=True)
class RougeScore(TextScore):
    """Longest common subsequence with the references, averaged over items."""

    paper = "Lin, ROUGE, ACL workshop 2004, section 3, equations 2 to 4; as coco-caption, beta 1.2"
    sentence = (
        "{self.name} is {self.value:.2f} of 100: how much of a text and of its references is one "
        "common sequence of words."
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class CiderScore(TextScore):
    """Cosine of n-grams with the references, rare ones counting more, averaged over items."""

    paper = "Vedantam et al., CIDEr, CVPR 2015, equations 1 to 3 (plain) and 4 to 5 (CIDEr-D)"
    sentence = (
        "{self.name} is {self.value:.1f} on the scale whose highest is 1,000: how alike texts and "
        "references are in n-grams that few items have."
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class SpiderScore(TextScore):
    """The mean of SPICE and CIDEr."""

    paper = "Liu et al., Improved Image Captioning via Policy Gradient of SPIDEr, ICCV 2017"
    sentence = "SPIDEr is {self.value:.1f}, the mean of CIDEr and of a SPICE computed elsewhere."


def bleu(
    predictions: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    n: int = ORDERS,
    rng: np.random.Generator | None = None,
) -> BleuScore:
    """BLEU-n of a whole corpus, in 0..100, against the closest reference length.

    Args:
        predictions: a text an item.
        references: the references of each item.
        n: words of the longest n-grams, 1 to 4.
        rng: draws the items of the interval; without it the seed is 0.

    Raises:
        RequestError: another n, or predictions and references that do not fit.

    Source: Papineni et al. 2002, section 2.3; the length is that of the reference closest to the
    prediction, the shorter of two, as coco-caption has it.
    """
    return bleu_of(Captions.of(predictions, references), n, rng)


def rouge_l(
    predictions: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    rng: np.random.Generator | None = None,
) -> RougeScore:
    """ROUGE-L averaged over items, in 0..100, with beta 1.2.

    Args:
        predictions: a text an item.
        references: the references of each item.
        rng: draws the items of the interval; without it the seed is 0.

    Raises:
        RequestError: predictions and references that do not fit.

    Source: Lin 2004, equations 2 to 4; precision and recall are each the highest over the
    references, as coco-caption has it, which Lin's highest F is not.
    """
    return rouge_of(Captions.of(predictions, references), rng)


def cider(
    predictions: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    rng: np.random.Generator | None = None,
) -> CiderScore:
    """The field's CIDEr, in 0..1000: clipped, with a Gaussian penalty of the difference in length.

    This is what coco-caption prints as CIDEr and the paper calls CIDEr-D, without stemming. The
    weights of n-grams come of the references given here, so that scores of different sets of items
    do not compare; the interval holds them fixed.

    Args:
        predictions: a text an item.
        references: the references of each item.
        rng: draws the items of the interval; without it the seed is 0.

    Raises:
        RequestError: predictions and references that do not fit.

    Source: Vedantam et al. 2015, equation 4, sigma 6.
    """
    return cider_of(Captions.of(predictions, references), rng)


def cider_plain(
    predictions: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    rng: np.random.Generator | None = None,
) -> CiderScore:
    """CIDEr as first defined, times ten, in 0..1000: the cosine, neither clipped nor penalised.

    Args:
        predictions: a text an item.
        references: the references of each item.
        rng: draws the items of the interval; without it the seed is 0.

    Raises:
        RequestError: predictions and references that do not fit.

    Source: Vedantam et al. 2015, equations 1 to 3, without stemming.
    """
    return cider_plain_of(Captions.of(predictions, references), rng)


def spider(
    cider: CiderScore, spice: Float[np.ndarray, " n"], *, rng: np.random.Generator | None = None
) -> SpiderScore:
    """SPIDEr from CIDEr and the SPICE of each item, which is computed elsewhere (it needs Java).

    Args:
        cider: of the same items in the same order.
        spice: F of the scene graph of each item, in 0..1.
        rng: draws the items of the interval; without it the seed is 0.

    Raises:
        RequestError: another number of items, or a SPICE outside 0..1.
    """
    spice = np.asarray(spice, np.float64)
    if spice.shape != (cider.n,) or not ((spice >= 0) & (spice <= 1)).all():
        raise RequestError(
            f"SPIDEr wants the SPICE of each of the {cider.n:,} items, from 0 to 1; this is an "
            f"array of {spice.shape}."
        )
    both = (cider.items + 100 * spice) / 2
    return score(SpiderScore, "SPIDEr", both[:, None], rng, NO_NULL)


def bleu_of(
    captions: Captions, n: int = ORDERS, rng: np.random.Generator | None = None
) -> BleuScore:
    """``bleu`` of captions that are cut into words.

    Raises:
        RequestError: n is not 1, 2, 3 or 4.
    """
    if n not in range(1, ORDERS + 1):
        raise RequestError(f"BLEU counts n-grams of up to 1, 2, 3 or 4 words, not {n}.")
    return score(BleuScore, f"BLEU-{n}", bleu_statistics(captions, n), rng, NO_NULL)


def bleu_statistics(captions: Captions, order: int) -> Statistics:
    """Of each item: matches by order, n-grams by order, words, words of the closest reference."""
    n = len(captions)
    own, theirs = captions.lengths[:n], captions.lengths[n:]
    found = np.zeros((n, 2 * order + 2))
    for k in range(order):
        mine, others = captions.sides(k + 1)
        keys = captions.owner[others.text] * mine.kinds + others.gram
        known, place = np.unique(keys, return_inverse=True)
        most = np.zeros(len(known), np.int64)
        np.maximum.at(most, place, others.count)
        row = np.searchsorted(known, mine.text * mine.kinds + mine.gram)
        row = np.minimum(row, max(0, len(known) - 1))
        if len(known):
            hit = known[row] == mine.text * mine.kinds + mine.gram
            match = np.where(hit, np.minimum(mine.count, most[row]), 0)
            found[:, k] = np.bincount(mine.text, match, n)
        found[:, order + k] = np.maximum(own - k, 0)
    away = np.abs(theirs - own[captions.owner]) * (int(theirs.max()) + 1) + theirs
    nearest = np.full(n, np.iinfo(np.int64).max)
    np.minimum.at(nearest, captions.owner, away)
    found[:, -2], found[:, -1] = own, nearest % (int(theirs.max()) + 1)
    return found


def rouge_of(captions: Captions, rng: np.random.Generator | None = None) -> RougeScore:
    """``rouge_l`` of captions that are cut into words."""
    found = [
        100 * longest_common(one, some)
        for one, some in zip(captions.predictions, captions.references, strict=True)
    ]
    return score(RougeScore, "ROUGE-L", np.array(found)[:, None], rng, NO_NULL)


def longest_common(prediction: Tokens, references: Sequence[Tokens]) -> float:
    """ROUGE-L of one text, in 0..1."""
    common = [common_words(prediction, one) for one in references]
    precision = max(common) / max(1, len(prediction))
    recall = max(x / max(1, len(one)) for x, one in zip(common, references, strict=True))
    if not max(common):
        return 0.0
    return (1 + BETA**2) * precision * recall / (recall + BETA**2 * precision)


def common_words(a: Tokens, b: Tokens) -> int:
    """Words of the longest common subsequence, by bits of one integer a row of the table.

    Source: Hyyrö 2004, Bit-parallel LCS-length computation revisited.
    """
    places: dict[str, int] = {}
    for number, word in enumerate(a):
        places[word] = places.get(word, 0) | 1 << number
    whole = (1 << len(a)) - 1
    row = whole
    for word in b:
        same = row & places.get(word, 0)
        row = ((row + same) | (row - same)) & whole
    return len(a) - row.bit_count()


def cider_of(captions: Captions, rng: np.random.Generator | None = None) -> CiderScore:
    """``cider`` of captions that are cut into words."""
    n = len(captions)
    pairs = np.maximum(captions.lengths - 1, 0)  # coco-caption counts the pairs of words as length
    apart = pairs[:n][captions.owner] - pairs[n:]
    alike = consensus(captions, lambda mine, theirs: np.minimum(mine, theirs) * theirs)
    values = by_item(alike * np.exp(-(apart**2) / (2 * SIGMA**2)), captions.owner, n)
    return score(CiderScore, "CIDEr", 100 * TENFOLD * values[:, None], rng, NO_NULL)


def cider_plain_of(captions: Captions, rng: np.random.Generator | None = None) -> CiderScore:
    """``cider_plain`` of captions that are cut into words."""
    values = by_item(consensus(captions, np.multiply), captions.owner, len(captions))
    return score(CiderScore, "CIDEr (plain)", 100 * TENFOLD * values[:, None], rng, NO_NULL)


def consensus(
    captions: Captions, product: Callable[[Numbers, Numbers], Numbers]
) -> Float[np.ndarray, " r"]:
    """Mean over orders of the cosine of each reference with the prediction of its item.

    Args:
        captions: of all items, whose references give the weights: log(items / items with it).
        product: what a shared n-gram adds, from its weights in the prediction and the reference.
    """
    n, references = len(captions), len(captions.owner)
    total = np.zeros(references)
    for order in range(1, ORDERS + 1):
        mine, theirs = captions.sides(order)
        seen = np.unique(captions.owner[theirs.text] * theirs.kinds + theirs.gram) % max(
            1, theirs.kinds
        )
        rarity = np.log(n) - np.log(np.maximum(1, np.bincount(seen, minlength=theirs.kinds)))
        own, others = mine.count * rarity[mine.gram], theirs.count * rarity[theirs.gram]
        hit, row = mine.looked_up(captions.owner[theirs.text], theirs.gram)
        shared = np.bincount(theirs.text[hit], product(own[row], others[hit]), references)
        sizes = np.sqrt(np.bincount(mine.text, own**2, n))[captions.owner]
        sizes = sizes * np.sqrt(np.bincount(theirs.text, others**2, references))
        total += np.divide(shared, sizes, out=np.zeros(references), where=sizes > 0)
    return total / ORDERS
