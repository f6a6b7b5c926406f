"""What is in a file of moving pictures: its timeline, and its frames one at a time.

MP4, MOV, WebM, MKV and their kin are read by PyAV (the extra ``video``), GIF, WebP and PNG by
Pillow. The content decides which, never the name; nothing but the file itself is opened.
"""

import io
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from PIL import Image

from isthmus.read.image import is_picture, quiet
from isthmus.records import dataclass
from isthmus.store import is_file
from isthmus.types import ExtraMissingError, ItemError, reason

MAX_PIXELS = 40_000_000
"""Of one frame, more than 8K has; larger ones are refused from the header."""

CONTAINERS = {
    "mov": re.compile(rb"....(?:ftyp|moov|mdat|wide|free|skip|pnot)", re.DOTALL),
    "matroska": re.compile(rb"\x1a\x45\xdf\xa3"),
    "avi": re.compile(rb"RIFF....AVI ", re.DOTALL),
    "ogg": re.compile(rb"OggS"),
    "flv": re.compile(rb"FLV\x01"),
    "asf": re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    "mpeg": re.compile(rb"\0\0\x01\xba"),
}
"""How files of each container begin. FFmpeg is told which to read: left to guess, it would take a
text for a playlist and open what that names."""

ANIMATED = ("GIF", "WEBP", "PNG")
"""Pictures that may move."""

Source: TypeAlias = Path | bytes
Shot: TypeAlias = tuple[float, Image.Image]
"""When a frame is shown, in seconds from the first, and its pixels, RGB and upright."""


@dataclass(frozen=True, eq=False)
class Timeline:
    """When frames are shown, found without keeping any."""

    seconds: np.ndarray
    """(t,) float64 of each frame, from the first, in the order in which they are shown."""
    duration: float
    """Seconds until the last frame ends."""
    stamps: np.ndarray
    """(t,) int64: the file's own time stamps, or numbers of frames."""
    keys: np.ndarray = field(default_factory=lambda: np.zeros(1, np.int64))
    """Stamps from which decoding can begin."""
    sound: bool = False
    """Whether there is something to hear."""


@dataclass(frozen=True)
class Backend:
    """How one kind of files is read: its timeline, and the frames of some stamps."""

    timeline: Callable[[Source], Timeline]
    shots: Callable[[Source, Timeline, Sequence[int]], Iterator[Shot]]
    """Frames of ascending stamps, one at a time; ends early where the file is damaged."""


def backend(source: Source, name: str) -> Backend:
    """How a file is read, by its first bytes.

    Raises:
        ItemError: it is not there, empty, or nothing that moves.
    """
    start = source[:64] if isinstance(source, bytes) else _start(source, name)
    if not start:
        raise ItemError(f"{name} is empty (0 bytes).")
    if container(start):
        return FILM
    if is_picture(start):
        return PICTURES
    raise ItemError(
        f"{name} is not a video that can be read; readable are MP4, MOV, WebM, MKV, AVI and their "
        "kin, and animated GIF, WebP and PNG."
    )


def container(start: bytes) -> str:
    """The container that a file is in by its first bytes; nothing where it is none."""
    if is_picture(start):
        return ""  # AVIF and HEIC are boxes of the same kind
    return next((kind for kind, begins in CONTAINERS.items() if begins.match(start)), "")


def _start(path: Path, name: str) -> bytes:
    if not is_file(path):
        there = "is a folder or a device, not a video" if path.exists() else "is not there"
        raise ItemError(f"{name} {there}.")
    with path.open("rb") as file:
        return file.read(64)


def _av() -> Any:
    try:
        import av
    except ModuleNotFoundError as error:
        raise ExtraMissingError("av", "video") from error
    return av


@contextmanager
def _film(source: Source) -> Generator[tuple[Any, Any]]:
    """The container and its video stream."""
    av = _av()
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        kind = container(file.read(64))
        file.seek(0)
        with av.open(file, format=kind) as found:
            covers = av.stream.Disposition.attached_pic
            moving = [one for one in found.streams.video if not one.disposition & covers]
            if not moving:
                heard = len(found.streams.audio)
                more = f", only sound ({heard}): say modality='audio'" if heard else ""
                raise ItemError(f"there is no video stream in it{more}")
            _check_size(moving[0].codec_context.width, moving[0].codec_context.height)
            moving[0].thread_type = "SLICE"  # threads of frames hold many, and report late
            yield found, moving[0]


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise ItemError(
            f"its frames claim {width} x {height} pixels; at most {MAX_PIXELS:,} are decoded"
        )


def _film_timeline(source: Source) -> Timeline:
    with _film(source) as (found, stream):
        packets = [
            (packet.pts, packet.duration or 0, packet.is_keyframe)
            for packet in found.demux(stream)
            if packet.pts is not None and packet.size
        ]
        heard, base, rate = bool(found.streams.audio), stream.time_base, stream.average_rate
    if not packets:
        return Timeline(np.zeros(0), 0.0, np.zeros(0, np.int64))
    order = sorted(set(packets))
    stamps = np.array([stamp for stamp, _, _ in order], np.int64)
    keys = np.array([stamp for stamp, _, key in order if key] or stamps[:1], np.int64)
    last = order[-1][1] * base or (1 / rate if rate else 0)
    seconds = (stamps - stamps[0]) * float(base)
    return Timeline(seconds, float(seconds[-1] + last), stamps, keys, heard)


def _film_shots(source: Source, times: Timeline, wanted: Sequence[int]) -> Iterator[Shot]:
    """Decode forwards, and jump where a later key frame is nearer to what is wanted."""
    first = int(times.stamps[0])
    with _film(source) as (found, stream):
        frames, held, base = _Frames(found, stream, first), None, float(stream.time_base)
        for stamp in wanted:
            key = int(times.keys[max(0, np.searchsorted(times.keys, stamp, "right") - 1)])
            frames.jump(key if key > frames.at else None)
            shown = frames.until(stamp)
            if shown is not None and (held is None or shown.pts > held.pts):
                held = shown
                yield (shown.pts - first) * base, _upright(shown)


class _Frames:
    """Decoded frames of a stream in the order in which they are shown."""

    def __init__(self, found: Any, stream: Any, first: int) -> None:
        self.found, self.stream, self.first = found, stream, first
        self.coming, self.held = _decoded(found, stream), None
        self.ahead = next(self.coming, None)

    @property
    def at(self) -> int:
        """Stamp of the next frame; of what is read to its end, where it ended."""
        frame = self.ahead or self.held
        return self.first if frame is None else frame.pts

    def jump(self, key: int | None) -> None:
        """Go on from a key frame; from the beginning where the file does not find it."""
        for target in () if key is None else (key, self.first):
            self.found.seek(target, stream=self.stream)
            self.coming = _decoded(self.found, self.stream)
            self.ahead = next(self.coming, None)
            if self.ahead is not None and self.ahead.pts <= target:
                return

    def until(self, stamp: int) -> Any:
        """The frame that is shown at a stamp; the last one before where that is damaged."""
        while self.ahead is not None and self.ahead.pts <= stamp:
            self.held, self.ahead = self.ahead, next(self.coming, None)
        return self.held


def _decoded(found: Any, stream: Any) -> Iterator[Any]:
    """Frames until the end or until the file is damaged."""
    av = _av()
    decoder = stream.codec_context
    if stream.metadata.get("alpha_mode") == "1":  # FFmpeg's own decoders leave transparency out
        name = {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(decoder.name, decoder.name)
        decoder = av.CodecContext.create(name, "r")
    try:
        for packet in found.demux(stream):
            for frame in decoder.decode(packet):
                if frame.is_corrupt:
                    return
                if frame.pts is not None:
                    yield frame
    except av.error.FFmpegError:
        return


def _upright(frame: Any) -> Image.Image:
    _check_size(frame.width, frame.height)
    if frame.format.name.startswith(("yuva", "rgba", "bgra", "argb", "abgr", "gbrap")):
        image = _on_white(Image.fromarray(frame.to_ndarray(format="rgba")))
    else:
        image = Image.fromarray(frame.to_ndarray(format="rgb24"))
    turns = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180,
             270: Image.Transpose.ROTATE_270}  # fmt: skip
    turn = turns.get(round(frame.rotation) % 360)
    return image if turn is None else image.transpose(turn)


def _on_white(image: Image.Image) -> Image.Image:
    paper = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(paper, image.convert("RGBA")).convert("RGB")


@contextmanager
def _moving(source: Source) -> Generator[Image.Image]:
    with quiet, Image.open(io.BytesIO(source) if isinstance(source, bytes) else source,
                           formats=ANIMATED) as image:  # fmt: skip
        _check_size(*image.size)
        yield image


def _picture_timeline(source: Source) -> Timeline:
    durations = []
    with _moving(source) as image:
        for number in range(getattr(image, "n_frames", 1)):
            try:
                image.seek(number)
                image.load()
            except (EOFError, OSError, SyntaxError):
                break
            durations.append(max(float(image.info.get("duration", 0) or 0), 0.0))
    shown = np.array([one or 100.0 for one in durations]) / 1000  # as browsers show 0
    ends = np.cumsum(shown)
    seconds = np.concatenate([[0.0], ends])[:-1]
    stamps = np.arange(len(shown))
    return Timeline(seconds, float(ends[-1]) if len(ends) else 0.0, stamps)


def _picture_shots(source: Source, times: Timeline, wanted: Sequence[int]) -> Iterator[Shot]:
    with _moving(source) as image:
        for number in wanted:
            try:
                image.seek(number)
                shown = _on_white(image)
            except (EOFError, OSError, SyntaxError):
                return
            yield float(times.seconds[number]), shown


FILM = Backend(_film_timeline, _film_shots)
PICTURES = Backend(_picture_timeline, _picture_shots)


def told(name: str, error: BaseException) -> ItemError:
    """What a library said of a file, as one sentence that names it."""
    said = str(getattr(error, "strerror", None) or reason(error)).rstrip(".")
    kind = "cannot be read" if isinstance(error, ItemError) else "is damaged or unreadable"
    return ItemError(f"{name} {kind}: {said}.")
