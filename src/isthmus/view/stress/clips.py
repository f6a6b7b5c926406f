"""The same clip, changed: what a reader of clips is put to the test with. Pure functions.

A change takes and gives frames in memory (``read.video.Stack``) at their seconds; what it leaves of
the order, speed and motion of a clip is said in each line. ``STRESS`` takes whatever is a clip.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from isthmus.read.video import Clip, Stack, clip

MOST, SIDE = 64, 256
"""Frames of a clip that are changed, evenly spaced, and pixels of their shorter side."""


def half_the_frames(clip: Stack) -> Stack:
    """Every second frame, at its own time: same motion, coarser."""
    return replace(clip, frames=clip.frames[::2], seconds=clip.seconds[::2])


def backwards(clip: Stack) -> Stack:
    """The last frame first, each shown as long as before: the opposite order."""
    ends = np.append(clip.seconds[1:], clip.duration)
    return replace(clip, frames=clip.frames[::-1], seconds=(clip.duration - ends)[::-1])


def double_speed(clip: Stack) -> Stack:
    """Every frame, in half the time."""
    return replace(clip, seconds=clip.seconds / 2, duration=clip.duration / 2)


def frozen(clip: Stack) -> Stack:
    """The first frame at every time: nothing moves."""
    return replace(clip, frames=np.broadcast_to(clip.frames[:1], clip.frames.shape))


def in_memory(some: Clip) -> Stack:
    """Its frames; of a long clip ``MOST``, in the middles of equal parts of its time."""
    times = some.timeline.seconds
    rows = np.arange(len(times))
    if len(times) > MOST:
        rows = ((np.arange(MOST) + 0.5) / MOST * len(times)).astype(int)
    return some.stack(times[rows], SIDE)


def _of_any(change: Callable[[Stack], Stack]) -> Callable[[Any, Any, Any], Stack]:
    return lambda item, _other, _rng: change(in_memory(clip(item)))


STRESS = {
    change.__name__: _of_any(change)
    for change in (half_the_frames, backwards, double_speed, frozen)
}
"""Changes of whatever ``read.video`` makes a clip of, by name; see ``view.stress``."""
