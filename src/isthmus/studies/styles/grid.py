"""The grid of a style study: vectors of objects in styles, and which objects are held out."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float

from isthmus.arrays import unit
from isthmus.lab import embed_into
from isthmus.records import dataclass
from isthmus.report import visible
from isthmus.studies.shared import (
    EVERYTHING,
    Resolved,
    job_options,
    labels_of_vectors,
    remarks,
    resolve,
)
from isthmus.studies.shared.guard import allowed, told_by
from isthmus.studies.styles.request import StylesRequest
from isthmus.transform.restyling import StyleGrid
from isthmus.types import EmbeddingSet, RequestError, Source, amount
from isthmus.view.cameras import Pose
from isthmus.view.mesh_views import RENDERS, RenderSetup
from isthmus.view.render_jobs import restyled_into

LEAST_FITTED, LEAST_SCORED = 4, 2
"""Objects: the best method is chosen on halves of those that are fitted on."""
VIEW = Pose(30.0, 20.0)
"""From where meshes are drawn in every style."""

_log = logging.getLogger("isthmus")
Factors = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, eq=False)
class Cells:
    """Vectors with what is known of their items, by id."""

    vectors: EmbeddingSet
    factors: Factors
    split: Mapping[str, str] = field(default_factory=dict[str, str])
    faults: Mapping[str, str] = field(default_factory=dict[str, str])
    """What was left out, with the reason."""


def resolve_styles(request: StylesRequest) -> Resolved:
    """Vectors with a table of labels, or a space and a world of objects in styles.

    Raises:
        RequestError: labels without arrays, arrays without labels, or a world beside arrays.
    """
    if request.images is not None and (request.world or request.arrays):
        raise RequestError("Name either --images, a --world or --arrays.")
    split = "" if request.arrays or not request.world else EVERYTHING
    source = Source(request.world, split, request.images, arrays=request.arrays, seen=request.seen)
    found = resolve(request.space, source)
    if found.arrays is None:
        if request.labels is not None:
            raise RequestError("--labels names the rows of --arrays, but there are none.")
        split = "" if request.images else EVERYTHING
        return replace(found, source=replace(found.source, split=split))
    if request.labels is None:
        raise RequestError("Arrays need --labels FILE, a table with an object and a style a row.")
    return found


def style_grid(
    found: Resolved, request: StylesRequest, folder: Path
) -> tuple[StyleGrid, Mapping[str, str], Cells]:
    """Cells of all objects in all styles, the split of each object, and what they were made of.

    Several pictures of a folder's cell become their mean.

    Raises:
        RequestError: no item has both an object and a style.
    """
    gather = _embedded if found.arrays is None else _labelled
    gathered = gather(found, request, folder)
    vectors = gathered.vectors
    known = [gathered.factors.get(name, {}) for name in vectors.ids]
    objects = [str(some.get(request.object_column, "")) for some in known]
    styles = [str(some.get(request.style_column, "")) for some in known]
    rows = [row for row, style in enumerate(styles) if style and objects[row]]
    if not rows:
        raise RequestError(
            f"No item has both a column {request.object_column!r} and {request.style_column!r}."
        )
    names = [(objects[row], styles[row]) for row in rows]
    cells = vectors.vectors[rows]
    if request.images is not None:
        names, cells = cell_means(vectors.unit[rows], names)
    grid, _ = StyleGrid.of(cells, *zip(*names, strict=True))
    split = {objects[row]: gathered.split.get(vectors.ids[row], "") for row in rows}
    return grid, split, gathered


def check_scored(
    found: Resolved, request: StylesRequest, gathered: Cells, scored: StyleGrid
) -> tuple[str, ...]:
    """What of the space was chosen on the objects that are scored, if that is asked for.

    Raises:
        RequestError: something was, and it is not.
    """
    factors, asked = gathered.factors, set(scored.objects)
    column = request.object_column
    some = gathered.vectors.take(
        name for name in gathered.vectors.ids if str(factors.get(name, {}).get(column, "")) in asked
    )
    told = told_by([some])
    return told if found.chain and not found.other else allowed(told, found.source)


def split_objects(
    grid: StyleGrid, split: Mapping[str, str], fit_on: str, count: int, seed: int
) -> tuple[StyleGrid, StyleGrid]:
    """Objects to fit on and objects to score, ``count`` at most.

    With a split, scored objects are test objects; without, random ones, at most half, and four or
    more are left to fit on. To fit on
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
        scored = order[: min(count, len(order) // 2, max(len(order) - LEAST_FITTED, 0))]
        fitted = order[len(scored) :]
    return grid.part(sorted(fitted.tolist())), grid.part(sorted(scored.tolist()))


def _embedded(found: Resolved, request: StylesRequest, folder: Path) -> Cells:
    world, common, modality = found.world(), request.common, request.modality
    encoders = found.encoders(common)
    if RENDERS.of in world.items and modality == RENDERS.to:
        setup, job = RenderSetup((VIEW,)), job_options(common, folder)
        world = restyled_into(folder / "renders", world, setup, options=job, workers=common.workers)
    if modality not in world.items or modality not in encoders:
        raise RequestError(
            f"World {world.name!r} holds {', '.join(world.items)} and {found.space} encodes "
            f"{', '.join(encoders)}: {modality!r} is not in both."
        )
    items, columns = world.items[modality], (request.object_column, request.style_column)
    if request.images is not None:  # folders that are no grid are refused before the work
        there = folder_factors(items.ids, request.style_level, columns).values()
        kinds = _few(sorted({str(one[request.style_column]) for one in there}))
        _log.info("Folders taken as styles (--style-level takes others): %s", kinds)
    options = job_options(common, folder)
    report = embed_into(folder / "jobs" / modality, encoders[modality], items, options)
    _, faults = remarks(world, [report.embedded], report.faults)
    if request.images is None:
        return Cells(report.embedded, world.factors, world.split, faults)
    factors = folder_factors(report.embedded.ids, request.style_level, columns)
    if left := len(report.embedded.ids) - len(factors):
        _log.warning("Outside of the folders of classes in styles: %s.", amount(left, "picture"))
    return Cells(report.embedded, factors, faults=faults)


def folder_factors(ids: Sequence[str], level: int, columns: tuple[str, str]) -> Factors:
    """Object and style of every picture by the folders that it lies in.

    Args:
        ids: paths, such as ``cat/sketch/1.png``.
        level: of the folders that are styles, 1 for the outermost; 0: the level of the fewest
            names. All other levels together are the object.
        columns: what object and style are called.

    Raises:
        RequestError: no two levels of folders, or levels with equally many names.
    """
    places = {name: PurePosixPath(name).parts[:-1] for name in ids}
    depth = max(map(len, places.values()), default=0)
    whole = {name: parts for name, parts in places.items() if len(parts) == depth}
    if depth < 2 or level > depth:
        raise RequestError(
            "Pictures lie in folders of classes inside folders of styles, or the reverse, such as "
            f"cat/sketch/1.png; here they lie {amount(depth, 'folder')} deep"
            f"{f', and --style-level is {level}' if level else ''}."
        )
    names = [sorted({parts[at] for parts in whole.values()}) for at in range(depth)]
    counts = [len(some) for some in names]
    if not level:
        level = 1 + min(range(depth), key=counts.__getitem__)
        if counts.count(counts[level - 1]) > 1:
            raise RequestError(
                f"Which folders are styles? Say --style-level {level} ({_few(names[level - 1])}) "
                f"or another level ({_few(names[level % depth])})."
            )
    at = level - 1
    thing, style = columns
    return {
        name: {thing: "/".join((*parts[:at], *parts[at + 1 :])), style: parts[at]}
        for name, parts in whole.items()
    }


def _few(names: Sequence[str]) -> str:
    return ", ".join(map(visible, names[:3])) + (", ..." if len(names) > 3 else "")


def cell_means(
    vectors: Float[np.ndarray, "n d"], names: Sequence[tuple[str, str]]
) -> tuple[list[tuple[str, str]], Float[np.ndarray, "m d"]]:
    """The mean of the unit vectors of every cell, and the cells' names (object, style)."""
    cells = sorted(set(names))
    row = {cell: number for number, cell in enumerate(cells)}
    sums = np.zeros((len(cells), vectors.shape[1]))
    np.add.at(sums, [row[cell] for cell in names], vectors)
    return cells, unit(sums)


def _labelled(found: Resolved, request: StylesRequest, folder: Path) -> Cells:
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
    return Cells(vectors, factors, {name: some.get("split", "") for name, some in factors.items()})
