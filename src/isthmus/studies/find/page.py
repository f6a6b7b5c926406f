"""The page of ``isthmus find``: each file, whether the thing is in it, and where, drawn."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from isthmus.report import Album, ItemCard, Page, Section, Strip, Strips, visible
from isthmus.studies.find import drawing

BUDGET = 4_000_000
"""Bytes of pictures on a page."""


def find_page(query: str, sights: Any, verdict: str) -> Page:
    """The page of what was seen in each file."""
    album = Album(BUDGET, drawing.SIDE)
    ordered = sorted(sights, key=lambda one: (not one.present, -one.probability))
    strips = tuple(_strip(one, album) for one in ordered)
    lead = (
        "Framed or coloured is what was found; where nothing is, the thing is taken not to be "
        "there. Percentages: were it there as often as not. Heat is the mean sureness of the boxes "
        "over a point, small boxes counting more."
    )
    if album.refused:
        lead += f" {album.refused} pictures were left out: the page would be too large."
    section = Section("files", "In each file", lead, (Strips("", "", strips),))
    title = f"Find: {visible(query, 80)}"
    return Page(title, "isthmus find", (), (), (section,), verdict=verdict)


def _strip(one: Any, album: Album) -> Strip:
    said = f"{'there' if one.present else 'not there'}, {one.probability:.0%}"
    cards = [
        ItemCard(visible(one.file, 80), "", f"{label}: {said}", *album.use(name, picture))
        for label, name, picture in _pictures(one)
    ]
    return Strip(None, tuple(cards) or (ItemCard(visible(one.file, 80), said),))


def _pictures(one: Any) -> list[tuple[str, str, Image.Image]]:
    told = next((kind for kind in DRAWINGS if getattr(one.looked[0], kind) is not None), "")
    found = DRAWINGS[told](one) if told else {}
    return [(label, f"{one.file} {label}", picture) for label, picture in found.items()]


def _pictured(one: Any) -> dict[str, Image.Image]:
    path = Path(one.file)
    return {
        "where": drawing.boxes(path, one.places),
        "heat": drawing.heat(path, one.looked, one.sureness),
    }


def _timed(one: Any) -> dict[str, Image.Image]:
    return {"when": drawing.seconds(one.looked, one.sureness, one.places)}


def _shaped(one: Any) -> dict[str, Image.Image]:
    return {"which part": drawing.faces(Path(one.file), one.places)}


DRAWINGS: Mapping[str, Callable[[Any], dict[str, Image.Image]]] = {
    "box": _pictured,
    "seconds": _timed,
    "faces": _shaped,
}
"""How what was seen in a file is drawn, by what its places are told in."""
