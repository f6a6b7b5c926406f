"""Tables of paths, captions, labels and splits: CSV, TSV and Parquet; COCO's caption files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from isthmus.read.image import Picture
from isthmus.read.tables import (
    IMAGE_COLUMNS,
    LABEL_COLUMNS,
    SPLIT_COLUMNS,
    TEXT_COLUMNS,
    open_table,
)
from isthmus.read.text import texts_of
from isthmus.store import read_json
from isthmus.types import RequestError, World
from isthmus.worlds.drafts import FLAG, Draft, Root

_NAMES = {
    "image": IMAGE_COLUMNS,
    "text": TEXT_COLUMNS,
    "label": LABEL_COLUMNS,
    "split": SPLIT_COLUMNS,
}

_COCO = ("images", "annotations")
"""Lists of a COCO file: an image may have several annotations, each a caption."""

_COCO_BYTES = 1 << 30

Row = Mapping[str, Any]


def sheet_world(
    file: Path,
    folder: Path | None = None,
    columns: Mapping[str, str] | None = None,
    max_bytes: int = 0,
) -> World:
    """Pictures, captions, labels and splits of a table with one row per picture or per caption.

    Several rows of one picture, or a list of texts in one row, are several captions. Instead of
    paths a Parquet file can hold the pictures' bytes, whose ids are then ``FILE:ROW``.

    Args:
        file: CSV (comma, semicolon or tab), TSV or Parquet with column names.
        folder: where the paths begin; the table's own folder if None.
        columns: names of the columns ``image``, ``text``, ``label`` and ``split``, where they are
            not found under the usual names (path, file_name, caption, title, class, subset, ...).
        max_bytes: that a Parquet file may unfold to; 0 for the usual limit.

    Raises:
        RequestError: the table cannot be read, lacks a column, or no picture of it is there.
    """
    draft, table = Draft(file.name), open_table(file, max_bytes)
    chosen = _choose(file, [*table.columns], columns or {})
    cells: dict[str, Sequence[Any]] = {kind: table.columns[name] for kind, name in chosen.items()}
    if "text" in chosen:
        cells["text"] = texts_of(cells["text"], f"The column {chosen['text']!r} of {file}")
        if not any(text.strip() for texts in cells["text"] for text in texts):
            draft.faults[f"{file.name}: {chosen['text']}"] = (
                f"has no text in any row: {FLAG} wants captions"
            )
    root = Root(folder or file.parent)
    for row, number in enumerate(table.places):
        place = f"{file.name}:{number}"
        if number in table.faults:
            draft.faults[place] = table.faults[number]
        else:
            _add(draft, root, place, {kind: column[row] for kind, column in cells.items()})
    return draft.world()


def _add(draft: Draft, root: Root, place: str, row: Row) -> None:
    name = _picture(draft, root, place, row["image"])
    if name is None:
        return
    draft.say(name, row.get("text"), place)
    for kept, sentence, said in (
        (draft.labels, "calls {} {!r}", row.get("label")),
        (draft.splits, "puts {} into the split {!r}", row.get("split")),
    ):
        value = "" if said is None else draft.named(place, said)
        if value and (known := kept.setdefault(name, value)) != value:
            draft.faults[place] = f"{sentence.format(name, value)}, an earlier row {known!r}"


def _picture(draft: Draft, root: Root, place: str, image: Any) -> str | None:
    """Add a row's picture: a path, or the bytes of a file, which some tables hold in a struct."""
    if isinstance(image, dict):
        image = image.get("bytes") or image.get("path")
    if isinstance(image, bytes):
        draft.pictures[place] = Picture(image)
        return place
    if not isinstance(image, str) or not image.strip():
        draft.faults[place] = "names no picture"
        return None
    return root.add(draft, image.strip())


def _choose(file: Path, header: Sequence[str], columns: Mapping[str, str]) -> dict[str, str]:
    """The column of each kind, as named or found by its usual name."""
    unknown = [kind for kind in columns if kind not in _NAMES]
    if unknown:
        raise RequestError(f"Columns are given for {', '.join(_NAMES)}, not for {unknown[0]!r}.")
    lower = {name.strip().lower(): name for name in reversed(header)}
    chosen: dict[str, str] = {}
    for kind, usual in _NAMES.items():
        wanted = columns.get(kind)
        if wanted is not None and wanted not in header:
            raise RequestError(f"{file} has no column {wanted!r}; it has: {', '.join(header)}.")
        found = wanted or next((lower[name] for name in usual if name in lower), None)
        if found is not None:
            chosen[kind] = found
    for kind in ("image",) if "label" in chosen else ("image", "text"):
        if kind not in chosen:
            raise RequestError(
                f"{file} has no column of {kind}s under a usual name ({', '.join(_NAMES[kind])}); "
                f"it has: {', '.join(header)}. Name that column so in the first line, such as "
                f"image,caption, or in Python give open_world(columns={{{kind!r}: ...}})."
            )
    return chosen


def coco_captions(file: Path, folder: Path) -> World:
    """Pictures of a folder with the captions of a COCO JSON file; ids are its ``file_name``.

    Raises:
        RequestError: not JSON, no captions in it, or none of its pictures is in the folder.
    """
    images, annotations = _coco_lists(file)
    draft = Draft(file.name)
    root = Root(folder)
    names: dict[Any, str] = {}
    for entry in images:
        if not isinstance(entry.get("file_name"), str) or not isinstance(
            entry.get("id"), (int, str)
        ):
            draft.faults[f"{file.name}:{entry.get('id')}"] = "an image needs id and file_name"
        elif entry["id"] in names:
            draft.faults[entry["file_name"]] = f"has the id {entry['id']!r} of another image"
        elif (name := root.add(draft, entry["file_name"])) is not None:
            names[entry["id"]] = name
    listed = {entry["id"] for entry in images if isinstance(entry.get("id"), (int, str))}
    for number, entry in enumerate(annotations):
        owner, text = entry.get("image_id"), entry.get("caption")
        place = f"{file.name}:{entry.get('id', number)}"
        if not isinstance(text, str):
            draft.faults[place] = "an annotation has no caption"
        elif not isinstance(owner, (int, str)) or owner not in listed:
            draft.faults[place] = f"a caption names image {owner!r}, which is not listed"
        elif owner in names:
            draft.caption(names[owner], [text])
    return draft.world()


def _coco_lists(file: Path) -> tuple[list[Any], list[Any]]:
    try:
        content = read_json(file, _COCO_BYTES)
    except (ValueError, OSError) as error:
        raise RequestError(f"{file} is not JSON that can be read: {error}") from error
    parts = [content.get(key) if isinstance(content, dict) else None for key in _COCO]
    images, annotations = (
        [entry for entry in part if isinstance(entry, dict)] if isinstance(part, list) else None
        for part in parts
    )
    if images is None or annotations is None:
        raise RequestError(
            f"{file} is not a COCO caption file: it needs the lists 'images' and 'annotations'."
        )
    if not any("caption" in entry for entry in annotations):
        raise RequestError(
            f"The annotations of {file} have no captions; take the captions_*.json file of COCO."
        )
    return images, annotations
