"""Tell of files: a language model writes, and the files say which of its words fit."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from isthmus import worlds
from isthmus.arrays import Vectors, unit
from isthmus.decode.guided import STRATEGIES
from isthmus.decode.guided.constraints import check_start
from isthmus.decode.guided.offers import distinguishing, offered
from isthmus.decode.guided.prefixes import scorer_of
from isthmus.decode.guided.story import Sentence, Steering, Writer
from isthmus.engine.jobs import bar
from isthmus.read import spoken
from isthmus.read.recognise import modality_of
from isthmus.records import dataclass
from isthmus.registry import find
from isthmus.report import amount, visible
from isthmus.studies.shared import RunResult, encoded_query, resolve
from isthmus.studies.shared.evidence import evidence_words, located
from isthmus.studies.tell.request import TellRequest
from isthmus.types import Encoder, ItemError, NothingLeftError, RequestError
from isthmus.types.decoded import Decoded

UNRELATED = 300
"""Texts that chance is measured on."""


@dataclass(frozen=True)
class Told:
    """A file and the sentence that it steered."""

    file: str
    modality: str
    sentence: Sentence

    @property
    def decoded(self) -> Decoded:
        """The sentence with its evidence."""
        return Decoded(self.sentence.text, self.sentence.cosine, self.sentence.evidence)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        one = self.sentence
        return {
            "file": self.file,
            "modality": self.modality,
            "caption": one.text,
            "score": one.share,
            "evidence": self.decoded.to_dict()["evidence"],
            "cycle": one.cosine,
            "chance": one.chance,
        }


@dataclass(frozen=True)
class _Record:
    """The JSON of a text, by its keys."""

    text: str
    items: list[dict[str, Any]]
    cut: int
    """Sentences that are longer than the tower takes."""
    skipped: dict[str, str]


@dataclass(frozen=True, eq=False, kw_only=True)
class TellResult(RunResult):
    """A text, and of each sentence how well it fits its file."""

    text: str
    told: Sequence[Told]

    drawn = ("cycle", "", "", "chance")

    def table_rows(self) -> list[dict[str, Any]]:
        """A file each."""
        return [
            {"file": one.file, "caption": one.sentence.text, "score": one.sentence.share,
             "cycle": one.sentence.cosine, "chance": one.sentence.chance}
            for one in self.told
        ]  # fmt: skip

    def lines(self) -> list[str]:
        """The text, then of each file how well its sentence fits, and the words that it needs."""
        width = max((len(visible(one.file)) for one in self.told), default=0)
        rows = [visible(self.text, len(self.text))]
        for one in self.told:
            rows.append(
                f"{visible(one.file):<{width}}  cosine {one.sentence.cosine:.3f} (unrelated texts "
                f"{one.sentence.chance:.3f}); fits better than {one.sentence.share:.0%} of these"
            )
            if words := evidence_words(one.decoded):
                rows.append(f"{'':<{width}}  words: {words}")
        return rows

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        items, cut = [one.to_dict() for one in self.told], sum(x.sentence.cut for x in self.told)
        return vars(_Record(self.text, items, cut, dict(self.faults)))


def run(request: TellRequest) -> TellResult:
    """Write one sentence a file; what cannot be read is named and left out.

    Raises:
        RequestError: a file that is not there, a space without a way for words or for a file, no
            language model, or a constraint that cannot be met.
        NothingLeftError: not one file could be read.
        ExtraMissingError: what runs the language model is not installed.
    """
    check_start(request.asked, request.start)  # before anything is loaded
    kinds = [(path, modality_of(path)) for path in request.files]
    encoders = resolve(request.space).encoders(request.common, "files must be encoded")
    words = spoken(encoders)
    if words not in encoders:
        raise RequestError(f"{request.space} has no way for words, which sentences are scored by.")
    model = _model(request)
    vectors, faults = _vectors(kinds, encoders, request.space)
    unrelated = _unrelated(encoders[words])
    strategy = find("strategies", STRATEGIES, request.strategy)()
    writer = Writer(model, scorer_of(encoders[words]), strategy, request.asked,
                    encoders[words].space.scale)  # fmt: skip
    rng = np.random.default_rng(request.common.seed)
    with bar(len(vectors), "sentences", request.common.progress) as tick:
        items = [_steering(encoders[words], kind, one, unrelated) for _, kind, one in vectors]
        text, sentences = writer.tell(request.start, items, rng, tick)
    told = [
        Told(str(path), kind, one) for (path, kind, _), one in zip(vectors, sentences, strict=True)
    ]
    if request.where:
        told = [_located(encoders, one) for one in told]
    return TellResult(text=text, told=told, verdict=_verdict(told, request), faults=faults)


def _steering(text: Encoder, kind: str, vector: np.ndarray, unrelated: Vectors) -> Steering:
    guide = distinguishing(text, kind, vector)
    return Steering(vector, unrelated, guide, offered(text, kind, guide))


def _located(encoders: Mapping[str, Encoder], one: Told) -> Told:
    found = located(encoders, one.modality, Path(one.file), one.file, one.decoded)
    return replace(one, sentence=replace(one.sentence, evidence=found.evidence))


def _verdict(told: Sequence[Told], request: TellRequest) -> str:
    above = sum(one.sentence.cosine > one.sentence.chance for one in told)
    cut = sum(one.sentence.cut for one in told)
    more = f" {amount(cut, 'sentence')} cut at what {request.space} reads." if cut else ""
    return (
        f"{above} of {amount(len(told), 'sentence')} nearer to its file in {request.space}, which "
        f"steered it, than unrelated texts are on average.{more}"
    )


def _model(request: TellRequest) -> Any:
    from isthmus.decode.guided import causal, masked

    if request.strategy == "conzic":
        return masked.load_masked(request.model)
    return causal.load_model(request.model or causal.DEFAULT)


def _vectors(
    kinds: Sequence[tuple[Path, str]], encoders: Mapping[str, Encoder], space: str
) -> tuple[list[tuple[Path, str, np.ndarray]], dict[str, str]]:
    """Each file with its modality and unit vector, and what cannot be read with the reason."""
    found, faults = list[tuple[Path, str, np.ndarray]](), dict[str, str]()
    for path, kind in kinds:
        if kind not in encoders:
            raise RequestError(f"{space} has no {kind} encoder, which {path} needs.")
        try:
            found.append((path, kind, encoded_query(encoders[kind], path, str(path)).unit[0]))
        except (ItemError, RequestError) as error:
            faults[str(path)] = str(error)
    if not found:
        _first, why = next(iter(faults.items()))
        raise NothingLeftError(f"Not one of {amount(len(kinds), 'file')} can be read: {why}")
    return found, faults


def _unrelated(encoder: Encoder) -> Vectors:
    """Unit vectors (r, d) of photographs of everyday things, evenly spaced through the glyphs."""
    world = worlds.load("glyphs")
    texts = world.items[spoken(world.items)]
    names = sorted({str(texts[one]) for one in texts.ids if world.split[one] == "train"})
    some = names[:: max(1, len(names) // UNRELATED)][:UNRELATED]
    return unit(np.asarray(encoder.encode([f"a photo of a {one}" for one in some])))
