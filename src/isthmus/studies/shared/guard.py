"""Scores on items that a space, its prompts or its weights were chosen on are refused.

Whatever isthmus chooses keeps marks of the items that it saw. What comes from outside says so by
a record beside it, ``NAME.selection.json`` or ``selection.json`` in its folder; without one its
origin is not declared, which pages print.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from isthmus.records import dataclass
from isthmus.store import is_file, is_folder, read_json
from isthmus.types import EmbeddingSet, Encoder, Items, RequestError, Selection, Source, conform
from isthmus.types.selections import mark

RECORD = "selection.json"
SEEN = "chosen on these items"
"""What a page calls what was chosen on its items."""
OWN = ("mini",)
"""Spaces whose training is told in docs/models, with the parts of the data that it never saw."""


@dataclass(frozen=True)
class _Record:
    """What a record says."""

    what: str
    """What was chosen, such as ``these prompts``."""
    saw: tuple[tuple[str, str], ...]
    """Modality and id of every item that it was chosen on."""


def read_selection(path: Path) -> Selection | None:
    """The record beside a file or in a folder, if there is one.

    Raises:
        RequestError: the record is damaged.
    """
    place = path / RECORD if is_folder(path) else path.with_name(f"{path.name}.{RECORD}")
    if not is_file(place):
        return None
    try:
        found = conform(_Record, read_json(place))
    except ValueError as error:
        raise RequestError(
            f'{place} wants {{"what": "these prompts", "saw": [["image", "ID"], ...]}}: {error}.'
        ) from error
    return Selection(found.what, np.unique(np.array([mark(*one) for one in found.saw], np.int64)))


def selections_of(space: str, encoders: Iterable[Encoder], source: Source) -> tuple[Selection, ...]:
    """What is known to have been chosen: for the space, by its files, and for the prompts."""
    own = {id(one): one for tower in encoders for one in getattr(tower, "selections", ())}
    places = [*_places(space), *filter(None, [source.templates])]
    return (*own.values(), *filter(None, map(read_selection, places)))


def _places(space: str) -> list[Path]:
    """The file or folder that a space's name holds: ``hf:FOLDER``, ``openclip:ARCH/FILE``."""
    rest = space.partition(":")[2]
    found = list[Path]()
    for text in (rest, rest.removeprefix("local-dir:"), rest.partition("/")[2]):
        with suppress(OSError, ValueError):
            if text and Path(text).exists():
                found.append(Path(text))
    return found[:1]


def check_unseen(
    items: Iterable[EmbeddingSet | Items], selections: Sequence[Selection], source: Source
) -> tuple[str, ...]:
    """What was chosen on these items, where that is asked for.

    Raises:
        RequestError: something was, and ``--seen`` was not given.
    """
    sets = tuple(items)
    told = tuple(filter(None, (one.told(some) for one in selections for some in sets)))
    return allowed(told, source)


def told_by(sets: Iterable[EmbeddingSet]) -> tuple[str, ...]:
    """What sets themselves say was chosen on their items: of a link or a remedy that moved them."""
    there = tuple(sets)
    chosen = (one for some in there for one in some.selections)
    return tuple(dict.fromkeys(filter(None, (one.told(x) for one in chosen for x in there))))


def allowed(told: Sequence[str], source: Source) -> tuple[str, ...]:
    """The same sentences, if scores on such items are asked for.

    Raises:
        RequestError: they are not.
    """
    if told and not source.seen:
        raise RequestError(
            f"Scores on items that a choice was made on flatter it: {told[0]}. Score other items, "
            "or add --seen to see what it does to these."
        )
    return tuple(told)


def origin(space: str, selections: Sequence[Selection], source: Source) -> dict[str, str]:
    """Where weights and prompts come from, for the page's protocol."""
    of_prompts = read_selection(source.templates) if source.templates else None
    said = of_prompts.what if of_prompts else ""
    declared = "; ".join(one.what for one in selections if one.what != said)
    base = space.removeprefix("mended:") if space.startswith("mended:") else space
    weights = "isthmus' own, see docs/models" if base in OWN else "origin not declared"
    prompts = "isthmus' own, fixed beforehand"
    if source.templates is not None:
        prompts = said or f"{source.templates}: origin not declared"
    return {
        "origin of the weights": declared or weights,
        "origin of the prompts": prompts,
    }
