"""Stretches of a sound, moments of a video: short, so that what is found has a beginning."""

from typing import Any

import numpy as np

from isthmus.read.image import Picture
from isthmus.read.video import clip
from isthmus.types import Bag, Items, Place, View
from isthmus.view.frames import SIDE
from isthmus.view.windows import window_bag

SECONDS, HOP = 1.0, 0.5
"""Of a stretch of sound, and from one to the next."""
EVERY = 0.5
"""Seconds from one moment of a video to the next."""
MOMENTS_AT_MOST = 240
"""Of a video; of a longer one they are farther apart."""


def spans(item: Any, owner: str) -> Bag:
    """Stretches of a sound of one second, every half second.

    Raises:
        ItemError: no sound that can be read.
    """
    return window_bag(item, owner, SECONDS, HOP)


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
    about=f"stretches of {SECONDS:g} s, every {HOP:g} s",
)
MOMENTS = View(
    "moments",
    of="video",
    to="image",
    see=moments,
    about=f"frames every {EVERY:g} s, at most {MOMENTS_AT_MOST}",
)
