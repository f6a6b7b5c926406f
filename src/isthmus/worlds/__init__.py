"""What is there to look at? Data sets with ground truth, bundled or generated from a seed.

``WORLDS`` maps a name to a loader ``load(**options) -> World``; ``open_world`` opens a user's own
pictures and texts.
"""

from typing import Any

from isthmus.registry import find
from isthmus.types import World
from isthmus.worlds.open import open_world

__all__ = ["WORLDS", "load", "open_world"]

WORLDS: dict[str, str] = {
    "babel": "isthmus.worlds.babel.scenes:babel_world",
    "clipart": "isthmus.worlds.clipart:clipart_world",
    "furniture": "isthmus.worlds.furniture:furniture_world",
    "glyphs": "isthmus.worlds.glyphs:glyphs_world",
}


def load(name: str, **options: Any) -> World:
    """A world by name; options are those of its loader (a seed, a size, a language).

    Raises:
        UnknownPartError: no world has that name; says which come close.
    """
    return find("worlds", WORLDS, name)(**options)
