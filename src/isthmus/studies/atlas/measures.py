"""The measures of an atlas: every object by itself, then all of them together."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from isthmus import measure
from isthmus.engine.jobs import bar
from isthmus.measure.views.identity import ViewIdentity
from isthmus.measure.views.subspaces import affine_subspace
from isthmus.records import dataclass
from isthmus.similarity.pooling import mean_of_vectors
from isthmus.studies.atlas.inputs import AtlasInput
from isthmus.studies.atlas.subspaces import Nesting, Overlaps, nestings, overlaps
from isthmus.studies.atlas.views import Measures, ObjectViews, attempted, view_measures
from isthmus.studies.atlas.words import NearestWords, nearest_words, words_along
from isthmus.types import RequestError, Result

LEAST = 10
"""Views that an object needs; those with fewer are listed and left out."""
QUICK = " Fewer objects take less: --limit 10."
OWN_STYLE = "shaded"
"""Style of the views that everything but the share of styles is measured on."""

Rows = Mapping[str, np.ndarray]
"""Of each object, the rows of its views in order."""


@dataclass(frozen=True, eq=False)
class Atlas:
    """Everything that was measured, before it is written."""

    objects: tuple[ObjectViews, ...]
    results: Mapping[str, Result]
    """Measures of all objects together."""
    missing: Mapping[str, str]
    overlaps: Overlaps
    nestings: tuple[Nesting, ...]
    names: NearestWords | None
    faults: Mapping[str, str]


def measured_atlas(data: AtlasInput, seed: int = 0, progress: bool = False) -> Atlas:
    """The measures alone.

    Raises:
        RequestError: not one object has ten views.
    """
    x = data.views.unit.astype(np.float64)
    rows, faults = _rows(data)
    names = None
    if data.words is not None:
        middles = np.stack([mean_of_vectors(x[own]) for own in rows.values()])
        names = nearest_words(middles, [data.title(name) for name in rows], *data.words)
    identity, unknown = _identity(data, rows)
    objects: list[ObjectViews] = []
    with bar(len(rows), "objects", progress, QUICK) as tick:
        for number, name in enumerate(rows):
            own, symmetry = rows[name], data.symmetry.get(name, 1)
            results, missing = view_measures(x[own], _azimuth(data, own), symmetry, [seed, number])
            space = affine_subspace(x[own])
            objects.append(
                ObjectViews(
                    name=name,
                    title=data.title(name),
                    category=str(data.factors.get(name, {}).get("label", "")),
                    rows=own,
                    space=space,
                    symmetry=symmetry,
                    results=results,
                    missing=missing,
                    words=names.words[number] if names else (),
                    moving=words_along(space, data.words),
                    identity=_shares(identity.get("identity"), name),
                )
            )
            tick(1)
    shares, missing = _variance(data, rows, seed)
    return Atlas(
        objects=tuple(objects),
        results=identity | shares,
        missing=missing | unknown,
        overlaps=overlaps(data.views, objects, seed),
        nestings=tuple(nestings(x, objects)),
        names=names,
        faults=faults,
    )


def _rows(data: AtlasInput) -> tuple[Rows, dict[str, str]]:
    """Rows of the views of each object that has enough of them, and all that is left out."""
    found: dict[str, list[int]] = {}
    for row, name in enumerate(data.views.ids):
        found.setdefault(str(data.factors[name]["object"]), []).append(row)
    faults = dict(data.faults)
    most = max(map(len, found.values()), default=0)
    for name, own in list(found.items()):
        if len(own) < LEAST or (data.ring and len(own) < most):
            wanted = most if len(own) >= LEAST else LEAST
            faults[name] = f"{len(own)} of its views could be used, {wanted} are needed"
            del found[name]
    if not found:
        raise RequestError(
            f"An atlas needs objects with {LEAST} views or more; the most that one has is {most}."
        )
    return {name: np.array(own) for name, own in found.items()}, faults


def _azimuth(data: AtlasInput, own: np.ndarray) -> np.ndarray | None:
    """Degrees of an object's views, where they stand around it."""
    azimuth = [data.factors[name].get("azimuth") for name in data.view_ids(own)]
    return np.array(azimuth, float) if data.ring and None not in azimuth else None


def _identity(data: AtlasInput, rows: Rows) -> Measures:
    """Whether unseen views are given to their object."""
    picked, owner = _picked(rows)
    return attempted({"identity": partial(measure.view_identity, data.views.unit[picked], owner)})


def _picked(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """The rows of all views, and the object of each."""
    owner = np.repeat(list(rows), [len(own) for own in rows.values()])
    return np.concatenate(list(rows.values())), owner


def _shares(identity: Result | None, name: str) -> dict[str, float]:
    """How often each rule gives an object's unseen views to it."""
    if not isinstance(identity, ViewIdentity):
        return {}
    shares = identity.by_object[identity.objects.index(name)]
    return dict(zip(identity.rules, map(float, shares), strict=True))


def _variance(data: AtlasInput, rows: Rows, seed: int) -> Measures:
    """Whose doing is the variance: object, view and, where there are any, drawing style?"""
    if not data.ring and len({len(own) for own in rows.values()}) > 1:
        return {}, {"variance": "the objects are not seen from the same views"}
    picked, owner = _picked(rows)
    view = np.concatenate([np.arange(len(own)) for own in rows.values()])
    vectors = data.views.unit[picked]
    grids = {"variance": (vectors, {"object": owner, "view": view})}
    if data.styled is not None:
        number = {
            str(data.factors[name].get("view")): at
            for name, at in zip(data.view_ids(picked), view, strict=True)
        }
        cells = [
            (row, cell)
            for row, cell in enumerate(data.factors[name] for name in data.styled.ids)
            if cell["object"] in rows and str(cell["view"]) in number
        ]
        styled = np.concatenate([vectors, data.styled.unit[[row for row, _ in cells]]])
        grid = {
            "object": np.append(owner, [str(cell["object"]) for _, cell in cells]),
            "view": np.append(view, [number[str(cell["view"])] for _, cell in cells]),
            "style": np.append(
                [OWN_STYLE] * len(picked), [str(cell["style"]) for _, cell in cells]
            ),
        }
        grids["variance with style"] = (styled, grid)
    return attempted(
        {
            name: partial(measure.variance_shares, *grid, rng=np.random.default_rng(seed))
            for name, grid in grids.items()
        }
    )
