"""Registers: plain dicts of ``"name": "package.module:object"``, opened on first use.

Third parties add parts through entry points of the same format, in the group
``isthmus.<kind>`` (for example ``isthmus.measures``).
"""

import difflib
import importlib
import inspect
import logging
from collections.abc import Iterable, Mapping
from typing import Any

NAMED, MANY, LETTERS = 24, 20_000, 60
"""Names that a message lists at most, names that a wrong one is compared to, and their letters."""


class UnknownPartError(KeyError):
    """A name that is not there; the message lists the nearest ones and what there is."""

    __str__ = LookupError.__str__  # a KeyError would show it in quotes


def near(name: Any, names: Iterable[Any]) -> str:
    """What to say of a name that is none of these: which come close, and what there is.

    Example:
        >>> near("studdy", ["mend", "study"])
        "did you mean 'study'? There are: mend, study."
    """
    known = [str(one)[:LETTERS] for one in names]
    close = [*map(repr, difflib.get_close_matches(str(name), known[:MANY], cutoff=0.7))]
    meant = f"did you mean {' or '.join(close)}? There are: " if close else "there are: "
    more = f", ... ({len(known):,} in all)" if len(known) > NAMED else ""
    return f"{meant}{', '.join(known[:NAMED]) or 'none'}{more}."


def everything(kind: str, register: Mapping[str, str]) -> dict[str, str]:
    """Our parts of a kind and those that other installed packages add; ours win."""
    # importlib.metadata takes 20 ms to import, which `isthmus --help` need not pay
    from importlib.metadata import entry_points

    found = {point.name: point.value for point in entry_points(group=f"isthmus.{kind}")}
    return {**register, **found, **register}  # ours are looked at first, too


def opened(kind: str, register: Mapping[str, str]) -> dict[str, Any]:
    """The objects of ``everything``, without those of other packages that cannot be opened."""
    found: dict[str, Any] = {}
    for name, target in everything(kind, register).items():
        try:
            found[name] = resolve(target)
        except Exception as error:  # of a package that is none of ours; it must not stop the others
            if name in register:
                raise
            logging.getLogger("isthmus").warning(
                "%r of %s, which another package adds, is left out: %s", name, kind, error
            )
    return found


def find(kind: str, register: Mapping[str, str], name: str) -> Any:
    """The object registered under a name.

    Raises:
        UnknownPartError: no such name; says which names come close.
    """
    parts = register if name in register else everything(kind, register)
    if name not in parts:
        raise UnknownPartError(f"There are no {kind} called {name!r}; {near(name, parts)}")
    return resolve(parts[name])


def resolve(target: str) -> Any:
    """The object behind ``"package.module:object"``."""
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)


def describe(target: str) -> str:
    """What a registered object says ``about`` itself, its docstring's first sentence, its names."""
    found = resolve(target)
    if isinstance(found, Mapping):  # of named things
        return ", ".join(map(str, found))
    text = getattr(found, "about", "") or inspect.getdoc(found) or ""
    return text.split("\n\n", maxsplit=1)[0].replace("\n", " ").strip()
