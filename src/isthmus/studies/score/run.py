"""Score captions against references, and against those of another system on the same items."""

from collections.abc import Mapping, Sequence
from typing import Any

from isthmus.measure.texts.captions import ORDERS, Captions
from isthmus.measure.texts.references import bleu_of, cider_of, cider_plain_of, rouge_of
from isthmus.measure.texts.resampled import TextDifference, TextScore, text_difference
from isthmus.measure.texts.tokens import words
from isthmus.records import amount, dataclass
from isthmus.report import Advice
from isthmus.studies import command_of
from isthmus.studies.score.layouts import Texts, named, read_texts
from isthmus.studies.score.request import ScoreRequest
from isthmus.studies.shared import RunResult
from isthmus.types import Interval, RequestError


@dataclass(frozen=True, eq=False, kw_only=True)
class ScoreResult(RunResult):
    """The scores of a system's captions, on the scale of 100, each with its interval."""

    scores: Mapping[str, TextScore]
    n: int
    """Items that were scored."""
    left_out: Mapping[str, int]
    """What was not scored, and how much of it."""
    others: Mapping[str, TextScore]
    """Scores of the other system, where one was given."""
    differences: Mapping[str, TextDifference]
    """First minus other, item by item."""

    def table_rows(self) -> list[dict[str, Any]]:
        """A score each."""
        return [
            {"score": name, "value": one.value, **_ends(one.interval), **self._compared(name)}
            for name, one in self.scores.items()
        ]

    def _compared(self, name: str) -> dict[str, Any]:
        if name not in self.differences:
            return {}
        one = self.differences[name]
        return {"other": one.second, "difference": one.value, "p": one.null.p}

    def lines(self) -> list[str]:
        """A score a line, then what was left out."""
        head = f"{'':<14}{'value':>8}   {'95 % interval':<17}"
        more = f"{'other':>8} {'difference':>11}   {'95 % interval':<17}{'p':>7}"
        return [
            (head + more if self.differences else head).rstrip(),
            *(self._line(name, one).rstrip() for name, one in self.scores.items()),
            *(f"{what}: {count:,}" for what, count in self.left_out.items() if count),
        ]

    def _line(self, name: str, one: TextScore) -> str:
        line = f"{name:<14}{one.value:8.2f}   {_said(one.interval):<17}"
        if name not in self.differences:
            return line
        than = self.differences[name]
        line += f"{than.second:8.2f} {than.value:+11.2f}   {_said(than.interval):<17}"
        return line + f"{than.null.p:7.3f}"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values: each score with its interval (null below 8 items), and what is not."""
        found = {
            "scores": _plain(self.scores),
            "n": self.n,
            "left_out": dict(self.left_out),
        }
        if not self.differences:
            return found
        compared = {
            name: {**one, "p": self.differences[name].null.p}
            for name, one in _plain(self.differences).items()
        }
        return {**found, "against": _plain(self.others), "differences": compared}


def run(request: ScoreRequest) -> ScoreResult:
    """The scores of a file of captions.

    Raises:
        RequestError: a file that cannot be read, in no known layout or in several, no references,
            or predictions of items that have none.
    """
    first = read_texts(request.file)
    apart = read_texts(request.references) if request.references else None
    references = _references(first, apart)
    system, left_out = _of_items(first, apart or first, references), dict[str, int]()
    other = dict[str, str]()
    if request.against:
        second = read_texts(request.against)
        other = _of_items(second, apart or first, references)
        both = system.keys() & other.keys()
        if not both:
            raise RequestError(
                f"{request.file} and {request.against} have no item in common: they hold "
                f"{named([*system])} and {named([*other])}."
            )
        left_out["items that one system only has"] = len(system.keys() ^ other.keys())
        system = {name: text for name, text in system.items() if name in both}
    left_out["items with references and no prediction"] = len(references.keys() - system.keys())
    counted, bare = _counted(references, system)
    left_out["references without a word"] = bare
    scores, mute = scores_of(system, counted)
    if mute == len(system):
        raise RequestError(f"Not one prediction of {request.file} has a word: nothing is scored.")
    left_out["predictions without a word, scored as such"] = mute
    others = scores_of({name: other[name] for name in system}, counted)[0] if other else {}
    compared = {name: text_difference(scores[name], others[name]) for name in others}
    return ScoreResult(
        scores=scores,
        n=len(system),
        left_out=left_out,
        others=others,
        differences=compared,
        verdict=_verdict(scores, len(system), sum(map(len, counted.values())), compared),
        todo=_todo(request),
    )


def scores_of(
    predictions: Mapping[str, str], references: Mapping[str, Sequence[str]]
) -> tuple[dict[str, TextScore], int]:
    """Every score of these items, by name, and how many predictions have no word."""
    captions = Captions.of([*predictions.values()], [references[name] for name in predictions])
    found: list[TextScore] = [bleu_of(captions, n) for n in range(1, ORDERS + 1)]
    found += [rouge_of(captions), cider_of(captions), cider_plain_of(captions)]
    mute = sum(not one for one in captions.predictions)
    return {one.name: one for one in found}, mute


def _references(first: Texts, apart: Texts | None) -> Mapping[str, Sequence[str]]:
    if apart is not None:
        return apart.as_references
    if not first.references:
        raise RequestError(
            f"{first.path} holds captions and no references: name a file of references after it, "
            "or give each entry its references."
        )
    return first.references


def _of_items(
    system: Texts, theirs: Texts, references: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """The predictions of a file, all of which have references.

    Raises:
        RequestError: some have none; says how many and which.
    """
    found = system.as_predictions
    if system.numbered != theirs.numbered or (system.numbered and len(found) != len(references)):
        kinds = [
            f"{amount(len(some), 'item')} {'by place' if one.numbered else 'by name'}"
            for some, one in ((found, system), (references, theirs))
        ]
        raise RequestError(
            f"Which references are of which prediction? {system.path} has {kinds[0]} and "
            f"{theirs.path} {kinds[1]}: give all entries an image_id, or equally many in one order."
        )
    if not found.keys() & references.keys() and found.keys() <= theirs.files.keys():
        found = {theirs.files[name]: text for name, text in found.items()}
    bare = [name for name in found if not references.get(name)]
    if bare:
        raise RequestError(
            f"Without a reference in {theirs.path}: {len(bare):,} of {len(found):,} items of "
            f"{system.path}, such as {named(bare)} (references are of {named([*references])})."
        )
    return found


def _counted(
    references: Mapping[str, Sequence[str]], system: Mapping[str, str]
) -> tuple[dict[str, list[str]], int]:
    """References of the scored items that hold a word, and how many hold none.

    Raises:
        RequestError: an item has no other.
    """
    kept = {name: [one for one in references[name] if words(one)] for name in system}
    bare = [name for name, some in kept.items() if not some]
    if bare:
        raise RequestError(
            f"{amount(len(bare), 'item')} have references without a word only: {named(bare)}."
        )
    return kept, sum(len(references[name]) - len(some) for name, some in kept.items())


def _verdict(
    scores: Mapping[str, TextScore], n: int, count: int, compared: Mapping[str, TextDifference]
) -> str:
    of = f"{amount(n, 'item')} with {amount(count, 'reference')}"
    said = ", ".join(f"{name} {scores[name].value:.1f}" for name in ("BLEU-4", "ROUGE-L", "CIDEr"))
    if not compared:
        return f"{said} on {of}."
    one = compared["CIDEr"]
    sure = one.interval is not None and 0.0 not in one.interval
    better = "better" if one.value > 0 else "worse"
    told = f"{better} than the other by {abs(one.value):.1f}" if sure else "not told from the other"
    return f"{said} on {of}; by CIDEr {told}."


def _todo(request: ScoreRequest) -> list[Advice]:
    if request.against:
        return []
    command = f"{command_of('score', request)} --against OTHER.json"
    return [Advice("Compare with another system, item by item", "", "", command)]


def _plain(found: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: {"value": one.value, "interval": [*_ends(one.interval).values()] or None}
        for name, one in found.items()
    }


def _ends(interval: Interval | None) -> dict[str, float]:
    return {} if interval is None else {"low": interval.low, "high": interval.high}


def _said(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval.low:.2f} to {interval.high:.2f}"
