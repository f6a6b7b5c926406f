"""Vectors in words: every text is embedded again, and its cosine printed beside chance."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.decode.evidence import evidence_of
from isthmus.decode.expressions import Term, parse
from isthmus.decode.guided.scorers import cut_texts
from isthmus.decode.inversion.ways import WAYS, Inputs
from isthmus.decode.kinds import Reader
from isthmus.decode.memories import shipped
from isthmus.decode.sums import Chance, among_texts, beside_mean, chance, total
from isthmus.engine.jobs import bar
from isthmus.indexes.index import is_index, open_index
from isthmus.read import spoken
from isthmus.read.recognise import modality_of
from isthmus.records import dataclass
from isthmus.registry import find
from isthmus.report import amount, visible
from isthmus.store import is_file
from isthmus.studies.say.request import InvertRequest, SayRequest
from isthmus.studies.say.vectors import opened
from isthmus.studies.shared import RunResult, encoded_query, resolve
from isthmus.studies.shared.evidence import evidence_words, located
from isthmus.studies.shared.readers import reader_of
from isthmus.types import Common, Encoder, RequestError, same_space
from isthmus.types.decoded import Decoded, Evidence


@dataclass(frozen=True, eq=False)
class Said:
    """One vector in words."""

    name: str
    """Of the vector: the expression, or its id."""
    modality: str
    ways: Mapping[str, Sequence[Decoded]]
    """What each way says, its best first."""
    chance: Chance
    """Of sentences that have nothing to do with it."""
    evidence: Sequence[Evidence]
    """What each word that names something rests on, of what the first way says."""
    cut: int = 0
    """Texts among those that were added and said of which the tower does not see the end."""

    @property
    def best(self) -> Decoded:
        """What the first way says."""
        return replace(next(iter(self.ways.values()))[0], evidence=self.evidence)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        told = self.best.to_dict()
        return {
            "file": self.name,
            "modality": self.modality,
            "caption": told["caption"],
            "score": told["score"],
            "evidence": told["evidence"],
            "cycle": told["score"],
            "chance": self.chance.mean,
            "chance_95": self.chance.high,
            "ways": {name: [{"said": one.text, "cycle": one.score} for one in some]
                     for name, some in self.ways.items()},
        }  # fmt: skip


@dataclass(frozen=True)
class _Record:
    """The JSON of what was said, by its keys."""

    items: list[dict[str, Any]]
    cut: int
    """Texts that are longer than the tower takes."""
    skipped: dict[str, str]


@dataclass(frozen=True, eq=False, kw_only=True)
class SayResult(RunResult):
    """Vectors in words."""

    said: Sequence[Said]

    drawn = ("cycle", "", "", "")

    def table_rows(self) -> list[dict[str, Any]]:
        """A text each."""
        return [
            {"vector": one.name, "way": way, "said": x.text, "cycle": x.score,
             "chance": one.chance.mean}
            for one in self.said for way, some in one.ways.items() for x in some
        ]  # fmt: skip

    def lines(self) -> list[str]:
        """The vector, then a line a way."""
        found = list[str]()
        for one in self.said:
            found.append(f"{visible(one.name, 100)}   (chance {one.chance.mean:.2f}, 95 % below "
                         f"{one.chance.high:.2f})")  # fmt: skip
            for way, some in one.ways.items():
                texts = "; ".join(f"{visible(x.text, 200)} {x.score:.2f}" for x in some)
                found.append(f"  {way:<10} {texts}")
            if words := evidence_words(one.best):
                found.append(f"  words      {words}")
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        items = [one.to_dict() for one in self.said]
        cut = sum(one.cut for one in self.said)
        return vars(_Record(items, cut, dict(self.faults)))


def run(request: SayRequest) -> SayResult:
    """Say a sum of items.

    Raises:
        RequestError: an item that is not there or cannot be encoded, or nothing left of the sum.
    """
    encoders = resolve(request.space).encoders(request.common, "items must be encoded")
    inputs = _inputs(encoders, request.common)
    readers, parts, modalities = dict[str, Reader](), list[np.ndarray](), list[str]()
    terms = parse(request.expression)
    for term in terms:
        modality, vector = _operand(term, encoders)
        if modality not in readers:
            readers[modality] = reader_of(encoders, modality)
        parts.append(beside_mean(vector[None], readers[modality])[0])
        modalities.append(modality)
    target = total(parts, [term.weight for term in terms], inputs.memory)
    what = " + ".join(dict.fromkeys(modalities))
    said = said_of(request.expression, what, target, request.ways, inputs)
    spoken_of = [term.operand for term in terms if term.quoted]
    said = replace(said, cut=said.cut + cut_texts(inputs.text, spoken_of))
    if request.where:
        said = _located(encoders, Path(terms[0].operand), said)
    verdict = f"{visible(request.expression, 80)} says {visible(said.best.text, 120)!r}."
    return SayResult(said=[said], verdict=verdict + _more([said], request.space), most=50)


def run_invert(request: InvertRequest) -> SayResult:
    """Say vectors of one's own.

    Raises:
        RequestError: no vectors there, of another space, or with NaN.
    """
    encoders = resolve(request.space).encoders(request.common, "texts are embedded again")
    inputs = _inputs(encoders, request.common)
    order = sorted(encoders, key=lambda name: name != inputs.text.modality)
    found = opened(request.vectors, request.modality, order, inputs.text.space)
    reader = reader_of(encoders, found.modality)
    some = found.vectors[: request.most]
    targets = among_texts(beside_mean(np.asarray(some, np.float32), reader), inputs.memory)
    said = list[Said]()
    with bar(len(targets), "vectors", request.common.progress) as tick:
        for name, target in zip(found.ids, targets, strict=False):
            said.append(said_of(name, found.modality, target, request.ways, inputs))
            tick(1)
    left = len(found.vectors) - len(said)
    more = f" {left:,} more are left out: --most {len(found.vectors)}." if left else ""
    more += _more(said, request.space)
    return SayResult(said=said, verdict=f"{len(said)} vectors in words.{more}", most=120)


def _more(said: Sequence[Said], space: str) -> str:
    cut = sum(one.cut for one in said)
    return f" {amount(cut, 'sentence')} cut at what {space} reads." if cut else ""


def _located(encoders: Mapping[str, Encoder], path: Path, said: Said) -> Said:
    if not is_file(path):
        raise RequestError(f"--where looks into a file, and {path} is none that is there.")
    found = located(encoders, said.modality, path, str(path), said.best)
    return replace(said, evidence=found.evidence)


def _inputs(encoders: Mapping[str, Encoder], common: Common) -> Inputs:
    words = spoken(encoders)
    if not words:
        raise RequestError("This space encodes no texts, which vectors are said in.")
    text = encoders[words]
    return Inputs(text, shipped(text), reader_of(encoders, words), common.seed)


def said_of(
    name: str,
    modality: str,
    target: Float[np.ndarray, " d"],
    ways: Sequence[str],
    inputs: Inputs,
) -> Said:
    """One unit vector, among texts, in words."""
    found = {way: find("ways", WAYS, way)(target, inputs) for way in ways}
    best = found[ways[0]][0]
    (told,) = [best] if best.evidence else evidence_of([best], target[None], inputs.text)
    cut = cut_texts(inputs.text, [one.text for some in found.values() for one in some])
    return Said(name, modality, found, chance(target, inputs.memory), told.evidence, cut)


def _operand(term: Term, encoders: Mapping[str, Encoder]) -> tuple[str, np.ndarray]:
    """The modality and the vector of an item of a sum.

    Raises:
        RequestError: it is not there, or the space cannot encode it.
    """
    if term.quoted:
        words = spoken(encoders)
        return words, encoded_query(encoders[words], term.operand).vectors[0]
    name, index = term.item
    path = Path(term.operand)
    if index and not is_file(path):
        return _indexed(name, Path(index), encoders)
    if not is_file(path):
        raise RequestError(
            f"There is no file {term.operand}; a text stands in quotes: '{term.operand}'."
        )
    modality = modality_of(path)
    if modality not in encoders:
        raise RequestError(f"This space encodes no {modality} items, as {term.operand} is one.")
    return modality, encoded_query(encoders[modality], path, str(path)).vectors[0]


def _indexed(name: str, folder: Path, encoders: Mapping[str, Encoder]) -> tuple[str, np.ndarray]:
    """An item that stands in an index, by its path in the folder that was indexed."""
    if not is_index(folder):
        raise RequestError(f"{folder} is no index, in which {name} could be (isthmus index DIR).")
    index = open_index(folder)
    same_space(next(iter(encoders.values())).space, index.space)
    for modality, part in index.parts.items():
        if name in part.files:
            return modality, np.asarray(part.vectors[part.files.index(name)], np.float32)
    raise RequestError(f"{folder} has no item {name!r} among its {len(index):,}.")
