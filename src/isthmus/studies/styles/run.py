"""Style and content: which decomposition finds an unseen object in another style?"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from isthmus import measure
from isthmus.engine.jobs import bar
from isthmus.registry import find
from isthmus.report import Advice, html
from isthmus.studies import command_of
from isthmus.studies.shared import DEFAULT_WORLD, run_folder, versions
from isthmus.studies.shared.guard import SEEN
from isthmus.studies.styles.grid import (
    LEAST_FITTED,
    LEAST_SCORED,
    check_scored,
    resolve_styles,
    split_objects,
    style_grid,
)
from isthmus.studies.styles.page import styles_page
from isthmus.studies.styles.request import StylesRequest
from isthmus.studies.styles.result import Method, StylesResult
from isthmus.transform.restyling import STYLERS, Restyler, StyleGrid
from isthmus.types import Common, RequestError

KS = (1, 5, 20)
"""Unpaired cells of an unseen style that a method gets."""
QUICK = " Fewer take less: --score 50."
LEARNERS = tuple(name for name in STYLERS if name not in ("bilinear", "affine_maps"))
"""Methods that are scored on an unseen style; maps of pairs have none for it, and only shift."""


def run(request: StylesRequest) -> StylesResult:
    """Gather the grid, hold objects apart, study.

    Raises:
        RequestError: no grid of objects and styles is there, or too few objects.
    """
    found = resolve_styles(request)
    own = found.arrays or request.images
    names = found.names if own else (found.space, found.source.world or DEFAULT_WORLD)
    with run_folder(request, "styles", *names) as folder:
        grid, split, gathered = style_grid(found, request, folder)
        fitted, scored = split_objects(
            grid, split, request.fit_on, request.score, request.common.seed
        )
        told = check_scored(found, request, gathered, scored)
        several = request.images is not None and len(gathered.vectors) > grid.cells[..., 0].size
        result = styles(
            fitted,
            scored,
            title=f"{found.title}, {len(grid.objects):,} objects in {len(grid.styles)} styles"
            + (", means of cells" if several else "")
            + "".join(f"; {SEEN}: {one}" for one in told),
            todo=todo(request, split),
            common=request.common,
        )
        return replace(result, faults=gathered.faults).write(folder)


def todo(request: StylesRequest, split: Mapping[str, str]) -> tuple[Advice, ...]:
    """The same question of other objects: does the chosen method stay the best?"""
    others = Advice(
        "Fit on objects that the model never saw either",
        "Methods were fitted on objects that the model was trained on.",
        "",
        command_of("styles", replace(request, fit_on="others")),
    )
    common = replace(request.common, seed=request.common.seed + 1)
    drawn = Advice(
        "See whether the best method stays the best",
        "Which objects are held apart is drawn.",
        "Another seed draws others; intervals say how far apart the two may lie.",
        command_of("styles", replace(request, common=common)),
    )
    named = "test" in split.values() and request.fit_on == "train"
    return (others, drawn) if named else (drawn,)


def styles(
    fitted: StyleGrid,
    scored: StyleGrid,
    *,
    title: str = "",
    methods: Sequence[str] = (),
    todo: Sequence[Advice] = (),
    common: Common | None = None,
) -> StylesResult:
    """Fit every style decomposition on some objects and score it on others.

    Args:
        fitted: objects that methods may see.
        scored: other objects in the same styles.
        title: the space and its data, for the page.
        methods: names of ``STYLERS``; empty for all.
        todo: what to try next.
        common: the seed of every random draw, and whether bars are shown.

    Raises:
        RequestError: an object is in both grids, the styles differ, or too few objects.
    """
    _check(fitted, scored)
    common, names = common or Common(), tuple(methods or STYLERS)
    rounds = len(names) + sum(name in LEARNERS for name in names) * len(KS) * len(scored.styles)
    with bar(rounds + len(names), "fits", common.progress, QUICK) as tick:
        found = {
            name: scored_method(name, fitted, scored, np.random.default_rng(common.seed), tick)
            for name in names
        }
        best = chosen(names, fitted, common.seed, tick)
    page = styles_page(found, best, (fitted, scored), title, todo, common.seed)
    return StylesResult(
        methods=found,
        best=best,
        verdict=page.verdict,
        todo=page.todo,
        page=html(page),
        record={
            "title": title,
            "seed": common.seed,
            "versions": versions(),
            "fitted_objects": len(fitted.objects),
            "scored_objects": len(scored.objects),
            "styles": list(scored.styles),
            "best": best,
            "methods": {name: one.to_dict() for name, one in found.items()},
        },
        seconds={name: one.seconds for name, one in found.items()},
    )


def scored_method(
    name: str,
    fitted: StyleGrid,
    scored: StyleGrid,
    rng: np.random.Generator,
    tick: Callable[[int], Any] = bool,
) -> Method:
    """One method on all questions."""
    start = time.perf_counter()
    fit = find("stylers", STYLERS, name)
    moved: Restyler = fit(fitted)
    seen: Restyler = fit(scored)
    tick(1)
    ks = KS if name in LEARNERS else ()
    unseen = {k: unseen_style(fit, fitted, scored, k, rng, tick) for k in ks}
    cells, kinds = scored.cells, scored.styles
    return Method(
        change=measure.style_change(cells, kinds, moved.restyle, moved.placed),
        transfer=measure.style_transfer(
            cells, kinds, moved.style_of, moved.restyle, moved.placed, rng=rng
        ),
        retrieval=measure.style_retrieval(cells, kinds, moved.placed),
        ceiling=measure.style_change(cells, kinds, seen.restyle, seen.placed).value,
        unseen=unseen,
        seconds=time.perf_counter() - start,
    )


def unseen_style(
    fit: Any,
    fitted: StyleGrid,
    scored: StyleGrid,
    k: int,
    rng: np.random.Generator,
    tick: Callable[[int], Any] = bool,
) -> float:
    """R@1 to and from a style of which the fit knows k cells of fitted objects; mean over styles.

    With two styles there is none left to fit on: not a number.
    """
    if len(fitted.styles) < 3:
        return float("nan")
    found: list[float] = []
    for column, style in enumerate(fitted.styles):
        tick(1)
        rows = rng.permutation(len(fitted.objects))[:k]
        known: Restyler = fit(fitted.without(style)).learn(style, fitted.cells[rows, column])
        result = measure.style_change(scored.cells, scored.styles, known.restyle, known.placed)
        there = np.arange(len(scored.styles)) != column
        found += [*result.pairs[there, column], *result.pairs[column, there]]
    return float(np.mean(found))


def chosen(
    names: Sequence[str], fitted: StyleGrid, seed: int, tick: Callable[[int], Any] = bool
) -> str:
    """The method that scores best on half of the fitted objects after a fit on the other half."""
    order = np.random.default_rng([seed, 1]).permutation(np.array(fitted.objects))
    half, rest = fitted.part(order[::2].tolist()), fitted.part(order[1::2].tolist())

    def score(name: str) -> float:
        tick(1)
        moved: Restyler = find("stylers", STYLERS, name)(half)
        return measure.style_change(rest.cells, rest.styles, moved.restyle, moved.placed).value

    return max(names, key=score)


def _check(fitted: StyleGrid, scored: StyleGrid) -> None:
    if both := set(fitted.objects) & set(scored.objects):
        raise RequestError(
            f"{min(both)} is among the objects to fit on and those to score: hold them apart."
        )
    if fitted.styles != scored.styles:
        raise RequestError(
            f"The styles differ: {', '.join(fitted.styles)}, and {', '.join(scored.styles)}."
        )
    if len(fitted.objects) < LEAST_FITTED or len(scored.objects) < LEAST_SCORED:
        raise RequestError(
            f"{LEAST_FITTED} objects in all styles or more are wanted to fit on and {LEAST_SCORED} "
            f"to score, not {len(fitted.objects)} and {len(scored.objects)}."
        )
