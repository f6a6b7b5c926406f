"""Look for something in files: is it there, how sure is that, and where."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from isthmus.indexes.presence import Found, PresenceRule, places_of
from isthmus.indexes.rules import named, rule_for, seen
from isthmus.read.recognise import modality_of
from isthmus.records import dataclass
from isthmus.report import amount, visible
from isthmus.studies.find.request import FindRequest
from isthmus.studies.shared import RunResult, placed, resolve
from isthmus.types import Encoder, ItemError, NothingLeftError


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


@dataclass(frozen=True, eq=False, kw_only=True)
class FindResult(RunResult):
    """A line a file: there or not, how surely, and where."""

    query: str
    sights: Sequence[Sight]

    drawn = ("probability", "", "", "")

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
    place = one.place
    if place.box is not None:
        return "box " + " ".join(f"{x:.2f}" for x in place.box)
    if place.seconds is not None:
        return f"{place.seconds[0]:.1f} to {place.seconds[1]:.1f} s"
    return f"{len(place.faces or ()):,} faces" if place.faces is not None else "the whole"


def run(request: FindRequest) -> FindResult:
    """Look in every file; what cannot be read is named and skipped.

    Raises:
        RequestError: a file that is not there, or a space that has no way for words.
        NothingLeftError: not one file could be looked in.
    """
    kinds = {str(path): modality_of(path) for path in request.files}
    encoders = resolve(request.space).encoders(request.common, "presence is looked for in files")
    query = named(encoders, [request.query])
    rules: dict[str, PresenceRule] = {}
    sights, faults = list[Sight](), dict[str, str]()
    for file, modality in kinds.items():
        try:
            if modality not in rules:
                rules[modality] = rule_for(
                    encoders, modality, items=request.learn, progress=request.common.progress
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
    return FindResult(query=request.query, sights=sights, verdict=verdict, faults=faults)


def _sight(
    request: FindRequest,
    encoders: Mapping[str, Encoder],
    query: Any,
    item: tuple[str, str],
    rules: Mapping[str, PresenceRule],
) -> Sight:
    file, modality = item
    rule = rules[modality]
    parts = seen(encoders, modality, Path(file), file)
    scores = rule.scores(query, parts.vectors)[0]
    least = rule.threshold(request.false_alarms)
    best = float(scores.max())
    present = best >= least
    found = places_of(parts.places, scores, least)[: request.places] if present else []
    alarms = rule.false_alarms(best)
    return Sight(file, modality, present, rule.probability(best), alarms, tuple(found))
