"""The object-subspace atlas: what the views of every object span, and what that says of it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from isthmus import measure
from isthmus.measure.views.subspaces import affine_subspace
from isthmus.similarity.pooling import mean_of_vectors
from isthmus.studies.atlas import object_page as object_pages
from isthmus.studies.atlas.page import assembled
from isthmus.studies.atlas.subspaces import Nesting, Overlaps, nestings, overlaps
from isthmus.studies.atlas.variance import shared
from isthmus.studies.atlas.views import ObjectViews, measured
from isthmus.studies.atlas.words import Named, moving, named
from isthmus.studies.shared.result import StudyResult, write_run
from isthmus.types import EmbeddingSet, IsthmusError, Items, RequestError, Result

LEAST = 10
"""Views that an object needs; those with fewer are listed and left out."""


@dataclass(frozen=True, eq=False)
class AtlasInput:
    """Views of objects as vectors, and what is known about them."""

    views: EmbeddingSet
    factors: Mapping[str, Mapping[str, Any]]
    """Of every view its ``object`` and, if they were taken around it, its ``azimuth``; of every
    object its ``name`` and ``label`` where there are such."""
    ring: bool = True
    """Views stand at equal steps once around each object, in order."""
    symmetry: Mapping[str, int] = field(default_factory=dict[str, int])
    """Turns that change no picture, by object; 1 where not given."""
    words: tuple[EmbeddingSet, tuple[str, ...]] | None = None
    """Vectors of a vocabulary and its texts, to name objects with."""
    styled: EmbeddingSet | None = None
    """The same views in further drawing styles; ``factors`` know their object, view and style."""
    pictures: Items | None = None
    """The renders, by the ids of the views."""
    faults: Mapping[str, str] = field(default_factory=dict[str, str])
    """Objects and views that were skipped, with the reason."""
    context: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further facts for the page's end."""


@dataclass(frozen=True, eq=False)
class Atlas:
    """Everything that was measured, before it is written."""

    objects: tuple[ObjectViews, ...]
    results: Mapping[str, Result]
    """Measures of all objects together."""
    missing: Mapping[str, str]
    overlaps: Overlaps
    nestings: tuple[Nesting, ...]
    named: Named | None
    faults: Mapping[str, str]


def atlas(
    given: AtlasInput, out: Path | None = None, *, seed: int = 0, progress: bool = False
) -> StudyResult:
    """Measure the views of every object and write the world's page and one page an object.

    Args:
        given: views and what is known about them.
        out: run folder for ``report.html``, ``objects/*.html``, ``report.json`` and the vectors.
        seed: every random draw follows from it.
        progress: show a bar of the objects.

    Raises:
        RequestError: not one object has ten views.
    """
    start = time.perf_counter()
    with threadpool_limits(1, user_api="blas"):  # products of a few rows: threads only wait
        found = charted(given, seed, progress)
    measuring = time.perf_counter() - start
    page, record = assembled(given, found, seed)
    if out is not None:
        object_pages.write(out / "objects", given, found)
    seconds = {"all measures": measuring, "pages": time.perf_counter() - start - measuring}
    result = StudyResult(found.results, found.missing, page, record, seconds, out)
    if out is not None:
        write_run(out, result, {given.views.modality: given.views})
    return result


def charted(given: AtlasInput, seed: int = 0, progress: bool = False) -> Atlas:
    """The measures alone."""
    x = given.views.unit.astype(np.float64)
    rows, faults = _rows(given)
    objects: list[ObjectViews] = []
    spoken = _spoken(given, x, rows)
    identity = _identity(given, rows)
    numbered = enumerate(tqdm(rows.items(), "objects", disable=not progress, leave=False))
    for number, (name, own) in numbered:
        turns = given.symmetry.get(name, 1)
        azimuth = [given.factors[given.views.ids[row]].get("azimuth") for row in own]
        around = np.array(azimuth, float) if given.ring and None not in azimuth else None
        results, missing = measured(x[own], around, turns, [seed, number])
        space = affine_subspace(x[own])
        objects.append(
            ObjectViews(
                name=name,
                said=called(given, name),
                category=str(given.factors.get(name, {}).get("label", "")),
                rows=own,
                space=space,
                symmetry=turns,
                results=results,
                missing=missing,
                words=spoken.words[number] if spoken else (),
                moving=moving(space, given.words),
                identity=_own_identity(identity, name),
            )
        )
    results, missing = shared(given, rows, seed)
    if isinstance(identity, str):
        missing["identity"] = identity
    else:
        results = {"identity": identity, **results}
    return Atlas(
        tuple(objects),
        results,
        missing,
        overlaps(x, objects),
        tuple(nestings(x, objects)),
        spoken,
        faults,
    )


def called(given: AtlasInput, name: str) -> str:
    """What an object is called: its name, else its id."""
    return str(given.factors.get(name, {}).get("name") or name)


def _rows(given: AtlasInput) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Rows of the views of each object that has enough of them, and all that is left out."""
    found: dict[str, list[int]] = {}
    for row, name in enumerate(given.views.ids):
        found.setdefault(str(given.factors[name]["object"]), []).append(row)
    faults = dict(given.faults)
    most = max(map(len, found.values()), default=0)
    for name, own in list(found.items()):
        if len(own) < LEAST or (given.ring and len(own) < most):
            wanted = most if len(own) >= LEAST else LEAST
            faults[name] = f"{len(own)} of its views could be used, {wanted} are needed"
            del found[name]
    if not found:
        raise RequestError(
            f"An atlas needs objects with {LEAST} views or more; the most that one has is {most}."
        )
    return {name: np.array(own) for name, own in found.items()}, faults


def _spoken(given: AtlasInput, x: np.ndarray, rows: Mapping[str, np.ndarray]) -> Named | None:
    if given.words is None:
        return None
    middles = np.stack([mean_of_vectors(x[own]) for own in rows.values()])
    return named(middles, [called(given, name) for name in rows], *given.words)


def _identity(given: AtlasInput, rows: Mapping[str, np.ndarray]) -> Any:
    """The measure, or why it does not apply."""
    picked = np.concatenate(list(rows.values()))
    owner = np.repeat(list(rows), [len(own) for own in rows.values()])
    try:
        return measure.view_identity(given.views.unit[picked], owner)
    except IsthmusError as error:
        return str(error)


def _own_identity(identity: Any, name: str) -> dict[str, float]:
    if isinstance(identity, str):
        return {}
    shares = identity.by_object[identity.objects.index(name)]
    return dict(zip(identity.rules, map(float, shares), strict=True))
