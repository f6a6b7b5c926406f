"""Sounds: float32 samples in -1..1 at some hertz; channels are kept until they are mixed.

A sound is a lazy handle: a file is opened only when its samples are asked for, and long ones are
taken a block at a time.
"""

import hashlib
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float

from isthmus.engine.content_index import content_hash
from isthmus.read.sound_files import Block, Decoded, damage_of, decoded, scaled
from isthmus.records import dataclass
from isthmus.types import ExtraMissingError, ItemError, Modality, RequestError

SUFFIXES = (
    *(".wav", ".flac", ".ogg", ".mp3", ".m4a", ".aac", ".opus", ".aif", ".aiff", ".aifc"),
    *(".wave", ".rf64", ".w64", ".caf", ".au", ".snd", ".oga", ".mp2", ".mpga", ".m4b", ".weba"),
    *(".mka", ".wma", ".ac3", ".amr"),
)
"""Ends of the names of files of sound; the content decides how it is read."""

_POSSIBLE = re.escape(bytes(one for one in range(0x10, 0xF0) if one & 12 != 12))
"""Third bytes of an MP3: bit rate and rate are none of the reserved ones."""
_MAGIC = re.compile(
    rb"(?:RIFF|RF64|BW64)....WAVE|riff\x2e\x91\xcf\x11|FORM....AIF[FC]|caff\0|\.snd|fLaC|OggS|ID3"
    rb"|\xff[\xe2-\xe5\xf2-\xf5\xfa-\xfd][%b]|\xff[\xf0\xf1\xf8\xf9]|....ftypM4[AB]" % _POSSIBLE,
    re.DOTALL,
)
"""First bytes of sounds, whatever they are called. After an MP3's sync word its layer must be
possible too, since UTF-16 text begins as one does."""

MOST_SAMPLES = 100_000_000
"""That are given at once: 1 h 44 min at 16 kHz, 0.4 GB."""
SLOWEST, FASTEST = 1_000, 10_000_000
"""Hertz that a sound may have: below, nothing is left that an ear hears."""
SHORTEST = 0.001
"""Seconds that a sound has at least."""
LOUDEST = 32.0
"""Up to which samples beyond full scale are clipped, as players do; beyond, they are no samples
whose full scale is 1."""
CANCELLED = 1e-6
"""Power of the mixed channels, over that of the channels, below which they cancel each other."""

POLICY = "channels averaged, resampled by soxr HQ, clipped to -1..1"
"""How samples are made of a file: part of every sound preprocessing's fingerprint."""

Mono: TypeAlias = Float[np.ndarray, " t"]
"""Samples of one channel, -1..1."""


@dataclass(frozen=True, eq=False)
class Waveform:
    """Samples in memory."""

    samples: Float[np.ndarray, "t c"]
    """float32, full scale -1..1, one column a channel."""
    hertz: int

    @property
    def content_key(self) -> str:
        """Says what it is, for fingerprints."""
        content = hashlib.sha256(np.ascontiguousarray(self.samples).tobytes()).hexdigest()
        return f"{self.samples.shape} at {self.hertz} Hz: {content}"


@dataclass(frozen=True, eq=False)
class Part:
    """Some seconds of a sound, all its channels or one."""

    whole: "Sound"
    start: float = 0.0
    """Seconds."""
    end: float = np.inf
    channel: int | None = None

    @property
    def content_key(self) -> str:
        """Says what it is, for fingerprints."""
        return f"{content_hash(self.whole)} {self.start} to {self.end}, channel {self.channel}"


Source: TypeAlias = Path | bytes | Waveform | Part


@dataclass(frozen=True, eq=False)
class Sound:
    """A sound that is not decoded yet, with its hertz and channels; samples are float32 in -1..1.

    The source is a file, its bytes, samples, a part of another sound, or a call that gives one of
    these when samples are asked for and whose ``str`` is its name.
    """

    source: Source | Callable[[], Source]

    def __str__(self) -> str:
        channels = f"{self.channels} channel{'s' * (self.channels > 1)}"
        return f"{self.name}: {self.seconds:.2f} s, {self.hertz:,} Hz, {channels}"

    @property
    def name(self) -> str:
        """What error messages call it."""
        if isinstance(self.source, Part):
            return self.source.whole.name
        named = isinstance(self.source, Path) or callable(self.source)
        return str(self.source) if named else "the sound"

    @property
    def hertz(self) -> int:
        """Samples a second of its source."""
        return self._about[0]

    @property
    def channels(self) -> int:
        """How many there are in its source."""
        return self._about[1]

    @property
    def seconds(self) -> float:
        """How long it is; where the header does not say or lies, it is decoded to be counted."""
        return self._about[2]

    @cached_property
    def _about(self) -> tuple[int, int, float]:
        with self._opened() as found:
            hertz, channels, seconds = found.hertz, found.channels, found.seconds()
        if not seconds:
            with self._opened() as found:
                seconds = sum(map(len, found.blocks)) / hertz
        return hertz, channels, seconds

    def part(self, start: float, end: float) -> "Sound":
        """The sound from one second to another; decoded from there on when asked for."""
        return Sound(Part(self, start, end))

    def channel(self, number: int) -> "Sound":
        """One of its channels, from 0."""
        return Sound(Part(self, channel=number))

    def samples(self, hertz: int = 0) -> Float[np.ndarray, "t c"]:
        """Every channel, one a column.

        Args:
            hertz: to be resampled to; 0 leaves its own.

        Raises:
            ItemError: no sound, damaged, without samples or with NaN, too long to be given at
                once, or at an impossible rate; says which.
            ExtraMissingError: a package of the extra ``audio`` is not installed.
        """
        return self._whole(hertz, mix=False)

    def mono(self, hertz: int = 0) -> Mono:
        """The mean of its channels; else as ``samples``.

        Raises:
            ItemError: as of ``samples``, or the channels cancel each other.
        """
        return self._whole(hertz, mix=True)[:, 0]

    def blocks(self, hertz: int, seconds: float) -> Iterator[Mono]:
        """Its mono samples a block at a time, the last one shorter; little memory however long.

        Args:
            hertz: to be resampled to; 0 leaves its own.
            seconds: of a block.

        Raises:
            ItemError: as of ``mono``.
            RequestError: blocks without a sample.
        """
        size = round((hertz or self.hertz) * seconds)
        if size < 1:
            raise RequestError(f"A block has a sample or more, not {seconds} s at {hertz} Hz.")
        held = np.empty(0, np.float32)
        with self._stream(hertz, mix=True) as stream:
            for block in stream:
                held = np.concatenate([held, block[:, 0]])
                whole = len(held) // size * size
                yield from held[:whole].reshape(-1, size)
                held = held[whole:]
        if len(held):
            yield held

    def _whole(self, hertz: int, mix: bool) -> Block:
        found, count = list[Block](), 0
        with self._stream(hertz, mix) as stream:
            for block in stream:
                found.append(block)
                count += block.size
                if count > MOST_SAMPLES:
                    raise ItemError(
                        f"{self.name} has more than {MOST_SAMPLES:,} samples at "
                        f"{hertz or self.hertz:,} Hz: take it in blocks(hertz, seconds), or a "
                        "part(start, end) of it."
                    )
        return np.concatenate(found)

    @contextmanager
    def _stream(self, hertz: int, mix: bool) -> Generator[Iterator[Block]]:
        """Its blocks: checked, mixed if wished, resampled, clipped."""
        with self._opened() as found:
            to = hertz or found.hertz
            for rate in (found.hertz, to):
                if not SLOWEST <= rate <= FASTEST:
                    raise ItemError(
                        f"{self.name} at {rate:,} Hz is no sound: {SLOWEST:,} to {FASTEST:,} Hz "
                        "are read."
                    )
            blocks = _checked(found, self.name)
            if mix and found.channels > 1:
                blocks = _mixed(blocks, self.name)
            channels = 1 if mix else found.channels
            stream = resampled(blocks, found.hertz, to, channels)
            yield (np.clip(block, -1, 1) for block in stream if len(block))

    @contextmanager
    def _opened(self, start: float = 0.0) -> Generator[Decoded]:
        source = self.source
        if callable(source):
            with damage_of(self.name):
                source = source()
        if isinstance(source, Part):
            with source.whole._opened(start + source.start) as found:
                yield _cut(found, source, start)
        elif isinstance(source, Waveform):
            hertz, (count, channels) = source.hertz, source.samples.shape
            rest = iter([source.samples[round(start * hertz) :]])
            yield Decoded(hertz, channels, rest, lambda: count / hertz)
        else:
            with decoded(source, self.name, start) as found:
                yield found


def sound(item: Any) -> Sound:
    """A sound of a path, the bytes of a file, or ``(samples, hertz)`` as soundfile gives it.

    Samples are ``(t,)`` or ``(t, channels)``; integers are scaled by their range.

    Raises:
        ItemError: something else.
    """
    if isinstance(item, Sound):
        return item
    if isinstance(item, Waveform):
        return Sound(item)
    if isinstance(item, (str, Path, bytes)):
        return Sound(Path(item) if isinstance(item, str) else item)
    came = f"a {type(item).__name__}"
    if isinstance(item, tuple) and len(item) == 2 and isinstance(item[1], (int, np.integer)):
        samples, hertz = np.asarray(item[0]), int(item[1])
        came = f"{hertz} Hz with {samples.dtype} of the shape {samples.shape}"
        if samples.dtype.kind in "iuf" and (samples.ndim == 1 or _upright(samples.shape)):
            return Sound(Waveform(scaled(samples).reshape(len(samples), -1), hertz))
    raise ItemError(
        "A sound is a path, the bytes of a file, or (samples, hertz) with samples (t,) or "
        f"(t, channels); this is {came}."
    )


def _upright(shape: tuple[int, ...]) -> bool:
    """Whether a shape is (t, channels): with more than 64 channels, or none, it is not."""
    return len(shape) == 2 and 1 <= shape[1] <= 64


def resampled(blocks: Iterator[Block], hertz: int, to: int, channels: int) -> Iterator[Block]:
    """Blocks at another rate; where they are cut makes no difference.

    Raises:
        ExtraMissingError: soxr is not installed.
    """
    if hertz == to:
        yield from blocks
        return
    try:
        import soxr
    except ImportError as error:
        raise ExtraMissingError("soxr", "audio") from error
    stream = soxr.ResampleStream(hertz, to, channels, dtype="float32", quality="HQ")
    for block in blocks:
        yield stream.resample_chunk(np.ascontiguousarray(block))
    yield stream.resample_chunk(np.empty((0, channels), np.float32), last=True)


def is_sound(start: bytes) -> bool:
    """Whether the first sixteen bytes or more of a file are those of a sound."""
    return _MAGIC.match(start) is not None


def _cut(found: Decoded, part: Part, start: float) -> Decoded:
    """What is open from the part's start on, up to its end and in its channel."""
    left = round((part.end - part.start - start) * found.hertz) if part.end < np.inf else 2**62
    if part.channel is not None and part.channel not in range(found.channels):
        raise ItemError(
            f"{part.whole.name} has {found.channels} channels, from 0: none is {part.channel}."
        )
    columns = slice(None) if part.channel is None else [part.channel]

    def blocks() -> Iterator[Block]:
        remaining = left
        for block in found.blocks:
            yield block[: max(0, remaining), columns]
            remaining -= len(block)
            if remaining <= 0:
                return

    return Decoded(
        found.hertz,
        found.channels if part.channel is None else 1,
        blocks(),
        lambda: max(0.0, min(found.seconds(), part.end) - part.start),
    )


def _checked(found: Decoded, name: str) -> Iterator[Block]:
    """The blocks, each finite and of full scale 1, and enough of them."""
    count = 0
    for block in found.blocks:
        peak = float(np.abs(block).max(initial=0))
        if not np.isfinite(peak):
            row = count + int(np.argmax(~np.isfinite(block).all(axis=1)))
            raise ItemError(
                f"{name} has samples that are NaN or infinite, the first at "
                f"{row / found.hertz:.3f} s: save it without."
            )
        if peak > LOUDEST:
            raise ItemError(
                f"{name} has samples up to {peak:,.0f}, where 1 is full scale: divide them, or "
                "save them as integers."
            )
        count += len(block)
        yield block
    if count < max(1, SHORTEST * found.hertz):
        raise ItemError(
            f"{name} holds {count or 'no'} sample{'s' * (count != 1)}; {1000 * SHORTEST:.0f} ms or "
            "more are a sound."
        )


def _mixed(blocks: Iterator[Block], name: str) -> Iterator[Block]:
    """The mean of the channels, unless it is silence where they are not."""
    power = left = 0.0
    for block in blocks:
        mix = block @ np.full((block.shape[1], 1), 1 / block.shape[1], np.float32)
        power += float(np.square(block, dtype=np.float64).sum()) / block.shape[1]
        left += float(np.square(mix, dtype=np.float64).sum())
        yield mix
    if left < CANCELLED * power:
        raise ItemError(
            f"{name} has channels of opposite phase, which cancel each other when they are mixed: "
            "take one of them, such as channel(0)."
        )


AUDIO = Modality(
    "audio",
    sound,
    about="A sound: float32 in -1..1 at some hertz, channels kept until they are mixed.",
    suffixes=SUFFIXES,
    known=is_sound,
    shown=lambda item: str(sound(item)),
)
"""Of recordings, music and noises."""
