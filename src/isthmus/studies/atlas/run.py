"""The object-subspace atlas: what the views of every object span, and what that says of it."""

import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from isthmus.lab import embed_into
from isthmus.read import spoken
from isthmus.read.text import read_lines
from isthmus.report import PLACE, Advice
from isthmus.store import is_file
from isthmus.studies import command_of
from isthmus.studies.atlas.inputs import AtlasInput
from isthmus.studies.atlas.measures import LEAST, measured_atlas
from isthmus.studies.atlas.object_page import object_pages
from isthmus.studies.atlas.page import atlas_page, summary
from isthmus.studies.atlas.request import AtlasRequest
from isthmus.studies.shared import (
    DEFAULT_ATLAS,
    DEFAULT_SPACE,
    EVERYTHING,
    MeasuredResult,
    job_options,
    resolve,
    run_folder,
)
from isthmus.studies.shared.guard import SEEN, allowed, told_by
from isthmus.types import EmbeddingSet, Encoder, Items, RequestError, Source, World, amount
from isthmus.view.cameras import RIGS
from isthmus.view.mesh_views import RENDERS, RenderSetup
from isthmus.view.render_jobs import Views, rendered_into, restyled_into
from isthmus.view.styles import DRAWING_STYLES
from isthmus.worlds import load as load_world
from isthmus.worlds.folders import mesh_folder


@dataclass(frozen=True, eq=False, kw_only=True)
class AtlasResult(MeasuredResult):
    """The measures of all objects together, and how much was done now."""

    rendered: int = 0
    """Objects drawn now; the others were there already."""
    encoded: int = 0
    """Views encoded now."""


def run(request: AtlasRequest, asked: Any = None) -> AtlasResult:
    """Render, embed, measure, write.

    Args:
        request: the objects, and how they are seen.
        asked: the request to keep in the folder, where another question turned out to be this one.

    Raises:
        RequestError: no objects, both a folder and a world, an unknown rig, or a space that
            encodes no images.
        NothingLeftError: not one object can be drawn.
    """
    found = resolve(request.space)
    world = _objects(request)
    encoders = found.encoders(request.common, "an atlas encodes renders")
    if RENDERS.to not in encoders:
        raise RequestError(f"Renders are images, but {found.space} encodes {', '.join(encoders)}.")
    of = request.objects.resolve().name if request.objects else request.world or DEFAULT_ATLAS
    found = replace(found, source=replace(found.source, seen=request.seen))
    told = found.check_unseen(world, encoders, [RENDERS.of])
    with run_folder(asked or request, "atlas", found.space, of) as folder:
        return _seen(request, world, encoders, folder, told)


def _seen(
    request: AtlasRequest,
    world: World,
    encoders: Mapping[str, Encoder],
    folder: Path,
    told: Sequence[str],
) -> AtlasResult:
    common = request.common
    setup = RenderSetup(RIGS[request.rig](request.views), up=request.up)
    job = job_options(common, folder)
    views = rendered_into(folder / "renders", world, setup, job, common.workers)
    pictures = views.world.items[RENDERS.to]
    report = embed_into(folder / "jobs" / "views", encoders[RENDERS.to], pictures, job)
    told = [*told, *allowed(told_by([report.embedded]), Source(seen=request.seen))]
    styled, factors = _styled(request, world, setup, encoders, folder)
    ring, drawn = request.rig == "turntable", {bag.owner for bag in views.bags}
    notes = {name: why for name, why in views.world.faults.items() if name in drawn}
    rest = {name: why for name, why in views.world.faults.items() if name not in drawn}
    data = AtlasInput(
        views=report.embedded,
        factors={**views.world.factors, **factors},
        ring=ring,
        symmetry=views.symmetry if ring else {},
        words=_words(request, views, encoders, folder),
        styled=styled,
        pictures=pictures,
        faults={**rest, **report.faults},
        notes=notes,
        context={
            "objects": str(request.objects.name if request.objects else world.name),
            "views": f"{request.views}, {request.rig}, {setup.options.side} px",
            "space": request.space or DEFAULT_SPACE,
            **({SEEN: "; ".join(told)} if told else {}),
        },
    )
    found = atlas(
        data, folder, seed=common.seed, progress=common.progress, todo=todo(request, data)
    )
    drawn, encoded = amount(views.rendered, "object"), amount(report.encoded, "view")
    now = f"{drawn} rendered and {encoded} encoded now."
    return replace(
        found,
        key=[*found.key, now],
        rendered=views.rendered,
        encoded=report.encoded,
    )


def todo(request: AtlasRequest, data: AtlasInput) -> list[Advice]:
    """What to try next: drawing styles; an object by its name, or more views."""
    name = data.title(str(data.factors[data.views.ids[0]]["object"]))
    space = f" --space {shlex.quote(request.space)}" if request.space else ""
    styled = Advice(
        "See how much a drawing style changes",
        "All views are shaded alike.",
        "Drawn in other styles too, the variance is shared between object, view and style.",
        command_of("atlas", replace(request, styles=("sketch", "toon"))),
    )
    sought = Advice(
        "Look for an object by its name",
        "The views lie in the folder of this page as vectors.",
        "",
        f"isthmus search {shlex.quote(name)} --in {PLACE}{space}",
    )
    more = Advice(
        "See whether more views span more",
        "A rank is of the views that there are.",
        "",
        command_of("atlas", replace(request, views=2 * request.views)),
    )
    return [*([] if request.styles else [styled]), sought if data.words else more]


def atlas(
    data: AtlasInput,
    out: Path | None = None,
    *,
    seed: int = 0,
    progress: bool = False,
    todo: Sequence[Advice] = (),
) -> AtlasResult:
    """Measure the views of every object and write the world's page and one page an object.

    Args:
        data: views and what is known about them.
        out: run folder for ``report.html``, ``objects/*.html``, ``report.json`` and the vectors.
        seed: every random draw follows from it.
        progress: show a bar of the objects.
        todo: what to try next.

    Raises:
        RequestError: not one object has ten views.
    """
    start = time.perf_counter()
    with threadpool_limits(1, user_api="blas"):  # products of a few rows: threads only wait
        found = measured_atlas(data, seed, progress)
    measuring = time.perf_counter() - start
    page, record = atlas_page(data, found, seed, todo)
    verdict, *rest = summary(found)
    return AtlasResult(
        results=found.results,
        missing=found.missing,
        key=rest,
        verdict=verdict,
        todo=todo,
        page=page,
        pages={} if out is None else object_pages(data, found),
        record=record,
        seconds={"all measures": measuring, "pages": time.perf_counter() - start - measuring},
        faults=found.faults,
    ).write(out, {data.views.modality: data.views})


def _objects(request: AtlasRequest) -> World:
    if request.objects and request.world:
        raise RequestError("Name either a folder of objects or a world, not both.")
    if request.rig not in RIGS:
        raise RequestError(f"A rig is one of {', '.join(RIGS)}, not {request.rig!r}.")
    if unknown := [style for style in request.styles if style not in DRAWING_STYLES]:
        raise RequestError(
            f"Further styles are some of {', '.join(DRAWING_STYLES)}, not {unknown[0]!r}."
        )
    if request.views < LEAST:
        raise RequestError(
            f"An atlas wants {LEAST} views of each object or more, not {request.views}."
        )
    if request.limit < 0:
        raise RequestError(f"--limit wants 0 or more objects, not {request.limit}.")
    if request.words is not None and not is_file(request.words):
        raise RequestError(f"There is no vocabulary {request.words}.")
    world = (
        mesh_folder(request.objects)
        if request.objects
        else load_world(request.world or DEFAULT_ATLAS)
    )
    if world.split and request.split != EVERYTHING:
        world = world.part(request.split or "test")
    if RENDERS.of not in world.items:
        raise RequestError(f"World {world.name!r} holds {', '.join(world.items)}, no meshes.")
    meshes = world.items[RENDERS.of]
    if request.limit and request.limit < len(meshes):
        world = replace(
            world, items={**world.items, RENDERS.of: meshes.take(meshes.ids[: request.limit])}
        )
    return world


def _styled(
    request: AtlasRequest,
    world: World,
    setup: RenderSetup,
    encoders: Mapping[str, Encoder],
    folder: Path,
) -> tuple[EmbeddingSet | None, Mapping[str, Mapping[str, Any]]]:
    """Vectors of the views in further styles, and what is known of them."""
    if not request.styles:
        return None, {}
    job = job_options(request.common, folder)
    drawn = restyled_into(folder / "styles", world, setup, request.styles, job)
    report = embed_into(
        folder / "jobs" / "styles", encoders[RENDERS.to], drawn.items[RENDERS.to], job
    )
    return report.embedded, {name: drawn.factors[name] for name in report.embedded.ids}


def _words(
    request: AtlasRequest, views: Views, encoders: Mapping[str, Encoder], folder: Path
) -> tuple[EmbeddingSet, tuple[str, ...]] | None:
    """Vectors of the vocabulary: the user's, or the names of these objects and of the glyphs."""
    said = spoken(encoders)
    if not said:
        return None
    if request.words:
        texts = [line.strip() for line in read_lines(request.words) if line.strip()]
    else:
        glyphs = load_world("glyphs").items
        texts = [str(text) for text in glyphs[spoken(glyphs)]]
    known = (views.world.factors.get(bag.owner, {}).get("name") for bag in views.bags)
    words = tuple(dict.fromkeys([*(str(name) for name in known if name), *texts]))
    items, job = Items(said, words, words), job_options(request.common, folder)
    vectors = embed_into(folder / "jobs" / "words", encoders[said], items, job).embedded
    return vectors, vectors.ids
