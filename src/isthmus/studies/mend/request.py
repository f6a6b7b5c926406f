"""What ``isthmus mend`` may be asked."""

from dataclasses import field

from tyro.conf import Positional

from isthmus.records import amount, dataclass
from isthmus.types import RequestError, Source, Written

REMEDIES: tuple[str, ...] = (
    "mean_removal",
    "half_shift",
    "gap_removal",
    "top_coordinates",
    "modality_erasure",
    "whitening",
    "within_whitening",
    "procrustes",
    "ridge",
    "cca",
    "shared_subspace",
    "operator_trimming",
    "transport",
    "asif",
    "score_standardised",
    "match_standardised",
    "score_quantiles",
    "csls",
    "qb_norm",
    "neighbour_normalised",
    "inverted_softmax",
    "sinkhorn",
    "symmetric_normalised",
    "match_odds",
    "mean_removal+score_standardised",
    "neighbour_normalised+score_standardised",
    "mean_removal+symmetric_normalised",
    "within_whitening+symmetric_normalised",
    "within_whitening+match_odds",
    "symmetric_normalised+match_odds",
    "within_whitening+symmetric_normalised+match_odds",
)
"""Every correction once and the combinations that are worth their cost, vectors before scores."""

CALIBRATE = (250, 50)
"""Linked objects that remedies are fitted on: a table for each."""


@dataclass(frozen=True)
class MendRequest(Written):
    """Fit every remedy for the modality gap on your data, judge them held out, keep the best one.

    The mended space goes wherever a space goes: isthmus study mended:FOLDER.
    """

    space: Positional[str] = ""
    """Space to mend (default: mini)."""
    source: Source = field(default_factory=Source)
    remedies: tuple[str, ...] = ()
    """Chains of corrections to judge, such as mean_removal+match_odds (default: all; see: isthmus
    parts corrections)."""
    calibrate: tuple[int, ...] = CALIBRATE
    """Linked objects to fit on, 1 or more and at most half of all: a table for each number."""
    splits: int = 20
    """Random halves of the objects, 2 or more."""
    full: bool = False
    """Judge every remedy in every split and at every number of objects. Without it the best ones of
    a few splits go on, and what these earn is the same to the last digit."""
    keep: str = ""
    """Chain to keep as the mended space, named as for --remedies (default: the recommended one)."""

    def __post_init__(self) -> None:
        if self.splits < 2 or not self.calibrate or min(self.calibrate) < 1:
            raise RequestError(
                "Remedies are judged in 2 splits or more, fitted on 1 object or more: wanted such "
                f"numbers, got {amount(self.splits, 'split')} and {list(self.calibrate)} objects."
            )
