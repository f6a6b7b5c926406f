"""How much of what pairs teach a decoder keeps that has seen only texts."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from isthmus.measure.statistics import LEAST, seeded
from isthmus.measure.texts.references import CiderScore
from isthmus.measure.texts.resampled import METHOD, check_comparable, drawn_sums
from isthmus.records import dataclass
from isthmus.types import Interval, Null, Result

LEAD = 1.2
"""How many times the rule's CIDEr the twin must reach, else retention says nothing."""


@dataclass(frozen=True, eq=False, kw_only=True)
class RetentionResult(Result):
    """CIDEr of a decoder trained on texts as a share of that of its twin trained with pairs."""

    text_only: float
    twin: float
    rule: float
    """CIDEr of the nearest caption of the training texts."""
    gain: float
    """(text-only - rule) / (twin - rule), in percent."""
    gain_interval: Interval | None
    told: bool
    """Whether the twin beats the rule by a fifth: else the task cannot tell decoders apart."""

    paper = "isthmus: docs/text_metrics.md, retention"
    sentence = (
        "Trained on texts alone the decoder reaches {self.value:.1f} % of the CIDEr of its twin "
        "trained with pairs, and {self.gain:.1f} % of what the twin gains over the nearest "
        "training caption; {self.verdict}."
    )

    @property
    def verdict(self) -> str:
        """Whether the task can tell."""
        rule = f"the twin has CIDEr {self.twin:.1f}, the rule {self.rule:.1f}"
        return rule if self.told else f"this cannot tell ({rule}, less than a fifth more)"


def retention(
    text_only: Sequence[CiderScore],
    twin: Sequence[CiderScore],
    rule: CiderScore,
    *,
    rng: np.random.Generator | None = None,
) -> RetentionResult:
    """CIDEr of text-only decoders over that of their twins trained with pairs, in percent.

    Args:
        text_only: CIDEr of the decoder, a seed each; an item's score is averaged over seeds.
        twin: likewise of the twin of the same size and schedule.
        rule: CIDEr of the nearest training caption.
        rng: draws the items of the intervals, all three together; without it the seed is 0.

    Raises:
        RequestError: scores that are not of the same items.
    """
    check_comparable(*text_only, *twin, rule)
    three = np.hstack([_mean(text_only), _mean(twin), rule.statistics])
    ((value,), (gain,)) = _shares(three.sum(axis=0, keepdims=True))
    decoder, other, least = three.mean(axis=0).tolist()
    intervals: list[Interval | None] = [None, None]
    if rule.n >= LEAST:
        drawn = np.quantile(_shares(drawn_sums(three, seeded(rng))), [0.025, 0.975], axis=1)
        intervals = [Interval(float(a), float(b), f"paired {METHOD}") for a, b in drawn.T]
    return RetentionResult(
        name="retention of CIDEr",
        value=float(value),
        n=rule.n,
        interval=intervals[0],
        null=Null("none", note="the rule of the nearest caption stands beside"),
        text_only=decoder,
        twin=other,
        rule=least,
        gain=float(gain),
        gain_interval=intervals[1],
        told=other >= LEAD * least,
    )


def _mean(seeds: Sequence[CiderScore]) -> Float[np.ndarray, "n 1"]:
    return np.mean([one.statistics for one in seeds], axis=0)


def _shares(sums: Float[np.ndarray, "b 3"]) -> Float[np.ndarray, "2 b"]:
    """Retention and retention of the gain, in percent; NaN where the twin has nothing to keep."""
    decoder, twin, rule = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return 100 * np.stack([decoder / twin, (decoder - rule) / (twin - rule)])
