"""What the catalogues of Sweet Home 3D say of each model: names, size, maker, licence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import javaproperties
import numpy as np

LICENCES = {
    "BlendSwap-CC-0": "CC0-1.0",
    "BlendSwap-CC-BY": "CC-BY-3.0",
    "KatorLegaz": "CC-BY-3.0-US",
    "Reallusion": "CC-BY-3.0-US",
    "Scopia": "CC-BY-3.0",
}
"""Of each catalogue, as its LICENSE.TXT says (SPDX names)."""

LANGUAGES = {
    "bg": "bg", "cs": "cs", "de": "de", "el": "el", "es": "es", "fi": "fi", "fr": "fr", "hu": "hu",
    "it": "it", "ja": "ja", "nl": "nl", "pl": "pl", "pt": "pt", "ru": "ru", "sv": "sv", "tr": "tr",
    "vi": "vi", "zh": "zh_CN",
}  # fmt: skip
"""Our names of the languages that all models are named in, and the catalogues' names of them."""

MARK = re.compile(r"https?://www\.blendswap\.com/blends/view/\d+")


@dataclass(frozen=True)
class Piece:
    """One model of a catalogue."""

    id: str
    """Its folder: ``scopia/bathroom3``."""
    catalogue: str
    file: Path
    name: str
    names: Mapping[str, str]
    category: str
    creator: str
    licence: str
    source: str
    """Where the maker published it, if a file beside the model says so; the catalogue otherwise."""
    turn: np.ndarray
    """(3, 3), applied to the model first."""
    size: np.ndarray
    """(3,) metres along x, y (up) and z that its box is stretched to."""


def pieces(folder: Path, catalogue: str) -> list[Piece]:
    """All models of an unpacked catalogue, in its order."""
    said = _properties(folder / "PluginFurnitureCatalog.properties")
    other = {
        ours: _properties(folder / f"PluginFurnitureCatalog_{theirs}.properties")
        for ours, theirs in LANGUAGES.items()
    }
    return [_piece(folder, catalogue, number, said, other) for number in _numbers(said)]


def _piece(
    folder: Path,
    catalogue: str,
    number: str,
    said: Mapping[str, str],
    other: Mapping[str, Mapping[str, str]],
) -> Piece:
    file = folder / said[f"model#{number}"].lstrip("/")
    size = [float(said[f"{side}#{number}"]) / 100 for side in ("width", "height", "depth")]
    turn = said.get(f"modelRotation#{number}", "1 0 0 0 1 0 0 0 1")
    page = _page(file.parent)
    return Piece(
        id=file.parent.relative_to(folder).as_posix(),
        catalogue=catalogue,
        file=file,
        name=said[f"name#{number}"],
        names={language: names[f"name#{number}"] for language, names in other.items()},
        category=said[f"category#{number}"],
        creator=said[f"creator#{number}"],
        licence=LICENCES[catalogue],
        source=page or f"debian:sweethome3d-furniture@1.8-1/{catalogue}",
        turn=np.array([float(value) for value in turn.split()]).reshape(3, 3),
        size=np.array(size),
    )


def _properties(file: Path) -> dict[str, Any]:
    return javaproperties.loads(file.read_bytes().decode("latin-1"))


def _numbers(said: Mapping[str, str]) -> Iterator[str]:
    return (key.partition("#")[2] for key in said if key.startswith("model#"))


def _page(folder: Path) -> str | None:
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() in (".txt", ".html"):
            found = MARK.search(file.read_text("utf-8", "replace"))
            if found:
                return found.group()
    return None
