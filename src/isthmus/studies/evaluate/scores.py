"""Scores of one space on held-out items: of every item in each direction, and of the whole."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Generic, TypeVar

import numpy as np
from jaxtyping import Bool, Float

from isthmus.measure.classification.clusters import k_means, v_measure
from isthmus.measure.classification.zero_shot import class_vectors
from isthmus.measure.geometry.distributions import bures
from isthmus.measure.geometry.gaps import centroid_distance, relative_gap
from isthmus.measure.geometry.spread import log_mean_potential
from isthmus.measure.retrieval.gains import discounts, relative_gains
from isthmus.measure.retrieval.galleries import Mixed
from isthmus.measure.retrieval.hits import hit_chances
from isthmus.measure.statistics import (
    Pair,
    calibration_error,
    mean_over_pairs,
    ranked,
    scores_between,
    top_probabilities,
)
from isthmus.records import dataclass
from isthmus.scores.odds import likelihood_ratio
from isthmus.studies.shared import Dataset
from isthmus.transform.mended import Mended

K = 10
"""Cut-off of nDCG."""

KS = (1, 5, 10)
"""Cut-offs of hits."""

Scores = Float[np.ndarray, " _"]
"""One an item, in the order of its set; NaN where it was no query."""

MatchScores = tuple[Float[np.ndarray, " _"], Float[np.ndarray, " _"]]
"""Similarities of matches, and of negatives."""

V = TypeVar("V")
W = TypeVar("W")


@dataclass(frozen=True, eq=False)
class Bounds(Generic[V]):
    """What the mixed nDCG@10 of one direction is read against; all of the same scores.

    Four rules of merging need no remedy. The ceiling is what the two rankings within one modality
    reach when the relevant items are merged in the best possible order.
    """

    own_first: V
    """All items of the query's own modality, then the others."""
    other_first: V
    """All items of the other modality, then the query's own."""
    interleaved: V
    """One item of each modality in turn, the mean over which begins."""
    standardised: V
    """Merged by scores standardised within each modality, query by query."""
    ceiling: V
    chance: V
    """Expected mixed nDCG@10 of a random order."""
    chance_of_hits: V
    """Expected hits at the first place of a random order."""


@dataclass(frozen=True, eq=False)
class DirectionScores(Generic[V]):
    """What queries of one modality earn."""

    hits: Mapping[int, V]
    """Whether a match is among the first of the other modality, by cut-off."""
    mixed: V
    """nDCG@10 in the gallery of both modalities."""
    bounds: Bounds[V]
    """What ``mixed`` is read against."""
    zero_shot: V | None = None
    """Whether the nearest class text is the item's own; None in the backward direction, and
    without classes."""


@dataclass(frozen=True, eq=False)
class Geometry(Generic[V]):
    """How the vectors of both modalities lie."""

    gap: V
    """Distance of the two centroids."""
    distribution_gap: V
    """Squared Bures distance of the covariances."""
    relative_gap: V
    """Distance of matches, as a share of that and the distance within modalities."""
    uniformity: V
    """Mean of both modalities."""
    v_measure: V | None
    """Agreement of clusters of all items with their classes; None without classes."""


@dataclass(frozen=True, eq=False)
class SpaceScores(Generic[V, W]):
    """All scores of one space: V of single items, W of the whole."""

    forward: DirectionScores[V]
    """Queries of the first set."""
    backward: DirectionScores[V]
    geometry: Geometry[W]
    calibration_error: W
    """Of probabilities of a match, where half of the pairs are matches. Queries are of the second
    set, texts where there are any: what people search by."""
    seconds: W
    """Of fitting."""

    @property
    def directions(self) -> tuple[DirectionScores[V], DirectionScores[V]]:
        """Forward and backward."""
        return self.forward, self.backward


def space_scores(
    held: Dataset,
    calibration: MatchScores,
    rng: np.random.Generator,
    seconds: float,
    lies: Geometry[float] | None = None,
) -> SpaceScores[Scores, float]:
    """All scores of a space.

    Args:
        held: held-out items in this space.
        calibration: similarities of other items, to fit probabilities of a match on.
        rng: draws negatives and the starts of clusters.
        seconds: of fitting.
        lies: the geometry, where it has been computed.
    """
    forward, backward = map(_direction_scores, (held.pair, held.pair.reversed))
    error = calibration_error(*match_probabilities(calibration, held.pair, rng), rng=rng)
    forward = replace(forward, zero_shot=_zero_shot(held))
    return SpaceScores(forward, backward, lies or geometry(held, rng), error, seconds)


def mended_dataset(data: Dataset, mended: Mended) -> Dataset:
    """The same items and class texts in a mended space."""
    classes = {name: mended(texts) for name, texts in data.about.prompts.items()}
    about = replace(data.about, classes=classes)
    return replace(data, a=mended(data.a), b=mended(data.b), about=about)


def _direction_scores(pair: Pair) -> DirectionScores[Scores]:
    ranks = ranked(scores_between(pair.a, pair.b), pair.by_query)
    mixed = Mixed.of(pair, "linked", np.random.default_rng(0))
    gains = relative_gains(mixed.found[2], K)
    return DirectionScores(
        {k: hit_chances(ranks, k) for k in KS}, _placed(mixed, gains), _bounds(mixed)
    )


def _bounds(mixed: Mixed) -> Bounds[Scores]:
    """What queries in the gallery of both modalities are read against.

    Chance is the expectation over random orders: of mixed gains, and of hits at the first place.
    """
    pair, n = mixed.pair, len(mixed.rows)
    items = len(pair.a) + len(pair.b) - 1
    same, other = (np.bincount(x[:, 0], minlength=n) for x in (mixed.same, mixed.other))
    chance = (same + other) / items * discounts(K, items).sum() / mixed.best(K)
    found = {**vars(mixed.merges(K)), "chance": chance, "chance_of_hits": other / len(pair.b)}
    return Bounds(**{name: _placed(mixed, scores) for name, scores in found.items()})


def _placed(mixed: Mixed, scores: Float[np.ndarray, " q"]) -> Scores:
    """A score an item; NaN for items that are no queries of a large gallery."""
    placed = np.full(len(mixed.pair.a), np.nan)
    placed[mixed.rows] = scores
    return placed


def _zero_shot(held: Dataset) -> Scores | None:
    """Whether each item's class comes first; NaN for items without a label."""
    items, labels, prompts = held.a, held.about.labels, held.about.prompts
    if not labels or not prompts:
        return None
    texts = class_vectors(prompts, items)
    truth = np.array([texts.row.get(labels.get(name, ""), -1) for name in items.ids])
    right = top_probabilities(scores_between(items, texts).whole)[np.arange(len(truth)), truth]
    return np.where(truth >= 0, right, np.nan)


def geometry(held: Dataset, rng: np.random.Generator) -> Geometry[float]:
    """The gap's parts and, with labels, how well clusters of both modalities follow classes."""
    pair = held.pair
    x, y = (side.unit.astype(np.float64) for side in (pair.a, pair.b))
    matched = float((x[pair.rows[:, 0]] * y[pair.rows[:, 1]]).sum(axis=1).mean())
    intra = (float(mean_over_pairs((z.sum(axis=0) ** 2).sum(), len(z))) for z in (x, y))
    return Geometry(
        gap=centroid_distance(x, y),
        distribution_gap=bures(np.cov(x.T), np.cov(y.T)),
        # not a number if all is one point
        relative_gap=float(np.nan_to_num(relative_gap(matched, *intra))),
        uniformity=(log_mean_potential(x) + log_mean_potential(y)) / 2,
        v_measure=_agreement(held, rng),
    )


def _agreement(held: Dataset, rng: np.random.Generator) -> float | None:
    """V-measure of clusters of all labelled items, both modalities together."""
    names = [held.about.labels.get(name) for name in (*held.a.ids, *held.b.ids)]
    known = np.array([name is not None for name in names])
    classes, truth = np.unique([name for name in names if name is not None], return_inverse=True)
    if len(classes) < 2:
        return None
    both = np.concatenate([held.a.unit, held.b.unit])[known]
    return v_measure(truth, k_means(both, len(classes), rng))[2]


def match_scores(pair: Pair) -> MatchScores:
    """Similarities of matches and of negatives; queries are of b."""
    scores = scores_between(pair.b, pair.a).whole.astype(np.float64)
    same = pair.same_object.T
    return scores[same], scores[~same]


def match_probabilities(
    calibration: MatchScores, held: Pair, rng: np.random.Generator, share: float = 0.5
) -> tuple[Float[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
    """Probabilities of held-out matches among negatives, after a logistic fit.

    Args:
        calibration: similarities to fit on; queries are of b.
        held: held-out items in the same space.
        rng: draws the negatives.
        share: of matches among the held-out pairs that are drawn.

    Returns:
        The probabilities, and which of them are of matches.
    """
    from scipy.special import expit

    slope, intercept = likelihood_ratio(*calibration)
    matches, negatives = match_scores(held)
    wanted = round(len(matches) * (1 - share) / share)
    if wanted > len(negatives):  # few items: fewer matches keep the share
        wanted = len(negatives)
        matches = rng.choice(matches, max(1, round(wanted * share / (1 - share))), replace=False)
    drawn = np.concatenate([matches, rng.choice(negatives, wanted, replace=False)])
    odds = slope * drawn + intercept + np.log(share / (1 - share))
    return np.asarray(expit(odds)), np.arange(len(odds)) < len(matches)
