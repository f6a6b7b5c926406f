"""Run every registered measure that applies; one that fails is named and loses nothing else."""

import inspect
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

import numpy as np

from isthmus.arrays import give_back
from isthmus.engine.jobs import bar
from isthmus.measure import LABELLED, MEASURES, ONE_SET, SHAPES, TWO_SETS, WORDS
from isthmus.read import known
from isthmus.records import dataclass
from isthmus.registry import everything, resolve
from isthmus.studies.shared.dataset import About, Dataset
from isthmus.types import EmbeddingSet, IsthmusError, RequestError, Result

AFTER = 10.0
"""Seconds of measures before it is told how long all take: some take long, most do not."""
NOT_OF_TEXTS = ("backbone",)
"""Measures that hold a set against known pictures, which tells nothing about texts."""
ONE_WAY = ("cross_hubness",)
"""Measures of two sets that look from the first to the second only: both ways are measured."""


@dataclass(frozen=True)
class Call:
    """One measure with its arguments."""

    key: str
    """Name of the measure; ``name[modality]`` where it looks at one set."""
    name: str
    target: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Measured:
    """What was measured, what failed or did not apply with the reason, and seconds."""

    results: dict[str, Result] = field(default_factory=dict[str, Result])
    missing: dict[str, str] = field(default_factory=dict[str, str])
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    targets: dict[str, str] = field(default_factory=dict[str, str])
    """``module:function`` of each key."""


def measure_all(
    data: Dataset, seed: int, *, progress: bool = False, thorough: bool = False
) -> Measured:
    """Results of all measures that the data allow.

    Each draws from a generator of its own, seeded with ``seed`` and its key, so that adding a
    measure changes no other number.
    """
    return measure_calls([*calls_for(data, thorough)], seed, progress=progress)


def measure_calls(calls: Sequence[Call], seed: int, *, progress: bool = False) -> Measured:
    """Results of these calls; one that fails is named and loses no other."""
    found = Measured()
    with bar(len(calls), "measures", progress, after=AFTER) as tick:
        for call in calls:
            start = time.perf_counter()
            _run(call, seed, found)
            give_back()
            found.seconds[call.key] = time.perf_counter() - start
            tick(1)
    return found


def calls_for(data: Dataset, thorough: bool = False) -> Iterator[Call]:
    """Every registered measure with the arguments it takes from this study.

    Args:
        data: two sets, their links, and what is known about the items.
        thorough: also the measures that take minutes, and those of a vocabulary.
    """
    kinds = registered()
    yield from _calls_of_pairs(kinds["b"], data)
    for name, target in {**kinds["a"], **(SHAPES if thorough else {})}.items():
        for some in (data.a, data.b):
            if not (known(some.modality).spoken and name in NOT_OF_TEXTS):
                yield Call(f"{name}[{some.modality}]", name, target, {"a": some})
    for name, target in kinds["labels"].items():
        for some, numbers in zip((data.a, data.b), data.pair.objects, strict=True):
            if not (known(some.modality).spoken and "classes" in _parameters(resolve(target))):
                arguments = {"a": some, "objects": numbers, **_labels(data.about, some)}
                yield Call(f"{name}[{some.modality}]", name, target, arguments)
    if thorough:
        yield from _calls_of_words(kinds["words"], data)


def _calls_of_pairs(measures: Mapping[str, str], data: Dataset) -> Iterator[Call]:
    a, b = data.a.modality, data.b.modality
    turned = None if data.links is None else data.links.reversed
    both = {"a": data.a, "b": data.b, "links": data.links}
    back = {"a": data.b, "b": data.a, "links": turned}
    for name, target in measures.items():
        if name in ONE_WAY:
            yield Call(f"{name}[{a} to {b}]", name, target, both)
            yield Call(f"{name}[{b} to {a}]", name, target, back)
        else:
            yield Call(name, name, target, both)


def _calls_of_words(measures: Mapping[str, str], data: Dataset) -> Iterator[Call]:
    if (vocabulary := data.vocabulary) is None:
        return
    words, names = vocabulary
    others = [some for some in (data.a, data.b) if some.modality != words.modality]
    for name, target in measures.items():
        for some in others:
            arguments = {"a": some, "words": words.vectors, "names": names}
            yield Call(f"{name}[{some.modality}]", name, target, arguments)


def registered() -> dict[str, dict[str, str]]:
    """Our measures but the slow ones, and those of other packages, by the argument that they take.

    It is ``b`` for those of two sets, ``labels`` or ``words``, and ``a`` for all others.
    """
    kinds = {
        "b": dict(TWO_SETS),
        "labels": dict(LABELLED),
        "words": dict(WORDS),
        "a": dict(ONE_SET),
    }
    for name, target in everything("measures", {}).items():
        if name in MEASURES:
            continue
        try:
            taken = {"a", *_parameters(resolve(target))}
        except Exception:  # the study will try it, and name what is wrong
            taken = {"a"}
        kinds[next(key for key in kinds if key in taken)][name] = target
    return kinds


def _labels(about: About, some: EmbeddingSet) -> dict[str, Any]:
    """The labels of a set, if every item has one, and the class texts."""
    labels = {name: about.labels[name] for name in some.ids if name in about.labels}
    return {
        "labels": labels if len(labels) == len(some) else None,
        "classes": about.prompts or None,
    }


def _run(call: Call, seed: int, found: Measured) -> None:
    try:
        measure = resolve(call.target)
        result = measure(**bound(measure, call.arguments, seed, call.key))
        _ = (result.about, result.cite(), result.to_dict())  # what the page will ask of it
        found.results[call.key], found.targets[call.key] = result, call.target
    except IsthmusError as error:
        found.missing[call.key] = str(error)
    except Exception as error:  # a fault of one measure must not lose the others
        found.missing[call.key] = f"failed ({type(error).__name__}: {error})"


def bound(
    measure: Callable[..., Result], offered: Mapping[str, Any], seed: int, key: str
) -> dict[str, Any]:
    """Of the offered arguments those that the measure takes, and a generator of its own.

    Raises:
        RequestError: a required argument is not there; names it.
    """
    offered = {**offered, "rng": np.random.default_rng([seed, *key.encode()])}
    taken: dict[str, Any] = {}
    for name, parameter in _parameters(measure).items():
        value = offered.get(name)
        if value is not None:
            taken[name] = value
        elif parameter.default is inspect.Parameter.empty:
            raise RequestError(f"It needs {name}, which this study was not given.")
    return taken


def _parameters(measure: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(measure).parameters
