"""Where does an edit lead? A picture, a corpus and a word: the target and what lies nearest to it.

The target is a plain vector, so that any generator can aim at it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors, unit
from isthmus.lab import embed
from isthmus.read import pictured, spoken
from isthmus.read.image import Picture
from isthmus.read.text import read_lines
from isthmus.records import dataclass
from isthmus.registry import find
from isthmus.report import Advice, Album, ItemCard, Page, Section, html, number, visible
from isthmus.store import is_file, write_tensors
from isthmus.studies import command_of, request_type
from isthmus.studies.edit.request import EditRequest
from isthmus.studies.pages.item_cards import hit_card, hits_page
from isthmus.studies.shared import (
    Gallery,
    Hit,
    RunResult,
    encoded_query,
    hit_lines,
    hit_values,
    open_gallery,
    resolve,
    run_folder,
)
from isthmus.transform import BASES, PROJECTORS
from isthmus.transform.corpora import replaced
from isthmus.types import EmbeddingSet, RequestError, plain, same_space

LEVEL = 0.05
"""Share of the gallery that may show a word as much as the item an edit leads to."""

SAME = 0.9999
"""Cosine above which an item of the gallery is the picture itself."""

WORDS: dict[str, tuple[str, ...]] = {
    "emotions": (
        "happy", "sad", "angry", "surprised", "afraid", "disgusted", "calm", "bored", "tired",
        "worried", "proud", "shy", "in love", "confused", "excited", "neutral",
    ),
    "colours": (
        "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white",
        "grey", "cyan",
    ),
    "hair": (
        "long hair", "short hair", "curly hair", "straight hair", "blond hair", "black hair",
        "red hair", "grey hair", "white hair", "a bald head", "a beard", "a moustache",
    ),
    "styles": (
        "photo", "flat icon", "3D render", "line drawing", "black and white outline", "sketch",
        "cartoon", "painting", "silhouette", "glossy icon",
    ),
    "weather": ("sunny", "rainy", "snowy", "cloudy", "foggy", "stormy", "windy", "clear night"),
    "materials": ("wooden", "metal", "glass", "stone", "plastic", "paper", "fabric", "leather"),
}  # fmt: skip
"""Corpora by name: words of one kind, in which an edit moves and outside of which it stays."""

FIRST = 3
"""Items near each target in the terminal."""
PICTURE, NAIVE, EDITED = "the picture as it is", "the text alone", "the edited picture"


@dataclass(frozen=True)
class Shown:
    """Whether the item nearest to the edited picture shows the word that was asked for.

    How much an item shows it is its cosine to the word less its mean cosine to the corpus, as read
    by the space that is edited in.
    """

    word: str
    before: float
    """Of the item nearest to the picture as it is."""
    after: float
    """Of the item nearest to the edited picture."""
    chance: float
    """Probability that a random item of the gallery shows it as much as ``after``."""

    @property
    def worked(self) -> bool:
        """More than before, and more than chance would have it."""
        return self.after > self.before and self.chance <= LEVEL

    def __str__(self) -> str:
        numbers = (
            f"it shows {self.word!r} by {self.after:+.3f}, the one nearest to the picture as it is "
            f"by {self.before:+.3f}; {self.chance:.1%} of the gallery show it as much"
        )
        if self.worked:
            return f"The edit worked: the nearest item shows more of what was asked; {numbers}."
        if self.after > self.before:
            return (
                "The edit may be chance: the nearest item shows more of what was asked, but not "
                f"more than many; {numbers}."
            )
        return (
            f"The edit did not work: the nearest item shows no more of what was asked; {numbers}. "
            "Try another --corpus, a full sentence as --template, or --projector linear."
        )


def shown(
    word: str,
    texts: Float[np.ndarray, "k d"],
    gallery: Gallery,
    nearest: tuple[str, str],
) -> Shown:
    """How much the nearest items show a word.

    Args:
        word: that was asked for.
        texts: (1 + k, d) the word, then the corpus, at length one.
        gallery: the items without the picture.
        nearest: ids of the items nearest to the picture as it is, and to the edited one.
    """
    vectors = gallery.vectors
    cosines = vectors.unit @ texts.T
    known = cosines[:, 0] - cosines[:, 1:].mean(axis=1)
    before, after = (float(known[vectors.row[name]]) for name in nearest)
    return Shown(word, before, after, float((known >= after).mean()))


@dataclass(frozen=True, eq=False, kw_only=True)
class EditResult(RunResult):
    """What lies nearest to the picture, to the plain text, and to the edited picture."""

    description: str
    space: str
    searched: int
    rows: Mapping[str, Sequence[Hit]]
    """By name of the target."""
    targets: Mapping[str, Vectors]
    """(1, d) each."""
    shown: Shown | None = None
    """Whether it worked; None where nothing was found."""

    drawn = ("score", "", "", "")

    def table_rows(self) -> list[dict[str, Any]]:
        """A hit each, by the name of its target, the best first."""
        return [
            {"target": name, **hit} for name, hits in self.rows.items() for hit in hit_values(hits)
        ]

    def lines(self) -> list[str]:
        """What lies nearest to each target."""
        return [line for name, hits in self.rows.items() for line in (name, *hit_lines(hits))]

    def key_lines(self) -> list[str]:
        """The nearest ones, a line a target."""
        return [
            f"nearest of {self.searched:,} to {name}: "
            + ", ".join(f"{visible(hit.id)} {number(hit.score)}" for hit in hits[:FIRST])
            for name, hits in self.rows.items()
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "asked": self.description,
            "space": self.space,
            "searched": self.searched,
            "skipped": len(self.faults),
            "shown": {**plain(self.shown), "worked": self.shown.worked} if self.shown else None,
            "found": {name: hit_values(hits) for name, hits in self.rows.items()},
            "targets": {name: x[0].astype(float).tolist() for name, x in self.targets.items()},
        }


def run(request: EditRequest) -> EditResult:
    """Move a picture's vector inside a corpus, find what lies nearest, write the page and targets.

    The targets are written as ``targets.safetensors``, for a generator to aim at.

    Raises:
        RequestError: no such picture, corpus or gallery, or a strength that is no share.
    """
    photo = request.photo
    with run_folder(request, "edit", photo.stem) as folder:
        found = edit(request)
        arrays = {name.replace(" ", "_"): x for name, x in found.targets.items()}
        write_tensors(folder / "targets.safetensors", arrays, {"space": found.space})
        found = replace(found, todo=todo(request, found))
        return replace(found, page=html(edit_page(found, photo, request.inside))).write(folder)


def todo(request: EditRequest, found: EditResult) -> tuple[Advice, ...]:
    """Half of an edit that worked, another projection of one that did not; the word alone."""
    if found.shown is not None and found.shown.worked:
        title, other = (
            "See how far half of it goes",
            replace(request, strength=request.strength / 2),
        )
    else:
        projector = "linear" if request.projector == "affine" else "affine"
        title, other = "Count coordinates another way", replace(request, projector=projector)
    search = request_type("search")(request.to, request.inside, space=request.space)
    return (
        Advice(title, "", "", command_of("edit", other)),
        Advice("See what the word finds alone", "", "", command_of("search", search)),
    )


def edit(request: EditRequest) -> EditResult:
    """Move a picture's vector inside a corpus, and find what lies nearest; writes nothing.

    Raises:
        RequestError: no such picture, corpus or gallery, or a strength that is no share.
    """
    photo, words = request.photo, corpus_words(request.corpus)
    if not is_file(photo):
        raise RequestError(f"There is no picture {photo}.")
    encoders = resolve(request.space).encoders(request.common, "an edit encodes a picture")
    seen, said = pictured(encoders), spoken(encoders)
    if not (seen and said):
        raise RequestError(
            f"{request.space} has no encoders of {pictured()} and {spoken()}, which an edit needs."
        )
    source = encoded_query(encoders[seen], Picture(photo), "The picture")
    phrases = [request.template.replace("{}", word) for word in (request.to, *words)]
    texts = embed(encoders[said], phrases)
    gallery = open_gallery(request.inside, request.space, encoders, request.common)
    same_space(source.space, gallery.vectors.space)
    targets = edit_targets(source.vectors, texts.vectors, gallery.vectors.vectors, request)
    others = without_picture(gallery, source)
    rows = {
        name: others.nearest(
            EmbeddingSet(x, (name,), said if name == NAIVE else seen, source.space),
            request.top,
        )
        for name, x in targets.items()
    }
    first = [rows[name][0].id for name in (PICTURE, EDITED) if rows[name]]
    worked = shown(request.to, texts.unit, others, (first[0], first[1])) if first else None
    return EditResult(
        description=f"{photo.name} to {request.to!r}, strength {request.strength:g}",
        space=request.space,
        searched=len(others.vectors),
        rows=rows,
        targets=targets,
        shown=worked,
        verdict=str(
            worked or "Nothing was found to lie near: there is no other item to search in."
        ),
        faults=gallery.skipped,
    )


def corpus_words(corpus: str) -> tuple[str, ...]:
    """The words of a corpus.

    Args:
        corpus: a name of ``WORDS``, a file with a word or phrase a line, or words with commas.

    Raises:
        RequestError: none of these, or fewer than two words.
    """
    if corpus in WORDS:
        return WORDS[corpus]
    path = Path(corpus)
    if is_file(path):
        lines = read_lines(path)
    elif "," in corpus:
        lines = corpus.split(",")
    else:
        raise RequestError(
            f"There is no corpus {corpus!r}: it is one of {', '.join(WORDS)}, a file with a phrase "
            "a line, or phrases with commas between them."
        )
    words = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if len(words) < 2:
        raise RequestError(f"A corpus wants two different phrases or more; {corpus} has {words}.")
    return words


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
    return {
        PICTURE: unit(source),
        NAIVE: unit(texts[:1]),
        EDITED: replaced(source, texts[:1], corpus, request.strength).astype(np.float32),
    }


def without_picture(gallery: Gallery, source: EmbeddingSet) -> Gallery:
    """The gallery without the picture itself: a copy of it would be found whatever the edit."""
    vectors = gallery.vectors
    same = vectors.unit @ source.unit[0] > SAME
    kept = vectors.take(n for n, own in zip(vectors.ids, same, strict=True) if not own)
    return replace(gallery, vectors=kept)


def edit_page(found: EditResult, photo: Path, inside: str) -> Page:
    """What lies nearest to each target, a row a target."""
    album = Album()
    start = hit_card(Hit(photo.name, 1.0, "", Picture(photo)), 0, album)
    first = {PICTURE: replace(start, note="what is edited")}
    rows = [(first.get(name, ItemCard(name, "")), hits) for name, hits in found.rows.items()]
    lead = (
        f"Nearest of {found.searched:,} items in {found.space}. The edited picture keeps "
        "everything that lies outside of the corpus; the text alone keeps nothing of the picture."
    )
    title = f"Edit: {visible(found.description, 80)}, {found.space} on {visible(inside, 80)}"
    page = hits_page(title, Section("edit", "Where it leads", lead, ()), rows, album)
    return replace(page, verdict=found.verdict, todo=found.todo)
