"""isthmus: a laboratory for joint embedding spaces.

The public surface, stable: ``load``, ``embed``, ``save``, ``load_set``, ``Links``, ``study``,
``measure`` and ``worlds``. Everything is imported on first use, so that ``import isthmus``
costs little more than NumPy.
"""

import importlib
from typing import TYPE_CHECKING, Any

from isthmus.version import __version__

if TYPE_CHECKING:
    from isthmus import measure, worlds
    from isthmus.lab import embed, load, load_set, save
    from isthmus.studies.study.run import study
    from isthmus.types import EmbeddingSet, Items, Links, Space, World

_PUBLIC = {
    "EmbeddingSet": "isthmus.types:EmbeddingSet",
    "Items": "isthmus.types:Items",
    "Links": "isthmus.types:Links",
    "Space": "isthmus.types:Space",
    "World": "isthmus.types:World",
    "embed": "isthmus.lab:embed",
    "load": "isthmus.lab:load",
    "load_set": "isthmus.lab:load_set",
    "save": "isthmus.lab:save",
    "study": "isthmus.studies.study.run:study",
    "measure": "isthmus.measure:",
    "worlds": "isthmus.worlds:",
}

__all__ = [
    "EmbeddingSet",
    "Items",
    "Links",
    "Space",
    "World",
    "__version__",
    "embed",
    "load",
    "load_set",
    "measure",
    "save",
    "study",
    "worlds",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'isthmus' has no attribute {name!r}")
    module, _, attribute = _PUBLIC[name].partition(":")
    found = importlib.import_module(module)
    return getattr(found, attribute) if attribute else found


def __dir__() -> list[str]:
    return sorted(__all__)
