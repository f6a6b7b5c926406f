"""Options of a run as JSON, for ``config.json`` and ``--config``."""

import dataclasses
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def to_dict(options: Any) -> dict[str, Any]:
    """Plain JSON values of a command's options, paths as text."""
    found: dict[str, Any] = {}
    for item in dataclasses.fields(options):
        value = getattr(options, item.name)
        if dataclasses.is_dataclass(value):
            value = to_dict(value)
        elif isinstance(value, Path):
            value = str(value)
        found[item.name] = list(value) if isinstance(value, tuple) else value
    return found


def from_dict(kind: type[Any], values: Mapping[str, Any]) -> Any:
    """The inverse of ``to_dict``.

    Raises:
        KeyError: a name that is no option of this command.
        TypeError: a value of the wrong kind.
    """
    hints = typing.get_type_hints(kind)
    found: dict[str, Any] = {}
    for name, value in values.items():
        hint = hints[name]
        if dataclasses.is_dataclass(hint):
            value = from_dict(typing.cast("type[Any]", hint), value)
        elif hint in (int, bool, str) and type(value) is not hint:
            raise TypeError(f"{name} wants {hint.__name__}, not {value!r}")
        elif isinstance(value, str) and Path in (hint, *typing.get_args(hint)):
            value = Path(value)
        found[name] = tuple(value) if isinstance(value, list) else value
    return kind(**found)
