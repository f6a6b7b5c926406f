"""Claims about a joint space of two modalities, tested on every pair of sets at hand."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from isthmus import measure
from isthmus.arrays import Vectors, unit
from isthmus.measure.statistics.inputs import as_pair
from isthmus.studies.replicate.claims.at_hand import AtHand, Pairs
from isthmus.studies.replicate.claims.statements import Outcome, verdict
from isthmus.types import EmbeddingSet, Interval

Test = Callable[[AtHand, np.random.Generator], Iterator[Outcome]]
RANK = 64
"""Dimensions of the span of a corpus of texts."""


def each(test: Callable[[Pairs, np.random.Generator], Outcome]) -> Test:
    """A test of one pair of sets as a test of all that are at hand."""

    def tested(hand: AtHand, rng: np.random.Generator) -> Iterator[Outcome]:
        for pairs in hand.pairs():
            yield replace(test(pairs, rng), data=pairs.name)

    return tested


def in_intra_above_inter(pairs: Pairs, rng: np.random.Generator) -> Outcome:
    """Mean cosines within and across modalities."""
    a, b = (measure.intra_cosine(some, rng=rng) for some in (pairs.a, pairs.b))
    matched = measure.matched_cosine(pairs.a, pairs.b, pairs.links, rng=rng)
    unmatched = measure.unmatched_cosine(pairs.a, pairs.b, pairs.links, rng=rng)
    lower = min(a.value, b.value)
    return _outcome(
        verdict(lower > matched.value, lower > unmatched.value),
        f"Mean cosine of {a.value:.3f} within {pairs.a.modality}s, {b.value:.3f} within "
        f"{pairs.b.modality}s, {matched.value:.3f} of matched and {unmatched.value:.3f} of "
        "unmatched pairs.",
        matched.n,
        matched.value,
        matched.interval,
        unmatched.value,
    )


def in_separable(pairs: Pairs, rng: np.random.Generator) -> Outcome:
    """A linear reader of the modality."""
    found = measure.modality_probe(pairs.a, pairs.b, pairs.links, rng=rng)
    said = f"A linear reader names the modality of {found.value:.1%} of unseen items right."
    sure = verdict(found.value >= 0.99, found.value >= 0.9)
    return _outcome(sure, said, found.n, found.value, found.interval, 0.5)


def in_few_coordinates(pairs: Pairs, _: np.random.Generator) -> Outcome:
    """Share of the gap's squared norm in its two strongest coordinates, found on one half."""
    a, b = pairs.a.unit, pairs.b.unit
    shares: list[float] = []
    for first in (0, 1):
        chosen = np.argsort(-(_gap(a[first::2], b[first::2]) ** 2))[:2]
        gap = _gap(a[1 - first :: 2], b[1 - first :: 2]) ** 2
        shares.append(float(gap[chosen].sum() / gap.sum()))
    value, chance = float(np.mean(shares)), 2 / a.shape[1]
    sure = verdict(value >= 0.5, value >= 10 * chance)
    said = (
        f"Two of {a.shape[1]} coordinates hold {value:.0%} of the squared gap, chosen on one half "
        "of the items and read on the other."
    )
    return _outcome(sure, said, len(a), value, None, chance)


def in_loss_keeps_the_gap(pairs: Pairs, rng: np.random.Generator) -> Outcome:
    """Where along the gap the loss is smallest."""
    found = measure.temperature_shift(pairs.a, pairs.b, pairs.links, rng=rng)
    cold, warm = float(found.best[0]), float(found.best[-1])
    said = (
        f"The loss is smallest with {cold:.0%} of the gap closed at temperature "
        f"{found.temperatures[0]:g} and {warm:.0%} at {found.temperatures[-1]:g}."
    )
    sure = verdict(cold < 0.5 and warm > cold, cold < 0.5 or warm > cold)
    return _outcome(sure, said, found.n, cold, None, float("nan"))


def in_centring_keeps_retrieval(pairs: Pairs, rng: np.random.Generator) -> Outcome:
    """Paired change of R@1 when the means of the other half of the objects are subtracted."""
    change = np.concatenate(
        [_changes(pairs, half, way) for half in _halves(pairs, rng) for way in (0, 1)], axis=0
    )
    ways = [change[change[:, 0] == way, 1] for way in (0, 1)]
    ends = [1.96 * some.std(ddof=1) / np.sqrt(len(some)) for some in ways]
    low = min(float(some.mean() - end) for some, end in zip(ways, ends, strict=True))
    mean = min(float(some.mean()) for some in ways)
    told = ", ".join(
        f"{some.mean():+.3f} ± {end:.3f}" for some, end in zip(ways, ends, strict=True)
    )
    said = f"R@1 changes by {told} ({pairs.a.modality} to {pairs.b.modality}, and back)."
    both = Interval(low, mean + max(ends), "normal, over held-out objects")
    return _outcome(verdict(low > -0.02, mean > -0.02), said, len(ways[0]), mean, both, 0.0)


def in_mixed_gallery_fails(pairs: Pairs, rng: np.random.Generator) -> Outcome:
    """Mixed gallery against its ceiling, beside R@1."""
    found = measure.mixed_gallery(pairs.a, pairs.b, pairs.links, relevant="cross", rng=rng)
    hits = measure.hit_at_k(pairs.a, pairs.b, pairs.links, rng=rng)
    ways = (found.forward, found.backward)
    shares = [way.value / top for way, top in zip(ways, found.ceiling, strict=True)]
    good = all(way.value >= 10 * way.null.mean for way in (hits.forward, hits.backward))
    said = (
        f"R@1 {hits.forward.value:.3f} and {hits.backward.value:.3f}; mixed nDCG@10 "
        f"{ways[0].value:.3f} and {ways[1].value:.3f}, ceilings {found.ceiling[0]:.3f} and "
        f"{found.ceiling[1]:.3f}."
    )
    sure = verdict(good and max(shares) < 0.25, good and max(shares) < 0.5)
    return _outcome(sure, said, found.n, ways[0].value, found.interval, ways[0].null.mean)


def in_conformity(pairs: Pairs, _: np.random.Generator) -> Outcome:
    """Correlation of mean cosine to all others and cosine to the mean, which is of other items."""
    found: list[float] = []
    for some in (pairs.a, pairs.b):
        x = some.unit.astype(np.float64)
        left, right = x[::2], x[1::2]
        middle = right.mean(axis=0)
        agreement = (left @ left.sum(axis=0) - 1) / (len(left) - 1)
        found.append(float(np.corrcoef(agreement, left @ middle / np.linalg.norm(middle))[0, 1]))
    said = (
        f"Correlation {found[0]:.4f} in {pairs.a.modality}s, {found[1]:.4f} in "
        f"{pairs.b.modality}s; the mean is that of other items."
    )
    low = min(found)
    return _outcome(verdict(low >= 0.99, low >= 0.9), said, len(pairs.a), low, None, 0.0)


def in_span_energies(pairs: Pairs, rng: np.random.Generator) -> Outcome:
    """Energy of unseen texts and of images in the span of half of the texts."""
    rows = as_pair(pairs.a, pairs.b, pairs.links).rows
    order = rng.permutation(len(rows))
    corpus, rest = order[: len(rows) // 2], order[len(rows) // 2 :]
    text = pairs.b.unit.astype(np.float64)
    basis = np.linalg.svd(text[rows[corpus, 1]], full_matrices=False)[2][:RANK]
    shares = [
        _inside(text[rows[rest, 1]], basis),
        _inside(pairs.a.unit.astype(np.float64)[rows[rest, 0]], basis),
    ]
    ratio = float(shares[1].mean() / shares[0].mean())
    end = 1.96 * shares[1].std(ddof=1) / np.sqrt(len(rest)) / float(shares[0].mean())
    said = (
        f"A span of rank {len(basis)} of texts keeps {shares[0].mean():.0%} of unseen texts' "
        f"energy and {shares[1].mean():.0%} of images'."
    )
    chance = len(basis) / text.shape[1] / float(shares[0].mean())
    interval = Interval(ratio - end, ratio + end, "normal, over images")
    return _outcome(verdict(ratio < 0.5, ratio < 1), said, len(rest), ratio, interval, chance)


intra_above_inter = each(in_intra_above_inter)
separable = each(in_separable)
few_coordinates = each(in_few_coordinates)
loss_keeps_the_gap = each(in_loss_keeps_the_gap)
centring_keeps_retrieval = each(in_centring_keeps_retrieval)
mixed_gallery_fails = each(in_mixed_gallery_fails)
conformity = each(in_conformity)
span_energies = each(in_span_energies)


def _outcome(
    sure: str, said: str, n: int, value: float, interval: Interval | None, chance: float
) -> Outcome:
    low, high = (interval.low, interval.high) if interval else (float("nan"),) * 2
    return Outcome(sure, "", said, n, value, low, high, chance)


def _gap(a: Vectors, b: Vectors) -> np.ndarray:
    return a.mean(axis=0) - b.mean(axis=0)


def _inside(x: Vectors, basis: Float[np.ndarray, "k d"]) -> np.ndarray:
    return ((x @ basis.T) ** 2).sum(axis=1) / (x**2).sum(axis=1)


def _halves(pairs: Pairs, rng: np.random.Generator) -> list[np.ndarray]:
    order = rng.permutation(len(as_pair(pairs.a, pairs.b, pairs.links).rows))
    return [order[: len(order) // 2], order[len(order) // 2 :]]


def _changes(pairs: Pairs, held: np.ndarray, way: int) -> np.ndarray:
    """(k, 2): the way, and R@1 centred minus raw of every held-out link, one-to-one."""
    rows = as_pair(pairs.a, pairs.b, pairs.links).rows
    stay = np.setdiff1d(np.arange(len(rows)), held)
    both = enumerate((pairs.a, pairs.b))
    sides = [_centred(some, rows[:, side], held, stay) for side, some in both]
    query, gallery = (sides[0], sides[1]) if way == 0 else (sides[1], sides[0])
    right = [
        (x @ y.T).argmax(axis=1) == np.arange(len(held))
        for x, y in zip(query, gallery, strict=True)
    ]
    return np.stack([np.full(len(held), way), right[1].astype(float) - right[0]], axis=1)


def _centred(
    some: EmbeddingSet, rows: np.ndarray, held: np.ndarray, stay: np.ndarray
) -> tuple[Vectors, Vectors]:
    """Held-out unit vectors raw, and less the mean of the others."""
    x = some.unit.astype(np.float64)
    moved = x[rows[held]] - x[rows[stay]].mean(axis=0)
    return x[rows[held]], unit(moved, np.float64)
