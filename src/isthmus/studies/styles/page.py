"""The page of a style study: one table of methods, and the pairs of styles as matrices."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from isthmus.report import Block, Figures, Page, Prose, Section, Table, figure, html, number, span
from isthmus.studies.shared.provenance import versions
from isthmus.transform.restyling import StyleGrid

if TYPE_CHECKING:
    from isthmus.studies.styles.run import Method

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
    found: "Mapping[str, Method]",
    best: str,
    grids: tuple[StyleGrid, StyleGrid],
    title: str,
    seed: int,
) -> str:
    """The page as HTML."""
    fitted, scored = grids
    facts = {
        "objects to fit on": str(len(fitted.objects)),
        "objects to score": str(len(scored.objects)),
        "styles": ", ".join(scored.styles),
        "seed": str(seed),
        **versions(),
    }
    made = Table("How this was made", ("what", "value"), tuple(facts.items()))
    page = Page(
        title="The same object in another style",
        kicker=f"isthmus styles · {title}",
        summary=_summary(found, best, scored),
        cards=(),
        sections=(
            Section("methods", "Methods", _LEAD, tuple(_tables(found))),
            Section("pairs", "From style to style", _PAIRS, (_matrices(found, best),)),
            Section("made", "How this was made", "", (made, *_sources(found))),
        ),
    )
    return html(page)


_LEAD = (
    "Each method was fitted on other objects than those that are searched. Style change: given an "
    "object in style s, its picture in style t must come first among all pictures in t; whole "
    "grid: among all pictures. Style transfer: t is given by a picture of another object. "
    "Ceiling: style change after a fit on the very objects that are searched. A grid has one "
    "picture a cell, so there is no ceiling from repeated pictures."
)
_PAIRS = "R@1 of style change, from the row's style to the column's."


def _summary(found: "Mapping[str, Method]", best: str, scored: StyleGrid) -> tuple[str, ...]:
    chosen = found[best].change
    said = [
        f"Chosen on fitted objects alone, {_said(best)} finds the same object in another style "
        f"first in {chosen.value:.1%} of all cases ({span(chosen.interval)}; chance "
        f"{number(chosen.null.mean)}, {len(scored.objects)} objects, {len(scored.styles)} styles)."
    ]
    if "nothing" in found:
        said.append(f"Doing nothing reaches {found['nothing'].change.value:.1%}.")
    top = max(found, key=lambda name: found[name].change.whole_grid)
    whole = found[top].change
    said.append(
        f"Among all pictures of the grid, {_said(top)} does best: {whole.whole_grid:.1%} (chance "
        f"{number(whole.whole_grid_chance)})."
    )
    return tuple(said)


def _tables(found: "Mapping[str, Method]") -> list[Block]:
    columns = ("method", "style change R@1", "95 % interval", "whole grid", "transfer", "ceiling")
    rows = tuple(
        (
            _said(name),
            f"{one.change.value:.3f}",
            span(one.change.interval),
            f"{one.change.whole_grid:.3f}",
            f"{one.transfer.value:.3f}",
            f"{one.ceiling:.3f}",
        )
        for name, one in found.items()
    )
    first = next(iter(found.values()))
    chance = (
        "chance",
        number(first.change.null.mean),
        "–",
        number(first.change.whole_grid_chance),
        number(first.transfer.null.mean),
        "–",
    )
    ks = tuple(next((tuple(one.unseen) for one in found.values() if one.unseen), ()))
    unseen = tuple(
        (_said(name), *(_told(one.unseen[k]) for k in ks))
        for name, one in found.items()
        if one.unseen
    )
    blocks: list[Block] = [Table("Unseen objects", columns, (*rows, chance), columns[1:])]
    if unseen:
        names = ("method", *(f"k = {k}" for k in ks))
        blocks.append(
            Table("An unseen style, of which k pictures are known", names, unseen, names[1:])
        )
    near = tuple((_said(name), f"{one.retrieval.value:.3f}") for name, one in found.items())
    near += (("chance", f"{first.retrieval.null.mean:.3f}"),)
    caption = "How often the nearest picture of another object has the same style"
    blocks.append(Table(caption, ("method", "same style"), near, ("same style",)))
    what = tuple((_said(name), METHODS.get(name, "")) for name in found)
    blocks.append(Table("What each does", ("method", "in words"), what))
    return blocks


def _matrices(found: "Mapping[str, Method]", best: str) -> Block:
    shown = dict.fromkeys([name for name in ("nothing", best, "affine_maps") if name in found])
    changes = {name: found[name].change for name in shown}
    drawn = (figure(f"pairs-{key}", _said(key), [one], one.about) for key, one in changes.items())
    return Figures(tuple(drawn))


def _sources(found: "Mapping[str, Method]") -> tuple[Block, ...]:
    first = next(iter(found.values()))
    results = (first.change, first.transfer, first.retrieval)
    rows = tuple((result.name, result.cite()) for result in results)
    words = Prose(("The papers of the methods stand in the docstrings of isthmus.transform.",))
    return (Table("Sources", ("measure", "protocol"), rows), words)


def _told(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "–"


def _said(name: str) -> str:
    return name.replace("_", " ")
