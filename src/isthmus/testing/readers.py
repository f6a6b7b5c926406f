"""What every reader must satisfy, also a third party's."""

import dataclasses
import inspect
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.types import ItemError

CONVENTIONS = ("metre", "second", "hertz", "degree", "srgb", "unicode", "0..", "-1..1")
"""Words of which the documentation of an item's type holds one: units and ranges."""


def check_reader(
    read: Callable[[Any], Any],
    examples: Sequence[Any],
    opened: Callable[[Any], Any] = lambda item: item,
) -> None:
    """Assert that a reader keeps its contract on a few inputs that it can read.

    The same input gives the same item; an item is read as itself; a path and the bytes of its file
    give the same where both are taken; the item's type says its units; what is missing, empty,
    damaged or of another type raises ``ItemError`` with one sentence, or is read all the same.

    Args:
        read: what is tested.
        examples: paths, bytes or whatever else it takes; a path or bytes among them.
        opened: what there is to see of an item, where reading is put off until it is asked for.

    Raises:
        AssertionError: a clause is broken; says which.

    Example:
        >>> from isthmus.read.text import text
        >>> check_reader(text, [b"a dog", "snow"])
    """
    contents = [one for one in examples if isinstance(one, (Path, bytes))]
    assert contents, "Give a path or bytes among the examples: damage is tried on them."
    for example in examples:
        item = read(example)
        before = seen(opened(item))
        assert seen(opened(read(example))) == before, f"{example!r} gave another item again."
        assert seen(opened(read(item))) == before, "An item is read as itself."
        assert seen(opened(item)) == before, "A later call changed an earlier item."
        _check_type(item, read)
    for example in contents:
        _check_content(read, example, opened)
    _refused(read, object(), opened)


def seen(item: Any) -> Any:
    """An item as plain values that can be compared: arrays and pictures by their bytes."""
    if dataclasses.is_dataclass(item):
        return {one.name: seen(getattr(item, one.name)) for one in dataclasses.fields(item)}
    if isinstance(item, np.ndarray):
        return item.dtype.str, item.shape, item.tobytes()
    if isinstance(item, (list, tuple)):
        return [seen(one) for one in item]
    pixels = getattr(item, "tobytes", None)
    return (item.mode, item.size, pixels()) if pixels else item


def _check_type(item: Any, read: Callable[[Any], Any]) -> None:
    kind = type(item)
    plain = kind.__module__ == "builtins"
    assert plain or dataclasses.is_dataclass(kind), f"An item is a dataclass, not {kind.__name__}."
    where = inspect.getmodule(inspect.unwrap(read) if plain else kind)
    said = f"{where.__doc__ if where else ''} {'' if plain else kind.__doc__}".casefold()
    assert any(word in said for word in CONVENTIONS), f"{kind.__name__} does not say its units."
    for one in [] if plain else dataclasses.fields(item):
        shaped = hasattr(one.type, "dim_str") or not isinstance(getattr(item, one.name), np.ndarray)
        assert shaped, f"{kind.__name__}.{one.name} does not say its shape."


def _check_content(
    read: Callable[[Any], Any], example: Path | bytes, opened: Callable[[Any], Any]
) -> None:
    content = example if isinstance(example, bytes) else example.read_bytes()
    suffix = "" if isinstance(example, bytes) else example.suffix
    whole = seen(opened(read(example)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"example{suffix}"
        path.write_bytes(content)
        for other in (path, content):
            found = _refused(read, other, opened)
            assert found is None or found == whole, "A path and its bytes give different items."
        path.unlink()
        assert _refused(read, path, opened) is None, f"{path.name} is missing, but was read."
        noise = bytes(range(255, -1, -1)) * 8
        for name, damaged in (
            ("empty", b""),
            ("noise", noise),
            ("cut", content[: len(content) // 2]),
        ):
            path.write_bytes(damaged)
            for other in (path, damaged):
                found = _refused(read, other, opened)
                taken = found is None or not found or name == "cut"
                assert taken, f"{name.capitalize()} content is no item, but was read."


def _refused(read: Callable[[Any], Any], item: Any, opened: Callable[[Any], Any]) -> Any:
    """What is seen of an item; None if it is refused as it should be."""
    try:
        return seen(opened(read(item)))
    except ItemError as error:
        said = str(error)
        assert len(said) > 15 and "\n" not in said, f"ItemError says one sentence, not {said!r}."
        return None
    except Exception as error:
        raise AssertionError(
            f"What cannot be read raises ItemError, not {type(error).__name__}: {error}"
        ) from error
