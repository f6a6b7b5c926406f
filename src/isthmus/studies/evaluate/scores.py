"""What one split tells of one mended space: a score of every held-out item, and some numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.measure.classification.clusters import k_means, v_measure
from isthmus.measure.classification.zero_shot import ClassTexts, class_vectors
from isthmus.measure.geometry.distributions import bures
from isthmus.measure.geometry.gaps import centroid_distance, relative_gap
from isthmus.measure.geometry.spread import log_mean_potential
from isthmus.measure.retrieval.gains import discounts, relative_gains
from isthmus.measure.retrieval.galleries import Mixed
from isthmus.measure.retrieval.hits import hit_chances
from isthmus.measure.statistics.calibration import calibration_error
from isthmus.measure.statistics.inputs import Pair
from isthmus.measure.statistics.ranks import ranked, top_probabilities
from isthmus.measure.statistics.searches import scores_between
from isthmus.measure.statistics.streaming import mean_over_pairs
from isthmus.scores.odds import likelihood_ratio
from isthmus.types import EmbeddingSet

K = 10
"""Cut-off of nDCG."""

KS = (1, 5, 10)
"""Cut-offs of hits."""

ItemScores = dict[str, tuple[str, Float[np.ndarray, " n"]]]
"""By measure: the modality whose items are scored, and one score an item in order of the set."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Held-out items of a split in one space, with what is known of them."""

    pair: Pair
    labels: Mapping[str, str]
    """Class name by item id; empty where there are no classes."""
    classes: ClassTexts | None = None


def item_scores(held: HeldOut) -> ItemScores:
    """Hits both ways, mixed-gallery gains and zero-shot, an item each."""
    a, b = held.pair.a.modality, held.pair.b.modality
    found: ItemScores = {}
    for pair, query, gallery in ((held.pair, a, b), (held.pair.reversed, b, a)):
        ranks = ranked(scores_between(pair.a, pair.b), pair.by_query)
        for k in KS:
            found[f"hit@{k} {query}→{gallery}"] = (query, hit_chances(ranks, k))
        found[f"mixed nDCG@{K} {query}"] = (query, _mixed(pair))
    if held.classes is not None and held.labels:
        found["zero-shot"] = (a, _zero_shot(held.pair.a, held.labels, held.classes))
    return found


def bounds(pair: Pair) -> ItemScores:
    """The rule "other modality first", the best merging of this space's two rankings, and chance.

    Chance is the expectation over random orders: of mixed gains, and of hits at the first place.
    """
    found: ItemScores = {}
    for one in (pair, pair.reversed):
        mixed, name = Mixed.of(one, "linked", np.random.default_rng(0)), one.a.modality
        rule, ceiling = (_placed(mixed, scores) for scores in mixed.bounds(K))
        found |= {f"rule {name}": (name, rule), f"ceiling {name}": (name, ceiling)}
        same, other = (np.bincount(of[:, 0]) for of in (mixed.same, mixed.other))
        same = np.concatenate([same, np.zeros(len(other) - len(same), dtype=same.dtype)])
        items = len(one.a) + len(one.b) - 1
        gained = (same + other) / items * discounts(K, items).sum() / mixed.best(K)
        found[f"chance {name}"] = (name, _placed(mixed, gained))
        found[f"chance of hits {name}"] = (name, _placed(mixed, other / len(one.b)))
    return found


def geometry(held: HeldOut, rng: np.random.Generator) -> dict[str, float]:
    """The gap's parts and, with labels, how well clusters of both modalities follow classes."""
    pair = held.pair
    x, y = (side.unit.astype(np.float64) for side in (pair.a, pair.b))
    matched = float((x[pair.rows[:, 0]] * y[pair.rows[:, 1]]).sum(axis=1).mean())
    relative = relative_gap(matched, _intra(x), _intra(y))  # not a number if all is one point
    found = {
        "gap": centroid_distance(x, y),
        "distribution gap": bures(np.cov(x.T), np.cov(y.T)),
        "relative gap": float(np.nan_to_num(relative)),
        "uniformity": (log_mean_potential(x) + log_mean_potential(y)) / 2,
    }
    names = [held.labels.get(name) for side in (pair.a, pair.b) for name in side.ids]
    if len(set(names) - {None}) > 1:
        known = np.array([name is not None for name in names])
        classes, truth = np.unique(
            [name for name in names if name is not None], return_inverse=True
        )
        both = np.concatenate([pair.a.unit, pair.b.unit])[known]
        found["V-measure"] = v_measure(truth, k_means(both, len(classes), rng))[2]
    return found


def match_error(
    known: tuple[Float[np.ndarray, " k"], Float[np.ndarray, " l"]],
    held: Pair,
    rng: np.random.Generator,
    share: float = 0.5,
) -> tuple[float, Float[np.ndarray, " n"], np.ndarray]:
    """Calibration error of held-out matches among strangers, after a logistic fit.

    Args:
        known: scores of matches and of strangers to fit on, b asked of a.
        held: held-out items in the same space.
        rng: draws the strangers.
        share: of matches among the pairs that are asked.

    Returns:
        The error, the probabilities, and which of them are of matches.
    """
    from scipy.special import expit

    slope, intercept = likelihood_ratio(*known)
    scores = scores_between(held.b, held.a).whole.astype(np.float64)
    same = held.same_object.T
    matches, others = scores[same], scores[~same]
    wanted = round(len(matches) * (1 - share) / share)
    if wanted > len(others):  # few items: fewer matches keep the share
        matches = rng.choice(
            matches, max(1, round(len(others) * share / (1 - share))), replace=False
        )
        wanted = len(others)
    strangers = rng.choice(others, wanted, replace=False)
    odds = slope * np.concatenate([matches, strangers]) + intercept + np.log(share / (1 - share))
    told = np.arange(len(odds)) < len(matches)
    probability = np.asarray(expit(odds))
    return calibration_error(probability, told, rng=rng), probability, told


def _mixed(pair: Pair) -> Float[np.ndarray, " n"]:
    mixed = Mixed.of(pair, "linked", np.random.default_rng(0))
    other = mixed.other + np.array([0, len(pair.a)])
    relevant = np.concatenate([mixed.same, other])
    order = np.argsort(relevant[:, 0], kind="stable")
    return _placed(mixed, relative_gains(ranked(mixed.scores("both"), relevant[order]), K))


def _placed(mixed: Mixed, scores: Float[np.ndarray, " q"]) -> Float[np.ndarray, " n"]:
    """A score an item; NaN for those that a large gallery did not ask."""
    placed = np.full(len(mixed.pair.a), np.nan)
    placed[mixed.rows] = scores
    return placed


def _zero_shot(
    items: EmbeddingSet, labels: Mapping[str, str], classes: ClassTexts
) -> Float[np.ndarray, " n"]:
    """Whether each item's class comes first; NaN for items without a label."""
    texts = class_vectors(classes, items)
    scores = scores_between(items, texts).whole
    truth = np.array([texts.row.get(labels.get(name, ""), -1) for name in items.ids])
    right = top_probabilities(scores)[np.arange(len(truth)), truth]
    return np.where(truth >= 0, right, np.nan)


def _intra(x: Float[np.ndarray, "n d"]) -> float:
    """Mean cosine of two different rows."""
    return float(mean_over_pairs((x.sum(axis=0) ** 2).sum(), len(x)))
