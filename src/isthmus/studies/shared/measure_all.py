"""Run every registered measure that applies; one that fails is named and loses nothing else."""

import inspect
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from isthmus.measure import LABELLED, MEASURES, ONE_SET, TWO_SETS
from isthmus.registry import everything, resolve
from isthmus.studies.shared.dataset import About, Dataset
from isthmus.types import (
    EmbeddingSet,
    IsthmusError,
    Links,
    RequestError,
    Result,
    objects_of,
)

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
    """Results of all measures that the given data allow.

    Each draws from a generator of its own, seeded with ``seed`` and its key, so that adding a
    measure changes no other number.
    """
    from tqdm import tqdm

    found = Measured()
    calls = list(calls_for(data))
    for call in tqdm(calls, desc="measure", unit="", disable=not progress, leave=False):
        start = time.perf_counter()
        _run(call, seed, found)
        found.seconds[call.key] = time.perf_counter() - start
    return found


def calls_for(data: Dataset) -> Iterator[Call]:
    """Every registered measure with the arguments it takes from this study."""
    one_set, two_sets, labelled = registered()
    sets = (data.a, data.b)
    both = {"a": data.a, "b": data.b, "links": data.links}
    for name, target in two_sets.items():
        if name in ONE_WAY:
            turned = None if data.links is None else data.links.reversed
            back = {"a": data.b, "b": data.a, "links": turned}
            first, second = data.a.modality, data.b.modality
            yield Call(f"{name}[{first} to {second}]", name, target, both)
            yield Call(f"{name}[{second} to {first}]", name, target, back)
        else:
            yield Call(name, name, target, both)
    for name, target in one_set.items():
        for some in sets:
            yield Call(f"{name}[{some.modality}]", name, target, {"a": some})
    for name, target in labelled.items():
        for some, objects in zip(sets, _objects(data), strict=True):
            if some.modality != "text" or "classes" not in _parameters(resolve(target)):
                arguments = {"a": some, "objects": objects, **_labels(data.about, some)}
                yield Call(f"{name}[{some.modality}]", name, target, arguments)


def registered() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Our measures of one set, of two and with labels, and those that other packages add.

    Which of the three theirs is follows from its arguments: ``b``, ``labels``, or neither.
    """
    one_set, two_sets, labelled = dict(ONE_SET), dict(TWO_SETS), dict(LABELLED)
    for name, target in everything("measures", {}).items():
        if name in MEASURES:
            continue
        try:
            taken = _parameters(resolve(target))
        except Exception:  # the study will try it, and name what is wrong
            taken = {}
        group = two_sets if "b" in taken else labelled if "labels" in taken else one_set
        group[name] = target
    return one_set, two_sets, labelled


def _labels(about: About, some: EmbeddingSet) -> dict[str, Any]:
    """The labels of a set, if every item has one, and the class texts."""
    labels = {name: about.labels[name] for name in some.ids if name in about.labels}
    return {
        "labels": labels if len(labels) == len(some) else None,
        "classes": about.prompts or None,
    }


def _objects(data: Dataset) -> tuple[Sequence[str], Sequence[str]]:
    """The object of every row of both sets."""
    rows = Links.between(data.a, data.b, data.links)
    first, second = objects_of(rows, len(data.a), len(data.b))
    return [str(number) for number in first], [str(number) for number in second]


def _run(call: Call, seed: int, found: Measured) -> None:
    try:
        measure = resolve(call.target)
        arguments = bound(measure, call.arguments, seed, call.key)
        result = measure(**arguments)
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
    rng = np.random.default_rng([seed, *key.encode()])
    offered = {**offered, "rng": rng}
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
