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
from isthmus.lab import embed
from isthmus.read.image import Picture
from isthmus.registry import find
from isthmus.report import Album, ItemCard, Page, Section, Strip, Strips, html, visible
from isthmus.store import write_tensors
from isthmus.studies.edit.corpora import corpus_words
from isthmus.studies.edit.request import EditRequest
from isthmus.studies.shared.resolver import resolve
from isthmus.studies.shared.result import RunResult
from isthmus.studies.shared.run_folder import run_folder
from isthmus.studies.shared.search import (
    Gallery,
    Hit,
    hit_lines,
    hit_values,
    item_card,
    open_gallery,
)
from isthmus.transform import BASES, PROJECTORS
from isthmus.transform.corpora import replaced
from isthmus.types import EmbeddingSet, Encoder, NothingLeftError, RequestError, same_space

SAME = 0.9999
"""Cosine above which an item of the gallery is the picture itself."""

PICTURE, NAIVE, EDITED = "the picture as it is", "the text alone", "the edited picture"


@dataclass(frozen=True, eq=False, kw_only=True)
class EditResult(RunResult):
    """What lies nearest to the picture, to the plain text, and to the edited picture."""

    asked: str
    space: str
    searched: int
    rows: Mapping[str, Sequence[Hit]]
    """By name of the target."""
    targets: Mapping[str, Vectors]
    """(1, d) each."""

    def __str__(self) -> str:
        lines = [f"{self.asked}, among {self.searched} items in {self.space}"]
        for name, hits in self.rows.items():
            lines += ["", name, *hit_lines(hits)]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "asked": self.asked,
            "space": self.space,
            "searched": self.searched,
            "skipped": len(self.faults),
            "found": {name: hit_values(hits) for name, hits in self.rows.items()},
            "targets": {name: x[0].astype(float).tolist() for name, x in self.targets.items()},
        }


def run(request: EditRequest) -> EditResult:
    """Move a picture's vector inside a corpus, find what lies nearest, write the page and targets.

    The targets are written as ``targets.safetensors``, for a generator to aim at.

    Raises:
        RequestError: no such picture, corpus or gallery, or a strength that is no share.
    """
    photo, folder = request.photo, run_folder(request.out, "edit", request.photo.stem)
    found = edit(request)
    arrays = {name.replace(" ", "_"): x for name, x in found.targets.items()}
    write_tensors(folder / "targets.safetensors", arrays, {"space": found.space})
    return replace(found, page=html(_page(found, photo))).write(folder)


def edit(request: EditRequest) -> EditResult:
    """Move a picture's vector inside a corpus, and find what lies nearest; writes nothing.

    Raises:
        RequestError: no such picture, corpus or gallery, or a strength that is no share.
    """
    photo, words = request.photo, corpus_words(request.corpus)
    if not photo.is_file():
        raise RequestError(f"There is no picture {photo}.")
    encoders = resolve(request.space).encoders(request.common, "an edit encodes a picture")
    if not {"image", "text"} <= set(encoders):
        raise RequestError(
            f"{request.space} has no encoders of image and text, which an edit needs."
        )
    source, texts = _encoded(encoders, photo, (request.to, *words), request.template)
    gallery = open_gallery(request.inside, request.space, encoders, request.common)
    same_space(source.space, gallery.vectors.space)
    targets = edit_targets(source.vectors, texts.vectors, gallery.vectors.vectors, request)
    others = _without(gallery, source)
    rows = {
        name: others.nearest(
            EmbeddingSet(x, (name,), "text" if name == NAIVE else "image", source.space),
            request.top,
        )
        for name, x in targets.items()
    }
    return EditResult(
        asked=f"{photo.name} to {request.to!r}, strength {request.strength:g}",
        space=request.space,
        searched=len(others.vectors),
        rows=rows,
        targets=targets,
        faults=gallery.skipped,
    )


def edit_targets(
    source: Float[np.ndarray, "1 d"],
    texts: Float[np.ndarray, "k d"],
    items: Float[np.ndarray, "m d"],
    request: EditRequest,
) -> dict[str, Vectors]:
    """The picture as it is, the naïve text target, and the edited picture, (1, d) each.

    Args:
        source: (1, d) the picture.
        texts: (1 + k, d) what it should become, then the corpus.
        items: (m, d) pictures whose middle and spread coordinates are counted by.
        request: basis, projector, rank, strength.
    """
    basis = find("bases", BASES, request.basis)(texts[1:], request.rank)
    corpus = find("projectors", PROJECTORS, request.projector)(basis, items, texts[1:])
    moved = replaced(source, texts[:1], corpus, request.strength)
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


def _without(gallery: Gallery, source: EmbeddingSet) -> Gallery:
    """The gallery without the picture itself: a copy of it would be found whatever is asked."""
    vectors = gallery.vectors
    same = vectors.unit @ source.unit[0] > SAME
    kept = vectors.take(n for n, own in zip(vectors.ids, same, strict=True) if not own)
    return replace(gallery, vectors=kept)


def _page(found: EditResult, photo: Path) -> Page:
    album = Album()
    shown = item_card(Hit(photo.name, 1.0, "", Picture(photo)), 0, album)
    start = replace(shown, note="what is edited")
    strips = tuple(
        Strip(
            ItemCard(name, "") if name != PICTURE else start,
            tuple(item_card(hit, rank, album) for rank, hit in enumerate(hits, start=1)),
        )
        for name, hits in found.rows.items()
    )
    lead = (
        f"Nearest of {found.searched} items in {found.space}. The edited picture keeps everything "
        "that lies outside of the corpus; the text alone keeps nothing of the picture."
    )
    blocks = (Strips("By falling similarity", "", strips),)
    section = Section("edit", "Where it leads", lead, blocks)
    return Page(f"Edit: {visible(found.asked, 80)}", "isthmus edit", (), (), (section,))
