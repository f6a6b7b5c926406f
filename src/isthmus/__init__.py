"""isthmus: a laboratory for joint embedding spaces.

``load``, ``embed``, ``embed_all``, ``save``, ``load_set``, ``Links``, the rooms ``measure`` and
``worlds``, and every question of the command line as a function: ``isthmus.study("mini")`` is
``isthmus study mini``. Everything is imported on first use, so that ``import isthmus`` costs little
more than NumPy. ``__init__.pyi`` says the same to type checkers; ``python -m tools.public_stub``
writes it.
"""

import importlib
from typing import Any

from isthmus.version import __version__ as __version__

TYPES = ("Bag", "EmbeddingSet", "Items", "Links", "Result", "Space", "World")
LAB = (
    *("as_mteb", "embed", "embed_all", "join", "link"),
    *("load", "load_link", "load_set", "save"),
)
ROOMS = ("measure", "worlds")
QUESTIONS = {
    **{
        name: name
        for name in ("study", "compare", "card", "atlas", "styles", "mend", "fit", "sweep")
    },
    **{name: name for name in ("replicate", "search", "edit", "spaces", "parts", "cache")},
    "index": "index",
    "find": "find",
    "score": "score",
    "caption": "caption",
    "say": "say",
    "invert": "invert",
    "tell": "tell",
    "embed_files": "embed",  # isthmus.embed gives a set, the command a run folder
    "link_spaces": "link",  # isthmus.link takes sets, the command spaces and items
}
"""Public functions and the studies that they ask; ``worlds`` is a room, so ``parts("worlds")``."""

NAMES = ("__version__", *TYPES, *LAB, *ROOMS, *QUESTIONS)
globals()["__all__"] = NAMES  # spelled out for type checkers in the stub


def __getattr__(name: str) -> Any:
    if name in ROOMS:
        return importlib.import_module(f"isthmus.{name}")
    if name in QUESTIONS:
        return importlib.import_module("isthmus.studies").question(name, QUESTIONS[name])
    room = "types" if name in TYPES else "lab" if name in LAB else ""
    if not room:
        near = importlib.import_module("isthmus.registry").near
        raise AttributeError(f"isthmus has no attribute {name!r}; {near(name, NAMES)}")
    return getattr(importlib.import_module(f"isthmus.{room}"), name)


def __dir__() -> list[str]:
    return sorted(NAMES)
