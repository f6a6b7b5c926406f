"""The world ``glyphs``: a full grid of everyday objects, each drawn in six styles, with names.

What a picture shows and how it is drawn are known of every cell and vary independently, so
questions about content and style have an answer to be measured against.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from isthmus.read.image import Picture
from isthmus.store import read_table
from isthmus.types import Credit, Items, Links, RequestError, World
from isthmus.worlds.bundled import DATA, Drawing, check_paper, named_column

FOLDER = DATA / "glyphs"

STYLES: Mapping[str, tuple[str, Credit]] = {
    "fluent-3d": (
        "fluent",
        Credit("MIT", "npm:@lobehub/fluent-emoji-3d@1.1.0", "Microsoft, packaged by LobeHub"),
    ),
    "fluent-flat": (
        "fluent",
        Credit("MIT", "npm:@lobehub/fluent-emoji-flat@1.1.0", "Microsoft, packaged by LobeHub"),
    ),
    "twemoji": (
        "twemoji",
        Credit("CC-BY-4.0", "npm:@twemoji/svg@15.0.0", "Twitter, Inc. and contributors"),
    ),
    "openmoji-color": ("openmoji", Credit("CC-BY-SA-4.0", "npm:openmoji@17.0.0", "OpenMoji")),
    "openmoji-black": ("openmoji", Credit("CC-BY-SA-4.0", "npm:openmoji@17.0.0", "OpenMoji")),
    "noto": ("noto", Credit("Apache-2.0", "npm:emoji-datasource-google@16.0.0", "Google")),
}
"""Folder of the licence and credit of each drawing style."""

LANGUAGES = ("en", "de", "es", "fr", "it", "ja", "ko", "pt", "ru", "th", "zh")
"""Languages that every object is named in."""

_NAMES = Credit("MIT", "npm:emojibase-data@17.0.0", "Miles Johnson, from Unicode CLDR")
_FACTORS = ("group", "subgroup", "family", "grid")


def glyphs_world(
    language: str = "en", styles: Sequence[str] | None = None, paper: int = 255
) -> World:
    """1,797 everyday objects, each drawn in six styles and named in eleven languages.

    Pictures are called ``1F34E/noto``, names ``1F34E``; pictures are 96 x 96 and decoded when
    asked for. Factors of every item: ``object``, ``group``, ``subgroup``, ``family`` (variants of
    one thing, which share a split), ``grid`` (false where a style has no drawing of its own:
    country flags) and, of pictures, ``style``.

    Args:
        language: of the names: en, de, es, fr, it, ja, ko, pt, ru, th or zh.
        styles: the drawing styles to show, in this order; None shows all.
        paper: grey value that the drawings are laid on, 0 (black) to 255 (white).

    Raises:
        RequestError: an unknown language or style; says what there is.
    """
    shown = tuple(STYLES) if styles is None else tuple(styles)
    column = named_column("glyphs", language, LANGUAGES)
    _check(shown)
    check_paper("glyphs", paper)
    objects = _objects(*_FACTORS, "split", column)
    ids = tuple(objects["id"])
    cells = [(f"{name}/{style}", name, style) for name in ids for style in shown]
    files = {style: FOLDER / STYLES[style][0] / f"{style}.parquet" for style in shown}
    facts = {name: _facts(objects, row) for row, name in enumerate(ids)}
    split = dict(zip(ids, objects["split"], strict=True))
    return World(
        name="glyphs",
        items={
            "image": Items(
                "image",
                tuple(cell for cell, _, _ in cells),
                [Picture(Drawing(files[style], name, paper)) for _, name, style in cells],
            ),
            "text": Items("text", ids, objects[column]),
        },
        links={("image", "text"): Links((cell, name) for cell, name, _ in cells)},
        factors={**facts, **{cell: {**facts[name], "style": style} for cell, name, style in cells}},
        split={**split, **{cell: split[name] for cell, name, _ in cells}},
        label="group",
        credits={**dict.fromkeys(ids, _NAMES), **{cell: STYLES[s][1] for cell, _, s in cells}},
    )


def keywords() -> dict[str, tuple[str, ...]]:
    """English keywords of each object by the id of its name."""
    objects = _objects("keywords")
    return {
        name: tuple(words) for name, words in zip(objects["id"], objects["keywords"], strict=True)
    }


def _objects(*columns: str) -> dict[str, list[Any]]:
    return read_table(FOLDER / "objects.parquet", ["id", *columns])


def _facts(objects: Mapping[str, list[Any]], row: int) -> dict[str, Any]:
    facts: dict[str, Any] = {key: objects[key][row] for key in _FACTORS}
    group = str(facts["group"]).replace("-", " and ")
    return {"object": objects["id"][row], **facts, "group": group}


def _check(styles: Sequence[str]) -> None:
    unknown = [style for style in styles if style not in STYLES]
    if unknown or len(set(styles)) != len(styles) or not styles:
        raise RequestError(
            f"glyphs: styles are distinct ones of {', '.join(STYLES)}; "
            f"these are: {', '.join(styles) or 'none'}."
        )
