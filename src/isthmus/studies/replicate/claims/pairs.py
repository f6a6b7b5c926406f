"""Claims about a joint space of two modalities, tested on every pair of sets that there is."""

import numpy as np
from jaxtyping import Float

from isthmus import measure
from isthmus.arrays import Vector, Vectors, unit
from isthmus.studies.replicate.claims.outcomes import Outcome, verdict
from isthmus.studies.shared import Dataset
from isthmus.types import EmbeddingSet, Interval

RANK = 64
"""Dimensions of the span of a corpus of texts."""


def intra_above_inter(pairs: Dataset, rng: np.random.Generator) -> Outcome:
    """Mean cosines within and across modalities."""
    a, b = (measure.intra_cosine(some, rng=rng) for some in (pairs.a, pairs.b))
    matched = measure.matched_cosine(pairs.a, pairs.b, pairs.links, rng=rng)
    unmatched = measure.unmatched_cosine(pairs.a, pairs.b, pairs.links, rng=rng)
    lower = min(a.value, b.value)
    return Outcome(
        verdict(lower > matched.value, lower > unmatched.value),
        pairs.about.title,
        f"Mean cosine of {a.value:.3f} within {pairs.a.modality}s, {b.value:.3f} within "
        f"{pairs.b.modality}s, {matched.value:.3f} of matched and {unmatched.value:.3f} of "
        "unmatched pairs.",
        matched.n,
        matched.value,
        matched.interval,
        unmatched.value,
    )


def separable(pairs: Dataset, rng: np.random.Generator) -> Outcome:
    """A linear reader of the modality."""
    found = measure.modality_probe(pairs.a, pairs.b, pairs.links, rng=rng)
    return Outcome(
        verdict(found.value >= 0.99, found.value >= 0.9),
        pairs.about.title,
        f"A linear reader names the modality of {found.value:.1%} of unseen items right.",
        found.n,
        found.value,
        found.interval,
        0.5,
    )


def few_coordinates(pairs: Dataset, _: np.random.Generator) -> Outcome:
    """Share of the gap's squared norm in its two strongest coordinates, found on one half."""
    a, b = pairs.a.unit, pairs.b.unit
    shares: list[float] = []
    for first in (0, 1):
        chosen = np.argsort(-(_gap(a[first::2], b[first::2]) ** 2))[:2]
        gap = _gap(a[1 - first :: 2], b[1 - first :: 2]) ** 2
        shares.append(float(gap[chosen].sum() / gap.sum()))
    value, chance = float(np.mean(shares)), 2 / a.shape[1]
    return Outcome(
        verdict(value >= 0.5, value >= 10 * chance),
        pairs.about.title,
        f"Two of {a.shape[1]} coordinates hold {value:.0%} of the squared gap, chosen on one half "
        "of the items and read on the other.",
        len(a),
        value,
        chance=chance,
    )


def loss_keeps_the_gap(pairs: Dataset, rng: np.random.Generator) -> Outcome:
    """Where along the gap the loss is smallest."""
    found = measure.temperature_shift(pairs.a, pairs.b, pairs.links, rng=rng)
    cold, warm = float(found.best[0]), float(found.best[-1])
    return Outcome(
        verdict(cold < 0.5 and warm > cold, cold < 0.5 or warm > cold),
        pairs.about.title,
        f"The loss is smallest with {cold:.0%} of the gap closed at temperature "
        f"{found.temperatures[0]:g} and {warm:.0%} at {found.temperatures[-1]:g}.",
        found.n,
        cold,
    )


def centring_keeps_retrieval(pairs: Dataset, rng: np.random.Generator) -> Outcome:
    """Paired change of R@1 when the means of the other half of the objects are subtracted."""
    order = rng.permutation(len(pairs.pair.rows))
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    changes = np.concatenate([_changes(pairs, held) for held in halves], axis=1)
    ends = [1.96 * some.std(ddof=1) / np.sqrt(len(some)) for some in changes]
    means = [float(some.mean()) for some in changes]
    low = min(float(mean - end) for mean, end in zip(means, ends, strict=True))
    values = ", ".join(f"{mean:+.3f} ± {end:.3f}" for mean, end in zip(means, ends, strict=True))
    return Outcome(
        verdict(low > -0.02, min(means) > -0.02),
        pairs.about.title,
        f"R@1 changes by {values} ({pairs.a.modality} to {pairs.b.modality}, and back).",
        len(order),
        min(means),
        Interval(low, min(means) + max(ends), "normal, over held-out objects"),
        0.0,
    )


def mixed_gallery_fails(pairs: Dataset, rng: np.random.Generator) -> Outcome:
    """Mixed gallery against its ceiling, beside R@1."""
    found = measure.mixed_gallery(pairs.a, pairs.b, pairs.links, relevant="cross", rng=rng)
    hits = measure.hit_at_k(pairs.a, pairs.b, pairs.links, rng=rng)
    mixed = found.forward.value, found.backward.value
    share = max(value / top for value, top in zip(mixed, found.ceiling, strict=True))
    good = all(one.value >= 10 * one.null.mean for one in (hits.forward, hits.backward))
    return Outcome(
        verdict(good and share < 0.25, good and share < 0.5),
        pairs.about.title,
        f"R@1 {hits.forward.value:.3f} and {hits.backward.value:.3f}; mixed nDCG@10 {mixed[0]:.3f} "
        f"and {mixed[1]:.3f}, ceilings {found.ceiling[0]:.3f} and {found.ceiling[1]:.3f}.",
        found.n,
        mixed[0],
        found.interval,
        found.forward.null.mean,
    )


def conformity(pairs: Dataset, _: np.random.Generator) -> Outcome:
    """Correlation of mean cosine to all others and cosine to the mean, which is of other items."""
    found: list[float] = []
    for some in (pairs.a, pairs.b):
        x = some.unit.astype(np.float64)
        left, right = x[::2], x[1::2]
        middle = right.mean(axis=0)
        agreement = (left @ left.sum(axis=0) - 1) / (len(left) - 1)
        found.append(float(np.corrcoef(agreement, left @ middle / np.linalg.norm(middle))[0, 1]))
    low = min(found)
    return Outcome(
        verdict(low >= 0.99, low >= 0.9),
        pairs.about.title,
        f"Correlation {found[0]:.4f} in {pairs.a.modality}s, {found[1]:.4f} in "
        f"{pairs.b.modality}s; the mean is that of other items.",
        len(pairs.a),
        low,
        chance=0.0,
    )


def span_energies(pairs: Dataset, rng: np.random.Generator) -> Outcome:
    """Energy of unseen texts and of images in the span of half of the texts."""
    order = pairs.pair.rows[rng.permutation(len(pairs.pair.rows))]
    corpus, rest = order[: len(order) // 2], order[len(order) // 2 :]
    image, text = (some.unit.astype(np.float64) for some in (pairs.a, pairs.b))
    basis = np.linalg.svd(text[corpus[:, 1]], full_matrices=False)[2][:RANK]
    unseen, images = (_inside(x, basis) for x in (text[rest[:, 1]], image[rest[:, 0]]))
    ratio = float(images.mean() / unseen.mean())
    end = 1.96 * images.std(ddof=1) / np.sqrt(len(rest)) / float(unseen.mean())
    return Outcome(
        verdict(ratio < 0.5, ratio < 1),
        pairs.about.title,
        f"A span of rank {len(basis)} of texts keeps {unseen.mean():.0%} of unseen texts' energy "
        f"and {images.mean():.0%} of images'.",
        len(rest),
        ratio,
        Interval(ratio - end, ratio + end, "normal, over images"),
        len(basis) / text.shape[1] / float(unseen.mean()),
    )


def _gap(a: Vectors, b: Vectors) -> Vector:
    return a.mean(axis=0) - b.mean(axis=0)


def _inside(x: Vectors, basis: Float[np.ndarray, "k d"]) -> Float[np.ndarray, " n"]:
    """Share of each row's squared length in a span."""
    return ((x @ basis.T) ** 2).sum(axis=1) / (x**2).sum(axis=1)


def _changes(pairs: Dataset, held: np.ndarray) -> Float[np.ndarray, "2 k"]:
    """R@1 centred minus raw of every held-out link, one-to-one, in both directions."""
    stay = np.setdiff1d(np.arange(len(pairs.pair.rows)), held)
    raw, centred = zip(
        *(
            _centred(some, pairs.pair.rows[:, side], held, stay)
            for side, some in enumerate((pairs.a, pairs.b))
        ),
        strict=True,
    )
    return np.stack([_hits(*centred) - _hits(*raw), _hits(*centred[::-1]) - _hits(*raw[::-1])])


def _hits(queries: Vectors, gallery: Vectors) -> Float[np.ndarray, " k"]:
    """1 where the answer in the query's own row is the nearest."""
    nearest = (queries @ gallery.T).argmax(axis=1)
    return (nearest == np.arange(len(queries))).astype(np.float64)


def _centred(
    some: EmbeddingSet, rows: np.ndarray, held: np.ndarray, stay: np.ndarray
) -> tuple[Vectors, Vectors]:
    """Held-out unit vectors raw, and less the mean of the others."""
    x = some.unit.astype(np.float64)
    return x[rows[held]], unit(x[rows[held]] - x[rows[stay]].mean(axis=0), np.float64)
