"""The measures of an atlas: every object by itself, then all of them together."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from tqdm import tqdm

from isthmus import measure
from isthmus.measure.views.subspaces import affine_subspace
from isthmus.similarity.pooling import mean_of_vectors
from isthmus.studies.atlas.inputs import Atlas, AtlasInput
from isthmus.studies.atlas.subspaces import nestings, overlaps
from isthmus.studies.atlas.variance import shared
from isthmus.studies.atlas.views import ObjectViews, measured
from isthmus.studies.atlas.words import Named, moving, named
from isthmus.types import IsthmusError, RequestError

LEAST = 10
"""Views that an object needs; those with fewer are listed and left out."""


def charted(data: AtlasInput, seed: int = 0, progress: bool = False) -> Atlas:
    """The measures alone."""
    x = data.views.unit.astype(np.float64)
    rows, faults = _rows(data)
    objects: list[ObjectViews] = []
    spoken = _spoken(data, x, rows)
    identity = _identity(data, rows)
    numbered = enumerate(tqdm(rows.items(), "objects", disable=not progress, leave=False))
    for number, (name, own) in numbered:
        turns = data.symmetry.get(name, 1)
        azimuth = [data.factors[data.views.ids[row]].get("azimuth") for row in own]
        around = np.array(azimuth, float) if data.ring and None not in azimuth else None
        results, missing = measured(x[own], around, turns, [seed, number])
        space = affine_subspace(x[own])
        objects.append(
            ObjectViews(
                name=name,
                said=called(data, name),
                category=str(data.factors.get(name, {}).get("label", "")),
                rows=own,
                space=space,
                symmetry=turns,
                results=results,
                missing=missing,
                words=spoken.words[number] if spoken else (),
                moving=moving(space, data.words),
                identity=_own_identity(identity, name),
            )
        )
    results, missing = shared(data, rows, seed)
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


def called(data: AtlasInput, name: str) -> str:
    """What an object is called: its name, else its id."""
    return str(data.factors.get(name, {}).get("name") or name)


def _rows(data: AtlasInput) -> tuple[dict[str, np.ndarray], dict[str, str]]:
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


def _spoken(data: AtlasInput, x: np.ndarray, rows: Mapping[str, np.ndarray]) -> Named | None:
    if data.words is None:
        return None
    middles = np.stack([mean_of_vectors(x[own]) for own in rows.values()])
    return named(middles, [called(data, name) for name in rows], *data.words)


def _identity(data: AtlasInput, rows: Mapping[str, np.ndarray]) -> Any:
    """The measure, or why it does not apply."""
    picked = np.concatenate(list(rows.values()))
    owner = np.repeat(list(rows), [len(own) for own in rows.values()])
    try:
        return measure.view_identity(data.views.unit[picked], owner)
    except IsthmusError as error:
        return str(error)


def _own_identity(identity: Any, name: str) -> dict[str, float]:
    if isinstance(identity, str):
        return {}
    shares = identity.by_object[identity.objects.index(name)]
    return dict(zip(identity.rules, map(float, shares), strict=True))
