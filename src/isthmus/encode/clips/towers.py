"""``clips``: the space of ``mini`` with towers for videos that heed the order of frames.

``clips:mixer`` sees eight frames through ``mini`` and mixes their vectors over time;
``clips:direct`` sees the pixels of eight frames at once. Towers are trained against the frozen
space, so their vectors compare with those of ``mini``. Their weights are in ``isthmus-units``,
since they saw its share-alike clips.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from isthmus.arrays import Vectors, fingerprint, unit
from isthmus.encode import mini
from isthmus.read.image import Picture
from isthmus.read.video import clip, evenly
from isthmus.records import dataclass
from isthmus.store import data_folder
from isthmus.types import DataMissingError, Encoder, LoadOptions, RequestError, Space
from isthmus.view.frames import COUNT

TOWERS = ("mixer", "direct")
SIDE = 64
"""Pixels along a side of what the direct tower sees."""


@dataclass(frozen=True, eq=False)
class ClipTower:
    """Videos to vectors, by their frames in order."""

    space: Space
    network: Any
    """An ONNX Runtime session: ``frames`` of one clip to its vector."""
    road: str
    weights: str
    """Hash of the network's."""
    frames: mini.MiniImage | None
    """What sees each frame first; None where the network takes pixels."""
    batch: int = 16
    modality: str = "video"

    @property
    def preprocessing(self) -> str:
        """What is done to a video before the network."""
        seen = f"fitted into {SIDE} pixels" if self.frames is None else self.frames.preprocessing
        return f"{COUNT} frames at even steps of time, in order, {seen}; tower {self.weights[:12]}"

    def encode(self, items: Sequence[Any]) -> Vectors:
        """(n, d) float32 of videos.

        Raises:
            ItemError: one of them cannot be read.
        """
        rows = [self._vector(in_order(item, mini.SIDE)) for item in items]
        return np.concatenate([np.empty((0, self.space.dim), np.float32), *rows])

    def _vector(self, frames: Sequence[Image.Image]) -> np.ndarray:
        if self.frames is None:
            inputs: Any = np.stack([np.asarray(mini.fitted(one, SIDE)) for one in frames])
        else:
            inputs = unit(self.frames.encode([Picture(one) for one in frames]))
        return np.asarray(self.network.run(None, {"frames": inputs[None]})[0])


def in_order(item: Any, side: int) -> list[Image.Image]:
    """What is shown at eight even steps of time; a frame that lasts longer comes more than once."""
    some = clip(item)
    moments = evenly(some.timeline, COUNT)
    frames = list(some.at(moments, side))
    rows = np.searchsorted([one.seconds for one in frames], moments + 1e-9, "right") - 1
    return [frames[row].image for row in np.maximum(rows, 0)]


def load(rest: str, options: LoadOptions) -> dict[str, Encoder]:
    """The towers of ``mini`` and one for videos: ``clips:mixer`` or ``clips:direct``.

    Raises:
        RequestError: another tower, or another device than the CPU.
        DataMissingError: the package ``isthmus-units`` is not installed.
    """
    if rest not in TOWERS:
        raise RequestError(f"Towers for clips are {', '.join(TOWERS)}, not {rest!r}: clips:mixer.")
    towers = mini.load("", options)
    folder = data_folder("clip_towers")
    if folder is None or not (folder / f"{rest}.onnx").is_file():
        raise DataMissingError(f"clips:{rest}", "isthmus-units")
    seen = towers["image"] if rest == "mixer" else None
    assert seen is None or isinstance(seen, mini.MiniImage)
    file = folder / f"{rest}.onnx"
    weights = fingerprint(file.read_bytes())
    space, network = towers["image"].space, mini.session(file)
    return {**towers, "video": ClipTower(space, network, rest, weights, seen)}
