"""Pictures that are there twice: byte for byte, or nearly as the eye sees them."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from isthmus.read.image import Picture, picture
from isthmus.types import ItemError, Items
from isthmus.worlds.shards import Member

_SIDE = 8
_FAR = 3
"""Bits of 64 in which two hashes of one picture may differ."""
_GREY = 8.0
"""Mean difference of grey levels (of 255) up to which two thumbnails show one picture."""


def copies(images: Items) -> dict[str, str]:
    """Id of each picture file whose bytes were seen before, with the id of the first.

    Only files of equal size are read. Pictures made in memory are not compared.
    """
    by_size: dict[int, list[str]] = defaultdict(list)
    found = dict(zip(images.ids, images.payload, strict=True))
    for name, item in found.items():
        if (size := _size(item)) is not None:
            by_size[size].append(name)
    first: dict[bytes, str] = {}
    doubled: dict[str, str] = {}
    for names in by_size.values():
        for name in names if len(names) > 1 else ():
            content = _content(found[name])
            if content is not None and first.setdefault(content, name) != name:
                doubled[name] = first[content]
    return doubled


def near_copies(images: Items) -> dict[str, str]:
    """Id of each picture that looks like an earlier one, with the id of the earlier.

    Decodes every picture. Two look alike if their difference hashes (8 x 8 signs of horizontal
    grey steps; Krawetz 2013) differ in at most 3 bits and their 9 x 8 grey thumbnails by at most 8
    of 255 levels on average: rescaled or recompressed copies. Pictures that cannot be read are
    left out.
    """
    buckets: dict[tuple[int, int], list[int]] = defaultdict(list)
    seen: list[tuple[str, int, np.ndarray]] = []
    found: dict[str, str] = {}
    for name, grey in _thumbnails(images):
        code = int.from_bytes(np.packbits(np.diff(grey, axis=1) > 0).tobytes(), "big")
        # hashes that differ in at most three bits agree in one of four quarters
        keys = [(quarter, code >> 16 * quarter & 0xFFFF) for quarter in range(4)]
        near = (seen[at] for at in sorted({at for key in keys for at in buckets[key]}))
        copied = next(
            (
                first
                for first, bits, thumbnail in near
                if (bits ^ code).bit_count() <= _FAR and np.abs(thumbnail - grey).mean() <= _GREY
            ),
            None,
        )
        if copied is not None:
            found[name] = copied
            continue
        for key in keys:
            buckets[key].append(len(seen))
        seen.append((name, code, grey))
    return found


def _thumbnails(images: Items) -> Iterator[tuple[str, np.ndarray]]:
    from PIL.Image import Resampling

    for name, item in zip(images.ids, images.payload, strict=True):
        try:
            grey = picture(item).rgb(at_least=4 * _SIDE).convert("L")
        except ItemError:
            continue
        small = grey.resize((_SIDE + 1, _SIDE), Resampling.BOX)
        yield name, np.asarray(small, dtype=np.float32)


def _size(item: object) -> int | None:
    source = item.source if isinstance(item, Picture) else item
    if isinstance(source, Path):
        try:
            return source.stat().st_size if source.is_file() else None
        except OSError:
            return None
    if isinstance(source, bytes):
        return len(source)
    return source.size if isinstance(source, Member) else None


def _content(item: Picture) -> bytes | None:
    source = item.source
    try:
        content = source() if isinstance(source, Member) else source
        content = content.read_bytes() if isinstance(content, Path) else content
    except OSError:
        return None
    return hashlib.sha256(content).digest() if isinstance(content, bytes) else None
