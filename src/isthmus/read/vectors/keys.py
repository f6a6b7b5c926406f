"""Which key holds which modality, and which keys hold ids and links."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.store import NamedArrays, parse_json, readable
from isthmus.types import EmbeddingSet, Links, RequestError, amount

_ENDINGS = re.compile(r"(^|[_\-. ])(emb|embed|embedding|feature|feat|vector|vec)s?([_\-. ]?\d+)?$")
_WORDS = {
    "image": ("image", "images", "img", "imgs", "photo", "photos", "picture", "pictures"),
    "text": ("text", "texts", "txt", "caption", "captions", "sentence", "sentences"),
}
_UNNAMED = "item"
"""Modality of vectors that neither key nor file name says anything about."""


def modality_names(path: Path, arrays: Mapping[str, np.ndarray]) -> dict[str, str]:
    """The modality of every key that holds (n, d) vectors; image first, then text.

    ``img_emb``, ``image_embeddings`` and ``images`` all name images. Other arrays (labels, views
    of three axes) are left alone, as long as one holds vectors.

    Raises:
        RequestError: no array holds vectors, or one that is named as such does not.
    """
    found: dict[str, str] = {}
    for key, array in arrays.items():
        modality = _modality(key) or named_modality(path.stem) or _UNNAMED
        floats = array.dtype.kind == "f" and array.dtype.itemsize <= 8
        if array.ndim == 2 and floats and array.size and array.shape[1] > 1:
            found[key] = modality
        elif key in ("", *_WORDS):
            raise RequestError(
                f"{path}: vectors are an (n, d) array of 16- to 64-bit floating-point numbers with "
                "d of 2 or more, but "
                f"{key or 'the array'} has the shape {array.shape} and the type {array.dtype}."
            )
    if not found:
        shapes = {key: f"{array.shape} {array.dtype}" for key, array in arrays.items()}
        raise RequestError(
            f"{path} holds no vectors, which would be an (n, d) array of floating-point numbers; "
            f"it holds {shapes or 'no arrays'}."
        )
    for modality in list(found.values()):
        if len(keys := [key for key in found if found[key] == modality]) > 1:
            found.update({key: key for key in keys if key != modality})
    order = {modality: place for place, modality in enumerate(_WORDS)}
    return dict(sorted(found.items(), key=lambda item: order.get(item[1], len(order))))


def unread(arrays: Mapping[str, np.ndarray], names: Mapping[str, str]) -> dict[str, str]:
    """What of the arrays could be meant as vectors and is not read as such, with the reason."""
    return {
        key: f"an array of the shape {array.shape} and the type {array.dtype}, not (n, d) floats"
        for key, array in arrays.items()
        if key not in names and array.ndim > 1 and array.dtype.kind in "fiu" and key != "links"
    }


def _modality(key: str) -> str:
    stem = _ENDINGS.sub("", key.lower())
    return _among(stem.split(".")[-1:]) or stem


def named_modality(stem: str) -> str:
    """The modality that a word in a file's name says; empty if none does."""
    return _among(re.split(r"[_\-. ]+", _ENDINGS.sub("", stem.lower())))


def _among(words: Sequence[str]) -> str:
    named = (m for m, spellings in _WORDS.items() if any(word in spellings for word in words))
    return next(named, "")


def named_ids(found: NamedArrays, names: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Ids that the file itself gives: ``image_ids``, or ``ids`` for every modality.

    They are arrays of text or integers, or JSON lists in the metadata of a safetensors file.
    """
    ids: dict[str, tuple[str, ...]] = {}
    for key, modality in names.items():
        for name in (f"{key}_ids", f"{modality}_ids", "ids"):
            if (values := _texts(found, name)) is not None:
                ids[modality] = values
                break
    return ids


def _texts(found: NamedArrays, name: str) -> tuple[str, ...] | None:
    if name in found.arrays:
        return tuple(map(_text, found.arrays[name].reshape(-1).tolist()))
    if name in found.meta:
        try:
            values = parse_json(found.meta[name], name)
        except (ValueError, TypeError):
            values = None
        if not isinstance(values, list):
            raise RequestError(f"The metadata {name!r} should be a JSON list of ids.")
        return tuple(map(_text, values))
    return None


def _text(value: Any) -> str:
    return readable(
        value.decode(errors="surrogateescape") if isinstance(value, bytes) else str(value)
    )


def named_links(
    path: Path, found: NamedArrays, sets: Mapping[str, EmbeddingSet], by_id: bool
) -> Links | None:
    """The (k, 2) array ``links`` between the first two modalities, or None if there is none.

    Args:
        path: for messages.
        found: the arrays of the file.
        sets: its sets by modality.
        by_id: entries are ids; otherwise they are row numbers, as in a file without ids.

    Raises:
        RequestError: ``links`` has another form, or names rows that are not there.
    """
    if "links" not in found.arrays:
        return None
    pairs = found.arrays["links"]
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind not in "iuSU" or len(sets) < 2:
        raise RequestError(
            f"{path}: links are a (k, 2) array of ids or row numbers between two sets; these have "
            f"the shape {pairs.shape} and the type {pairs.dtype}, with {amount(len(sets), 'set')}."
        )
    values = pairs.tolist()
    if by_id or pairs.dtype.kind in "SU":
        return Links([(_text(a), _text(b)) for a, b in values])
    a, b = list(sets.values())[:2]
    limits = (len(a), len(b))
    if pairs.size and ((pairs < 0).any() or (pairs.max(axis=0) >= limits).any()):
        raise RequestError(
            f"{path}: links name rows up to {pairs.max(axis=0).tolist()}, but the sets have "
            f"{list(limits)} rows, counted from 0."
        )
    return Links([(a.ids[x], b.ids[y]) for x, y in values])
