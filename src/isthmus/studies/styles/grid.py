"""The grid of a style study: vectors of objects in styles, and which objects are held out."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from isthmus.lab import embed_into
from isthmus.studies.shared import (
    EVERYTHING,
    IMAGE,
    MESH,
    Resolved,
    job_options,
    labels_of_vectors,
    resolve,
)
from isthmus.studies.styles.request import StylesRequest
from isthmus.transform.restyling import StyleGrid
from isthmus.types import EmbeddingSet, RequestError, Source
from isthmus.view.cameras import Pose
from isthmus.view.mesh_views import RenderSetup
from isthmus.view.render_jobs import restyled_into

VIEW = Pose(30.0, 20.0)
"""From where meshes are drawn in every style."""

Factors = Mapping[str, Mapping[str, object]]


def resolve_styles(request: StylesRequest) -> Resolved:
    """Vectors with a table of labels, or a space and a world of objects in styles.

    Raises:
        RequestError: labels without arrays, arrays without labels, or a world beside arrays.
    """
    split = "" if request.arrays or not request.world else EVERYTHING
    found = resolve(request.space, Source(world=request.world, split=split, arrays=request.arrays))
    if found.arrays is None:
        if request.labels is not None:
            raise RequestError("--labels names the rows of --arrays, but there are none.")
        return replace(found, source=replace(found.source, split=EVERYTHING))
    if request.labels is None:
        raise RequestError("Arrays need --labels FILE, a table with an object and a style a row.")
    return found


def style_grid(
    found: Resolved, request: StylesRequest, folder: Path
) -> tuple[StyleGrid, Mapping[str, str], EmbeddingSet]:
    """Cells of all objects in all styles, the split of each object, and the vectors.

    Raises:
        RequestError: no item has both an object and a style.
    """
    gather = _embedded if found.arrays is None else _labelled
    vectors, factors, split = gather(found, request, folder)
    known = [factors.get(name, {}) for name in vectors.ids]
    objects = [str(some.get(request.object_column, "")) for some in known]
    styles = [str(some.get(request.style_column, "")) for some in known]
    rows = [row for row, style in enumerate(styles) if style and objects[row]]
    if not rows:
        raise RequestError(
            f"No item has both a column {request.object_column!r} and {request.style_column!r}."
        )
    grid, _ = StyleGrid.of(
        vectors.vectors[rows], [objects[row] for row in rows], [styles[row] for row in rows]
    )
    return grid, {objects[row]: split.get(vectors.ids[row], "") for row in rows}, vectors


def split_objects(
    grid: StyleGrid, split: Mapping[str, str], fit_on: str, count: int, seed: int
) -> tuple[StyleGrid, StyleGrid]:
    """Objects to fit on and objects to score, ``count`` at most.

    With a split, scored objects are test objects; without, random ones, at most half. To fit on
    ``others`` is to fit on validation objects and the test objects that are not scored.

    Raises:
        RequestError: neither of the two.
    """
    if fit_on not in ("train", "others"):
        raise RequestError(f"Methods are fitted on train or others, not {fit_on!r}.")
    names = np.array(grid.objects)
    parts = np.array([split.get(name, "") for name in names])
    rng = np.random.default_rng([seed, 2])
    if "test" in parts:
        test = rng.permutation(names[parts == "test"])
        scored = test[:count]
        others = np.concatenate([names[parts == "val"], test[count:]])
        fitted = names[parts == "train"] if fit_on == "train" else others
    else:
        order = rng.permutation(names)
        scored = order[: min(count, len(order) // 2)]
        fitted = order[len(scored) :]
    return grid.part(sorted(fitted.tolist())), grid.part(sorted(scored.tolist()))


def _embedded(
    found: Resolved, request: StylesRequest, folder: Path
) -> tuple[EmbeddingSet, Factors, Mapping[str, str]]:
    world, common, modality = found.world(), request.common, request.modality
    encoders = found.encoders(common)
    if MESH in world.items and modality == IMAGE:
        setup, job = RenderSetup((VIEW,)), job_options(common)
        world = restyled_into(folder / "renders", world, setup, options=job, workers=common.workers)
    if modality not in world.items or modality not in encoders:
        raise RequestError(
            f"World {world.name!r} holds {', '.join(world.items)} and {found.space} encodes "
            f"{', '.join(encoders)}: {modality!r} is not in both."
        )
    report = embed_into(
        folder / "jobs" / modality, encoders[modality], world.items[modality], job_options(common)
    )
    return report.embedded, world.factors, world.split


def _labelled(
    found: Resolved, request: StylesRequest, folder: Path
) -> tuple[EmbeddingSet, Factors, Mapping[str, str]]:
    sets = found.collect(folder, request.common).sets
    if len(sets) > 1 and request.modality not in sets:
        raise RequestError(f"{found.arrays} holds {', '.join(sets)}, not {request.modality}.")
    vectors = sets.get(request.modality) or next(iter(sets.values()))
    assert request.labels is not None
    factors = labels_of_vectors(request.labels, vectors)
    there = next(iter(factors.values()))
    for name in (request.object_column, request.style_column):
        if name not in there:
            raise RequestError(f"{request.labels} has the columns {', '.join(there)}, no {name!r}.")
    return vectors, factors, {name: some.get("split", "") for name, some in factors.items()}
