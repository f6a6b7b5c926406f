"""The page of a style study: one table of methods, and the pairs of styles as matrices."""

import math
from collections.abc import Mapping, Sequence

from isthmus.report import Advice, Block, Figures, Page, Prose, Section, Table, figure, number, span
from isthmus.studies.evaluate import RAW
from isthmus.studies.pages.common import made_section, pairs_table, rows_table, sources_table
from isthmus.studies.styles.result import Method, in_words
from isthmus.transform.restyling import StyleGrid

METHODS = {
    "nothing": "the picture as it is",
    "mean_shift": "less the source's mean, plus the target's",
    "ideal_words": "object plus style; only the object's part is compared",
    "geodesic": "the same on the sphere, in the tangent space at the mean",
    "bilinear": "a map of content for each style",
    "affine_maps": "ridge regression from each style to each",
    "subspace_swap": "the styles' coordinates become the target's",
    "erasure": "both sides without the directions of style means",
    "whitened": "both sides less their mean, what varies in an object weighs little",
    "hub_corrected": "whitened, and candidates that are near to everything weigh less",
}


def styles_page(
    found: Mapping[str, Method],
    best: str,
    grids: tuple[StyleGrid, StyleGrid],
    title: str,
    todo: Sequence[Advice],
    seed: int,
) -> Page:
    """The page."""
    fitted, scored = grids
    facts = {
        "objects to fit on": len(fitted.objects),
        "objects to score": len(scored.objects),
        "styles": ", ".join(scored.styles),
        "seed": seed,
    }
    one = next(iter(found.values()))
    sources = sources_table((one.change, one.transfer, one.retrieval), "protocol")
    papers = Prose(("The papers of the methods stand in the docstrings of isthmus.transform.",))
    verdict, *rest = _summary(found, best, scored)
    return Page(
        title=f"Styles: {title}",
        kicker="isthmus styles · the same object in another style",
        verdict=verdict,
        summary=tuple(rest),
        todo=todo,
        cards=(),
        sections=(
            Section("methods", "Methods", _LEAD, _tables(found)),
            Section("pairs", "From style to style", _PAIRS, (_matrices(found, best),)),
            made_section(facts, sources, papers),
        ),
    )


_LEAD = (
    "Each method was fitted on other objects than those that are searched. Style change: given an "
    "object in style s, its picture in style t must come first among all pictures in t; whole "
    "grid: among all pictures. Style transfer: t is given by a picture of another object. "
    "Ceiling: style change after a fit on the very objects that are searched. A grid has one "
    "vector a cell, so there is no ceiling from repeated pictures."
)
_PAIRS = "R@1 of style change, from the row's style to the column's."


def _summary(found: Mapping[str, Method], best: str, scored: StyleGrid) -> tuple[str, ...]:
    chosen, top = found[best].change, max(found, key=lambda name: found[name].change.whole_grid)
    whole, raw = found[top].change, found.get("nothing")
    reached = f"; {RAW}, {raw.change.value:.1%} ({span(raw.change.interval)})" if raw else ""
    return (
        f"Chosen on fitted objects alone, {in_words(best)} finds the same object in another style "
        f"first in {chosen.value:.1%} of all cases ({span(chosen.interval)}; chance "
        f"{number(chosen.null.mean)}){reached}.",
        f"Scored on {len(scored.objects):,} objects in {len(scored.styles)} styles that no method "
        f"was fitted on. Among all pictures of the grid, {in_words(top)} does best: "
        f"{whole.whole_grid:.1%} (chance {number(whole.whole_grid_chance)}).",
    )


def _tables(found: Mapping[str, Method]) -> tuple[Table, ...]:
    rows = [
        {
            "method": in_words(name),
            "style change R@1": f"{one.change.value:.3f}",
            "95 % interval": span(one.change.interval),
            "whole grid": f"{one.change.whole_grid:.3f}",
            "transfer": f"{one.transfer.value:.3f}",
            "ceiling": f"{one.ceiling:.3f}",
        }
        for name, one in found.items()
    ]
    first = next(iter(found.values()))
    chance = {
        "method": "chance",
        "style change R@1": number(first.change.null.mean),
        "95 % interval": "–",
        "whole grid": number(first.change.whole_grid_chance),
        "transfer": number(first.transfer.null.mean),
        "ceiling": "–",
    }
    near = {in_words(name): one.retrieval.value for name, one in found.items()}
    return (
        rows_table("Unseen objects", (*rows, chance)),
        *_unseen_styles(found),
        *pairs_table(
            "How often the nearest picture of another object has the same style",
            ("method", "same style"),
            (
                (name, f"{value:.3f}")
                for name, value in {**near, "chance": first.retrieval.null.mean}.items()
            ),
            counts=True,
        ),
        *pairs_table(
            "What each does",
            ("method", "in words"),
            ((in_words(name), METHODS.get(name, "")) for name in found),
        ),
    )


def _unseen_styles(found: Mapping[str, Method]) -> tuple[Table, ...]:
    known = {name: one.unseen for name, one in found.items() if one.unseen}
    if not known:
        return ()
    rows = (
        {"method": in_words(name), **{f"k = {k}": _share(value) for k, value in one.items()}}
        for name, one in known.items()
    )
    return (rows_table("An unseen style, of which k pictures are known", rows),)


def _matrices(found: Mapping[str, Method], best: str) -> Block:
    shown = dict.fromkeys(name for name in ("nothing", best, "affine_maps") if name in found)
    changes = {name: found[name].change for name in shown}
    return Figures(
        tuple(
            figure(f"pairs-{key}", in_words(key), [one], one.about) for key, one in changes.items()
        )
    )


def _share(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "–"
