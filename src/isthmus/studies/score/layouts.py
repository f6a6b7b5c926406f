"""Files of captions in the layouts of the field: what each holds, by item.

A file is JSON or a line of JSON an item. It holds texts of items (COCO results or annotations,
``{id: text}``, a list), or a prediction and references an item (MAGIC's files, ``{prediction,
references}``); never some of one and some of the other.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from isthmus.records import a_kind, amount, dataclass, short
from isthmus.report import visible
from isthmus.store import is_file, parse_json, text_lines
from isthmus.types import RequestError

PREDICTION = ("prediction", "hypothesis", "caption")
REFERENCES = ("references", "captions", "refs")
ID = ("image_id", "image_name", "img_id", "video_id", "audio_id", "id", "file_name", "name")
"""Names that are looked for in an entry, the first that is there counts."""
NAMED = 3
"""Items that an error names."""


@dataclass(frozen=True, eq=False)
class Texts:
    """What a file holds: texts of items, or predictions with their references."""

    path: Path
    texts: Mapping[str, Sequence[str]]
    """By item; predictions or references, as the place of the file says. Empty where it says it
    itself."""
    predictions: Mapping[str, Sequence[str]]
    references: Mapping[str, Sequence[str]]
    numbered: bool
    """Whether items have no names but their place in the file."""
    files: Mapping[str, str]
    """Items by the names of their files, with and without ending, as COCO's annotations tell."""

    @property
    def as_predictions(self) -> dict[str, str]:
        """One text an item.

        Raises:
            RequestError: several of one item, or only references.
        """
        found = self.predictions or self.texts
        if not found:
            raise RequestError(
                f"{self.path} holds references ({', '.join(REFERENCES)}) and no prediction: an "
                f"entry names it {', '.join(PREDICTION[:-1])} or {PREDICTION[-1]}."
            )
        several = [name for name, some in found.items() if len(some) != 1]
        if several:
            raise RequestError(
                f"A prediction is one text an item, but {amount(len(several), 'item')} of "
                f"{self.path} have more or none: {named(several)}."
            )
        return {name: some[0] for name, some in found.items()}

    @property
    def as_references(self) -> Mapping[str, Sequence[str]]:
        """The references by item.

        Raises:
            RequestError: it holds none.
        """
        found = self.references or self.texts
        if not found:
            raise RequestError(
                f"{self.path} holds predictions and no references: an entry names them "
                f"{', '.join(REFERENCES)}."
            )
        return found


def read_texts(path: Path) -> Texts:
    """The texts of a file.

    Raises:
        RequestError: it is not there, empty, damaged, in no known layout or in several, or holds
            what is no text, or an item twice where it may stand once.
    """
    if not is_file(path):
        raise RequestError(f"There is no file {path} to score.")
    whole = _parsed(path)
    (entries, numbered), files = _entries(whole, path), _files(whole)
    if not entries:
        raise RequestError(f"{path} holds no captions: its list is empty.")
    kinds = [_kind(entry, path) for _, entry in entries]
    if len(set(kinds)) > 1:
        counts = ", ".join(f"{count:,} hold {kind}" for kind, count in Counter(kinds).items())
        raise RequestError(f"The entries of {path} are not of one layout: {counts}.")
    if kinds[0] == TEXT:
        texts: dict[str, list[str]] = {}
        for name, entry in entries:
            texts.setdefault(name, []).extend(_texts(_value(entry), name, path))
        return Texts(path, texts, {}, {}, numbered, files)
    twice = [name for name, count in Counter(name for name, _ in entries).items() if count > 1]
    if twice:
        raise RequestError(
            f"{amount(len(twice), 'item')} of {path} stand there more than once: {named(twice)}."
        )
    predictions = {
        name: _texts(entry[_first(entry, PREDICTION)], name, path)
        for name, entry in entries
        if kinds[0] == BOTH
    }
    references = {
        name: _texts(entry[_first(entry, REFERENCES)], name, path) for name, entry in entries
    }
    return Texts(path, {}, predictions, references, numbered, files)


TEXT, BOTH, MANY = "a text", "a prediction and references", "references only"


def _parsed(path: Path) -> Any:
    """What the file holds; of JSON lines the list of them."""
    data = path.read_bytes()
    try:
        text = data.decode(json.detect_encoding(data))
    except UnicodeDecodeError as error:
        raise RequestError(f"{path} is not text in UTF-8: {error.reason}.") from error
    if not text.strip():
        raise RequestError(f"{path} is empty: captions are JSON, or a line of JSON an item.")
    lines = [(number, one) for number, one in enumerate(text_lines(text), 1) if one.strip()]
    try:
        if len(lines) > 1 and _is_json(lines[0][1]):
            return [parse_json(one, f"Line {number} of {path}") for number, one in lines]
        found = parse_json(text, str(path))
    except ValueError as error:
        raise RequestError(str(error)) from error
    if isinstance(found, dict):
        json.loads(text, object_pairs_hook=lambda pairs: _unique(pairs, path))
    return found


def _is_json(line: str) -> bool:
    try:
        parse_json(line, "")
    except ValueError:
        return False
    return True


def _unique(pairs: Sequence[tuple[str, Any]], path: Path) -> dict[str, Any]:
    """An object; JSON would pass over an item that stands twice in it."""
    twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if twice:
        raise RequestError(
            f"{amount(len(twice), 'name')} of {path} stand there more than once in one object: "
            f"{named(twice)}."
        )
    return dict(pairs)


def _entries(found: Any, path: Path) -> tuple[list[tuple[str, Any]], bool]:
    """Items and what stands for them, and whether their place is their name."""
    if isinstance(found, dict) and isinstance(found.get("annotations"), list):
        found = found["annotations"]
    if isinstance(found, dict) and _first(found, PREDICTION) and _first(found, REFERENCES):
        found = [found]  # the only line of JSON lines
    if isinstance(found, dict):
        return [(str(name), entry) for name, entry in found.items()], False
    if not isinstance(found, list):
        raise RequestError(
            f"{path} holds {a_kind(found)}: captions are a list of entries, or an object from "
            "items to texts."
        )
    names = [_first(one, ID) if isinstance(one, dict) else "" for one in found]
    if all(names):
        return [(str(one[name]), one) for one, name in zip(found, names, strict=True)], False
    if any(names):
        bare = [str(number) for number, name in enumerate(names) if not name]
        raise RequestError(
            f"{amount(len(bare), 'entry', 'entries')} of {path} say no item (such as "
            f"{ID[0]}), though others do: {named(bare)}."
        )
    return [(str(number), one) for number, one in enumerate(found)], True


def _files(found: Any) -> dict[str, str]:
    """The item of each file that COCO's annotations list."""
    listed = found.get("images") if isinstance(found, dict) else None
    files = dict[str, str]()
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and isinstance(one.get("file_name"), str) and "id" in one:
            name = one["file_name"]
            files |= {name: str(one["id"]), Path(name).stem: str(one["id"])}
    return files


def _kind(entry: Any, path: Path) -> str:
    if not isinstance(entry, dict):
        return TEXT
    own = [name for name in PREDICTION if name in entry]
    theirs = [name for name in REFERENCES if name in entry]
    if len(own) > 1 or len(theirs) > 1:
        several = own if len(own) > 1 else theirs
        raise RequestError(f"Which is the text? Entries of {path} have {' and '.join(several)}.")
    if not own and not theirs:
        raise RequestError(
            f"An entry of {path} has {', '.join(map(visible, entry)) or 'nothing'}, where one of "
            f"{', '.join((*PREDICTION, *REFERENCES))} is looked for."
        )
    return BOTH if own and theirs else TEXT if own else MANY


def _value(entry: Any) -> Any:
    return entry[_first(entry, PREDICTION)] if isinstance(entry, dict) else entry


def _texts(value: Any, name: str, path: Path) -> list[str]:
    """The texts that a value is: one, a list of them, or of entries with a caption each."""
    several: list[Any] = value if isinstance(value, list) else [value]
    found = list[str]()
    for one in several:
        text = _value(one) if isinstance(one, dict) and _first(one, PREDICTION) else one
        if not isinstance(text, str):
            raise RequestError(
                f"A caption is a text, but item {visible(name, 60)} of {path} has {a_kind(text)} "
                f"({short(text)})."
            )
        found.append(text)
    return found


def _first(entry: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((name for name in names if entry.get(name) is not None), "") or next(
        (name for name in names if name in entry), ""
    )


def named(names: Sequence[str]) -> str:
    """The first names, and that there are more."""
    more = ", ..." if len(names) > NAMED else ""
    return ", ".join(visible(one, 60) for one in names[:NAMED]) + more
