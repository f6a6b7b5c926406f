"""A published claim, and what a re-test of it found."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from isthmus.records import dataclass
from isthmus.types import Interval, RequestError, plain

VERDICTS = ("confirmed", "partly", "not confirmed", "not run")
"""From best to none."""


class NoDataError(RequestError):
    """The data of a claim are not there; the message says which."""


@dataclass(frozen=True)
class Claim:
    """What a paper says, and how it is tested here."""

    text: str
    source: str
    rule: str
    """When it counts as confirmed and as partly confirmed."""
    test: str
    """``package.module:function``, called with ``ClaimData`` and a generator."""
    of_pairs: bool = False
    """Whether the test takes one pair of linked sets, and is run on each that there is."""


@dataclass(frozen=True)
class Outcome:
    """What one re-test of a claim found on one set of data."""

    verdict: str
    """One of ``VERDICTS``."""
    data: str
    found: str
    """The finding in a sentence."""
    n: int = 0
    """Objects that it rests on."""
    value: float = math.nan
    interval: Interval | None = None
    chance: float = math.nan

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, null where there is no number."""
        return {
            "verdict": self.verdict,
            "data": self.data,
            "found": self.found,
            "n": self.n,
            "value": plain(self.value),
            "low": plain(self.interval.low) if self.interval else None,
            "high": plain(self.interval.high) if self.interval else None,
            "chance": plain(self.chance),
        }


def verdict(confirmed: bool | np.bool, partly: bool | np.bool = False) -> str:
    """The verdict of a rule with two steps."""
    return VERDICTS[0] if confirmed else VERDICTS[1] if partly else VERDICTS[2]


def overall(outcomes: Sequence[Outcome]) -> str:
    """The verdict over several sets of data: theirs where they agree, else partly."""
    found = {one.verdict for one in outcomes} - {"not run"} or {"not run"}
    return found.pop() if len(found) == 1 else "partly"
