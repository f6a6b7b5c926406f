"""Named line drawings and silhouettes from permissive icon sets: they teach `mini` sketches.

No set here draws emoji. Icons of interface parts (arrows, brands, letters) are left out.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SIZE = 160  # pixels


@dataclass(frozen=True)
class IconSet:
    """One npm package of icons in Iconify's JSON."""

    name: str
    version: str
    licence: str
    kept: str  # pattern of the names that are used: one weight of each drawing
    sha256: str

    @property
    def file(self) -> str:
        """Name of its archive."""
        return f"iconify-json-{self.name}-{self.version}.tgz"


SETS = (
    IconSet(
        "game-icons",
        "1.2.4",
        "CC-BY-3.0",
        r".",
        "f5758efb34d91c4f50b941f355f16ee73938625e5996fabc25171288404460a4",
    ),
    IconSet(
        "ph",
        "1.2.2",
        "MIT",
        r"^(?!.*-(bold|light|thin|fill)$)",
        "e3a582a047d9829fc7e8842c660d8065e598d1b68bb58cb68e75a1f1e5a614cc",
    ),
    IconSet(
        "tabler",
        "1.2.41",
        "MIT",
        r"^(?!.*-(off|filled|plus|minus|x|check|cog|pause|share|search|star|up|down|cancel|code|bolt|exclamation|question|pin|dollar)$)",
        "3bf99af156d28d05568aff524a35ed1ba238df640a7835a5e02e1f8e439685f6",
    ),
    IconSet(
        "lucide",
        "1.2.137",
        "ISC",
        r".",
        "e74db8c3a55fff55bc82de21268c4bced9f65ff10aacc0d5f3a395b0e93243c3",
    ),
    IconSet(
        "mdi",
        "1.2.3",
        "Apache-2.0",
        r"^(?!.*-(outline|off|plus|minus|remove|check|alert|cog|lock|search|edit|clock|account|variant)\b)",
        "ddd817a7213f91de51147943915c0cda8c8b818a53c92b5c068cfa9883c6d7ac",
    ),
    IconSet(
        "icon-park",
        "1.2.4",
        "Apache-2.0",
        r".",
        "c1a25212a31602aca93c3fa6f6b3288e89b9d7811afc132dfd78506e9d586b6f",
    ),
    IconSet(
        "healthicons",
        "1.2.13",
        "MIT",
        r"-outline$",
        "4c2552c45737788a6599da3c5b72610c7fb4e7f87075d401c56fa16d487d4caf",
    ),
    IconSet(
        "flat-color-icons",
        "1.2.3",
        "MIT",
        r".",
        "d8878a9b0f02d749bc8671eb7d47882eb711185cbcefbb365cbfb488773c4786",
    ),
    IconSet(
        "streamline-ultimate-color",
        "1.2.2",
        "CC-BY-4.0",
        r".",
        "46133a11f3734bcef29066391d7edc141ed1d8056242ddfa1b5d36ce286420b6",
    ),
    IconSet(
        "streamline-freehand",
        "1.2.1",
        "CC-BY-4.0",
        r".",
        "82aaac29eea268746717e37ea498f3a31bc7df97cf3faf4e0852e9f9bfac0bdf",
    ),
    IconSet(
        "streamline-freehand-color",
        "1.2.2",
        "CC-BY-4.0",
        r".",
        "00d74cbddaf1bcf35c8614ac0544d10af69c7cee8801475473fe424ee0c0c642",
    ),
    IconSet(
        "streamline-kameleon-color",
        "1.2.2",
        "CC-BY-4.0",
        r"(?<!-duo)$",
        "5f972d986afb340d8a45d7a16e767f99f91fdd94db53e46a78c79847212aed7b",
    ),
    IconSet(
        "temaki",
        "1.2.6",
        "CC0-1.0",
        r".",
        "24a874e1d81a7de9d56e534fdc56287cfe6e73488a24ef5c8982d4fd5f294d8d",
    ),
    IconSet(
        "pinhead",
        "1.2.28",
        "CC0-1.0",
        r".",
        "bc672ec8dc614ae0a8e64a1dc9674f3e8fb2f090b22c30beeb35bcb7ec0ea74a",
    ),
)
INTERFACE = frozenset(
    """
    arrow arrows chevron caret align brand letter number alpha format border layout logo text
    numeric sort corner box signal menu list filter zoom rotate cursor toggle badge app vector
    axis math http sql api git file folder chart data database message comment email mail user
    account users network server cloud wifi bluetooth battery square circle triangle rectangle
    octagon hexagon hexagram page layers selection select view window browser code percent
    download upload sync refresh undo redo play pause stop skip volume brightness contrast
    currency sign roman superset subset intersect union column row grid card cards business team
    task product loading setting settings zodiac screen device status link share tag negative
    block bracket brackets paragraph heading font
    """.split()  # noqa: SIM905
)
DECORATION = re.compile(
    r"\b(outline|duotone|filled|fill|alt|alternate|variant|\d+px|\d+|duo|oval|bold|linear)\b"
)


@dataclass(frozen=True)
class Icon:
    """One drawing."""

    source: str
    name: str  # "seated mouse"
    licence: str
    svg: str


def title(name: str) -> str:
    """A name in words, without marks of weight and number."""
    return " ".join(DECORATION.sub(" ", name.replace("-", " ")).split())


def kept(name: str, pattern: str) -> bool:
    """Whether a name says what can be seen."""
    words = title(name).split()
    plain = bool(words) and len(words) <= 5 and max(map(len, words)) > 2
    return plain and not INTERFACE & set(words) and re.search(pattern, name) is not None


def icons(archives: Path) -> Iterator[Icon]:
    """Every kept icon, in the order of `SETS` and of names."""
    for icon_set in SETS:
        with tarfile.open(archives / icon_set.file) as archive:
            member = archive.extractfile("package/icons.json")
            assert member is not None
            table = json.load(member)
        for name in sorted(table["icons"]):
            if kept(name, icon_set.kept) and not table["icons"][name].get("hidden"):
                yield Icon(icon_set.name, title(name), icon_set.licence, svg(table, name))


def svg(table: dict, name: str) -> str:
    """A whole document, black where the set leaves the colour open."""
    icon = table["icons"][name]
    width, height = (icon.get(side, table.get(side, 16)) for side in ("width", "height"))
    box = f"{icon.get('left', 0)} {icon.get('top', 0)} {width} {height}"
    body = icon["body"].replace("currentColor", "#000")
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'<svg {spaces} viewBox="{box}" width="{SIZE}" height="{SIZE}">{body}</svg>'
