"""A sound as windows of seconds: what bounds the length of a sound before a tower.

Windows begin every ``hop`` seconds; where the last whole one does not reach the end, one more ends
with the recording, so that all are equally long and nothing is left out. A sound that is shorter
than a window is one window, as long as it is.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from isthmus.read.audio import Mono, Sound, sound
from isthmus.types import Bag, Items, Place, RequestError, View

SECONDS = 10.0
"""Of a window, unless somebody asks for others: as long as towers of sound are trained on."""


def spans(total: float, seconds: float, hop: float) -> tuple[tuple[float, float], ...]:
    """Start and end of each window of a sound, in order.

    Args:
        total: seconds of the sound, or its samples if the others are samples too.
        seconds: of a window.
        hop: from one window to the next.

    Raises:
        RequestError: windows or steps of no length.
    """
    if seconds <= 0 or hop <= 0:
        raise RequestError(
            f"Windows are longer than 0 seconds and so are the steps between them, not {seconds} "
            f"and {hop}."
        )
    if total <= seconds:
        return ((0.0, total),)
    # a millionth of a step: 0.3 / 0.1 is not whole
    count = int((total - seconds) / hop + 1e-6) + 1
    found = [(number * hop, number * hop + seconds) for number in range(count)]
    if total - found[-1][1] > 1e-6 * seconds:
        found.append((total - seconds, total))
    return tuple(found)


def window_bag(item: Any, owner: str, seconds: float = SECONDS, hop: float = SECONDS) -> Bag:
    """The windows of a sound, called ``OWNER/000``, ..., each decoded when it is asked for.

    Args:
        item: whatever ``read.audio`` makes a sound of.
        owner: id of the sound.
        seconds: of a window.
        hop: from one window to the next.

    Raises:
        ItemError: no sound that can be read.
        RequestError: windows or steps of no length.
    """
    whole = sound(item)
    times = spans(whole.seconds, seconds, hop)
    ids = tuple(f"{owner}/{number:03d}" for number in range(len(times)))
    parts = [whole.part(*both) for both in times] if len(times) > 1 else [whole]
    places = tuple(Place(number, seconds=both) for number, both in enumerate(times))
    return Bag(owner, Items("audio", ids, parts), places)


def streamed(
    whole: Sound, hertz: int, seconds: float = SECONDS, hop: float = SECONDS
) -> Iterator[Mono]:
    """The samples of the same windows, the file decoded once and one window in memory.

    Args:
        whole: the sound.
        hertz: of the samples.
        seconds: of a window, which the rate makes whole samples of.
        hop: from one window to the next, no longer than a window.

    Raises:
        ItemError: as of ``Sound.mono``.
        RequestError: windows or steps of no length, or steps longer than a window.
    """
    spans(seconds, seconds, hop)
    size, step = round(seconds * hertz), round(hop * hertz)
    if step > size:
        raise RequestError(f"Steps of {hop} s between windows of {seconds} s leave sound out.")
    held, offset = np.empty(0, np.float32), 0  # from the last window's start on
    for block in whole.blocks(hertz, hop):
        held = np.concatenate([held, block])
        while len(held) - offset >= size:
            held, offset = held[offset:], step
            yield held[:size]
    if not offset:
        yield held
    elif len(held) > size:
        yield held[-size:]


WINDOWS = View(
    "windows",
    of="audio",
    to="audio",
    see=window_bag,
    about="windows of 10 s, the last one ending with the recording",
)
"""The road over windows: each is encoded by the tower of sounds."""
