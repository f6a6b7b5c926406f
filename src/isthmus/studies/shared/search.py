"""Galleries: what is searched, and what was found in it, for the studies that look things up."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.arrays import fingerprint
from isthmus.lab import embed, embed_into
from isthmus.measure.statistics import scores_between
from isthmus.read import pictured, spoken
from isthmus.records import dataclass
from isthmus.registry import UnknownPartError
from isthmus.report import visible
from isthmus.store import cache_folder, is_folder, slug
from isthmus.studies.shared.collection import shipped_vectors
from isthmus.studies.shared.dataset import remarks
from isthmus.studies.shared.resolver import (
    ARRAYS,
    holds_vectors,
    job_options,
    open_source,
    resolve,
    source_name,
)
from isthmus.types import (
    Common,
    EmbeddingSet,
    Encoder,
    NothingLeftError,
    Place,
    RequestError,
    Source,
    World,
    plain,
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
    modality: str = ""
    file: str = ""
    """Path of its file, where it is one of an index."""
    probability: float | None = None
    """That it shows what is looked for; None where nothing says."""
    place: Place | None = None
    """Where in it that is."""


@dataclass(frozen=True, eq=False)
class Gallery:
    """What is searched: its vectors, and the world that names them where there is one."""

    vectors: EmbeddingSet
    world: World | None = None
    skipped: Mapping[str, str] = field(default_factory=dict[str, str])
    """What could not be read, and so is not found, with the reason."""

    def nearest(self, queries: EmbeddingSet, top: int) -> list[Hit]:
        """The items most similar to the first query, best first.

        Raises:
            SpaceMismatchError: the query is of another space.
        """
        same_space(queries.space, self.vectors.space)
        found = scores_between(queries, self.vectors)
        scores = np.asarray(found.rule(found.queries, found.gallery))[0]
        order = np.argsort(-scores, kind="stable")[:top]
        return [self.hit(int(row), float(scores[row])) for row in order]

    def hit(self, row: int, score: float) -> Hit:
        """A row of the gallery as something found."""
        name, modality, world = self.vectors.ids[row], self.vectors.modality, self.world
        if world is None or name not in set(world.items[modality].ids):
            return Hit(name, score, "", None, modality)
        item = world.items[modality].take([name]).payload[0]
        return Hit(name, score, _caption(world, modality, name), item, modality)


def encoded_query(encoder: Encoder, query: Any, what: str = "The query") -> EmbeddingSet:
    """The vector of what is looked for.

    Raises:
        RequestError: it cannot be encoded.
    """
    try:
        return embed(encoder, [query])
    except NothingLeftError as error:
        raise RequestError(f"{what} cannot be encoded: {error}") from error


def open_gallery(
    inside: str, space: str, encoders: Mapping[str, Encoder], common: Common, split: str = ""
) -> Gallery:
    """What a user wants to search in; what must be embedded for it is kept in the cache.

    Args:
        inside: a run, a saved set, arrays, a folder of pictures, or a world.
        space: the space's name.
        encoders: of the space, by modality.
        common: how embedding runs.
        split: of a world; by default test, where it has one.

    Raises:
        RequestError: nothing to search in, or the space has no encoder for it.
    """
    if not inside:
        raise RequestError("There is nothing to search in: --in wants a run, a folder or a world.")
    path = Path(inside)
    if inside.startswith(ARRAYS) or holds_vectors(path):
        found = resolve(inside).collect(Path(), common)
        name = pictured(found.sets) or next(iter(found.sets))
        return Gallery(found.sets[name], found.world if name in found.world.items else None)
    source = Source(images=path) if is_folder(path) else Source(world=inside)
    source = replace(source, split=split)
    try:
        world = open_source(source)
    except UnknownPartError as error:
        raise RequestError(f"There is no folder {inside}. {error}") from error
    target = pictured(world.items) or next(iter(world.items))
    if target not in encoders:
        raise RequestError(f"{space} has no {target} encoder, but {inside} holds {target} items.")
    if (shipped := shipped_vectors(world, encoders[target])) is not None:
        return Gallery(shipped, world)
    where = [str(path.resolve()) if path else "" for path in (source.images, source.texts)]
    key = fingerprint(space, source.world, source.split, where)
    job = cache_folder() / f"{source_name(source)}-{key}" / target
    kept = replace(job_options(common), replace=True)  # it is a cache
    report = embed_into(job, encoders[target], world.items[target], kept)
    return Gallery(report.embedded, world, remarks(world, (report.embedded,), report.faults)[1])


def _caption(world: World, modality: str, name: str) -> str:
    """The first text linked to an item."""
    words = spoken(world.items)
    texts, links = world.items.get(words), world.links.get((modality, words))
    if texts is None or links is None:
        return ""
    first = next((other for mine, other in links if mine == name), None)
    return str(texts.take([first]).payload[0]) if first in set(texts.ids) else ""


def hit_lines(hits: Sequence[Hit]) -> list[str]:
    """What was found, a line an item."""
    width = max((len(hit.id) for hit in hits), default=0)
    kinds = {hit.modality for hit in hits} if any(hit.file for hit in hits) else {""}
    wide = max(map(len, kinds), default=0)
    return [
        f"{rank:>3}  {_sureness(hit)}  {hit.modality if wide else '':<{wide}}{'  ' * bool(wide)}"
        f"{visible(hit.id):<{width}}  {visible(hit.caption, 80)}{place_words(hit.place)}".rstrip()
        for rank, hit in enumerate(hits, start=1)
    ]


def _sureness(hit: Hit) -> str:
    return f"{hit.score:6.3f}" if hit.probability is None else f"{hit.probability:6.1%}"


def hit_values(hits: Sequence[Hit]) -> list[dict[str, Any]]:
    """What was found, as plain JSON values."""
    return [
        {
            "id": hit.id,
            "file": hit.file or None,
            "modality": hit.modality,
            "score": hit.score,
            "probability": hit.probability,
            "place": hit.place and placed(hit.place),
            "caption": hit.caption,
        }
        for hit in hits
    ]


def new_sheet(study: str, query: str) -> Path:
    """A page in ``runs/`` that is not there yet, named after the query."""
    stem = f"{study}-{slug(query)[:60]}"
    path, numbers = Path("runs") / f"{stem}.html", count(2)
    while path.exists():
        path = path.with_name(f"{stem}-{next(numbers)}.html")
    return path


def place_words(place: Place | None) -> str:
    """A place in words; empty for the whole."""
    if place is None:
        return ""
    if place.box is not None:
        return "box " + " ".join(f"{x:.2f}" for x in place.box)
    if place.seconds is not None:
        return f"{place.seconds[0]:.1f} to {place.seconds[1]:.1f} s"
    return f"{len(place.faces):,} faces" if place.faces is not None else ""


def placed(place: Place) -> dict[str, Any]:
    """A place as plain JSON values: only what is known of it."""
    return {name: value for name, value in plain(place).items() if value is not None}
