"""The same clip, changed: what a reader of clips is put to the test with. Pure functions.

A change gives frames in memory (``read.video.Stack``) at their seconds; what it leaves of the
order, speed and motion of a clip is said in each line.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from isthmus.read.video import Stack


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


STRESS: dict[str, Callable[[Stack], Stack]] = {
    "half the frames": half_the_frames,
    "backwards": backwards,
    "double speed": double_speed,
    "frozen": frozen,
}
"""Changes by name."""
