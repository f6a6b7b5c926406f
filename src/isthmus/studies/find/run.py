"""Look for something in files: is it there, how sure is that, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.indexes.candidates import look_for, where
from isthmus.indexes.presence import Found, PresenceRule
from isthmus.indexes.rules import named, rule_for, seen
from isthmus.read.recognise import modality_of
from isthmus.records import dataclass
from isthmus.report import amount, html, visible
from isthmus.store import write_text
from isthmus.studies.find.page import find_page
from isthmus.studies.find.request import FindRequest
from isthmus.studies.shared import RunResult, new_sheet, place_words, placed, resolve
from isthmus.types import Encoder, ItemError, NothingLeftError, Place, RequestError


@dataclass(frozen=True)
class Sight:
    """What was seen of the query in one file."""

    file: str
    modality: str
    present: bool
    """Whether its score is above that of all but the share of false alarms."""
    probability: float
    """Of presence, were it there as often as not."""
    false_alarms: float
    """Share of things that are not there whose score is as high."""
    places: tuple[Found, ...]
    """The clearest first; empty where it is not there."""
    looked: tuple[Place, ...] = ()
    """All parts that were looked at."""
    sureness: Float[np.ndarray, " p"] = field(default_factory=lambda: np.empty(0))
    """Probability of the thing in each of them, were it there as often as not."""


@dataclass(frozen=True, eq=False, kw_only=True)
class FindResult(RunResult):
    """A line a file: there or not, how surely, and where."""

    query: str
    sights: Sequence[Sight]

    sheet: Path | None = None
    """Where the page was written."""

    drawn = ("probability", "", "", "")

    @property
    def written(self) -> list[Path]:
        """The page, where there is one."""
        return [self.sheet] if self.sheet else []

    @property
    def page_path(self) -> Path | None:
        """The page."""
        return self.sheet

    def page_shown(self) -> str:
        """Each file with what was found in it, drawn."""
        return html(find_page(self.query, self.sights, self.verdict))

    def table_rows(self) -> list[dict[str, Any]]:
        """A file each."""
        return [
            {"file": one.file, "present": one.present, "probability": one.probability,
             "places": "; ".join(_said(x) for x in one.places)}
            for one in self.sights
        ]  # fmt: skip

    def lines(self) -> list[str]:
        """A file each, in the order they were named."""
        width = max((len(visible(one.file)) for one in self.sights), default=0)
        return [
            f"{visible(one.file):<{width}}  {'there' if one.present else 'not there':<9}  "
            f"{one.probability:5.0%}  {'; '.join(map(_said, one.places))}".rstrip()
            for one in self.sights
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "query": self.query,
            "items": [
                {
                    "file": one.file,
                    "modality": one.modality,
                    "present": one.present,
                    "presence": one.probability,
                    "false_alarms": one.false_alarms,
                    "places": [{**placed(x.place), "score": x.score} for x in one.places],
                }
                for one in self.sights
            ],
            "skipped": dict(self.faults),
        }


def _said(one: Found) -> str:
    return place_words(one.place) or "the whole"


def run(request: FindRequest) -> FindResult:
    """Look in every file; what cannot be read is named and skipped.

    Raises:
        RequestError: a file that is not there, or a space that has no way for words.
        NothingLeftError: not one file could be looked in.
    """
    look_for(request.candidates)
    if request.out and request.out.is_dir():
        raise RequestError(f"The page cannot be written to {request.out}: --out wants a file.")
    kinds = {str(path): modality_of(path) for path in request.files}
    encoders = resolve(request.space).encoders(request.common, "presence is looked for in files")
    query = named(encoders, [request.query])
    rules: dict[str, PresenceRule] = {}
    sights, faults = list[Sight](), dict[str, str]()
    for file, modality in kinds.items():
        try:
            if modality not in rules:
                rules[modality] = rule_for(
                    encoders,
                    modality,
                    items=request.learn,
                    progress=request.common.progress,
                    source=request.candidates,
                )
            sights.append(_sight(request, encoders, query, (file, modality), rules))
        except ItemError as error:
            faults[file] = str(error)
    if not sights:
        first, why = next(iter(faults.items()))
        many = amount(len(kinds), "file")
        raise NothingLeftError(f"Not one of {many} can be looked in: {first}: {why}")
    there = [one for one in sights if one.present]
    verdict = (
        f"{visible(request.query)!r} is in {len(there)} of {amount(len(sights), 'file')}, at a "
        f"rate of false alarms of {request.false_alarms:.0%}."
        if there
        else f"None of these holds {visible(request.query)!r}, at a rate of false alarms of "
        f"{request.false_alarms:.0%}."
    )
    found = FindResult(query=request.query, sights=sights, verdict=verdict, faults=faults)
    if not (request.open or request.out):
        return found
    path = request.out or new_sheet("find", request.query)
    write_text(path, found.page_shown())
    return replace(found, sheet=path)


def _sight(
    request: FindRequest,
    encoders: Mapping[str, Encoder],
    query: Any,
    item: tuple[str, str],
    rules: Mapping[str, PresenceRule],
) -> Sight:
    file, modality = item
    rule = rules[modality]
    parts = seen(encoders, modality, Path(file), file, request.candidates)
    scores = rule.scores(query, parts)[0]
    least = rule.threshold(request.false_alarms)
    best = float(scores.max())
    present = best >= least
    found = where(parts, scores, least)[: request.places] if present else []
    alarms = rule.false_alarms(best)
    sureness = np.array([rule.probability(float(x)) for x in scores])
    seen_in = (parts.places, sureness)
    return Sight(file, modality, present, rule.probability(best), alarms, tuple(found), *seen_in)
