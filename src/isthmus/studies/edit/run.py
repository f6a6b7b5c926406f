"""Where does an edit lead? A picture, a corpus and a word: the target and what lies nearest to it.

The target is a plain vector, so that any generator can aim at it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors, unit
from isthmus.lab import JobOptions, embed, load
from isthmus.measure.statistics.searches import scores_between
from isthmus.read.image import Picture
from isthmus.registry import find
from isthmus.report import Album, Page, Section, Strip, Strips, Tile, html, visible
from isthmus.store import atomic, write_tensors
from isthmus.studies.edit.corpora import corpus_words
from isthmus.studies.shared.search import Hit, gallery_of, hit_of, tile_of
from isthmus.transform import BASES, PROJECTORS
from isthmus.transform.corpora import replaced
from isthmus.types import (
    EmbeddingSet,
    Encoder,
    LoadOptions,
    NothingLeftError,
    RequestError,
    World,
    same_space,
)


@dataclass(frozen=True)
class Edit:
    """What is asked of a picture."""

    corpus: str
    """A corpus by name, a file, or phrases with commas (``edit_words``)."""
    to: str
    """What it should become, in the corpus's terms."""
    template: str = "{}"
    """Sentence that phrases are put into."""
    strength: float = 1.0
    """Share of the coordinate in the corpus that is replaced."""
    basis: str = "pca"
    projector: str = "affine"
    rank: int = 10
    inside: str = "glyphs"
    """Gallery: a run folder, a folder of pictures, or a world; also the items whose middle and
    spread the coordinates are counted by."""
    space: str = "mini"
    top: int = 5
    """Items to show of each target."""


@dataclass(frozen=True, eq=False)
class EditResult:
    """What lies nearest to the picture, to the plain text, and to the edited picture."""

    asked: str
    space: str
    searched: int
    rows: Mapping[str, Sequence[Hit]]
    """By name of the target."""
    targets: Mapping[str, Vectors]
    """(1, d) each."""
    skipped: int = 0
    """Items of the gallery that could not be read."""

    def __str__(self) -> str:
        lines = [f"{self.asked}, among {self.searched} items in {self.space}"]
        for name, hits in self.rows.items():
            lines += ["", name]
            width = max((len(hit.id) for hit in hits), default=0)
            lines += [
                f"{rank:>3}  {hit.score:6.3f}  {visible(hit.id):<{width}}  "
                f"{visible(hit.caption, 80)}".rstrip()
                for rank, hit in enumerate(hits, start=1)
            ]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "asked": self.asked,
            "space": self.space,
            "searched": self.searched,
            "skipped": self.skipped,
            "found": {
                name: [{"id": h.id, "score": h.score, "caption": h.caption} for h in hits]
                for name, hits in self.rows.items()
            },
            "targets": {name: x[0].astype(float).tolist() for name, x in self.targets.items()},
        }


def edit(
    photo: Path,
    asked: Edit,
    *,
    options: JobOptions | None = None,
    how: LoadOptions | None = None,
) -> EditResult:
    """Move a picture's vector inside a corpus, and find what lies nearest.

    Args:
        photo: the picture.
        asked: corpus, what it should become, how strongly, and among what to look.
        options: of the embedding job; vectors are kept in the cache.
        how: device and workers of the encoders.

    Raises:
        RequestError: no such picture, corpus or gallery, or a strength that is no share.
    """
    space, top, words = asked.space, asked.top, corpus_words(asked.corpus)
    if not photo.is_file():
        raise RequestError(f"There is no picture {photo}.")
    if "{}" not in asked.template or not asked.to.strip():
        raise RequestError(
            f"An edit wants a word to edit to and a template with {{}} in it, not "
            f"{asked.to!r} and {asked.template!r}."
        )
    if top < 1:
        raise RequestError(f"At least one item must be shown, not {top}.")
    how = how or LoadOptions()
    encoders = load(space, device=how.device, workers=how.workers)
    if not {"image", "text"} <= set(encoders):
        raise RequestError(f"{space} has no encoders of image and text, which an edit needs.")
    source, texts = _encoded(encoders, photo, (asked.to, *words), asked.template)
    gallery, world, skipped = gallery_of(asked.inside, space, encoders, options or JobOptions())
    same_space(source.space, gallery.space)
    targets = edit_targets(source.vectors, texts.vectors, gallery.vectors, asked)
    others = _without(gallery, source)
    rows = {
        name: _nearest(x, name, (others, source.space, world), top) for name, x in targets.items()
    }
    said = f"{photo.name} to {asked.to!r}, strength {asked.strength:g}"
    return EditResult(said, space, len(others), rows, targets, skipped)


SAME = 0.9999
"""Cosine above which an item of the gallery is the picture itself."""

PICTURE, NAIVE, EDITED = "the picture as it is", "the text alone", "the edited picture"


def edit_targets(
    source: Float[np.ndarray, "1 d"],
    texts: Float[np.ndarray, "k d"],
    items: Float[np.ndarray, "m d"],
    asked: Edit,
) -> dict[str, Vectors]:
    """The picture as it is, the naïve text target, and the edited picture, (1, d) each.

    Args:
        source: (1, d) the picture.
        texts: (1 + k, d) what it should become, then the corpus.
        items: (m, d) pictures whose middle and spread coordinates are counted by.
        asked: basis, projector, rank, strength.
    """
    basis = find("bases", BASES, asked.basis)(texts[1:], asked.rank)
    corpus = find("projectors", PROJECTORS, asked.projector)(basis, items, texts[1:])
    moved = replaced(source, texts[:1], corpus, asked.strength)
    found = {PICTURE: unit(source), NAIVE: unit(texts[:1]), EDITED: moved}
    return {name: x.astype(np.float32) for name, x in found.items()}


def _encoded(
    encoders: Mapping[str, Encoder], photo: Path, words: Sequence[str], template: str
) -> tuple[EmbeddingSet, EmbeddingSet]:
    try:
        source = embed(encoders["image"], [Picture(photo)])
        return source, embed(encoders["text"], [template.replace("{}", word) for word in words])
    except NothingLeftError as error:
        raise RequestError(f"The picture cannot be encoded: {error}") from error


def _without(gallery: EmbeddingSet, source: EmbeddingSet) -> EmbeddingSet:
    """The gallery without the picture itself: a copy of it would be found whatever is asked."""
    same = gallery.unit @ source.unit[0] > SAME
    return gallery.take(n for n, own in zip(gallery.ids, same, strict=True) if not own)


def _nearest(
    target: Vectors, name: str, inside: tuple[EmbeddingSet, Any, World | None], top: int
) -> list[Hit]:
    gallery, space, world = inside
    modality = "text" if name == NAIVE else "image"
    found = scores_between(EmbeddingSet(target, (name,), modality, space), gallery)
    scores = np.asarray(found.rule(found.queries, found.gallery))[0]
    order = np.argsort(-scores, kind="stable")[:top]
    return [hit_of(gallery, int(row), float(scores[row]), world) for row in order]


def write_edit(found: EditResult, photo: Path, folder: Path) -> Path:
    """Write the page, and the targets as ``targets.safetensors`` for a generator to aim at."""
    album = Album()
    shown = tile_of(Hit(photo.name, 1.0, "", Picture(photo)), 0, album)
    start = replace(shown, note="what is edited")
    strips = tuple(
        Strip(
            Tile(name, "") if name != PICTURE else start,
            tuple(tile_of(hit, rank, album) for rank, hit in enumerate(hits, start=1)),
        )
        for name, hits in found.rows.items()
    )
    lead = (
        f"Nearest of {found.searched} items in {found.space}. The edited picture keeps everything "
        "that lies outside of the corpus; the text alone keeps nothing of the picture."
    )
    section = Section(
        "edit", "Where it leads", lead, (Strips("By falling similarity", "", strips),)
    )
    page = Page(f"Edit: {visible(found.asked, 80)}", "isthmus edit", (), (), (section,))
    with atomic(folder / "report.html") as part:
        part.write_text(html(page), encoding="utf-8")
    arrays = {name.replace(" ", "_"): x for name, x in found.targets.items()}
    write_tensors(folder / "targets.safetensors", arrays, {"space": found.space})
    return folder / "report.html"
