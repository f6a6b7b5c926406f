"""Records: dataclasses that print themselves in one line, however much they hold."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

import numpy as np

FEW, LETTERS, LINE = 3, 60, 300
"""Members of a collection, and letters of one value and of a record, that are shown at most."""


def short(value: Any) -> str:
    """One line about any value: arrays by type and shape, large collections by their length.

    Example:
        >>> short((np.zeros((2, 3)), list(range(9)), "word"))
        "(float64 (2, 3), list of 9, 'word')"
    """
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}"
    if isinstance(value, (str, bytes)):
        text = repr(value[: LETTERS + 1])
    elif isinstance(value, (Mapping, Sequence, Set)) and len(value) > FEW:
        return f"{type(value).__name__} of {len(value)}"
    elif isinstance(value, dict):
        text = f"{{{', '.join(f'{short(key)}: {short(one)}' for key, one in value.items())}}}"
    elif isinstance(value, (tuple, list)):
        inside = ", ".join(map(short, value))
        text = f"[{inside}]" if isinstance(value, list) else f"({inside})"
    else:
        text = repr(value)
    return brief(text, 2 * LETTERS)


def brief(text: str, most: int = LINE) -> str:
    """A text on one line, its end left out where it is long."""
    line = " ".join(text.split()) if "\n" in text else text
    return line if len(line) <= most else f"{line[: most - 3]}..."


def fitting(parts: Iterable[str], count: int) -> str:
    """The first of so many parts that fit on one line, and how many there are."""
    taken, left = list[str](), LINE - LETTERS
    for part in parts:
        left -= len(part) + 2
        if left < 0:
            return ", ".join([*taken, f"... {count:,} in all"])
        taken.append(part)
    return ", ".join(taken)


def amount(count: int, one: str, many: str = "") -> str:
    """A count with its noun in the right number.

    Example:
        >>> amount(1, "image"), amount(2000, "image")
        ('1 image', '2,000 images')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def a_kind(value: Any) -> str:
    """What a value is, in words.

    Example:
        >>> a_kind(3), a_kind("three")
        ('an int', 'a str')
    """
    name = type(value).__name__
    return f"{'an' if name.lower().startswith(('a', 'e', 'i', 'o', 'nd')) else 'a'} {name}"


def shown(record: Any) -> str:
    """``Name(field=value, ...)`` of a record in one line; fields that are empty are left out."""
    names = [one.name for one in dataclasses.fields(record) if one.repr]
    values = {name: getattr(record, name) for name in names}
    inside = ", ".join(f"{name}={short(one)}" for name, one in values.items() if not _empty(one))
    return brief(f"{type(record).__qualname__}({inside})")


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, (str, Mapping, Sequence)) and not len(value))


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(kind: type | None = None, /, **options: Any) -> type | Callable[[type], type]:
        """As ``dataclasses.dataclass``, but what it makes prints in one line, as do subclasses."""

        def made(kind: type) -> type:
            if "__repr__" not in vars(kind):
                inherited = kind.__repr__
                kind.__repr__ = shown if inherited is object.__repr__ else inherited
            return dataclasses.dataclass(kind, **options)

        return made if kind is None else made(kind)
