"""One page an object: its renders beside what was measured on them."""

import os
import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from isthmus.read.image import picture
from isthmus.report import (
    Album,
    Block,
    Curve,
    Fact,
    Facts,
    Figure,
    Figures,
    ItemCard,
    Page,
    Section,
    Strip,
    Strips,
    Table,
    html,
    line_figure,
    number,
    reading,
)
from isthmus.studies.atlas.inputs import Atlas, AtlasInput
from isthmus.studies.atlas.views import ObjectViews
from isthmus.types import ItemError

SHOWN = 8
"""Views on a page."""


def page_of(name: str) -> str:
    """The file name of an object's page: letters, digits, and no two objects the same."""
    from isthmus.arrays import fingerprint

    stem = re.sub(r"[^\w-]+", "-", name, flags=re.ASCII).strip("-")[:60]
    return f"{stem}-{fingerprint(name)[:6]}.html"


def object_pages(data: AtlasInput, found: Atlas) -> dict[str, str]:
    """The page of every object as HTML, by its path in the run folder."""

    def page(one: ObjectViews) -> tuple[str, str]:
        return f"objects/{page_of(one.name)}", html(object_page(one, data, found))

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # pictures are read and packed in parallel
        return dict(pool.map(page, found.objects))


def object_page(one: ObjectViews, data: AtlasInput, found: Atlas) -> Page:
    """The page of one object."""
    blocks: list[Block] = [Figures(tuple(figures(one, data)))]
    facts = tuple(
        Fact(result.name, number(result.value), result.about, reading(result)[1:])
        for result in one.results.values()
    )
    blocks.append(Facts(facts))
    if one.missing:
        blocks.append(Table("Not measured", ("measure", "reason"), tuple(one.missing.items())))
    return Page(
        title=one.said,
        kicker=f"isthmus atlas · {len(one.rows)} views of {one.name} in {data.views.space.name}",
        summary=_summary(one),
        cards=(),
        sections=(
            Section("views", "Seen from around", _around(one), (_views(one, data),)),
            Section("measured", "What its views span", "", tuple(blocks)),
            Section("others", "Words and neighbours", "", tuple(_others(one, found))),
        ),
    )


def figures(one: ObjectViews, data: AtlasInput) -> list[Figure]:
    """Its two widest directions, and the azimuth read from unseen views."""
    x = data.views.unit[one.rows].astype(np.float64)
    away = x - x.mean(axis=0)
    _, lengths, axes = np.linalg.svd(away, full_matrices=False)
    shares = lengths[:2] ** 2 / max(float((lengths**2).sum()), 1e-12)
    labels = tuple(data.views.ids[row].rpartition("/")[2] for row in one.rows)
    points = away @ axes[:2].T
    drawn = np.concatenate([points, points[:1]]) if data.ring else points
    found = [
        line_figure(
            "Its views in their two widest directions",
            (Curve("view", drawn, labels, joined=data.ring),),
            ("first direction", "second direction"),
            f"The two directions hold {shares.sum():.0%} of what the views vary.",
            equal=True,
        )
    ]
    rank = one.results.get("rank")
    if rank is not None:
        growth = np.stack([rank.views, rank.growth], axis=1)  # pyright: ignore[reportAttributeAccessIssue]
        most = np.stack([growth[:, 0], growth[:, 0] - 1], axis=1)
        found.append(
            line_figure(
                "Rank against the number of views",
                (
                    Curve("rank", growth, tuple(f"{k} views: {r}" for k, r in growth)),
                    Curve("most possible", most),
                ),
                ("views", "rank"),
                rank.about,
            )
        )
    pose = one.results.get("pose")
    if pose is not None:
        period = 360 / one.symmetry
        truth, read = pose.truth % period, pose.read % period  # pyright: ignore[reportAttributeAccessIssue]
        ends = np.array([[0.0, 0.0], [period, period]])
        found.append(
            line_figure(
                "Azimuth read from unseen views",
                (
                    Curve("held-out view", np.stack([truth, read], axis=1), labels, joined=False),
                    Curve("perfect", ends),
                ),
                ("azimuth, degrees", "azimuth read, degrees"),
                pose.about,
            )
        )
    return found


def _summary(one: ObjectViews) -> tuple[str, ...]:
    rank = f"Its {len(one.rows)} views span {one.space.dim} directions that stand out of noise."
    turns = {
        1: "No turn leaves its pictures as they are.",
        len(one.rows): "Turning it changes no picture, so its pose cannot be read.",
    }.get(one.symmetry, f"A turn by {360 / one.symmetry:g} degrees changes no picture.")
    near = ", ".join(f"{word} ({cosine:.2f})" for word, cosine in one.words[:3])
    return (rank, turns, *((f"The nearest words: {near}.",) if near else ()))


def _around(one: ObjectViews) -> str:
    shown = min(SHOWN, len(one.rows))
    return f"{shown} of its {len(one.rows)} views, in their order around it."


def _views(one: ObjectViews, data: AtlasInput) -> Block:
    album = Album()
    chosen = one.rows[np.arange(min(SHOWN, len(one.rows))) * len(one.rows) // SHOWN]
    tiles = tuple(tile(data, data.views.ids[row], album) for row in chosen)
    return Strips("Views", "", (Strip(None, tiles),))


def tile(data: AtlasInput, view: str, album: Album, name: str = "", link: str = "") -> ItemCard:
    """A view with its picture where there is one."""
    azimuth = data.factors[view].get("azimuth")
    note = f"{azimuth:g}°" if isinstance(azimuth, float) and not name else ""
    uri, size = "", (0, 0)
    if data.pictures is not None:
        try:
            (payload,) = data.pictures.take([view])
            uri, size = album.use(view, picture(payload).rgb())
        except ItemError:
            pass  # the embedding job has named and counted it already
    return ItemCard(name or view.rpartition("/")[2], "", note, uri, size, link=link)


def _others(one: ObjectViews, found: Atlas) -> list[Block]:
    blocks: list[Block] = []
    if one.words:
        rows = tuple((word, f"{cosine:.3f}") for word, cosine in one.words)
        blocks.append(Table("Nearest words", ("text", "cosine"), rows, ("cosine",)))
    if one.moving:
        rows = tuple((word, f"{share:.3f}") for word, share, _ in one.moving)
        chance = one.space.dim / one.space.basis.shape[-1]
        caption = (
            f"Words that lie most in the directions that its views move along (a random direction: "
            f"{number(chance)})"
        )
        blocks.append(Table(caption, ("text", "share inside"), rows, ("share inside",)))
    spaces = found.overlaps
    if one.name in spaces.objects and len(spaces.objects) > 1:
        row = spaces.objects.index(one.name)
        order = [column for column in np.argsort(-spaces.energy[row]) if column != row][:5]
        said = {other.name: other.said for other in found.objects}
        cells = tuple(
            (said[spaces.objects[column]], f"{spaces.energy[row, column]:.3f}") for column in order
        )
        caption = (
            f"Objects whose view subspaces share most with it (its own halves share "
            f"{number(float(spaces.own[row]))}, random subspaces {number(spaces.chance)})"
        )
        blocks.append(Table(caption, ("object", "shared energy"), cells, ("shared energy",)))
    if one.identity:
        rows = tuple((rule, f"{share:.2f}") for rule, share in one.identity.items())
        caption = f"Share of its unseen views given to it, among {len(found.objects)} objects"
        blocks.append(Table(caption, ("rule", "share"), rows, ("share",)))
    return blocks
