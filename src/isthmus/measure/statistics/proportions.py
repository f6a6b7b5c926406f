"""Intervals of proportions, and of any mean of scores in [0, 1], over whole objects.

A percentile bootstrap of twelve right answers of twelve is [1, 1], and covers a share of 0.95 to
0.998 in 60 of 100 samples: what was not drawn is not there. Wilson's interval asks which shares
could have given what was seen. Every proportion in the project takes its interval here.
"""

import numpy as np
from jaxtyping import Float, Int

from isthmus.records import dataclass
from isthmus.types import Interval

Z = 1.959964
"""97.5 % quantile of the normal distribution."""
SCANT = 5
"""Objects unlike all others, below which their spread says little of others that are unseen."""


@dataclass(frozen=True, eq=False)
class Share:
    """A mean of scores in [0, 1], as a ratio of two sums over objects."""

    mean: float
    rest: Float[np.ndarray, " o"]
    """What each object adds to the numerator beyond the mean's share; sums to 0."""
    tosses: float
    """Tosses of a coin whose mean would vary as much: objects over their design effect."""
    unseen: float
    """Share of objects that may be anything; of those seen hardly any differ from the others."""

    @property
    def interval(self) -> tuple[float, float]:
        """The coin's, or what the unseen would make of the mean, whichever reaches farther."""
        low, high = self._coin if np.isfinite(self.tosses) else (self.mean, self.mean)
        least, most = self.mean * (1 - self.unseen), self.mean + (1 - self.mean) * self.unseen
        return min(low, least), max(high, most)

    @property
    def _coin(self) -> tuple[float, float]:
        """Wilson's, no narrower at either end than the exact one-sided 95 %."""
        from scipy.special import betaincinv

        n, p = self.tosses, self.mean
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z / (1 + Z * Z / n) * np.sqrt(p * (1 - p) / n + (Z / (2 * n)) ** 2)
        hits, misses = n * p, n * (1 - p)
        low = min(middle - half, betaincinv(hits, misses + 1, 0.05)) if p > 0 else 0.0
        high = max(middle + half, betaincinv(hits + 1, misses, 0.95)) if p < 1 else 1.0
        return float(low), float(high)


def wilson_interval(
    scores: Float[np.ndarray, " q"],
    objects: Int[np.ndarray, " q"] | None = None,
    whole: Float[np.ndarray, " q"] | None = None,
) -> Interval:
    """Interval of the mean of scores in [0, 1], such as hits, at 95 %.

    Args:
        scores: 0 or 1, or anything between, such as nDCG.
        objects: the exchangeable unit of each score; without, every score is its own.
        whole: what each score is a part of (ideal gains, say), where the share is that of the sums.

    Source: Wilson 1927; widened to the exact one-sided 95 % at each end, since it covers down to
    84 % where one hit or miss is expected (Brown, Cai & DasGupta 2001, section 4.1.1); tosses over
    the design effect, which is at least 1, and Student's t: Korn & Graubard 1998, with as many
    degrees of freedom as the spread itself has.
    """
    low, high = share_of(scores, objects, whole).interval
    clustered = objects is not None and len(np.unique(objects)) < len(scores)
    unit = "objects, by their design effect" if clustered else "one score an object"
    return Interval(low, high, f"Wilson, {unit}")


def change_interval(
    changes: Float[np.ndarray, " q"], objects: Int[np.ndarray, " q"] | None = None
) -> Interval:
    """Interval of the mean of paired differences of scores in [0, 1], at 95 %.

    Gains and losses are shares of their own, whose Wilson intervals are put together by how they
    vary together. Where nothing changed, it says how much could have gone unseen.

    Source: Newcombe 1998, Statistics in Medicine 17, method 10, on the discordant pairs; Zou &
    Donner 2008 (method of variance estimates recovery).
    """
    changes = np.asarray(changes, dtype=np.float64)
    gain, loss = (share_of(np.maximum(part, 0), objects) for part in (changes, -changes))
    size = float(np.sqrt((gain.rest @ gain.rest) * (loss.rest @ loss.rest)))
    together = float(gain.rest @ loss.rest) / size if size > 0 else 0.0
    (gain_low, gain_high), (loss_low, loss_high) = gain.interval, loss.interval
    middle = gain.mean - loss.mean
    down = _joined(gain.mean - gain_low, loss_high - loss.mean, together)
    up = _joined(gain_high - gain.mean, loss.mean - loss_low, together)
    return Interval(middle - down, middle + up, "Wilson, of gains and of losses over objects")


def _joined(first: float, second: float, together: float) -> float:
    """Half width of a difference."""
    square = first**2 + second**2 - 2 * together * first * second
    return float(np.sqrt(max(square, 0.0)))


def share_of(
    scores: Float[np.ndarray, " q"],
    objects: Int[np.ndarray, " q"] | None = None,
    whole: Float[np.ndarray, " q"] | None = None,
) -> Share:
    """The share with its number of tosses; arguments as ``wilson_interval``."""
    from scipy.special import stdtrit

    scores = np.asarray(scores, dtype=np.float64)
    whole = np.ones(len(scores)) if whole is None else np.asarray(whole, dtype=np.float64)
    place = (
        np.arange(len(scores)) if objects is None else np.unique(objects, return_inverse=True)[1]
    )
    part, most = np.bincount(place, scores), np.bincount(place, whole)
    n, total = len(part), max(float(most.sum()), 1e-300)
    mean = min(1.0, max(0.0, float(scores.sum()) / total))
    rest, alone = part - mean * most, scores - mean * whole
    # an object's scores are never more independent than scores of different objects
    spread = max(_variance(rest), _variance(alone)) / total**2
    plain = bool((((part == 0) | (part == most)) & (most == most[0])).all())
    student = 1.0 if plain else (Z / float(stdtrit(_freedom(rest), 0.975))) ** 2
    tosses = max(1.0, student * mean * (1 - mean) / spread) if spread > 1e-18 else np.inf
    each = np.divide(part, most, out=np.full(n, mean), where=most > 0)
    differing = int(np.sum(np.abs(each - np.median(each)) > 1e-9))
    return Share(mean, rest, float(tosses), Z * Z / (n + Z * Z) if differing < SCANT else 0.0)


def _freedom(rest: Float[np.ndarray, " o"]) -> float:
    """Degrees of freedom of that variance: n - 1, fewer where a few objects make most of it.

    Source: Satterthwaite 1946, with the variance of a variance, (kurtosis - 1) / n.
    """
    n, square = len(rest), float(rest @ rest)
    excess = float((rest**2) @ (rest**2)) / square**2 - 1 / n if square > 1e-150 else 0.0
    return max(1.0, min(n - 1.0, 2 / excess if excess > 0 else np.inf))


def _variance(rest: Float[np.ndarray, " o"]) -> float:
    """Of a sum of independent terms whose mean is taken away."""
    return float(rest @ rest) * len(rest) / max(len(rest) - 1, 1)
