"""Registers: plain dicts of ``"name": "package.module:object"``, opened on first use.

Third parties add parts through entry points of the same format, in the group
``isthmus.<kind>`` (for example ``isthmus.measures``).
"""

import difflib
import importlib
import inspect
from collections.abc import Mapping
from typing import Any


class UnknownPartError(LookupError):
    """A name that no register holds; the message lists the nearest ones."""


def everything(kind: str, register: Mapping[str, str]) -> dict[str, str]:
    """Our parts of a kind and those that other installed packages add; ours win."""
    # importlib.metadata takes 20 ms to import, which `isthmus --help` need not pay
    from importlib.metadata import entry_points

    found = {point.name: point.value for point in entry_points(group=f"isthmus.{kind}")}
    return {**found, **register}


def find(kind: str, register: Mapping[str, str], name: str) -> Any:
    """The object registered under a name.

    Raises:
        UnknownPartError: no such name; says which names come close.
    """
    parts = register if name in register else everything(kind, register)
    if name not in parts:
        near = difflib.get_close_matches(name, parts, n=3, cutoff=0.5)
        hint = f"Did you mean: {', '.join(near)}?" if near else f"There are: {', '.join(parts)}."
        raise UnknownPartError(f"There are no {kind} called {name!r}. {hint}")
    return resolve(parts[name])


def resolve(target: str) -> Any:
    """The object behind ``"package.module:object"``."""
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)


def describe(target: str) -> str:
    """The first sentence of a registered object's docstring."""
    text = inspect.getdoc(resolve(target)) or ""
    return text.split("\n\n", maxsplit=1)[0].replace("\n", " ").strip()
