"""What is true of this space? ``(vectors, ...) -> Result``: frozen, prints and plots itself.

Every measure is one function with its own formula, null and oracle test, registered here by
one line and reached as ``isthmus.measure.<name>``. Measures take an ``EmbeddingSet`` or a plain
(n, d) array, whose ids are the running number.
"""

from typing import Any

from isthmus.registry import find

ONE_SET: dict[str, str] = {}
"""Measures of one set: ``measure(a, *, rng)``."""

TWO_SETS: dict[str, str] = {}
"""Measures of two sets with links: ``measure(a, b, links=None, *, rng)``."""

LABELLED: dict[str, str] = {}
"""Measures that need labels or class texts; each says which."""

MEASURES = {**ONE_SET, **TWO_SETS, **LABELLED}


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        return find("measures", MEASURES, name)
    except LookupError as error:
        raise AttributeError(str(error)) from None


def __dir__() -> list[str]:
    return sorted(MEASURES)
