"""Modalities whose entry or reader is broken in one way each, by the check that notices it."""

import threading
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from isthmus.types import ItemError, Space
from tests.testing.tunes import SPACE, Parts, Tune, Words, content_of, tune

GOOD, BROKEN = Parts(), {}
HELD = []
"""What broken readers do not let go."""


def breaks(check):
    """The check that notices it, for a function from sound parts to broken ones."""

    def keep(broken):
        BROKEN[check] = broken
        return broken

    return keep


def reading(check):
    """As ``breaks``, for a reader."""
    return lambda reader: breaks(check)(lambda parts: parts.read(reader))


def seeing(check, **changed):
    """As ``breaks``, for a view."""
    return lambda see: breaks(check)(lambda parts: parts.seen(see, **changed))


def encoding(check, **changed):
    """As ``breaks``, for an encoder."""
    return lambda encode: breaks(check)(lambda parts: parts.encoded(encode, **changed))


def away():
    """Whether this is another thread than the one that tests."""
    return threading.current_thread() is not threading.main_thread()


def content(item):
    """Bytes of what is a path or bytes; nothing of anything else."""
    return content_of(item) if isinstance(item, (bytes, Path)) else b""


BROKEN |= {
    "registered": lambda parts: parts.entry(name="melody"),
    "about says units": lambda parts: parts.entry(about="A tune as it is sung."),
    "suffixes": lambda parts: parts.entry(suffixes=(".TUNE",)),
    "leads on": lambda parts: replace(parts, view=None, encoders=()),
    "claims no other files": lambda parts: parts.entry(known=lambda start: True),
    "recognised": lambda parts: parts.entry(suffixes=(".tune", ".txt"), known=None),
    "shown": lambda parts: parts.entry(shown=lambda item: ""),
    "views say what they see": lambda parts: parts.seen(about=""),
    "encoder": lambda parts: parts.encoded(modality="melody"),
    "space": lambda parts: parts.encoded(space=Space("toy", "toy-8", 8, scale=0.0)),
    "roads end in one space": lambda parts: replace(
        parts, encoders=(parts.encoders[0], Words(space=Space("other", "other", 8)))
    ),
    "saved": lambda parts: parts.encoded(space=replace(SPACE, bias=float("nan"))),
}


@reading("same item again")
def drifting(item, times=count()):  # noqa: B008
    return item if isinstance(item, Tune) else Tune(tune(item).tones + next(times))


@reading("an item is read as itself")
def higher(item):
    return Tune(tune(item).tones + 1)


@reading("items stay as they are")
def reused(item, held=np.zeros(1)):  # noqa: B008
    held[0] = tune(item).tones.sum()
    return Tune(held)


@reading("examples differ")
def deaf(item):
    return Tune(0 * tune(item).tones[:1])


@reading("path and bytes")
def louder_bytes(item):
    return Tune(tune(item).tones * (2 if isinstance(item, bytes) else 1))


@reading("any file name")
def ascii_only(item):
    if isinstance(item, Path) and not item.name.isascii():
        raise ItemError("This reader wants names in ASCII only.")
    return tune(item)


@reading("lying suffix")
def by_name(item):
    return (
        Tune(tune(item).tones[::-1])
        if isinstance(item, Path) and ".bin" in item.name
        else tune(item)
    )


@reading("missing file")
def of_nothing(item):
    return tune([1.0]) if isinstance(item, Path) and not item.exists() else tune(item)


@reading("folder")
def of_folders(item):
    return tune([1.0]) if isinstance(item, Path) and item.is_dir() else tune(item)


@reading("empty file")
def of_emptiness(item):
    found = isinstance(item, bytes) or (isinstance(item, Path) and item.is_file())
    return tune([1.0]) if found and not content_of(item) else tune(item)


@reading("noise")
def of_noise(item):
    return tune([1.0]) if content_of_file(item)[:1] == b"\xff" else tune(item)


def content_of_file(item):
    """Bytes of a file that is there, or bytes."""
    there = isinstance(item, bytes) or (isinstance(item, Path) and item.is_file())
    return content_of(item) if there else b"TUNE 1"


@reading("cut file")
def whole_only(item):
    if content_of_file(item) and content_of_file(item)[:4] != b"TUNE"[: len(content_of_file(item))]:
        return tune(item)
    if isinstance(item, (bytes, Path)) and len(content_of_file(item)) < 6:
        raise IndexError("string index out of range")
    return tune(item)


@reading("changed bytes")
def unguarded(item):
    found = content_of_file(item)
    if found.startswith(b"TUNE") and isinstance(item, bytes):
        return Tune(np.array([float(word) for word in found.split()[1:]] or [0.0]))
    return tune(item)


@reading("other objects")
def of_none(item):
    return tune([1.0]) if item is None else tune(item)


@reading("item type")
def spaces(item):
    if isinstance(item, SimpleNamespace):
        return item
    return SimpleNamespace(tones=tune(item).tones)


@dataclass(frozen=True, eq=False)
class Bare(Tune):
    """Tones."""


@reading("units")
def bare(item):
    return Bare(tune(item).tones)


@dataclass(frozen=True, eq=False)
class Shapeless(Tune):
    """Tones in hertz."""

    more: np.ndarray


@reading("shapes")
def shapeless(item):
    return Shapeless(tune(item).tones, np.zeros(3))


@reading("numbers")
def endless(item):
    return Tune(np.append(tune(item).tones, np.nan))


class Nameless(Tune):
    """Tones in hertz, all called the same."""

    content_key = "a tune"


@reading("known by content")
def nameless(item):
    return Nameless(tune(item).tones)


@reading("memory")
def greedy(item):
    np.empty(2**28)
    return tune(item)


@reading("memory is given back")
def keeping(item):
    HELD.append(bytes(3 * 2**20))
    return tune(item)


@reading("files are closed")
def leaving_open(item):
    if isinstance(item, Path) and item.is_file():
        HELD.append(item.open("rb"))
    return tune(item)


@reading("files stay as they are")
def writing(item):
    found = tune(item)
    if isinstance(item, Path):
        item.with_suffix(".read").touch()
    return found


@reading("threads")
def of_one_thread(item):
    return Tune(tune(item).tones + away())
