"""Stretches of a sound, moments of a video: short, so that what is found has a beginning."""

from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.read.audio import Sound, sound
from isthmus.read.image import Picture
from isthmus.read.video import clip
from isthmus.types import Bag, Items, Place, View
from isthmus.view.frames import SIDE
from isthmus.view.windows import window_bag

SECONDS, HOP = 1.0, 0.5
"""Of a stretch of sound, and from one to the next."""
HERTZ, FRAME = 16_000, 0.025
"""Of what loudness is heard in, and seconds of a frame."""
RISE = 4.0
"""Decibels above the quiet from which on something is heard, at least."""
GAP, SHORTEST = 0.3, 0.15
"""Seconds of quiet within an event at most, and of an event at least."""
EVENTS, MOSTLY = 40, 0.7
"""Events of a sound; and the share of it from which on they are no events."""
EVERY = 0.5
"""Seconds from one moment of a video to the next."""
MOMENTS_AT_MOST = 240
"""Of a video; of a longer one they are farther apart."""


def spans(item: Any, owner: str) -> Bag:
    """Stretches of a sound of one second, every half second, and what stands out of its silence.

    Raises:
        ItemError: no sound that can be read.
    """
    whole, steady = sound(item), window_bag(item, owner, SECONDS, HOP)
    first, found = len(steady.places), events(whole)
    numbers = range(first, first + len(found))
    places = tuple(Place(k, seconds=both) for k, both in zip(numbers, found, strict=True))
    ids = (*steady.parts.ids, *(f"{owner}/{k:03d}" for k in numbers))
    parts = [*steady.parts.payload, *(whole.part(*both) for both in found)]
    return Bag(owner, Items("audio", ids, parts), (*steady.places, *places))


def events(whole: Sound) -> list[tuple[float, float]]:
    """Start and end in seconds of what is louder than the quiet of a sound, in order.

    Loudness is that of frames of 25 ms, in decibels. An event is above the quiet (the tenth
    percentile) all the time, and at some time a third of the way up to the loudest. Of a sound
    without quiet, none.
    """
    level = np.concatenate([_decibels(one) for one in whole.blocks(HERTZ, 10.0)])
    level = level[: int(whole.seconds / FRAME)]
    if not len(level):
        return []
    quiet, loudest = float(np.percentile(level, 10)), float(np.percentile(level, 99))
    above, border = level > quiet + RISE, quiet + (loudest - quiet) / 3
    edges = np.flatnonzero(np.diff(np.concatenate([[0], above.astype(np.int8), [0]])))
    joined = list[list[int]]()
    for begin, end in edges.reshape(-1, 2).tolist():
        if joined and (begin - joined[-1][1]) * FRAME < GAP:
            joined[-1][1] = end
        else:
            joined.append([begin, end])
    found = [(a * FRAME, b * FRAME) for a, b in joined
             if (b - a) * FRAME >= SHORTEST and level[a:b].max() > border]  # fmt: skip
    if sum(b - a for a, b in found) > MOSTLY * whole.seconds:
        return []
    longest = sorted(found, key=lambda one: one[0] - one[1])[:EVENTS]
    return sorted(longest)


def _decibels(some: Float[np.ndarray, " t"]) -> Float[np.ndarray, " n"]:
    """Of each whole frame of some samples."""
    size = int(FRAME * HERTZ)
    frames = some[: len(some) // size * size].reshape(-1, size)
    return 10 * np.log10((frames.astype(np.float64) ** 2).mean(axis=1) + 1e-10)


def moments(item: Any, owner: str) -> Bag:
    """Frames of a video every half second, each standing for the time up to the next.

    Raises:
        ItemError: no video, or no frame of it can be decoded.
    """
    some = clip(item)
    total = some.timeline.duration
    count = int(np.clip(round(total / EVERY), 1, MOMENTS_AT_MOST))
    edges = np.linspace(0, total, count + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    frames = list(some.at(middles, SIDE))
    rows = np.maximum(
        np.searchsorted([one.seconds for one in frames], middles + 1e-9, "right") - 1, 0
    )
    ids = tuple(f"{owner}/{number:03d}" for number in range(count))
    places = tuple(
        Place(number, seconds=(float(edges[number]), float(edges[number + 1])))
        for number in range(count)
    )
    return Bag(owner, Items("image", ids, [Picture(frames[row].image) for row in rows]), places)


SPANS = View(
    "spans",
    of="audio",
    to="audio",
    see=spans,
    about=f"stretches of {SECONDS:g} s, every {HOP:g} s, and what stands out of silence",
)
MOMENTS = View(
    "moments",
    of="video",
    to="image",
    see=moments,
    about=f"frames every {EVERY:g} s, at most {MOMENTS_AT_MOST}",
)
