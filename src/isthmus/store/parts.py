"""Frozen dataclasses as named arrays and JSON, and back; only classes on a list are made."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np


def packed(part: Any, prefix: str = "") -> tuple[dict[str, np.ndarray], Any]:
    """Arrays by dotted name, and a JSON value that says where each belongs.

    Dataclasses, tuples and dicts with text keys may hold each other, arrays and plain values.
    Arrays become float32 where they are of a float type.
    """
    if isinstance(part, np.ndarray):
        kept = part.astype(np.float32) if part.dtype.kind == "f" else part
        return {prefix: kept}, {"array": prefix}
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        names = [one.name for one in dataclasses.fields(part)]
        arrays, inside = _all({name: getattr(part, name) for name in names}, prefix)
        return arrays, {"kind": type(part).__name__, "fields": inside}
    if isinstance(part, Mapping):
        arrays, inside = _all(part, prefix)
        return arrays, {"mapping": inside}
    if isinstance(part, tuple):
        arrays, inside = _all({str(place): one for place, one in enumerate(part)}, prefix)
        return arrays, {"tuple": list(inside.values())}
    return {}, {"value": part}


def _all(parts: Mapping[str, Any], prefix: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    arrays: dict[str, np.ndarray] = {}
    inside: dict[str, Any] = {}
    for name, one in parts.items():
        more, inside[name] = packed(one, f"{prefix}.{name}" if prefix else name)
        arrays |= more
    return arrays, inside


def unpacked(arrays: Mapping[str, Any], shape: Any, kinds: Iterable[type]) -> Any:
    """The inverse of ``packed``.

    Raises:
        ValueError: an array is missing, or a class is not on the list.
    """
    known = {kind.__name__: kind for kind in kinds}

    def made(node: Any) -> Any:
        if "array" in node:
            return arrays[node["array"]]
        if "tuple" in node:
            return tuple(made(one) for one in node["tuple"])
        if "mapping" in node:
            return {name: made(one) for name, one in node["mapping"].items()}
        if "kind" in node:
            return known[node["kind"]](**{k: made(one) for k, one in node["fields"].items()})
        return node["value"]

    try:
        return made(shape)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"It does not describe a part that this version knows: {error}") from error
