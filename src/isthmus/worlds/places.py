"""Paths as files of others write them, looked up in a folder that they must not lead out of.

Links in the folder are the user's own and are followed.
"""

import os
import re
import unicodedata
from pathlib import Path

from isthmus.read.image import Picture
from isthmus.worlds.draft import Draft, readable


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
        elif not _is_file(place):
            fault = f"is not in the folder {self._folder.name}"
        if fault is not None:
            draft.faults[written] = fault
            return None
        name = readable(place.relative_to(self._folder).as_posix())
        draft.pictures[name] = Picture(place)
        return name

    def _place(self, written: str) -> Path:
        """Where the file is: in the folder, or written as from the one above (``photos/a.jpg``).

        Windows' separators and other forms of accents are tried as well.
        """
        places = [
            Path(os.path.normpath(root / form))
            for form in dict.fromkeys((written, written.replace("\\", "/"), *_forms(written)))
            for root in (self._folder, self._folder.parent)
        ]
        if "\0" in written:
            return places[0]
        inside = (place for place in places if place.is_relative_to(self._folder))
        return next((place for place in inside if _is_file(place)), places[0])


def _forms(written: str) -> list[str]:
    """A name with accents as one character each and as two: file systems differ."""
    return [unicodedata.normalize(form, written) for form in ("NFC", "NFD")]


def _is_file(place: Path) -> bool:
    try:
        return place.is_file()
    except OSError:  # a name longer than the file system allows
        return False
