"""COCO's caption files: a list of images and a list of annotations, several to an image."""

import json
from pathlib import Path
from typing import Any

from isthmus.read.text import decoded
from isthmus.types import RequestError, World
from isthmus.worlds.drafts import Draft, Root


def coco_captions(file: Path, folder: Path) -> World:
    """Pictures of a folder with the captions of a COCO JSON file; ids are its ``file_name``.

    Raises:
        RequestError: not JSON, no captions in it, or none of its pictures is in the folder.
    """
    images, annotations = _lists(file)
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


def _lists(file: Path) -> tuple[list[Any], list[Any]]:
    try:
        content = json.loads(decoded(file))
    except (ValueError, RecursionError) as error:
        if isinstance(error, RequestError):
            raise
        raise RequestError(f"{file} is not JSON: {error}.") from error
    parts = [content.get(key) if isinstance(content, dict) else None for key in _KEYS]
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


_KEYS = ("images", "annotations")
