"""The world ``furniture``: textured meshes of things in a home, with names in nineteen languages.

The objects can be seen from every side, so questions about what a space keeps of an object when
the view moves have an answer to be measured against.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from isthmus.read.meshes.packed import unpack
from isthmus.read.meshes.triangles import Mesh
from isthmus.records import dataclass
from isthmus.store import read_table
from isthmus.types import Credit, Items, Links, RequestError, World
from isthmus.worlds.bundled import DATA, named_column, payloads

LANGUAGES = ("en", "bg", "cs", "de", "el", "es", "fi", "fr", "hu", "it", "ja", "nl", "pl", "pt",
             "ru", "sv", "tr", "vi", "zh")  # fmt: skip
"""Languages that every object is named in."""


@dataclass(frozen=True)
class PackedShape:
    """A mesh of a bundled file, unpacked when it is called."""

    file: Path
    id: str

    def __str__(self) -> str:
        return f"{self.id} of {self.file.parent.name}"

    @property
    def content_key(self) -> str:
        """Changes only if the mesh does."""
        return hashlib.sha256(payloads(self.file, "mesh")[self.id]).hexdigest()

    def __call__(self) -> Mesh:
        """The mesh."""
        return unpack(payloads(self.file, "mesh")[self.id])


def furniture_world(
    language: str = "en", categories: Sequence[str] | None = None, folder: Path | None = None
) -> World:
    """772 textured objects in twelve categories: furniture, lamps, kitchenware, vehicles, people.

    Meshes are called ``scopia/bathroom3``, and so are their names. Metres, y up, standing on the
    ground, the front towards +z. Factors of every item: ``name``, ``label`` (its category),
    ``creator`` and ``family`` (objects of one name or nearly the same to see, which share a split).

    Args:
        language: of the names, one of ``LANGUAGES``.
        categories: those to show; None shows all.
        folder: what ``python -m tools.build_furniture --whole --out FOLDER`` wrote: 820 objects,
            with the trees that are too large to ship. None is the bundled part.

    Raises:
        RequestError: an unknown language or category, or a folder that holds no such files.
    """
    name = named_column("furniture", language, LANGUAGES)
    rows = _of(_rows(DATA / "furniture" if folder is None else folder, name), categories)
    ids = tuple(row["id"] for row in rows)
    return World(
        name="furniture",
        items={
            "mesh": Items("mesh", ids, [PackedShape(row["file"], row["id"]) for row in rows]),
            "text": Items("text", ids, [row["name"] for row in rows]),
        },
        links={("mesh", "text"): Links([(name, name) for name in ids])},
        factors={
            row["id"]: {
                "name": row["name"],
                "label": row["category"],
                "creator": row["creator"],
                "family": row["family"],
            }
            for row in rows
        },
        split={row["id"]: row["split"] for row in rows},
        label="label",
        credits={row["id"]: Credit(row["licence"], row["source"], row["creator"]) for row in rows},
    )


def _rows(folder: Path, name: str) -> list[dict[str, Any]]:
    """One mapping an object, by category and id."""
    files = sorted(folder.glob("*/meshes.parquet"))
    if not files:
        raise RequestError(f"furniture: no */meshes.parquet in {folder}; build it or leave it out.")
    plain = ["id", "category", "creator", "licence", "source", "family", "split"]
    rows: list[dict[str, Any]] = []
    for file in files:
        table = read_table(file, [*plain, name])
        for values in zip(*(table[key] for key in (*plain, name)), strict=True):
            rows.append(dict(zip((*plain, "name", "file"), (*values, file), strict=True)))
    return sorted(rows, key=lambda row: (row["category"], row["id"]))


def _of(rows: list[dict[str, Any]], categories: Sequence[str] | None) -> list[dict[str, Any]]:
    if categories is None:
        return rows
    known = sorted({str(row["category"]) for row in rows})
    unknown = [category for category in categories if category not in known]
    if unknown or not categories:
        raise RequestError(
            f"furniture: categories are some of {', '.join(known)}; "
            f"these are: {', '.join(categories) or 'none'}."
        )
    return [row for row in rows if row["category"] in categories]
