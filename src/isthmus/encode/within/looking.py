"""One picture through a tower to boxes of the picture, each with a vector."""

from typing import Any

import numpy as np

from isthmus.arrays import Vectors
from isthmus.encode.within.framing import EMPTY, Boxes
from isthmus.read.image import picture
from isthmus.types import RequestError, a_kind


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
