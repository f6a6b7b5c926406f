"""One page an object: its renders beside what was measured on them."""

import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from isthmus.arrays import fingerprint
from isthmus.measure.views.poses import PoseError
from isthmus.measure.views.subspaces import ViewRank
from isthmus.records import amount
from isthmus.report import (
    Album,
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
from isthmus.studies.atlas.inputs import AtlasInput
from isthmus.studies.atlas.measures import Atlas
from isthmus.studies.atlas.views import ObjectViews
from isthmus.studies.pages.common import pairs_table
from isthmus.studies.pages.item_cards import thumbnail

SHOWN = 8
"""Views on a page."""
NEAREST = 5
"""Objects in the table of those that share most."""


def page_of(name: str) -> str:
    """The file name of an object's page: letters, digits, and no two objects the same."""
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
    shown, album = min(SHOWN, len(one.rows)), Album()
    chosen = one.rows[np.arange(shown) * len(one.rows) // SHOWN]
    cards = tuple(view_card(data, view, album) for view in data.view_ids(chosen))
    facts = tuple(
        Fact(result.name, number(result.value), result.about, reading(result)[1:])
        for result in one.results.values()
    )
    measured = (
        Figures(tuple(figures(one, data))),
        Facts(facts),
        *pairs_table("Not measured", ("measure", "reason"), one.missing.items()),
    )
    return Page(
        title=f"Atlas: {one.title} in {data.views.space.name}",
        kicker=f"isthmus atlas · {len(one.rows)} views of {one.name}",
        summary=_summary(one),
        cards=(),
        sections=(
            Section(
                "views",
                "Seen from around",
                f"{shown} of its {len(one.rows)} views, in their order around it.",
                (Strips("Views", "", (Strip(None, cards),)),),
            ),
            Section("measured", "What its views span", "", measured),
            Section("others", "Words and neighbours", "", _others(one, found)),
        ),
    )


def figures(one: ObjectViews, data: AtlasInput) -> Iterator[Figure]:
    """Its two widest directions, its rank over the views, and the azimuth of unseen views."""
    labels = tuple(name.rpartition("/")[2] for name in data.view_ids(one.rows))
    yield _widest(data.views.unit[one.rows].astype(np.float64), labels, data.ring)
    rank, pose = one.results.get("rank"), one.results.get("pose")
    if isinstance(rank, ViewRank):
        growth = np.stack([rank.views, rank.growth], axis=1)
        yield line_figure(
            "Rank against the number of views",
            (
                Curve("rank", growth, tuple(f"{k} views: {r}" for k, r in growth)),
                Curve("most possible", np.stack([rank.views, rank.views - 1], axis=1)),
            ),
            ("views", "rank"),
            rank.about,
        )
    if isinstance(pose, PoseError):
        period = 360 / one.symmetry
        read = np.stack([pose.truth, pose.read], axis=1) % period
        yield line_figure(
            "Azimuth read from unseen views",
            (
                Curve("held-out view", read, labels, joined=False),
                Curve("perfect", np.array([[0.0, 0.0], [period, period]])),
            ),
            ("azimuth, degrees", "azimuth read, degrees"),
            pose.about,
        )


def _widest(x: np.ndarray, labels: tuple[str, ...], ring: bool) -> Figure:
    """Views in their two widest directions; those of a ring are joined."""
    away = x - x.mean(axis=0)
    _, lengths, axes = np.linalg.svd(away, full_matrices=False)
    share = lengths[:2] ** 2 / max(float((lengths**2).sum()), 1e-12)
    points = away @ axes[:2].T
    drawn = np.concatenate([points, points[:1]]) if ring else points
    return line_figure(
        "Its views in their two widest directions",
        (Curve("view", drawn, labels, joined=ring),),
        ("first direction", "second direction"),
        f"The two directions hold {share.sum():.0%} of what the views vary.",
        equal=True,
    )


def _summary(one: ObjectViews) -> tuple[str, ...]:
    turns = {
        1: "No turn leaves its pictures as they are.",
        len(one.rows): "Turning it changes no picture, so its pose cannot be read.",
    }.get(one.symmetry, f"A turn by {360 / one.symmetry:g} degrees changes no picture.")
    near = ", ".join(f"{word} ({cosine:.2f})" for word, cosine in one.words[:3])
    return (
        f"Its {len(one.rows)} views span {amount(one.space.dim, 'direction')} that stand out of "
        "noise.",
        turns,
        *((f"The nearest words: {near}.",) if near else ()),
    )


def view_card(
    data: AtlasInput, view: str, album: Album, name: str = "", link: str = ""
) -> ItemCard:
    """A view with its picture where there is one."""
    azimuth = data.factors[view].get("azimuth")
    note = f"{azimuth:g}°" if isinstance(azimuth, float) and not name else ""
    uri, size = "", (0, 0)
    if data.pictures is not None:
        (payload,) = data.pictures.take([view])
        uri, size = thumbnail(album, view, payload)
    return ItemCard(name or view.rpartition("/")[2], "", note, uri, size, link=link)


def _others(one: ObjectViews, found: Atlas) -> tuple[Table, ...]:
    """Its words, the objects whose views are like its own, and how often it is recognised."""
    spaces, titles = found.overlaps, {other.name: other.title for other in found.objects}
    row = spaces.objects.index(one.name) if one.name in spaces.objects else None
    nearest = () if row is None else np.argsort(-spaces.energy[row])
    own = "–" if row is None else number(float(spaces.own[row]))
    return (
        *_shares("Nearest words", ("word", "cosine"), one.words),
        *_shares(
            "Words that lie most in the directions that its views move along (a random direction: "
            f"{number(one.space.dim / one.space.basis.shape[-1])})",
            ("word", "share inside"),
            [(word, share) for word, share, _ in one.moving],
        ),
        *_shares(
            f"Objects whose view subspaces share most with it (its own halves share {own}, random "
            f"subspaces {number(spaces.chance)})",
            ("object", "shared energy"),
            [
                (titles[spaces.objects[column]], float(spaces.energy[row, column]))
                for column in nearest
                if column != row
            ][:NEAREST],
        ),
        *_shares(
            f"Share of its unseen views given to it, among {len(found.objects)} objects",
            ("rule", "share"),
            [*one.identity.items()],
            digits=2,
        ),
    )


def _shares(
    caption: str, columns: tuple[str, str], rows: Sequence[tuple[str, float]], digits: int = 3
) -> tuple[Table, ...]:
    return pairs_table(
        caption, columns, ((name, f"{value:.{digits}f}") for name, value in rows), counts=True
    )
