"""Scores that mean something: how probable is a match, and how often do negatives reach it?"""

import numpy as np
from jaxtyping import Float

from isthmus.arrays import evenly_spaced
from isthmus.records import dataclass
from isthmus.scores.normalised import Standardised, fit_score_standardised
from isthmus.scores.rules import (
    FittedRule,
    PerDirection,
    Scores,
    Similarity,
    direction,
    directions,
    samples,
)
from isthmus.types import Calibration, RequestError

MOST = 20_000
"""Scores of a kind that a law is fitted to."""

PENALTY = 1e-4
"""On half the squared slope, against the loss of all scores: keeps it finite where matches and
negatives do not overlap."""
ROUNDS = 100
"""Of Newton's method at most."""


@dataclass(frozen=True, eq=False)
class MatchOdds(PerDirection):
    """Logarithm of the odds that two items are of one object.

    The log-likelihood ratio slope · s + intercept, plus the log odds of a random pair of that
    direction in the calibration data: a gallery merged by it follows the probability ranking
    principle (Robertson 1977).
    """

    inner: Standardised
    slope: dict[str, float]
    """By direction; positive, so that the order of one modality's items stays as it is."""
    intercept: dict[str, float]
    before: dict[str, float]
    """Log odds of a match before the score is seen."""

    def mapped(self, scores: Scores, key: str) -> Scores:
        """Log odds of a match."""
        return self.slope[key] * scores + (self.intercept[key] + self.before[key])

    def probability(self, query: str, gallery: str, prior: float = 0.5) -> Similarity:
        """The probability of a match where a share ``prior`` of all pairs match.

        Raises:
            RequestError: a prior outside (0, 1).
        """
        if not 0 < prior < 1:
            raise RequestError(f"The share of matches lies between 0 and 1, not at {prior}.")
        from scipy.special import expit

        odds, before = self.between(query, gallery), self.before[direction(query, gallery)]
        shift = np.log(prior / (1 - prior)) - before
        return lambda a, b: expit(odds(a, b) + shift)


def fit_match_odds(data: Calibration, inner: FittedRule) -> MatchOdds:
    """Logistic calibration of the scores, for each direction.

    A direction without matches in the calibration data (one caption an image: no two texts match)
    borrows slope and intercept, in standard deviations of negatives' scores, from the other
    gallery of the same queries, and half a match (Jeffreys' prior) for the odds of a random pair.

    Source: Brümmer & du Preez 2006, Application-independent evaluation of speaker detection,
    section 6 (affine log-likelihood ratios); Platt 1999.
    """
    base = fit_score_standardised(data, inner)
    slope: dict[str, float] = {}
    intercept: dict[str, float] = {}
    before: dict[str, float] = {}
    for query, gallery in sorted(directions(data), key=lambda one: one[0] == one[1]):
        key = direction(query, gallery)
        matches, negatives = samples(base, data, query, gallery)
        before[key] = float(np.log((len(matches) + 0.5) / (len(negatives) + 0.5)))
        if len(matches):
            slope[key], intercept[key] = likelihood_ratio(matches, negatives)
        else:
            other = next(direction(query, name) for name in data.modalities if name != gallery)
            slope[key], intercept[key] = slope[other], intercept[other]
    return MatchOdds(base, slope, intercept, before)


def likelihood_ratio(
    matches: Float[np.ndarray, " k"], negatives: Float[np.ndarray, " l"]
) -> tuple[float, float]:
    """Slope and intercept of log p(s | match) / p(s | negative), both kinds weighing alike.

    Of each kind at most 20,000 evenly spaced order statistics count. The slope is at least 1e-3:
    where matches score no higher than negatives, scores say nothing.
    """
    kinds = (evenly_spaced(np.sort(of), MOST)[:, None] for of in (matches, negatives))
    slope, intercept = logistic(next(kinds), next(kinds))
    if slope < 1e-3:
        return 1e-3, -1e-3 * float((matches.mean() + negatives.mean()) / 2)
    return float(slope), float(intercept)


def logistic(
    matches: Float[np.ndarray, "k f"], negatives: Float[np.ndarray, "l f"], share: float = 0.5
) -> Float[np.ndarray, " f+1"]:
    """Slopes and intercept of log p(s | match) / p(s | negative), a line, by Newton's method.

    A library's solver of many coordinates takes twenty times as long, and stops at its tolerance.

    Args:
        matches: numbers of pairs that match.
        negatives: of pairs that do not.
        share: of all weight that matches have.
    """
    from scipy.special import expit

    scores = np.concatenate([matches, negatives]).astype(np.float64)
    middle, spread = scores.mean(axis=0), np.maximum(scores.std(axis=0), 1e-12)
    x = np.vstack([((scores - middle) / spread).T, np.ones(len(scores))])
    sign = np.repeat([1.0, -1.0], [len(matches), len(negatives)])
    each = [share / len(matches), (1 - share) / len(negatives)]
    weight = np.repeat(each, [len(matches), len(negatives)])
    penalty = np.append(PENALTY / len(scores) / spread**2, 0.0)

    def loss(at: np.ndarray) -> float:
        return float(weight @ np.logaddexp(0, -sign * (at @ x)) + penalty @ at**2 / 2)

    found = np.zeros(len(x))
    for _ in range(ROUNDS):
        wrong = expit(-sign * (found @ x))
        slope = penalty * found - x @ (weight * sign * wrong)
        curve = (x * (weight * wrong * (1 - wrong))) @ x.T + np.diag(penalty + 1e-12)
        step, now, size = np.linalg.solve(curve, slope), loss(found), 1.0
        while size > 1e-6 and loss(found - size * step) > now:
            size /= 2
        found = found - size * step
        if np.abs(size * step).max() < 1e-9:
            break
    slopes = found[:-1] / spread
    return np.append(slopes, found[-1] - slopes @ middle - np.log(share / (1 - share)))


@dataclass(frozen=True, eq=False)
class FalseAlarms:
    """How often negatives reach a score: all that unpaired data can say."""

    inner: FittedRule
    negatives: dict[str, Float[np.ndarray, " k"]]
    """Ascending scores by direction."""

    def rate(self, query: str, gallery: str) -> Similarity:
        """The false-alarm rate of a threshold at each score: (1 + negatives above) / (1 + all)."""
        score, known = self.inner.between(query, gallery), self.negatives[direction(query, gallery)]
        return lambda a, b: _share_above(score(a, b), known)


def fit_false_alarms(data: Calibration, inner: FittedRule) -> FalseAlarms:
    """Scores of negatives by direction, at most 20,000 evenly spaced order statistics of each.

    Without links (``Calibration.unpaired``) matches count as negatives. They are few, one pair in n
    where each item has one match, and make the rate too high, never too low: a threshold set to
    1 % is conservative by about half.
    """
    negatives = {
        direction(*one): evenly_spaced(np.sort(samples(inner, data, *one)[1]), MOST)
        for one in directions(data)
    }
    return FalseAlarms(inner, negatives)


def _share_above(
    scores: Float[np.ndarray, "q m"], known: Float[np.ndarray, " k"]
) -> Float[np.ndarray, "q m"]:
    return (1 + len(known) - np.searchsorted(known, scores)) / (1 + len(known))
