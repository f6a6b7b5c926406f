"""Paths as files of others write them, looked up in a folder that they must not leave."""

import os
import re
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
        place = Path(os.path.normpath(self._folder / written))
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


def _is_file(place: Path) -> bool:
    try:
        return place.is_file()
    except OSError:  # a name longer than the file system allows
        return False
