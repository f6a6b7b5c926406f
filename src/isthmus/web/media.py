"""What is seen and heard of an item: its file, and a picture of it, moving where it has sides."""

import io
import mimetypes
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image

from isthmus.indexes.files import Entry, entry_of
from isthmus.indexes.index import Index
from isthmus.read import known, pictured
from isthmus.read.image import picture
from isthmus.types import ItemError
from isthmus.view import views
from isthmus.web.errors import GoneError

SIDE = 256
"""Pixels of the longer side of a picture of an item."""
KEPT = 512
"""Pictures that are kept in memory."""
STEP = 150
"""Milliseconds of each picture of one that moves."""
MAX_TEXT = 2_000
"""Characters of a text that are shown."""


def entry(index: Index, part: str, row: int) -> Entry:
    """An item of an index.

    Args:
        index: its newest generation.
        part: of the generation that the number is of, as ``Found.items`` names it.
        row: number of the item.

    Raises:
        GoneError: there is none, the index has changed, or the file is gone.
    """
    for modality, record in index.record.parts.items():
        if Path(record.vectors).stem == part and 0 <= row < record.count:
            try:
                return entry_of(index.root, index.parts[modality].files[row], modality)
            except ItemError as error:
                raise GoneError(str(error)) from None
    raise GoneError("There is no such item: the index has changed, so search again.")


def stamp(item: Entry) -> int:
    """When the file of an item was changed, in nanoseconds; 0 of a member of an archive."""
    return item.source.stat().st_mtime_ns if isinstance(item.source, Path) else 0


def kind_of(file: str) -> str:
    """The media type of a file by its name; never one that a browser would run."""
    found, _ = mimetypes.guess_type(file)
    if found and found.startswith(("image/", "audio/", "video/")) and "svg" not in found:
        return found
    return "application/octet-stream"


@lru_cache(KEPT)
def thumbnail(root: str, file: str, modality: str, stamp: int) -> tuple[str, bytes]:
    """Media type and bytes of a small picture of an item, or its text.

    Args:
        root: the folder that was indexed.
        file: of the item.
        modality: of the item.
        stamp: the file's modification time, so that a changed file is drawn again.

    Raises:
        ItemError: it cannot be read, or nothing can be seen of it.
    """
    one = entry_of(Path(root), file, modality)
    kind = known(modality)
    if kind.spoken:
        return "text/plain; charset=utf-8", str(kind.read(one.item))[:MAX_TEXT].encode()
    if kind.pictured:
        return "image/webp", webp([picture(one.item).rgb(background=255)])
    return "image/webp", webp(_seen(one.item, modality))


def _seen(item: Any, modality: str) -> list[Image.Image]:
    """The pictures of the first view of a modality that gives pictures."""
    wanted = pictured()
    for view in views().values():
        if view.of == modality and view.to == wanted:
            return [picture(one).rgb(background=255) for one in view.see(item, "item").parts]
    raise ItemError(f"There is nothing to see of {modality} items.")


def webp(pictures: Sequence[Image.Image]) -> bytes:
    """The bytes of small copies of pictures, one after the other where there are several."""
    out = io.BytesIO()
    small = [one.copy() for one in pictures]
    for one in small:
        one.thumbnail((SIDE, SIDE))
    more: dict[str, Any] = {}
    if len(small) > 1:
        more = {"save_all": True, "append_images": small[1:], "duration": STEP, "loop": 0}
    small[0].save(out, "WEBP", quality=80, **more)
    return out.getvalue()
