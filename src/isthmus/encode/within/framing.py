"""Which part of a picture a preprocessing shows, and parts of that as boxes of the picture.

A box is left, top, right and bottom in shares of width and height. What is shown may be larger than
the picture, where that is padded: then shares are below 0 or above 1.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors
from isthmus.read.image import picture
from isthmus.types import RequestError, a_kind

Box = tuple[float, float, float, float]
Boxes = Float[np.ndarray, "p 4"]
Framing = Callable[[int, int], Box]
"""Width and height of a picture in pixels to the part of it that is shown."""

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
EMPTY = 1e-4
"""Share of a side below which a box holds nothing of a picture."""


def whole(width: int, height: int) -> Box:
    """All of a picture of any size."""
    return WHOLE


def _down(spare: int) -> int:
    return spare // 2


def centre(
    resized: tuple[int, int], crop: tuple[int, int], halved: Callable[[int], int] = _down
) -> Box:
    """The middle of a picture that was scaled to a size, cut or padded to another.

    Args:
        resized: width and height in pixels.
        crop: width and height in pixels.
        halved: spare pixels to those left of (above) the middle; by default half, rounded down.
    """
    starts = [halved(side - kept) for side, kept in zip(resized, crop, strict=True)]
    ends = [start + kept for start, kept in zip(starts, crop, strict=True)]
    left, top, right, bottom = (
        x / side for both in (starts, ends) for x, side in zip(both, resized, strict=True)
    )
    return left, top, right, bottom


def of_processor(processor: Any) -> Framing:
    """What a processor of transformers shows: scaled by the shorter side or to a fixed size, cut.

    That of OWLv2 pads to a square at the right or the bottom before.
    """
    size = dict(getattr(processor, "size", None) or {})
    cut = dict(getattr(processor, "crop_size", None) or {})
    resizes, short = getattr(processor, "do_resize", False), size.get("shortest_edge")
    if type(processor).__name__.startswith("Owlv2"):
        return padded if processor.do_pad else whole
    if not (getattr(processor, "do_center_crop", False) and cut):
        return whole

    def shown(width: int, height: int) -> Box:
        resized = (width, height)
        if resizes and short:
            resized = (int(short * width / min(resized)), int(short * height / min(resized)))
        elif resizes and size.get("width"):
            resized = (size["width"], size["height"])
        return centre(resized, (cut["width"], cut["height"]))

    return shown


def padded(width: int, height: int) -> Box:
    """A picture at the upper left of a square."""
    side = max(width, height)
    return 0.0, 0.0, side / width, side / height


def of_open_clip(preprocessing: Mapping[str, Any]) -> Framing:
    """What open_clip's preprocessing shows: the middle, the whole in a frame, or squashed."""
    size, mode = preprocessing["size"], preprocessing["resize_mode"]
    high, wide = (size, size) if isinstance(size, int) else size
    if mode == "squash":
        return whole
    chosen = max if mode == "longest" else min

    def shown(width: int, height: int) -> Box:
        ratio = chosen(width / wide, height / high)
        # torchvision rounds the longer side down, open_clip's own resizing to the nearest
        to = int if mode == "shortest" and high == wide else round
        return centre((to(width / ratio), to(height / ratio)), (wide, high), _near_half)

    return shown


def _near_half(spare: int) -> int:
    return round(spare / 2)


def tiles(rows: int, columns: int, covered: tuple[float, float] = (1.0, 1.0)) -> Boxes:
    """A grid of boxes, row by row, over so large a share of width and height from the upper left.

    A side that is no multiple of the patch size has a rest that no patch sees.
    """
    down = np.linspace(0, covered[1], rows + 1)
    across = np.linspace(0, covered[0], columns + 1)
    return np.array(
        [
            (across[x], down[y], across[x + 1], down[y + 1])
            for y in range(rows)
            for x in range(columns)
        ]
    )


def look(tower: Any, kind: str, item: Any) -> tuple[Boxes, Vectors]:
    """Boxes (p, 4) in shares of a picture, cut at its sides, and their vectors (p, d).

    What a preprocessing cuts away is in no box; boxes of what it pads with are left out.

    Raises:
        ItemError: no picture that can be read.
        RequestError: the tower has no such parts.
    """
    import torch

    if kind not in tower.looks:
        known = ", ".join(tower.looks) or "none"
        raise RequestError(
            f"{tower.space.name} is {a_kind(tower.module)}, whose image tower has no vectors of "
            f"{kind} (of its own parts: {known}); --candidates regions needs none."
        )
    image = picture(item).rgb(at_least=tower.at_least)
    with torch.inference_mode():
        batch = {name: one.to(tower.device) for name, one in tower.inputs([image]).items()}
        boxes, vectors = tower.looks[kind](batch)
    shown = np.array(tower.shown(*image.size))
    start, sides = shown[:2], shown[2:] - shown[:2]
    cut = (np.tile(start, 2) + boxes * np.tile(sides, 2)).clip(0, 1)
    kept = (cut[:, 2:] - cut[:, :2]).min(axis=1, initial=1.0) > EMPTY
    return cut[kept], vectors.float().cpu().numpy()[kept]
