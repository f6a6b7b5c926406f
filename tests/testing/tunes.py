"""A toy modality with a view and an encoder, of which any part can be replaced by a broken one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.types import Bag, ItemError, Items, Modality, Place, Space, View

SPACE = Space("toy", "toy-8", 8, scale=2.0)


@dataclass(frozen=True, eq=False)
class Tune:
    """Tones in hertz."""

    tones: Float[np.ndarray, " n"]

    @property
    def content_key(self) -> str:
        return str(self.tones.tolist())


def content_of(item: Any) -> bytes:
    """The bytes of a file, or bytes."""
    if isinstance(item, bytes):
        return item
    if not isinstance(item, Path):
        raise ItemError(f"A tune is a path, bytes or a list of tones, not a {type(item).__name__}.")
    try:
        return item.read_bytes()
    except OSError as error:
        raise ItemError(f"{item} cannot be read: {error.strerror}.") from error


def tune(item: Any) -> Tune:
    """A tune of a list of tones, or of a file or bytes that begin with TUNE."""
    if isinstance(item, Tune):
        return item
    if isinstance(item, (list, tuple)):
        return Tune(np.array(item, np.float64))
    words = content_of(item).split()
    try:
        if words[0] != b"TUNE":
            raise ValueError("it does not begin with TUNE")
        tones = np.array([float(word) for word in words[1:]])
        if not len(tones) or not np.isfinite(tones).all():
            raise ValueError("it has no tones")
    except (IndexError, ValueError) as error:
        raise ItemError(f"This is no file of a tune: {error}.") from error
    return Tune(tones)


def notes(item: Any, owner: str) -> Bag:
    """Every tone as a text."""
    tones = tune(item).tones
    ids = tuple(f"{owner}/{number:03d}" for number in range(len(tones)))
    places = tuple(
        Place(number, seconds=(float(number), number + 1.0)) for number in range(len(tones))
    )
    return Bag(owner, Items("text", ids, [f"{tone:.0f} hertz" for tone in tones]), places)


def features(items: list[Any]) -> np.ndarray:
    """(n, 8): powers of the sorted tones' mean and spread."""
    rows = []
    for item in items:
        tones = tune(item).tones / 1000
        some = (1, tones.mean(), tones.std(), tones.min(), tones.max(), (tones**2).mean(), 0.5, 2)
        rows.append(some)
    return np.array(rows, np.float32).reshape(-1, 8)


@dataclass
class Ear:
    """Its encoder."""

    encode: Callable[[list[Any]], np.ndarray] = features
    modality: str = "tune"
    space: Space = SPACE


@dataclass
class Words:
    """The encoder of texts in its space."""

    modality: str = "text"
    space: Space = SPACE

    def encode(self, items: list[Any]) -> np.ndarray:
        found = [
            [len(item), *np.frombuffer(item[:7].ljust(7).encode(), np.uint8)] for item in items
        ]
        return np.array(found, np.float32).reshape(-1, 8)


TUNE = Modality(
    "tune",
    tune,
    "A tune: tones in hertz.",
    suffixes=(".tune",),
    known=lambda start: start.startswith(b"TUNE"),
    shown=lambda item: f"{len(tune(item).tones)} tones",
)
NOTES = View("notes", "tune", "text", notes, "every tone as a text")


@dataclass(frozen=True)
class Parts:
    """Of a modality under test."""

    modality: Modality = TUNE
    view: View | None = NOTES
    encoders: tuple[Any, ...] = (Ear(), Words())

    def read(self, reader: Callable[[Any], Any]) -> "Parts":
        """With another reader."""
        return replace(self, modality=replace(self.modality, read=reader))

    def entry(self, **changed: Any) -> "Parts":
        """With another entry in the register."""
        return replace(self, modality=replace(self.modality, **changed))

    def seen(self, see: Callable[[Any, str], Bag] = notes, **changed: Any) -> "Parts":
        """With another view."""
        assert self.view is not None
        return replace(self, view=replace(self.view, see=see, **changed))

    def encoded(self, encode: Callable[[list[Any]], np.ndarray] = features, **of: Any) -> "Parts":
        """With another encoder."""
        return replace(self, encoders=(Ear(encode, **of), Words()))
