"""Files of sound, decoded a block at a time: float32 samples of full scale 1, a column a channel.

soundfile reads WAV in all its kinds, RF64, W64, AIFF, CAF, AU, FLAC, OGG and MP3; what it refuses
goes to PyAV (M4A, AAC, WebM, AC-3, WMA, the sound of a film). A file may claim what it likes: it
is never asked for the network, for other files, or for more memory than a block.
"""

import io
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.records import dataclass
from isthmus.store import is_file
from isthmus.types import ExtraMissingError, ItemError, reason

Block = Float[np.ndarray, "t c"]
"""Consecutive samples, one column a channel."""

BLOCK = 2**17
"""Values (samples times channels) that are decoded at once."""

RUN_UP = 1.0
"""Seconds before the start of a part from which it is decoded: lossy formats need what was before.
Where packets carry rounded times or none, a part may begin a few milliseconds off."""

CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,avi,caf,dsf,eac3,flac,flv,m4a,matroska,mov,mp3,mp4,mpeg,mpegts,ogg,"
    "tta,w64,wav,webm,wv"
)
"""Formats that FFmpeg may find: none that names other files, as playlists do."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """An open file of sound."""

    hertz: int
    """Samples a second."""
    channels: int
    blocks: Iterator[Block]
    """What follows, to be taken while the file is open."""
    seconds: Callable[[], float]
    """How long the whole is as its header says; 0 if it does not, or its end is not there. No
    block can be taken afterwards."""


class _Lenient:
    """A file of which a seek to nowhere stays where it is: callbacks of libsndfile cannot raise."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def seek(self, offset: int, whence: int = 0) -> int:
        with suppress(ValueError, OSError, OverflowError):
            self._file.seek(offset, whence)
        return self._file.tell()


@contextmanager
def decoded(source: Path | bytes, name: str, start: float = 0.0) -> Generator[Decoded]:
    """An open file of sound, from some second on.

    Raises:
        ItemError: no sound, or damaged, here or when blocks are taken; one sentence.
        ExtraMissingError: soundfile or PyAV is not installed.
    """
    with _file(source, name) as file:
        opened = _by_soundfile(file)
        if opened is not None:
            with opened:
                yield _of_soundfile(opened, name, start)
        else:
            with _container(file, name) as container:
                yield _of_container(container, name, start)


def scaled(samples: Any) -> Float[np.ndarray, "..."]:
    """Samples of any type as float32 whose full scale is 1: integers by their range."""
    kind = samples.dtype
    if kind.kind == "f":
        with np.errstate(over="ignore"):  # what is beyond float32 is refused as infinite
            return samples.astype(np.float32)
    full = 2.0 ** (8 * kind.itemsize - 1)
    return ((samples.astype(np.float64) - (full if kind.kind == "u" else 0)) / full).astype("f4")


@contextmanager
def _file(source: Path | bytes, name: str) -> Generator[Any]:
    if isinstance(source, Path) and not is_file(source):
        there = "a folder or a device, not" if source.exists() else "not there: it should be"
        raise ItemError(f"{name} is {there} a file of sound.")
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        if not file.read(1):
            raise ItemError(f"{name} is empty (0 bytes).")
        file.seek(0)
        yield file


@contextmanager
def damage_of(name: str, at: str = "") -> Generator[None]:
    """Turn the many ways in which decoders fail into one sentence."""
    try:
        yield
    except ItemError:
        raise
    except BaseException as error:
        raise ItemError(f"{name} is damaged or unreadable{at}: {reason(error)}.") from error


def _by_soundfile(file: Any) -> Any:
    """The file as soundfile opens it; None where it does not, or finds nothing in it."""
    try:
        import soundfile
    except ImportError as error:
        raise ExtraMissingError("soundfile", "audio") from error
    with suppress(soundfile.LibsndfileError):
        lenient: Any = _Lenient(file)
        opened = soundfile.SoundFile(lenient)
        # or it seeks after every read, by which MP3 and Opus lose what they decode from
        opened.seekable = lambda: False
        if opened.frames:  # none in the header of a recording that was cut off, as by a crash
            return opened
        opened.close()
    file.seek(0)
    return None


def _of_soundfile(file: Any, name: str, start: float) -> Decoded:
    hertz, frames = file.samplerate, file.frames

    def blocks() -> Iterator[Block]:
        late = 0
        with damage_of(name):
            if start:  # seeking may fail in a format, but not where samples are counted
                at = max(0, round((start - RUN_UP) * hertz))
                late = round(start * hertz) - file.seek(min(at, frames))
        while True:
            with damage_of(name):
                block = file.read(max(1, BLOCK // file.channels), dtype="float32", always_2d=True)
            if not len(block):
                return
            yield block[late:]
            late = max(0, late - len(block))

    def seconds() -> float:
        with suppress(RuntimeError):  # of libsndfile, which cannot go there
            file.seek(frames - 1)
            return frames / hertz if 0 < frames < 2**40 and len(file.read(2)) == 1 else 0.0
        return 0.0

    return Decoded(hertz, file.channels, blocks(), seconds)


@contextmanager
def _container(file: Any, name: str) -> Generator[Any]:
    try:
        import av
    except ImportError as error:
        raise ExtraMissingError("av", "audio") from error
    try:
        found = av.open(file, options={"format_whitelist": CONTAINERS})
    except BaseException as error:
        reason(error)  # which raises again what is no fault of the file
        raise ItemError(
            f"{name} is not a sound that can be read: WAV, AIFF, CAF, FLAC, OGG, Opus, MP3, M4A, "
            "AAC, WebM and their like are."
        ) from error
    with found:
        if not found.streams.audio:
            kinds = ", ".join(dict.fromkeys(one.type for one in found.streams)) or "nothing"
            raise ItemError(f"{name} holds no sound, only {kinds}.")
        yield found


def _of_container(container: Any, name: str, start: float) -> Decoded:
    stream = container.streams.audio[0]
    begins = float((stream.start_time or 0) * stream.time_base)
    with damage_of(name):
        if start:
            container.seek(int(max(0, start - RUN_UP + begins) / stream.time_base), stream=stream)
        frames = container.decode(stream)
        first = next(frames, None)
    if first is None:
        raise ItemError(f"{name} holds no samples.")
    hertz, channels = first.sample_rate, first.layout.nb_channels

    def blocks() -> Iterator[Block]:
        frame = first
        late = max(0, round((start + begins - (first.time or begins)) * hertz)) if start else 0
        while frame is not None:
            if (frame.sample_rate, frame.layout.nb_channels) != (hertz, channels):
                raise ItemError(
                    f"{name} changes from {hertz} Hz and {channels} channels to "
                    f"{frame.sample_rate} and {frame.layout.nb_channels} midway; save it at one."
                )
            values = frame.to_ndarray()
            block = values.T if frame.format.is_planar else values.reshape(-1, channels)
            yield scaled(block[late:])
            late = max(0, late - len(block))
            with damage_of(name):
                frame = next(frames, None)

    def seconds() -> float:
        said = float((stream.duration or 0) * stream.time_base)
        return said or (container.duration or 0) / 1e6

    return Decoded(hertz, channels, blocks(), seconds)
