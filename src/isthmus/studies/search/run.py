"""Find items by words or by a file, in a run, in arrays, in a folder of pictures, or in a world."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from isthmus.indexes.files import entry_of
from isthmus.indexes.index import Index, Ranked, is_index, open_index
from isthmus.indexes.rules import nearest_part, seen
from isthmus.report import Advice, Album, ItemCard, Section, html, visible
from isthmus.store import is_file, sweep, write_text
from isthmus.studies import command_of, request_type
from isthmus.studies.pages.item_cards import hits_page
from isthmus.studies.search.queries import composed
from isthmus.studies.search.request import SearchRequest
from isthmus.studies.shared import (
    DEFAULT_SPACE,
    Hit,
    RunResult,
    hit_lines,
    hit_values,
    new_sheet,
    open_gallery,
    resolve,
)
from isthmus.types import EmbeddingSet, Encoder, RequestError, Source, World, amount
from isthmus.view.within import within


@dataclass(frozen=True, eq=False, kw_only=True)
class SearchResult(RunResult):
    """Items by falling similarity to a query."""

    query: str
    space: str
    searched: int
    """Items that were compared."""
    hits: Sequence[Hit]
    inside: str = ""
    """What was searched in."""
    sheet: Path | None = None
    """Where the contact sheet was written."""

    drawn = ("score", "", "", "")

    def table_rows(self) -> list[dict[str, Any]]:
        """A hit each, the best first."""
        return hit_values(self.hits)

    @property
    def written(self) -> list[Path]:
        """The contact sheet, where there is one."""
        return [self.sheet] if self.sheet else []

    @property
    def page_path(self) -> Path | None:
        """The contact sheet."""
        return self.sheet

    def lines(self) -> list[str]:
        """The hits, best first."""
        return hit_lines(self.hits)

    def page_shown(self) -> str:
        """The contact sheet: the hits as pictures and captions."""
        lead = (
            f"The {len(self.hits)} most similar of {amount(self.searched, 'item')} in {self.space}."
        )
        row = (ItemCard(self.query, ""), self.hits)
        title = f"Search: {visible(self.query, 80)}, {self.space} on {visible(self.inside, 80)}"
        page = hits_page(title, Section("found", "Found", lead, ()), [row], Album())
        return html(replace(page, verdict=self.verdict, todo=self.todo))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "query": self.query,
            "space": self.space,
            "searched": self.searched,
            "skipped": len(self.faults),
            "items": hit_values(self.hits),
        }


def run(request: SearchRequest) -> SearchResult:
    """The items most similar to a query, and their contact sheet where it is wanted.

    Raises:
        RequestError: nothing to search in, or the space cannot encode the query.
    """
    query, common = request.query, request.common
    sheet = request.out or new_sheet("search", query)
    if (request.open or request.out) and (sheet.is_dir() or not _writable(sheet)):
        raise RequestError(f"The contact sheet cannot be written to {sheet}: --out wants a file.")
    index = open_index(request.inside) if is_index(Path(request.inside)) else None
    space = request.space or (index.record.name if index else DEFAULT_SPACE)
    encoders = resolve(space).encoders(common, "a query must be encoded")
    wanted = composed(encoders, space, request)
    if index is not None:
        some = index.among(request.only, request.exclude)
        hits = [_of_index(index, one) for one in index.search(wanted, request.top, only=some)]
        if request.where:
            hits = located(index, hits, encoders, wanted)
        searched, skipped, world = sum(len(index.parts[x].files) for x in some), index.skipped, None
    else:
        if request.only or request.exclude or request.where:
            raise RequestError(
                f"--only, --exclude and --where are for an index, which {request.inside} is not: "
                "make one by isthmus index FOLDER."
            )
        gallery = open_gallery(request.inside, space, encoders, common, request.split)
        hits, searched = gallery.nearest(wanted, request.top), len(gallery.vectors)
        skipped, world = gallery.skipped, gallery.world
    nearest = f": {visible(hits[0].caption or hits[0].id, 80)}, {hits[0].score:.3f}" if hits else ""
    found = SearchResult(
        query=query,
        space=space,
        inside=request.inside,
        searched=searched,
        hits=hits,
        most=max(RunResult.most, len(hits) + 5),
        verdict=f"Nearest to {visible(said(request))!r} among {searched:,} items in {space}"
        f"{nearest}.",
        todo=todo(request, world),
        faults=skipped,
    )
    if not (request.open or request.out):
        return found
    return replace(found, sheet=write_sheet(found, sheet))


def _of_index(index: Index, found: Ranked) -> Hit:
    path = index.root / found.file
    item = path if is_file(path) else None
    text = str(item) if item is None else ""
    told = (found.modality, str(path), found.probability)
    return Hit(found.file, found.score, text, item, *told)


def located(
    index: Index, hits: Sequence[Hit], encoders: Mapping[str, Encoder], query: EmbeddingSet
) -> list[Hit]:
    """Hits with the part of each item that is nearest to the query, where it has parts."""
    found = list[Hit]()
    for hit in hits:
        place = None
        if hit.modality in within():
            entry = entry_of(index.root, hit.id, hit.modality)
            parts = seen(encoders, hit.modality, entry.item, hit.id)
            place = nearest_part(parts, query.unit[0])
        found.append(replace(hit, place=place))
    return found


def said(request: SearchRequest) -> str:
    """The query and what is added to it and taken from it, in words."""
    more = [f" + {one}" for one in request.plus] + [f" - {one}" for one in request.minus]
    return "".join([request.query, *more])


def todo(request: SearchRequest, world: World | None) -> list[Advice]:
    """The hits as pictures; how far such a ranking can be trusted, or more of it."""
    shown = request.open or request.out
    sheet = Advice("See the hits as pictures", "", "", command_of("search", request) + " --open")
    more = Advice(
        "See more of the ranking",
        "",
        "",
        command_of("search", replace(request, top=2 * request.top)),
    )
    if world and not Path(request.inside).exists() and world.links:
        known = Source(world=request.inside, split=request.split)
        whole = request_type("study")((request.space or DEFAULT_SPACE,), source=known)
        more = Advice(
            "See how far such a ranking can be trusted", "", "", command_of("study", whole)
        )
    return [more] if shown else [sheet, more]


def _writable(path: Path) -> bool:
    """Whether the nearest folder that is there can be written to."""
    there = next(one for one in path.absolute().parents if one.exists())
    return there.is_dir() and os.access(there, os.W_OK)


def write_sheet(found: SearchResult, path: Path) -> Path:
    """Write the hits as one self-contained page of pictures and captions."""
    sweep(path.parent, of=path.name)
    write_text(path, found.page_shown())
    return path
