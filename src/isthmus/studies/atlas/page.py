"""The page of an atlas: all objects together, each with a picture and a link to its own page."""

from collections import Counter
from typing import Any

import numpy as np

from isthmus.report import (
    Album,
    Block,
    Figures,
    Page,
    Prose,
    Section,
    Strip,
    Strips,
    Table,
    amount,
    figure,
    html,
)
from isthmus.studies.atlas.inputs import Atlas, AtlasInput
from isthmus.studies.atlas.object_page import page_of, tile
from isthmus.studies.atlas.summary import cards, summary
from isthmus.studies.atlas.views import ObjectViews
from isthmus.studies.shared.provenance import versions
from isthmus.types.results import plain

SHARED = 12
"""Pairs of objects that share most, in the table."""


def atlas_page(data: AtlasInput, found: Atlas, seed: int) -> tuple[str, dict[str, Any]]:
    """The page as HTML and the record that holds every number on it."""
    space = data.views.space.name
    title = f"What the views of {amount(len(found.objects), 'object')} span"
    page = Page(
        title=title,
        kicker=f"isthmus atlas · {len(data.views):,} views in {space}",
        summary=summary(found),
        cards=cards(found),
        sections=(
            Section(
                "objects", "The objects", "Each leads to its own page.", (_album(data, found),)
            ),
            Section("variance", "Object, view, and both", _VARIANCE, tuple(_figures(found))),
            Section("nesting", "Subspaces in subspaces", _NESTING, (_nested(found),)),
            Section("sharing", "Who shares subspaces", _SHARING, tuple(_sharing(found))),
            Section("numbers", "Every object", "", tuple(_table(found))),
            Section("left-out", "Left out, and how this was made", "", _made(data, found, seed)),
        ),
    )
    record = {
        "title": title,
        "seed": seed,
        "space": space,
        "versions": versions(),
        "context": dict(data.context),
        "faults": dict(found.faults),
        "missing": dict(found.missing),
        "results": {key: plain(result.to_dict()) for key, result in found.results.items()},
        "overlaps": {
            "pairs": found.overlaps.pairs(SHARED),
            "own": [value if np.isfinite(value) else None for value in found.overlaps.own.tolist()],
            "objects": list(found.overlaps.objects),
            "chance": plain(found.overlaps.chance),
        },
        "nestings": plain(found.nestings),
        "objects": {one.name: one.to_dict() for one in found.objects},
    }
    return html(page), record


_VARIANCE = (
    "What the vectors of all views vary, split into what tells objects apart, what a view does to "
    "every object alike, and the rest, which is both at once and noise."
)
_NESTING = (
    "How much of the way an object's vectors move from view to view stays inside a subspace that "
    "was fitted without that object (its own: without those views). If categories turn alike, "
    "their row stands above that of another category."
)
_SHARING = (
    "Shared energy is the mean squared cosine of the principal angles of two view subspaces: 1 if "
    "one holds the other, and rank over dimension for random ones."
)


def _album(data: AtlasInput, found: Atlas) -> Block:
    album = Album()
    tiles = tuple(
        tile(
            data,
            data.views.ids[one.rows[len(one.rows) // 12]],
            album,
            one.said,
            f"objects/{page_of(one.name)}",
        )
        for one in found.objects
    )
    return Strips("Objects", "", (Strip(None, tiles),))


def _figures(found: Atlas) -> list[Block]:
    drawn = tuple(
        figure(key, result.name, [result], result.about) for key, result in found.results.items()
    )
    left = tuple(found.missing.items())
    blocks: list[Block] = [Figures(drawn)] if drawn else []
    if left:
        blocks.append(Table("Not measured", ("measure", "reason"), left))
    return blocks


def _nested(found: Atlas) -> Block:
    rows = tuple(
        (
            one.level,
            f"{one.share:.3f} ± {1.96 * one.error:.3f}",
            f"{one.chance:.3f}",
            f"{one.rank:g}",
            str(one.objects),
        )
        for one in found.nestings
    )
    columns = ("subspace of", "share inside", "chance", "median rank", "objects")
    return Table("Share of the view variance inside", columns, rows, columns[1:])


def _sharing(found: Atlas) -> list[Block]:
    spaces = found.overlaps
    if len(spaces.objects) < 2:
        return [Prose(("There are not two objects whose views span a subspace.",))]
    said = {one.name: one.said for one in found.objects}
    rows = tuple(
        (f"{said[a]} and {said[b]}", f"{value:.3f}") for a, b, value in spaces.pairs(SHARED)
    )
    off = spaces.energy[~np.eye(len(spaces.objects), dtype=bool)]
    words = (
        f"Two objects share {off.mean():.3f} on average, the subspaces of an object's even and odd "
        f"views {np.nanmean(spaces.own):.3f}, random subspaces {spaces.chance:.3f}."
    )
    columns = ("objects", "shared energy")
    return [Prose((words,)), Table("The pairs that share most", columns, rows, columns[1:])]


def _table(found: Atlas) -> list[Block]:
    columns = (
        "object",
        "category",
        "rank",
        "held out",
        "pose error, °",
        "symmetry",
        "loop",
        "p of the loop",
        "nearest words",
    )
    rows = tuple(_row(one) for one in found.objects)
    return [Table("Objects", columns, rows, columns[2:8])]


def _row(one: ObjectViews) -> tuple[str, ...]:
    pose, loop = one.results.get("pose"), one.results.get("loop")
    return (
        one.said,
        one.category or "–",
        str(one.space.dim),
        str(getattr(one.results.get("rank"), "held_out", "–")),
        f"{pose.value:.0f}" if pose else "–",
        "any" if one.symmetry == len(one.rows) else str(one.symmetry),
        f"{loop.value:.2f}" if loop else "–",
        f"{loop.null.p:.3f}" if loop else "–",
        ", ".join(word for word, _ in one.words[:3]) or "–",
    )


def _made(data: AtlasInput, found: Atlas, seed: int) -> tuple[Block, ...]:
    reasons = Counter(found.faults.values())
    blocks: list[Block] = []
    if found.faults:
        rows = tuple(found.faults.items())[:200]
        more = f" (the first 200 of {len(found.faults)})" if len(found.faults) > 200 else ""
        caption = (
            f"Left out: {amount(len(found.faults), 'item')}, {amount(len(reasons), 'reason')}{more}"
        )
        blocks.append(Table(caption, ("item", "reason"), rows))
    facts = {**data.context, "seed": str(seed), **versions()}
    rows = tuple((key, str(value)) for key, value in facts.items())
    blocks.append(Table("How this was made", ("what", "value"), rows))
    sources = {result.name: result.cite() for result in found.results.values()}
    for one in found.objects[:1]:
        sources |= {result.name: result.cite() for result in one.results.values()}
    blocks.append(Table("Sources", ("measure", "paper and equation"), tuple(sources.items())))
    return tuple(blocks)
