"""JSON of others as typed values: one schema layer for whatever isthmus wrote and reads back.

A schema is an annotated type: a frozen dataclass, of which every key is known, or plain types in
lists, tuples and mappings. ``Annotated[int, Within(1)]`` states a range.
"""

import math
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from isthmus.records import brief, dataclass, short
from isthmus.registry import near

ELSEWHERE = {"json": False}
"""Metadata of a field that is kept in another way than as JSON."""

_LARGEST = 2**63
_WORDS: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    Path: "a path",
    type(None): "null",
}

Place = Any
"""Where a value is: a text, or the place that it is in with its key or number."""

Check = Callable[[Any, Place], Any]
"""A JSON value and its place to what it is; raises ValueError."""


@dataclass(frozen=True)
class Within:
    """Numbers from ``low`` to ``high``, both included."""

    low: int | float
    high: int | float = math.inf

    def check(self, value: Any, place: Place) -> Any:
        """The value, if it is one of these numbers."""
        if not self.low <= value <= self.high:
            most = f" to {self.high:g}" if self.high < math.inf else " or more"
            raise _wrong(place, f"{self.low:g}{most}", value)
        return value


@dataclass(frozen=True)
class Matching:
    """Texts that a rule accepts."""

    accepts: Callable[[str], bool]
    what: str
    """What such a text is, for messages."""

    def check(self, value: Any, place: Place) -> Any:
        """The value, if it is such a text."""
        if not self.accepts(value):
            raise _wrong(place, self.what, value)
        return value


def _inside(path: str) -> bool:
    return "\0" not in path and not Path(path).is_absolute() and ".." not in Path(path).parts


def _one_name(text: str) -> bool:
    return bool(text.strip()) and _inside(text) and not {"/", "\\"} & set(text)


Inside = Annotated[str, Matching(_inside, "a path inside its folder")]
"""A path that leads nowhere but into the folder it is told in; may be empty."""

Name = Annotated[str, Matching(_one_name, "a name without slashes")]
"""A name that may become that of a file or folder."""

Count = Annotated[int, Within(0, _LARGEST)]


def conform(kind: Any, value: Any, place: str = "") -> Any:
    """A JSON value as what a type says, with every part checked.

    Args:
        kind: an annotated type.
        value: as ``store.read_json`` gives it.
        place: what the value is called, for messages.

    Raises:
        ValueError: one sentence that says where, what was wanted and what came: another type, a
            number out of range or not finite, a key that is not known or one that is missing.
    """
    return _check(kind)(value, place)


def _wrong(place: Place, wanted: str, value: Any) -> ValueError:
    return ValueError(f"{_said(place)} wants {wanted}, not {short(value)}")


def _said(place: Place) -> str:
    """A place in words, such as ``common.seed`` or ``history[2]``."""
    steps: list[str] = []
    while isinstance(place, tuple):
        place, key = place
        steps.append(f"[{key}]" if isinstance(key, int) else f".{key}")
    return brief("".join([str(place), *reversed(steps)]).lstrip("."), 120) or "it"


@cache
def _check(kind: Any) -> Check:
    """The check of a type, made once."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        rules = [one for one in inner[1:] if isinstance(one, (Within, Matching))]
        return _ruled(_check(inner[0]), rules)
    if is_dataclass(kind):
        return _record(kind)
    if origin is Literal:
        return _one_of(inner)
    if origin in (Union, types.UnionType):
        return _either(inner)
    if origin in (tuple, list):
        return _list(origin, inner)
    if origin in (dict, Mapping) or kind in (dict, Mapping):
        return _mapping(_check(inner[1]) if inner else _plain)
    if kind in _WORDS:
        return _scalar(kind)
    if kind is Any:
        return _plain
    raise TypeError(f"{kind} is no type of JSON")


def _plain(value: Any, _: Place) -> Any:
    return value


def _scalar(kind: Any) -> Check:
    accepted = (int, float) if kind is float else (str,) if kind is Path else (kind,)
    made: Callable[[Any], Any] | None = kind if kind in (float, Path) else None

    def check(value: Any, place: Place) -> Any:
        if type(value) not in accepted or (kind is Path and "\0" in value):
            raise _wrong(place, _WORDS[kind], value)
        if kind in (int, float) and not -_LARGEST <= value <= _LARGEST:
            raise _wrong(place, "a number of at most 2^63", value)
        return value if made is None else made(value)

    return check


def _ruled(check: Check, rules: Sequence[Within | Matching]) -> Check:
    def ruled(value: Any, place: Place) -> Any:
        found = check(value, place)
        for rule in rules:
            rule.check(found, place)
        return found

    return ruled if rules else check


def _one_of(known: tuple[Any, ...]) -> Check:
    def check(value: Any, place: Place) -> Any:
        if not any(type(value) is type(one) and value == one for one in known):
            raise _wrong(place, " or ".join(map(repr, known)), value)
        return value

    return check


def _either(kinds: tuple[Any, ...]) -> Check:
    checks = [_check(kind) for kind in kinds]

    def check(value: Any, place: Place) -> Any:
        errors: list[ValueError] = []
        for one in checks:
            try:
                return one(value, place)
            except ValueError as error:
                errors.append(error)
        raise errors[0]

    return check


def _list(kind: Any, inner: tuple[Any, ...]) -> Check:
    many = kind is list or inner[-1:] == (...,)
    checks = [_check(one) for one in inner if one is not ...]

    def check(value: Any, place: Place) -> Any:
        if not isinstance(value, (list, tuple)) or not (many or len(value) == len(checks)):
            raise _wrong(place, "a list" if many else f"a list of {len(checks)}", value)
        each = checks * len(value) if many else checks
        numbered = enumerate(zip(each, value, strict=True))
        return kind([one(item, (place, at)) for at, (one, item) in numbered])

    return check


def _mapping(inner: Check) -> Check:
    def check(value: Any, place: Place) -> Any:
        if not isinstance(value, Mapping):
            raise _wrong(place, "an object", value)
        return {key: inner(one, (place, key)) for key, one in value.items()}

    return check


def _record(kind: Any) -> Check:
    hints = get_type_hints(kind, include_extras=True)
    known = {
        one.name: _check(hints[one.name])
        for one in fields(kind)
        if one.init and one.metadata.get("json", True)
    }
    needed = [
        one.name
        for one in fields(kind)
        if one.name in known and one.default is MISSING and one.default_factory is MISSING
    ]

    def check(value: Any, place: Place) -> Any:
        if not isinstance(value, Mapping):
            raise _wrong(place, "an object", value)
        for key in value:
            if key not in known:
                hint = near(key, known).removesuffix(".")
                raise ValueError(f"{_said(place)} has the unknown key {short(key)}; {hint}")
        if missing := [name for name in needed if name not in value]:
            raise ValueError(f"{_said(place)} lacks the key {missing[0]!r}")
        return kind(**{key: known[key](one, (place, key)) for key, one in value.items()})

    return check
