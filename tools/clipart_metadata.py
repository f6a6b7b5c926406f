"""What the SVG files of the Open Clip Art Library say about themselves, in plain words.

Many titles name a collection ("Lemon SVG theme"), a converter or the artist; the file name then
says more. Both are kept: `title` as the file has it, `name` as a person would caption the picture.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PUBLIC_DOMAIN = (
    "http://web.resource.org/cc/PublicDomain",
    "http://creativecommons.org/licenses/publicdomain/",
)
RDF_RESOURCE = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource"
DEBRIS = re.compile(r"^$|^hash(\(|$)|^0x[0-9a-f]+$|^unsorted$|^theme$")
BY_LINE = re.compile(r"^Clip\s?art by [^-]+ - ", re.IGNORECASE)
COLLECTION = re.compile(
    r"collection|submission|sibmission|\bthemes?\b|iconset|cliparts?\b|cliparts", re.IGNORECASE
)
BLACK_AND_WHITE = re.compile(r"[\s_]*\(?\b(b and w|bw|b&w)\b\)?", re.IGNORECASE)

SERIES = (  # pictures of a series whose files are numbered or coded: path, caption
    (
        re.compile(r"recreation/games/cards/\w+/[a-z]+_(?P<suit>[cdhs])_(?P<rank>\w+)$"),
        "{rank} of {suit}, playing card",
    ),
    (re.compile(r"recreation/games/cards/\w+/[a-z]+_jk_[br]$"), "joker, playing card"),
    (re.compile(r"recreation/games/cards/cardbacks/"), "back of a playing card"),
    (re.compile(r"shapes/jigsaw/jigsaw_(?P<colour>[a-z]+)_"), "{colour} jigsaw piece"),
    (re.compile(r"shapes/flowchart/fc\d+$"), "flowchart symbol"),
    (re.compile(r"computer/icons/70a\d+$"), "computer icon"),
)
MEANING = {
    "c": "clubs", "d": "diamonds", "h": "hearts", "s": "spades",
    "a": "ace", "1": "ace", "j": "jack", "q": "queen", "k": "king",
}  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """The metadata of one SVG file, as it stands there."""

    path: str  # relative, without suffix: the picture's id
    title: str
    keywords: tuple[str, ...]
    creator: str
    licence: str  # an address, or empty
    has_text: bool  # drawn with a font, which only the ready-made PNG has

    @property
    def folder(self) -> str:
        """The subject that the library files it under, such as ``food/fruit``."""
        return self.path.rpartition("/")[0]

    @property
    def stem(self) -> str:
        """The file's name without folder and suffix."""
        return self.path.rpartition("/")[2]


def read_sheet(file: Path, root: Path) -> Sheet:
    """The RDF block of one SVG file, missing parts empty."""
    tree = ET.parse(file).getroot()
    work = next((e for e in tree.iter() if e.tag.endswith("}Work")), ET.Element("Work"))
    parts = {e.tag.rpartition("}")[2]: e for e in work}
    none = ET.Element("none")
    agent = next(
        (e.text or "" for e in parts.get("creator", none).iter() if e.tag.endswith("}title")), ""
    )
    return Sheet(
        path=file.relative_to(root).with_suffix("").as_posix(),
        title=_text(parts.get("title", none)),
        keywords=tuple(
            _text(e) for e in parts.get("subject", none).iter() if e.tag.endswith("}li")
        ),
        creator=" ".join(agent.split()),
        licence=parts.get("license", none).get(RDF_RESOURCE, ""),
        has_text=any(e.tag.endswith("}text") for e in tree.iter()),
    )


def names(sheets: Sequence[Sheet]) -> list[str]:
    """A caption of each picture: its title or, where that names a collection, its file name.

    A title is a collection's if files of more than two different names bear it.
    """
    bearers: dict[str, set[str]] = defaultdict(set)
    for sheet in sheets:
        bearers[sheet.title].add(stem_words(sheet))
    return [_name(sheet, len(bearers[sheet.title]) > 2) for sheet in sheets]


def keywords(sheet: Sheet) -> list[str]:
    """Lower case, distinct, in the file's order, without hashes and the artist's own name."""
    words = [" ".join(word.replace("_", " ").lower().split()) for word in sheet.keywords]
    kept = [w for w in words if not DEBRIS.match(w) and w != sheet.creator.lower()]
    return list(dict.fromkeys(kept))


def stem_words(sheet: Sheet) -> str:
    """The file's name in words: `blue_vacuum_jarno_vas_01` by Jarno Vasamaa is "blue vacuum"."""
    stem = re.sub(r"[_-]+(\d+[a-z]?|r)?$", "", sheet.stem.lower())
    artist = re.sub(r"\W+", "_", sheet.creator.lower())
    stem = (
        _without_artist(stem, artist)
        or _without_artist(re.sub("_[a-z]{1,2}$", "", stem), artist)
        or stem
    )
    return _words(re.sub(r"^(aiga|gnome|bb|etiquette|clipart)_", "", stem))


def _without_artist(stem: str, artist: str) -> str:
    """The stem without the artist's name, which uploads cut off anywhere; empty if it has none."""
    for length in range(min(len(stem), len(artist)), 3, -1):
        if stem.endswith("_" + artist[:length]):
            return stem[: -length - 1]
    return ""


def _name(sheet: Sheet, shared: bool) -> str:
    for pattern, form in SERIES:
        if found := pattern.match(sheet.path):
            return form.format(
                **{key: MEANING.get(part, part) for key, part in found.groupdict().items()}
            )
    title = BY_LINE.sub("", sheet.title)
    use_file = shared or not title or COLLECTION.search(title) is not None
    raw = stem_words(sheet) if use_file else title
    name = _words(BLACK_AND_WHITE.sub("", raw)) or _words(sheet.stem) or sheet.stem
    if sheet.folder.startswith("signs_and_symbols/flags/") and "flag" not in name.lower():
        name = f"flag of {name}"
    return name + ", black and white" * bool(BLACK_AND_WHITE.search(raw))


def _words(text: str) -> str:
    """Spaces for underscores, joining hyphens and humps; without a running number at the end."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.sub(r"[_\s]+|(?<=\w)-(?=\w)", " ", text))
    return re.sub(r"((?<=[A-Za-z]{3})\d+|[\s#]+\d+)+$", "", spaced.strip()).strip()


def _text(element: ET.Element) -> str:
    return " ".join((element.text or "").split())
