"""The page of an atlas: all objects together, each with a picture and a link to its own page."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from isthmus.measure.views.subspaces import ViewRank
from isthmus.report import (
    Advice,
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
    number,
    span,
)
from isthmus.studies.atlas.inputs import AtlasInput
from isthmus.studies.atlas.measures import Atlas
from isthmus.studies.atlas.object_page import page_of, view_card
from isthmus.studies.atlas.views import ObjectViews
from isthmus.studies.pages.common import (
    made_table,
    number_card,
    pairs_table,
    rows_table,
    sources_table,
)
from isthmus.studies.shared import versions
from isthmus.types import plain

LISTED = 200
"""Items that were left out, in the table."""


def atlas_page(
    data: AtlasInput, found: Atlas, seed: int, todo: Sequence[Advice] = ()
) -> tuple[str, dict[str, Any]]:
    """The page as HTML and the record that holds every number on it."""
    space, count = data.views.space.name, amount(len(found.objects), "object")
    title = f"Atlas: {space} on {', '.join(filter(None, (data.context.get('objects'), count)))}"
    verdict, *rest = summary(found)
    table = rows_table("Objects", map(_row, found.objects), text=("category", "nearest words"))
    identity, variance = (found.results.get(key) for key in ("identity", "variance"))
    page = Page(
        title=title,
        kicker=f"isthmus atlas · what {len(data.views):,} views span",
        verdict=verdict,
        summary=tuple(rest),
        todo=todo,
        cards=(
            *number_card("Unseen views given to their object", identity),
            *number_card("Variance that is the object", variance),
        ),
        sections=(
            Section(
                "objects", "The objects", "Each leads to its own page.", (_objects(data, found),)
            ),
            Section("variance", "Object, view, and both", _VARIANCE, tuple(_figures(found))),
            Section("nesting", "Subspaces in subspaces", _NESTING, (_nested(found),)),
            Section("sharing", "Who shares subspaces", _SHARING, tuple(_sharing(found))),
            Section("numbers", "Every object", "", (table,)),
            Section("left-out", "Left out, and how this was made", "", _made(data, found, seed)),
        ),
    )
    return html(page), {
        "title": title,
        "seed": seed,
        "space": space,
        "versions": versions(),
        "context": dict(data.context),
        "faults": dict(found.faults),
        "missing": dict(found.missing),
        "results": {key: plain(result.to_dict()) for key, result in found.results.items()},
        "overlaps": _overlaps(found),
        "nestings": plain(found.nestings),
        "objects": {one.name: one.to_dict() for one in found.objects},
    }


def _objects(data: AtlasInput, found: Atlas) -> Strips:
    album = Album()
    cards = tuple(
        view_card(
            data,
            data.views.ids[one.rows[len(one.rows) // 12]],
            album,
            one.title,
            f"objects/{page_of(one.name)}",
        )
        for one in found.objects
    )
    return Strips("Objects", "", (Strip(None, cards),))


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


def _overlaps(found: Atlas) -> dict[str, Any]:
    """The record of shared energies; ``measured`` holds the whole measure of each of the pairs."""
    spaces = found.overlaps
    names, closest = spaces.objects, spaces.closest
    return {
        "pairs": [(names[i], names[j], float(spaces.energy[i, j])) for i, j, _ in closest],
        "measured": [one.to_dict() for _, _, one in closest],
        "own": plain(spaces.own),
        "objects": list(names),
        "chance": plain(spaces.chance),
    }


def summary(found: Atlas) -> Iterator[str]:
    """The page in a few sentences."""
    ranks = [one.space.dim for one in found.objects]
    measured = [one.results["rank"] for one in found.objects]
    held = [rank.held_out for rank in measured if isinstance(rank, ViewRank)]
    yield (
        f"The views of an object span {np.median(ranks):g} directions that stand out of "
        f"white noise (median of {amount(len(ranks), 'object')}; {min(ranks)} to {max(ranks)}), "
        f"of which {np.median(held):g} help to predict an arc of views that was held out."
    )
    poses = [one.results["pose"] for one in found.objects if "pose" in one.results]
    if poses:
        yield (
            "From an unseen arc, the azimuth is read with a median error of "
            f"{np.median([pose.value for pose in poses]):.0f} degrees; views dealt anew give "
            f"{np.median([pose.null.mean for pose in poses]):.0f}."
        )
    loops = [one.results["loop"].null.p for one in found.objects if "loop" in one.results]
    if loops:
        yield (
            f"{sum(p <= 0.05 for p in loops)} of {len(loops)} turntables make a loop (p at most "
            f"0.05 each; {0.05 * len(loops):.1f} would by chance)."
        )
    if found.names and (first := found.names.first):
        yield (
            f"An object's own name is the nearest of {found.names.texts:,} texts for "
            f"{first[0]:.0%} of the objects ({span(first[1])}; chance {number(first[2])})."
        )
    if found.faults:
        yield f"{amount(len(found.faults), 'item')} could not be used; the last section says why."


def _figures(found: Atlas) -> Iterator[Block]:
    drawn = tuple(
        figure(key, result.name, [result], result.about) for key, result in found.results.items()
    )
    if drawn:
        yield Figures(drawn)
    yield from pairs_table("Not measured", ("measure", "reason"), found.missing.items())


def _nested(found: Atlas) -> Table:
    rows = (
        {
            "subspace of": one.level,
            "share inside": f"{one.share:.3f} ± {1.96 * one.error:.3f}",
            "chance": f"{one.chance:.3f}",
            "median rank": f"{one.rank:g}",
            "objects": str(one.objects),
        }
        for one in found.nestings
    )
    return rows_table("Share of the view variance inside", rows)


def _sharing(found: Atlas) -> Iterator[Block]:
    spaces = found.overlaps
    if len(spaces.objects) < 2:
        yield Prose(("There are not two objects whose views span a subspace.",))
        return
    titles = {one.name: one.title for one in found.objects}
    off = spaces.energy[~np.eye(len(spaces.objects), dtype=bool)]
    yield Prose(
        (
            f"Two objects share {off.mean():.3f} on average, the subspaces of an object's even and "
            f"odd views {np.nanmean(spaces.own):.3f}, random subspaces {spaces.chance:.3f}.",
        )
    )
    rows = (
        {
            "objects": f"{titles[spaces.objects[i]]} and {titles[spaces.objects[j]]}",
            "shared energy": f"{one.value:.3f}",
            "95 % interval": span(one.interval),
            "chance": number(one.null.mean),
            "p": number(one.null.p),
            "smallest angle, °": f"{one.angles[0]:.0f}",
        }
        for i, j, one in spaces.closest
    )
    yield rows_table("The pairs that share most", rows)


def _row(one: ObjectViews) -> dict[str, str]:
    rank, pose, loop = (one.results.get(key) for key in ("rank", "pose", "loop"))
    return {
        "object": one.title,
        "category": one.category or "–",
        "rank": str(one.space.dim),
        "held out": str(rank.held_out) if isinstance(rank, ViewRank) else "–",
        "pose error, °": f"{pose.value:.0f}" if pose else "–",
        "symmetry": "any" if one.symmetry == len(one.rows) else str(one.symmetry),
        "loop": f"{loop.value:.2f}" if loop else "–",
        "p of the loop": f"{loop.null.p:.3f}" if loop else "–",
        "nearest words": ", ".join(word for word, _ in one.words[:3]) or "–",
    }


def _made(data: AtlasInput, found: Atlas, seed: int) -> tuple[Block, ...]:
    count, reasons = len(found.faults), len(set(found.faults.values()))
    more = f" (the first {LISTED} of {count})" if count > LISTED else ""
    caption = f"Left out: {amount(count, 'item')}, {amount(reasons, 'reason')}{more}"
    overlaps = [one for _, _, one in found.overlaps.closest[:1]]
    return (
        *pairs_table(caption, ("item", "reason"), found.faults.items(), most=LISTED),
        *pairs_table("Left out of objects", ("object", "what"), data.notes.items(), most=LISTED),
        made_table({**data.context, "seed": seed}),
        sources_table([*found.results.values(), *found.objects[0].results.values(), *overlaps]),
    )
