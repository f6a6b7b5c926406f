"""Where in an item could something be? The parts of an item with their places, of any class.

``WITHIN`` maps a modality to the ``View`` whose parts are places inside its items: boxes of a
picture, seconds of a sound or a video, pieces of a mesh. Nothing here knows what is looked for.
"""

from functools import cache

from isthmus.registry import opened
from isthmus.types import View

WITHIN = {
    "image": "isthmus.view.within.pictures:REGIONS",
    "audio": "isthmus.view.within.times:SPANS",
    "video": "isthmus.view.within.times:MOMENTS",
    "mesh": "isthmus.view.within.meshes:PIECES",
}


@cache
def within() -> dict[str, View]:
    """The view of places by modality, ours and those of other installed packages."""
    return opened("within", WITHIN)
