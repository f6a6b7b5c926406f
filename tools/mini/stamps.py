"""Pictures that `mini` never saw, with captions: the Tux Paint stamps, for evaluation only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import resvg_py

from tools.fetch import unpacked

PACKAGE = "tuxpaint-stamps-default"
SKIPPED = ("alphabets", "money", "flags", "math")  # what only reading would name


@dataclass(frozen=True)
class Stamp:
    """A picture and its caption."""

    caption: str  # "A koala."
    picture: bytes


def stamps(build: Path) -> dict[str, list[Stamp]]:
    """By kind: `photo` (mostly cut out), `drawing`, `cartoon`; empty if Debian is not reached."""
    root = fetched(build)
    found: dict[str, list[Stamp]] = {"photo": [], "drawing": [], "cartoon": []}
    for caption in sorted(root.rglob("*.txt")):
        if any(part in SKIPPED for part in caption.parts):
            continue
        picture = next(
            (p for p in (caption.with_suffix(".png"), caption.with_suffix(".svg")) if p.exists()),
            None,
        )
        if picture is None:
            continue
        kind = (
            "cartoon"
            if "cartoon" in picture.parts
            else "photo"
            if picture.suffix == ".png"
            else "drawing"
        )
        try:
            data = picture.read_bytes() if picture.suffix == ".png" else drawn(picture)
        except ValueError:  # a few files give no size
            continue
        found[kind].append(
            Stamp(caption.read_text("utf-8", "ignore").splitlines()[0].strip(), data)
        )
    return {kind: some for kind, some in found.items() if some}


def drawn(path: Path) -> bytes:
    """An SVG drawing as PNG bytes."""
    return bytes(
        resvg_py.svg_to_bytes(svg_path=str(path), width=224, height=224, skip_system_fonts=True)
    )


def fetched(build: Path) -> Path:
    """Folder of the pictures and their captions, or one that does not exist."""
    return unpacked(build, PACKAGE) / "usr/share/tuxpaint/stamps"
