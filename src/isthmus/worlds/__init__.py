"""What is there to look at? Data sets with ground truth, bundled or generated from a seed.

``WORLDS`` maps a name to a loader ``load(**options) -> World``.
"""

from typing import Any

from isthmus.registry import find
from isthmus.types import World

WORLDS: dict[str, str] = {}


def load(name: str, **options: Any) -> World:
    """A world by name; options are those of its loader (a seed, a size, a language).

    Raises:
        UnknownPartError: no world has that name; says which come close.
    """
    return find("worlds", WORLDS, name)(**options)
