"""What is there to look at? Data sets with ground truth, bundled or generated from a seed.

``WORLDS`` maps a name to a loader ``load(**options) -> World``; ``open_world`` opens a user's own
pictures and texts.
"""

import inspect
import json
from typing import Any
from urllib.parse import parse_qsl

from isthmus.registry import find
from isthmus.types import RequestError, World, check_kind
from isthmus.worlds.open import open_world

__all__ = ["WORLDS", "load", "open_world"]

WORLDS: dict[str, str] = {
    "babel": "isthmus.worlds.babel.scenes:babel_world",
    "babel-motion": "isthmus.worlds.babel.motion:motion_world",
    "babel-sound": "isthmus.worlds.babel.sound:sound_world",
    "clipart": "isthmus.worlds.clipart:clipart_world",
    "furniture": "isthmus.worlds.furniture:furniture_world",
    "glyphs": "isthmus.worlds.glyphs:glyphs_world",
    "motions": "isthmus.worlds.motions:motions_world",
    "orchestra": "isthmus.worlds.orchestra:orchestra_world",
    "primitives": "isthmus.worlds.babel.primitives:primitives_world",
    "configurations": "isthmus.worlds.babel.primitives:configurations_world",
    "statements": "isthmus.worlds.statements:statements_world",
    "samples": "isthmus.worlds.orchestra:samples_world",
    "units": "isthmus.worlds.units:units_world",
}


def __dir__() -> list[str]:
    return __all__


def load(name: str, **options: Any) -> World:
    """A world by name; options are those of its loader (a seed, a size, a language).

    Options can stand in the name as well: ``babel?n=4000&groups=1``.

    Raises:
        UnknownPartError: no world has that name; says which come close.
        RequestError: an option that this world does not have, or a value of another kind.
    """
    check_kind(name, str, "A world is opened by its name, such as 'glyphs'")
    name, _, said = name.partition("?")
    loader = find("worlds", WORLDS, name)
    options = {key: _value(text) for key, text in parse_qsl(said, keep_blank_values=True)} | options
    try:
        return loader(**options)
    except TypeError as error:
        wanted = str(inspect.signature(loader)).partition(" ->")[0]
        raise RequestError(f"The world {name!r} takes {wanted}: {error}.") from error


def _value(text: str) -> Any:
    """A number, true, false or null where the text is one, otherwise the text."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(found, (list, dict)) else found
