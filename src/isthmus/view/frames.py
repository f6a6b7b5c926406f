"""A video as a bag of pictures, each with the second at which it is shown."""

from typing import Any

from isthmus.read.image import Picture
from isthmus.read.video import clip, evenly
from isthmus.types import Bag, Items, Place, View

COUNT = 8
"""Frames of the road ``frames``."""
SIDE = 448
"""Pixels of the shorter side: more than an image tower sees is not kept."""


def frame_bag(item: Any, moments: Any, owner: str = "video", pooling: str = "mean") -> Bag:
    """The frames that are shown at some moments, called ``OWNER/000``, ``OWNER/001``, ...

    Args:
        item: whatever ``read.video.clip`` makes a clip of.
        moments: ascending seconds, as ``evenly``, ``at_rate`` and ``of_shots`` give them.
        owner: id of the video.
        pooling: name of a rule in ``similarity.POOLINGS``.

    Raises:
        ItemError: no video, or no frame of it can be decoded.
    """
    frames = list(clip(item).at(moments, SIDE))
    ids = tuple(f"{owner}/{number:03d}" for number in range(len(frames)))
    places = tuple(
        Place(number, seconds=(one.seconds, one.seconds)) for number, one in enumerate(frames)
    )
    return Bag(owner, Items("image", ids, [Picture(one.image) for one in frames]), places, pooling)


def frames(item: Any, owner: str) -> Bag:
    """Eight pictures of a video at even steps of its time, as ``FRAMES`` says."""
    found = clip(item)
    return frame_bag(found, evenly(found.timeline, COUNT), owner)


FRAMES = View(
    "frames",
    of="video",
    to="image",
    see=frames,
    about=f"{COUNT} frames at even steps of time, their middles",
)
