"""Videos: frames as sRGB, 8 bits a channel (0..255), upright, with their times in seconds.

A clip is a lazy handle: frames are decoded one at a time when they are asked for, so that a long
film needs no more memory than a short one. Transparent pixels are white.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from isthmus.arrays import fingerprint
from isthmus.read.image import moves
from isthmus.read.moving_files import Source, Timeline, backend, container, told
from isthmus.records import dataclass
from isthmus.types import ItemError, Modality

SUFFIXES = (
    *(".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".ogv", ".3gp", ".3g2", ".flv", ".wmv"),
    *(".mpg", ".mpeg"),
)
"""Ends of the names of films."""
MOVING = (".gif", ".webp", ".apng")
"""Ends of the names of pictures that may move: those that do are videos, unless
``modality="image"`` is said, which takes their first frame."""

HISTOGRAM, CUT = 4, 0.35
"""Steps of each colour channel, and the share of pixels that change their step at a cut."""
_SMALL = 48
"""Pixels of a frame's shorter side where cuts are looked for."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a clip: sRGB 0..255, upright."""

    seconds: float
    """When it is shown, from the first frame."""
    image: Image.Image


@dataclass(frozen=True, eq=False)
class Stack:
    """Frames in memory: sRGB 0..255, upright, and seconds."""

    frames: UInt8[np.ndarray, "t h w 3"]
    seconds: Float[np.ndarray, " t"]
    """When each is shown, from the first; ascending."""
    duration: float
    """Seconds until the last one ends."""
    note: str = ""
    """What it was read without, in words; nothing if it is whole."""

    def __post_init__(self) -> None:
        count = len(self.frames)
        fits = self.frames.dtype == np.uint8 and self.frames.shape[3:] == (3,)
        rising = len(self.seconds) == count and (np.diff(self.seconds) > 0).all()
        if not (count and fits and rising and self.duration > self.seconds[-1] >= 0):
            raise ItemError(
                "A stack is (t, h, w, 3) uint8 frames with ascending seconds and a longer duration,"
                f" not {self.frames.dtype} {self.frames.shape} with {len(self.seconds)} times up to"
                f" {max(self.seconds, default=0):g} of {self.duration:g} s."
            )

    @property
    def content_key(self) -> str:
        """Changes with any pixel and any time."""
        return fingerprint(self.frames, self.seconds, self.duration)


@dataclass(frozen=True, eq=False)
class Clip:
    """A video that is not decoded yet; its frames are sRGB 0..255, upright, in seconds."""

    source: "Source | Stack | Callable[[], Source | Stack]"
    """A path, the bytes of a file, frames in memory, or a call that gives one of these; the
    ``str`` of what is called is its name."""

    @property
    def name(self) -> str:
        """What error messages call it."""
        named = isinstance(self.source, Path) or callable(self.source)
        return str(self.source) if named else "the video"

    @cached_property
    def timeline(self) -> Timeline:
        """When its frames are shown; a file is read through, but not decoded.

        Raises:
            ItemError: no video, damaged, without a frame, or too large; says which.
        """
        source = self.opened
        if isinstance(source, Stack):
            numbers = np.arange(len(source.frames))
            return Timeline(np.asarray(source.seconds, float), source.duration, numbers)
        found = self._guarded(lambda: backend(source, self.name).timeline(source))
        if not len(found.seconds):
            raise ItemError(f"{self.name} holds no frame.")
        return found

    def at(self, seconds: Sequence[float] | np.ndarray, side: int = 0) -> Iterator[Frame]:
        """The frames that are shown at these moments, each once, one at a time.

        Where the file is damaged, the frames before are given, and the log says so.

        Args:
            seconds: ascending, from the first frame.
            side: frames whose shorter side has more pixels are scaled down to it; 0 keeps all.

        Raises:
            ItemError: as ``timeline``, or no frame can be decoded.
        """
        times, source, rows = self.timeline, self.opened, self._rows(seconds)
        if isinstance(source, Stack):
            shots = iter((times.seconds[row], Image.fromarray(source.frames[row])) for row in rows)
        else:
            wanted = times.stamps[rows].tolist()
            shots = backend(source, self.name).shots(source, times, wanted)
        last = -1.0
        while (shot := self._guarded(lambda: next(shots, None))) is not None:
            last = float(shot[0])
            yield Frame(last, _small(shot[1], side))
        if last < times.seconds[rows[-1]]:
            self._damaged(last)

    def frames(self, side: int = 0) -> Iterator[Frame]:
        """Every frame, one at a time; as ``at``."""
        return self.at(self.timeline.seconds, side)

    def stack(self, seconds: Sequence[float] | np.ndarray, side: int = 0) -> Stack:
        """The frames of these moments in memory; as ``at``."""
        some = list(self.at(seconds, side))
        times = np.array([one.seconds for one in some])
        wanted = self.timeline.seconds[self._rows(seconds)[-1]]
        note = f"it is damaged after {times[-1]:.3f} s: the frames before are used"
        frames = np.stack([np.asarray(one.image) for one in some])
        return Stack(frames, times, self.timeline.duration, note if times[-1] < wanted else "")

    @property
    def sound(self) -> Source | None:
        """The file to hear it from, which a reader of sound opens; None if it is silent."""
        source = self.opened
        return source if not isinstance(source, Stack) and self.timeline.sound else None

    @cached_property
    def opened(self) -> "Source | Stack":
        """What the source is, or gives when it is called."""
        return self.source() if callable(self.source) else self.source

    def _rows(self, seconds: Sequence[float] | np.ndarray) -> np.ndarray:
        """Numbers of the frames that are shown at some moments."""
        at = np.searchsorted(self.timeline.seconds, np.asarray(seconds, float) + 1e-9, "right") - 1
        return np.unique(np.maximum(at, 0))

    def _damaged(self, last: float) -> None:
        if last < 0:
            raise ItemError(f"{self.name} is damaged: none of the frames asked for can be decoded.")
        logging.getLogger(__name__).warning(
            "%s is damaged after %.3f s: the frames before are used", self.name, last
        )

    def _guarded(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except ItemError as error:
            said = str(error)
            raise error if said.startswith(self.name) else told(self.name, error) from error
        except BaseException as error:  # readers fail in many ways on damaged files
            raise told(self.name, error) from error


def clip(item: Any) -> Clip:
    """A clip of whatever a user has: a path, the bytes of a file, or a ``Stack`` of frames.

    Raises:
        ItemError: something else.
    """
    if isinstance(item, Clip):
        return item
    if isinstance(item, (str, Path)):
        return Clip(Path(item))
    if isinstance(item, (bytes, Stack)):
        return Clip(item)
    raise ItemError(
        f"A video is a path, the bytes of a file, or a Stack of frames with their seconds; this is "
        f"a {type(item).__name__}."
    )


def evenly(times: Timeline, count: int) -> Float[np.ndarray, " n"]:
    """The middles of ``count`` equal parts of the time, in seconds."""
    return (np.arange(count) + 0.5) / count * times.duration


def at_rate(times: Timeline, hertz: float) -> Float[np.ndarray, " n"]:
    """Moments ``1 / hertz`` apart, from the first frame on, in seconds."""
    return np.arange(0, times.duration, 1 / hertz)


def of_shots(some: Clip) -> Float[np.ndarray, " n"]:
    """The middle of each shot, in seconds: cuts are where the colours change at once.

    Half the sum of differences of two frames' colour histograms is the share of pixels that
    changed their colour; above ``CUT`` a new shot begins.

    Source: Zhang, Kankanhalli & Smoliar 1993, Automatic partitioning of full-motion video, eq. 3.
    """
    starts, before, last = [0.0], None, 0.0
    for frame in some.frames(_SMALL):
        steps = np.asarray(frame.image).reshape(-1, 3) // (256 // HISTOGRAM)
        colours = steps @ [HISTOGRAM**2, HISTOGRAM, 1]
        counts = np.bincount(colours, minlength=HISTOGRAM**3) / len(colours)
        if before is not None and abs(counts - before).sum() / 2 > CUT:
            starts.append(frame.seconds)
        before, last = counts, frame.seconds
    ends = [*starts[1:], max(some.timeline.duration, last)]
    return (np.array(starts) + np.array(ends)) / 2


def _small(image: Image.Image, side: int) -> Image.Image:
    scale = side / min(image.size) if side else 1.0
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)


VIDEO = Modality(
    "video",
    clip,
    about="A clip: frames as sRGB, 8 bits a channel, upright, with their times in seconds; decoded "
    "one at a time when they are asked for.",
    suffixes=(*SUFFIXES, *MOVING),
    known=lambda start: bool(container(start)) or moves(start),
    shown=lambda item: next(clip(item).frames()).image,
)
