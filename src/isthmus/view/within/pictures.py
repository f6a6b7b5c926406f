"""Boxes of a picture that could hold a thing, whatever it is: segments, their unions, windows.

Segments are found on graphs of pixels and merged by likeness, the most alike first; every union on
the way is a candidate (selective search). What stands out most from what is around it comes first.
"""

from typing import Any

import numpy as np
from jaxtyping import Float, Int
from PIL import Image

from isthmus.read.image import Picture, picture
from isthmus.records import dataclass
from isthmus.types import Bag, ExtraMissingError, Items, Place, View

SIDE = 160
"""Pixels of the longer side of what is segmented."""
GRAINS = (60.0, 250.0)
"""Preference for large segments, in the units of Felzenszwalb & Huttenlocher 2004."""
LEVELS = 8
"""Steps of each colour channel in a segment's histogram."""
SMALLEST, LARGEST = 0.004, 0.9
"""Share of the picture that a box may cover."""
ALIKE = 0.75
"""Intersection over union from which on two boxes are one."""
MOST = 48
"""Boxes of a picture, windows included."""
MARGIN = 0.08
"""Of a box's sides that a crop shows around it."""
SCALES = ((1.0, 1), (0.6, 2), (0.4, 3))
"""Side of square windows as share of the shorter side, and how many stand along it."""

Boxes = Float[np.ndarray, "n 4"]
"""Left, top, right and bottom in shares of width and height."""


@dataclass(frozen=True, eq=False)
class _Segment:
    """A set of pixels: their number, histogram and box, left, top, right, bottom in pixels."""

    pixels: int
    colours: Float[np.ndarray, " k"]
    box: tuple[int, int, int, int]


def candidates(pixels: np.ndarray, most: int = MOST) -> Boxes:
    """Boxes (n, 4) of an (h, w, 3) picture that could hold a thing, the likeliest first.

    Source: Uijlings et al. 2013, Selective search for object recognition, section 3 (merging by
    colour, size and fill), on segments of Felzenszwalb & Huttenlocher 2004. The order is ours: how
    much the colours inside differ from those around.

    Raises:
        ExtraMissingError: scikit-image is not installed.
    """
    try:
        from skimage.segmentation import felzenszwalb
    except ModuleNotFoundError as error:
        raise ExtraMissingError("scikit-image", "find") from error
    height, width = pixels.shape[:2]
    found = list[tuple[int, int, int, int]]()
    codes = _codes(pixels)
    for grain in GRAINS:
        labels = felzenszwalb(
            pixels, scale=grain, sigma=0.8, min_size=max(8, height * width // 900)
        )
        found += _merged(labels, codes)
    boxes = np.array(sorted(set(found)), float) / [width, height, width, height]
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    boxes = boxes[(area >= SMALLEST) & (area <= LARGEST)]
    windows = square_windows(width, height)[: most // 3]
    contrast = np.array([_contrast(codes, box) for box in boxes])
    ordered = boxes[np.argsort(-contrast, kind="stable")]
    kept = apart(ordered, ALIKE, most - len(windows))
    return np.concatenate([kept, windows])[:most]


def square_windows(width: int, height: int) -> Boxes:
    """Squares of several sizes on a grid; the largest is as high or wide as the picture."""
    short, found = min(width, height), list[tuple[float, float, float, float]]()
    for share, along in SCALES:
        side = share * short
        columns, rows = (
            max(1, round(along * size / short)) if size > side else 1 for size in (width, height)
        )
        for top in np.linspace(0, height - side, rows):
            for left in np.linspace(0, width - side, columns):
                found.append(
                    (left / width, top / height, (left + side) / width, (top + side) / height)
                )
    return np.array(found)


def overlaps(box: Float[np.ndarray, " 4"], others: Boxes) -> Float[np.ndarray, " n"]:
    """Intersection over union of a box with others."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    both = np.prod(np.clip(high - low, 0, None), axis=1)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1) + np.prod(box[2:] - box[:2])
    return both / np.maximum(areas - both, 1e-12)


def apart(boxes: Boxes, most_alike: float, count: int) -> Float[np.ndarray, "m 4"]:
    """The first boxes of an ordered list that do not overlap an earlier one more than so much."""
    kept = list[np.ndarray]()
    for box in boxes:
        if len(kept) == count:
            break
        if not kept or overlaps(box, np.stack(kept)).max() < most_alike:
            kept.append(box)
    return np.stack(kept) if kept else np.empty((0, 4))


def _codes(pixels: np.ndarray) -> Int[np.ndarray, "h w"]:
    """The colour of each pixel as one number."""
    steps = (pixels.astype(np.int64) * LEVELS) // 256
    return (steps[..., 0] * LEVELS + steps[..., 1]) * LEVELS + steps[..., 2]


def _histogram(codes: np.ndarray) -> Float[np.ndarray, " k"]:
    return np.bincount(codes.ravel(), minlength=LEVELS**3) / max(codes.size, 1)


def _contrast(codes: Int[np.ndarray, "h w"], box: Float[np.ndarray, " 4"]) -> float:
    """Share of the colours inside a box that differ from those of a frame around it."""
    height, width = codes.shape
    left, top, right, bottom = np.round(box * [width, height, width, height]).astype(int)
    wide, high = max(2, (right - left) // 5), max(2, (bottom - top) // 5)
    inside = codes[top:bottom, left:right]
    outer = codes[max(0, top - high) : bottom + high, max(0, left - wide) : right + wide]
    ring = np.bincount(outer.ravel(), minlength=LEVELS**3) - np.bincount(
        inside.ravel(), minlength=LEVELS**3
    )
    around = ring / max(int(ring.sum()), 1)
    return 1 - float(np.minimum(_histogram(inside), around).sum())


def _merged(labels: Int[np.ndarray, "h w"], codes: Int[np.ndarray, "h w"]) -> list[Any]:
    """Boxes of segments and of all unions on the way to one."""
    count, total = int(labels.max()) + 1, labels.size
    segments: dict[int, _Segment] = {}
    for number in range(count):
        own = labels == number
        high, wide = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
        box = (int(wide[0]), int(high[0]), int(wide[-1]) + 1, int(high[-1]) + 1)
        segments[number] = _Segment(int(own.sum()), _histogram(codes[own]), box)
    pairs = {pair: _likeness(segments[pair[0]], segments[pair[1]], total)
             for pair in _neighbours(labels)}  # fmt: skip
    found = [one.box for one in segments.values()]
    while pairs:
        first, second = max(pairs, key=lambda pair: (pairs[pair], pair))
        new, count = _union(segments.pop(first), segments.pop(second)), count + 1
        touching = {one for pair in pairs for one in pair
                    if first in pair or second in pair} - {first, second}  # fmt: skip
        pairs = {pair: value for pair, value in pairs.items()
                 if first not in pair and second not in pair}  # fmt: skip
        segments[count] = new
        pairs |= {(one, count): _likeness(segments[one], new, total) for one in touching}
        found.append(new.box)
    return found


def _neighbours(labels: Int[np.ndarray, "h w"]) -> set[tuple[int, int]]:
    """Pairs of segments that touch, the smaller number first."""
    sides = [(labels[:, :-1], labels[:, 1:]), (labels[:-1], labels[1:])]
    both = np.concatenate([np.stack([a.ravel(), b.ravel()], axis=1) for a, b in sides])
    both = np.unique(np.sort(both[both[:, 0] != both[:, 1]], axis=1), axis=0)
    return {(int(a), int(b)) for a, b in both}


def _likeness(one: _Segment, other: _Segment, total: int) -> float:
    """Colour, size and fill: equations 1, 3 and 4 of Uijlings et al. 2013."""
    colour = float(np.minimum(one.colours, other.colours).sum())
    size = 1 - (one.pixels + other.pixels) / total
    left, top, right, bottom = _around(one.box, other.box)
    fill = 1 - ((right - left) * (bottom - top) - one.pixels - other.pixels) / total
    return colour + size + fill


def _around(one: Any, other: Any) -> tuple[int, int, int, int]:
    return (min(one[0], other[0]), min(one[1], other[1]),
            max(one[2], other[2]), max(one[3], other[3]))  # fmt: skip


def _union(one: _Segment, other: _Segment) -> _Segment:
    pixels = one.pixels + other.pixels
    colours = (one.pixels * one.colours + other.pixels * other.colours) / pixels
    return _Segment(pixels, colours, _around(one.box, other.box))


def regions(item: Any, owner: str) -> Bag:
    """The whole picture and crops of its candidates.

    Raises:
        ItemError: no picture that can be read.
        ExtraMissingError: scikit-image is not installed.
    """
    whole = picture(item).rgb(background=255)
    small = whole.copy()
    small.thumbnail((SIDE, SIDE))
    return cut_out(whole, candidates(np.asarray(small)), owner)


def cut_out(whole: Image.Image, boxes: Boxes, owner: str) -> Bag:
    """A picture and crops of boxes of it, called ``OWNER/000``, ``OWNER/001``, ..."""
    boxes = np.concatenate([[[0.0, 0.0, 1.0, 1.0]], boxes])
    ids = tuple(f"{owner}/{number:03d}" for number in range(len(boxes)))
    sides = [(float(a), float(b), float(c), float(d)) for a, b, c, d in boxes]
    places = tuple(Place(number, box=box) for number, box in enumerate(sides))
    return Bag(owner, Items("image", ids, [Picture(crop(whole, box)) for box in boxes]), places)


def crop(whole: Image.Image, box: Float[np.ndarray, " 4"]) -> Image.Image:
    """A box of a picture with a margin around it."""
    left, top, right, bottom = (float(x) for x in box)
    wide, high = MARGIN * (right - left), MARGIN * (bottom - top)
    sides = (max(0.0, left - wide), max(0.0, top - high),
             min(1.0, right + wide), min(1.0, bottom + high))  # fmt: skip
    w, h = whole.size
    x0, y0 = int(np.floor(sides[0] * w)), int(np.floor(sides[1] * h))
    x1, y1 = max(x0 + 1, int(np.ceil(sides[2] * w))), max(y0 + 1, int(np.ceil(sides[3] * h)))
    return whole.crop((x0, y0, x1, y1))


REGIONS = View(
    "regions",
    of="image",
    to="image",
    see=regions,
    about=f"the whole and up to {MOST} boxes: segments and their unions by contrast, windows",
)
"""The whole picture first, then what could be a thing in it."""
