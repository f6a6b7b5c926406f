"""Data and weights in packages of their own, which keep the code's wheel small.

A data package holds files only. Its entry points in the group ``isthmus.data`` name what it holds
(a world, or weights) and the Python package whose folder of that name the files lie in:
``orchestra = "isthmus_sounds"`` for ``isthmus_sounds/orchestra/``.
"""

from importlib.util import find_spec
from pathlib import Path


def data_folder(name: str) -> Path | None:
    """Where an installed package keeps the data of this name; None where there is none."""
    from importlib.metadata import entry_points

    for point in entry_points(group="isthmus.data", name=name):
        spec = find_spec(point.value)
        for place in (spec and spec.submodule_search_locations) or ():
            if (Path(place) / name).is_dir():
                return Path(place) / name
    return None
