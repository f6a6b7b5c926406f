"""A published claim, and what a re-test of it found."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from isthmus.types.errors import RequestError

VERDICTS = ("confirmed", "partly", "not confirmed", "not run")
"""From best to none."""


class NoDataError(RequestError):
    """The data of a claim are not at hand; the message says which."""


@dataclass(frozen=True)
class Claim:
    """What a paper says, and how it is tested here."""

    says: str
    source: str
    rule: str
    """When it counts as confirmed and as partly confirmed."""
    test: str
    """``package.module:function``, called with what is ``AtHand`` and a generator."""


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
    low: float = math.nan
    high: float = math.nan
    """95 % interval of the value."""
    chance: float = math.nan

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, null where there is no number."""
        found = asdict(self)
        return {
            key: None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in found.items()
        }


def verdict(confirmed: bool | np.bool, partly: bool | np.bool = False) -> str:
    """The verdict of a rule with two steps."""
    return VERDICTS[0] if confirmed else VERDICTS[1] if partly else VERDICTS[2]


def overall(outcomes: "list[Outcome]") -> str:
    """The verdict over several sets of data: theirs where they agree, else partly."""
    said = {one.verdict for one in outcomes if one.verdict != "not run"}
    if not said:
        return "not run"
    return said.pop() if len(said) == 1 else "partly"
