"""Find items by text or picture, in a run, a folder of pictures, or a world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.lab import JobOptions, embed, embed_into, load, load_set
from isthmus.lab.caching import cache_folder
from isthmus.measure.statistics.searches import scores_between
from isthmus.read.image import SUFFIXES, Picture, picture
from isthmus.registry import UnknownPartError
from isthmus.report import Album, Page, Section, Strip, Strips, Tile, html, visible
from isthmus.store import atomic
from isthmus.studies.shared.source import EVERYTHING, Source, job_key, open_source
from isthmus.types import (
    EmbeddingSet,
    Encoder,
    ItemError,
    Items,
    LoadOptions,
    NothingLeftError,
    RequestError,
    World,
    same_space,
)


@dataclass(frozen=True)
class Hit:
    """One item found."""

    id: str
    score: float
    """Similarity to the query."""
    caption: str
    """What the item is called, where that is known."""
    item: Any
    """The item itself, for a contact sheet; None if only its vector is known."""


@dataclass(frozen=True, eq=False)
class SearchResult:
    """Items by falling similarity to a query."""

    query: str
    space: str
    searched: int
    """Items that were compared."""
    hits: Sequence[Hit]
    skipped: int = 0
    """Items that could not be read, and so not found."""

    def __str__(self) -> str:
        width = max((len(hit.id) for hit in self.hits), default=0)
        rows = [
            f"{rank:>3}  {hit.score:6.3f}  {visible(hit.id):<{width}}  {visible(hit.caption, 80)}"
            for rank, hit in enumerate(self.hits, start=1)
        ]
        head = f"{visible(self.query)!r} among {self.searched} items in {self.space}"
        tail = [f"{self.skipped} items were skipped"] if self.skipped else []
        return "\n".join([head, *(row.rstrip() for row in rows), *tail])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        hits = [{"id": hit.id, "score": hit.score, "caption": hit.caption} for hit in self.hits]
        return {
            "query": self.query,
            "space": self.space,
            "searched": self.searched,
            "skipped": self.skipped,
            "hits": hits,
        }


def search(
    query: str,
    inside: str = "glyphs",
    space: str = "mini",
    top: int = 10,
    *,
    options: JobOptions | None = None,
    how: LoadOptions | None = None,
) -> SearchResult:
    """The items most similar to a query.

    Args:
        query: a text, or the path of a picture.
        inside: a run folder of ``study`` or ``embed``, a folder of pictures, or a world.
        space: where to compare; a run's own space must be the same.
        top: how many items to return.
        options: of the embedding job; vectors are kept in the cache for the next search.
        how: device and workers of the encoders.

    Raises:
        RequestError: nothing to search in, or the space cannot encode the query.
    """
    if top < 1:
        raise RequestError(f"At least one item must be asked for, not {top}.")
    if not query.strip():
        raise RequestError("An empty query finds nothing: give a text, or the path of a picture.")
    if not inside:
        raise RequestError("There is nothing to search in: --in wants a run, a folder or a world.")
    how = how or LoadOptions()
    encoders = load(space, device=how.device, workers=how.workers)
    modality = "image" if _is_picture(query) else "text"
    if modality not in encoders:
        raise RequestError(f"{space} has no {modality} encoder, which this query needs.")
    try:
        asked = embed(encoders[modality], [Picture(Path(query)) if modality == "image" else query])
    except NothingLeftError as error:
        raise RequestError(f"The query cannot be encoded: {error}") from error
    gallery, world, skipped = gallery_of(inside, space, encoders, options or JobOptions())
    same_space(asked.space, gallery.space)
    found = scores_between(asked, gallery)
    scores = np.asarray(found.rule(found.queries, found.gallery))[0]
    order = np.argsort(-scores, kind="stable")[:top]
    hits = [hit_of(gallery, int(row), float(scores[row]), world) for row in order]
    return SearchResult(query, space, len(gallery), hits, skipped)


def gallery_of(
    inside: str, space: str, encoders: Mapping[str, Encoder], options: JobOptions
) -> tuple[EmbeddingSet, World | None, int]:
    """What is searched: its vectors, the world that names them if there is one, items skipped."""
    path = Path(inside)
    if (path / "embeddings").is_dir():
        return _gallery_of_run(path), None, 0
    if path.is_file():
        raise RequestError(
            f"{inside} is a file; searched are runs of study or embed, folders of pictures and "
            "worlds. Embed it first: isthmus embed."
        )
    source = Source(images=path) if path.is_dir() else Source(world=inside, split=EVERYTHING)
    try:
        world = open_source(source)
    except UnknownPartError as error:
        raise RequestError(f"There is no folder {inside}. {error}") from error
    target = "image" if "image" in world.items else next(iter(world.items))
    if target not in encoders:
        raise RequestError(f"{space} has no {target} encoder, but {inside} holds {target} items.")
    kept = replace(options, replace=True)  # it is a cache
    job = cache_folder() / job_key(space, source) / target
    report = embed_into(job, encoders[target], world.items[target], kept)
    return report.embedded, world, len(report.faults)


def _is_picture(query: str) -> bool:
    """Whether the query is the path of a picture.

    Raises:
        RequestError: it looks like one, but no file is there.
    """
    looks = query.lower().endswith(SUFFIXES)
    if looks and not Path(query).is_file():
        raise RequestError(f"There is no picture {query}; a text query has no such ending.")
    return looks


def _gallery_of_run(folder: Path) -> EmbeddingSet:
    found = sorted(path for path in (folder / "embeddings").iterdir() if path.is_dir())
    if not found:
        raise RequestError(f"{folder} holds no embeddings to search in.")
    names = [path.name for path in found]
    return load_set(found[names.index("image") if "image" in names else 0])


def hit_of(gallery: EmbeddingSet, row: int, score: float, world: World | None) -> Hit:
    """A row of the gallery as something found."""
    name = gallery.ids[row]
    if world is None:
        return Hit(name, score, "", None)
    item = world.items[gallery.modality].take([name]).payload[0]
    return Hit(name, score, _caption(world, gallery.modality, name), item)


def _caption(world: World, modality: str, name: str) -> str:
    """The first text linked to an item."""
    texts: Items | None = world.items.get("text")
    links = world.links.get((modality, "text"))
    if texts is None or links is None:
        return ""
    linked = (other for mine, other in links if mine == name)
    first = next(linked, None)
    return str(texts.take([first]).payload[0]) if first in set(texts.ids) else ""


def write_sheet(found: SearchResult, path: Path) -> Path:
    """Write the hits as one self-contained page of pictures and captions."""
    album = Album()
    tiles = tuple(tile_of(hit, rank, album) for rank, hit in enumerate(found.hits, start=1))
    strip = Strip(Tile(found.query, ""), tiles)
    lead = f"The {len(tiles)} most similar of {found.searched} items in {found.space}."
    section = Section("found", "Found", lead, (Strips("By falling similarity", "", (strip,)),))
    page = Page(f"Search: {visible(found.query, 80)}", "isthmus search", (), (), (section,))
    with atomic(path) as part:
        part.write_text(html(page), encoding="utf-8")
    return path


def tile_of(hit: Hit, rank: int, album: Album) -> Tile:
    """What was found, for a page; without its picture where that has gone."""
    uri, size = "", (0, 0)
    if hit.item is not None and not isinstance(hit.item, str):
        try:
            uri, size = album.use(hit.id, picture(hit.item).rgb(background=255))
        except ItemError:
            uri = ""  # the picture has gone since it was embedded; its name remains
    return Tile(hit.id, hit.caption, f"{rank}. similarity {hit.score:.3f}", uri, size)
