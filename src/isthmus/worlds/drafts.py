"""A world of a user's own data while it is read: pictures, captions, labels and faults."""

import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import field
from pathlib import Path, PurePath
from typing import Any

from isthmus.read.image import Picture
from isthmus.read.tables import LABEL_COLUMNS, TEXT_COLUMNS
from isthmus.read.text import texts_of, words
from isthmus.records import dataclass
from isthmus.store import is_file, is_folder, parse_json, readable
from isthmus.types import Credit, Items, Links, RequestError, World

FLAG = "--texts"
"""In what is told of captions that are not used; of all faults it stands first."""
_LABEL = 1_000
"""Characters of a label, of which arrays hold as many for every item as the longest has."""
_SHOWN = 10_000
"""Characters of a path that is not there, where it is named."""


@dataclass(eq=False)
class Draft:
    """What was found so far; ``world`` makes it a World."""

    name: str
    """Name of the folder or file it comes from: the world's name and every item's source."""
    numbered: bool = True
    """Whether the k-th caption is called ``picture#k``; otherwise it is called like its picture."""
    pictures: dict[str, Picture] = field(default_factory=dict[str, Picture])
    """Pictures by id."""
    captions: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Captions by the id of their picture, in the order found."""
    labels: dict[str, str] = field(default_factory=dict[str, str])
    """Class by the id of the picture."""
    splits: dict[str, str] = field(default_factory=dict[str, str])
    """Split (train, test, ...) by the id of the picture; its captions are in the same one."""
    faults: dict[str, str] = field(default_factory=dict[str, str])
    """What could not be used, by id, with the reason."""

    def caption(self, image: str, texts: Iterable[str]) -> None:
        """Add captions of a picture; blank ones are faults."""
        found = self.captions.setdefault(image, [])
        for text in texts:
            if text.strip():
                found.append(text)
            else:
                self.faults.setdefault(image, "a caption is empty")

    def call(self, image: str, label: Any) -> None:
        """Keep a picture's class, unless nothing is said of it; a text too long is none."""
        if label is not None and (said := self.named(image, label)):
            self.labels[image] = said

    def named(self, image: str, label: Any) -> str:
        """A label or a split as text; empty, and a fault, where it is no text or too long a one."""
        said = readable(words(label).replace("\0", "").strip())
        if len(said) <= _LABEL and not isinstance(label, (dict, list)):
            return said
        long = f"its label has {len(said):,} characters; at most {_LABEL:,} are read"
        self.faults[image] = "its label is no text" if isinstance(label, (dict, list)) else long
        return ""

    def say(self, image: str, said: Any, place: str) -> None:
        """Add what a table or a note says of a picture: a text, texts in lists, or nothing.

        Faults stand under ``place``.
        """
        try:
            self.caption(image, *texts_of([said], "its caption"))
        except RequestError as error:
            self.faults[place] = str(error)

    def world(self) -> World:
        """The world, with links from every picture to its captions.

        Raises:
            RequestError: not one picture was found; gives the first fault.
        """
        if not self.pictures:
            first = next((f"{key}: {why}" for key, why in self.faults.items()), "nothing is there")
            raise RequestError(f"No picture of {self.name} can be used ({first}).")
        named = [
            (image, f"{image}#{number}" if self.numbered else image, text)
            for image in self.pictures
            for number, text in enumerate(self.captions.get(image, ()))
        ]
        owners = {name: image for image, name, _ in named} | {name: name for name in self.pictures}
        texts = {name: text for _, name, text in named}
        payloads = {"image": self.pictures, "text": texts} if named else {"image": self.pictures}
        alone = [name for name in self.pictures if named and not self.captions.get(name)]
        return World(
            name=self.name,
            items={m: Items(m, tuple(some), list(some.values())) for m, some in payloads.items()},
            links={("image", "text"): Links(pair[:2] for pair in named)} if named else {},
            factors={
                name: {"label": self.labels[owner]}
                for name, owner in owners.items()
                if owner in self.labels
            },
            split={
                name: self.splits[owner] for name, owner in owners.items() if owner in self.splits
            },
            credits=dict.fromkeys(owners, Credit("NOASSERTION", self.name)),
            faults={**dict.fromkeys(alone, "has no caption"), **self.faults},
        )


def hidden(place: PurePath) -> bool:
    """Whether a file or a folder that it is in is none of the user's: ``.x``, AppleDouble, ..."""
    return any(
        part.startswith(".") or part.lower() in ("__macosx", "thumbs.db", "desktop.ini")
        for part in place.parts
    )


def check_folder(folder: Path, wanted: str) -> None:
    """Refuse what is no folder; ``wanted`` says what should be.

    Raises:
        RequestError: it is not there, or a file.
    """
    if not is_folder(folder):
        came = f"{folder} is no folder" if is_file(folder) else f"There is no folder {folder}"
        raise RequestError(f"{came}; wanted is {wanted}.")


@dataclass(frozen=True)
class Notes:
    """What stands beside a picture: in a tar and in a folder alike."""

    text: Any = None
    """Its caption or captions."""
    label: Any = None


def read_notes(document: bytes, name: str) -> Notes:
    """The caption and the class in a picture's ``.json``, under their usual names.

    Raises:
        ValueError: it is no JSON.
    """
    found = parse_json(document, name) if document.strip() else {}
    if not isinstance(found, dict):
        return Notes()
    text, label = (
        next((found[key] for key in keys if found.get(key) is not None), None)
        for keys in (TEXT_COLUMNS, LABEL_COLUMNS)
    )
    return Notes(text, label)


class Root:
    """A folder in which listed pictures are looked up, each once."""

    def __init__(self, folder: Path) -> None:
        self._folder = Path(os.path.normpath(Path.cwd() / folder))
        self._known: dict[str, str | None] = {}

    def add(self, draft: Draft, written: str) -> str | None:
        """Add a picture by its written path and return its id; None, and a fault, if it cannot."""
        if written not in self._known:
            self._known[written] = self._add(draft, written)
        return self._known[written]

    def _add(self, draft: Draft, written: str) -> str | None:
        fault = None
        place = self._place(written)
        if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+://", written):
            fault = "is a web address; download the pictures first"
        elif "\0" in written or not place.is_relative_to(self._folder):
            fault = f"lies outside the folder {self._folder.name}"
        elif not is_file(place):
            fault = f"is not in the folder {self._folder.name}"
        if fault is not None:
            long = len(written) > _SHOWN
            shown = f"{written[:_SHOWN]}... ({len(written)} characters)" if long else written
            draft.faults[readable(shown)] = fault
            return None
        name = readable(place.relative_to(self._folder).as_posix())
        draft.pictures[name] = Picture(place)
        return name

    def _place(self, written: str) -> Path:
        """Where the file is: in the folder, or written as from the one above (``photos/a.jpg``).

        Windows' separators and other forms of accents are tried as well.
        """
        # file systems differ in whether an accent is a character of its own
        accents = [unicodedata.normalize(form, written) for form in ("NFC", "NFD")]
        forms = (written, written.replace("\\", "/"), *accents)
        places = [
            Path(os.path.normpath(root / form))
            for form in dict.fromkeys(forms)
            for root in (self._folder, self._folder.parent)
        ]
        if "\0" in written:
            return places[0]
        inside = (place for place in places if place.is_relative_to(self._folder))
        return next((place for place in inside if is_file(place)), places[0])
