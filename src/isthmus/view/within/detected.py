"""Boxes that a detector proposes, of whatever class: an SSD in a TFLite file that the user has.

The detector's classes are not used: a box is a candidate if any of them is likely at all, and what
is in it is for the space to say. Nothing of a detector is shipped; docs/find.md says where one is.

Source: Liu et al. 2016, SSD: Single Shot MultiBox Detector, section 2.2 (default boxes, offsets),
with the scales, offsets' variances and order of TensorFlow's detectors.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from PIL import Image

from isthmus.read.image import picture
from isthmus.types import Bag, ExtraMissingError, RequestError, View, reason
from isthmus.view.within.pictures import ALIKE, MOST, Boxes, apart, cut_out

LEAST = 0.05
"""Sigmoid of the likeliest class from which on a box is a candidate."""
STRIDES = (16, 32, 64, 128, 256, 512)
"""Pixels from one cell to the next, of each layer of default boxes."""
SMALLEST, LARGEST = 0.2, 0.95
"""Scale of the first and the last layer, in sides of the picture."""
ASPECTS = (1.0, 2.0, 0.5, 3.0, 1 / 3)
VARIANCES = (10.0, 5.0)
"""That offsets of the centre and of the logarithms of the sides were multiplied with."""
MARK = b"TFL3"
"""Four bytes after the beginning of a TFLite model; it may stand in a file with other things."""

Detect = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Pixels (s, s, 3) of -1 to 1 to offsets (n, 4) and logits (n, classes)."""


def proposals(file: str) -> View:
    """The whole picture and what an SSD in a file proposes, as crops.

    Raises:
        RequestError: no such file, or no SSD that is known in it.
        ExtraMissingError: ai-edge-litert is not installed.
    """
    path = Path(file).expanduser()
    if not file or not path.is_file():
        raise RequestError(
            f"There is no file {file!r}: wanted is ssd:FILE, a detector as TFLite, such as "
            "objectron_solution_packed_assets.data of npm's @mediapipe/objectron (docs/find.md)."
        )
    detect, side = _opened(path, path.stat().st_mtime_ns)

    def see(item: Any, owner: str) -> Bag:
        whole = picture(item).rgb(background=255)
        return cut_out(whole, detected(whole, detect, side), owner)

    return View("detected", of="image", to="image", see=see, about=f"the whole, boxes of {path}")


def detected(whole: Image.Image, detect: Detect, side: int) -> Boxes:
    """Boxes (n, 4) of a picture, the likeliest to be any thing first."""
    pixels = np.asarray(whole.resize((side, side), Image.Resampling.BILINEAR), np.float32)
    offsets, logits = detect(pixels / 127.5 - 1)
    likely = 1 / (1 + np.exp(-logits[:, 1:].max(axis=1).astype(float)))  # the first: no thing
    rows = np.argsort(-likely, kind="stable")
    rows = rows[likely[rows] >= LEAST]
    boxes = decoded(offsets[rows], default_boxes(side)[rows]).clip(0, 1)
    return apart(boxes[(boxes[:, 2:] - boxes[:, :2]).min(axis=1, initial=1) > 0], ALIKE, MOST - 1)


@cache
def default_boxes(side: int) -> Float[np.ndarray, "n 4"]:
    """Centre x, centre y, width and height in shares, cell by cell of each layer.

    Of a layer: its scale in every aspect, and a square between it and the next; of the first a
    small square and two aspects only.
    """
    scales = [*np.linspace(SMALLEST, LARGEST, len(STRIDES)), 1.0]
    found = list[np.ndarray]()
    for number, stride in enumerate(STRIDES):
        sizes = [(scales[number], aspect) for aspect in ASPECTS]
        sizes.append((np.sqrt(scales[number] * scales[number + 1]), 1.0))
        if number == 0:
            sizes = [(0.1, 1.0), (SMALLEST, 2.0), (SMALLEST, 0.5)]
        shapes = np.array([(size * aspect**0.5, size / aspect**0.5) for size, aspect in sizes])
        cells = -(-side // stride)
        at = (np.arange(cells) + 0.5) / cells
        centres = np.stack(np.meshgrid(at, at), axis=-1).reshape(-1, 2)
        pairs = np.repeat(centres, len(shapes), axis=0), np.tile(shapes, (len(centres), 1))
        found.append(np.concatenate(pairs, axis=1))
    return np.concatenate(found)


def decoded(offsets: Float[np.ndarray, "n 4"], defaults: Float[np.ndarray, "n 4"]) -> Boxes:
    """Left, top, right and bottom of default boxes moved by offsets (y, x, height, width)."""
    centres = defaults[:, :2] + offsets[:, [1, 0]] / VARIANCES[0] * defaults[:, 2:]
    sides = defaults[:, 2:] * np.exp(offsets[:, [3, 2]].astype(float) / VARIANCES[1])
    return np.concatenate([centres - sides / 2, centres + sides / 2], axis=1)


@cache
def _opened(path: Path, _: int) -> tuple[Detect, int]:
    """What a file detects with, and the side of the pictures that it takes; anew if it changes."""
    held = path.read_bytes()
    start = held.find(MARK) - 4
    if start < 0:
        raise RequestError(f"{path} holds no TFLite model (no {MARK.decode()} in it).")
    try:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType
    except ModuleNotFoundError as error:
        raise ExtraMissingError("ai-edge-litert", "detect") from error
    try:
        model: Any = Interpreter(
            model_content=held[start:],
            num_threads=1,
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        model.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise RequestError(f"{path} is no TFLite model that can be run: {reason(error)}") from error
    taken, given = model.get_input_details(), model.get_output_details()
    shapes = [tuple(int(x) for x in one["shape"]) for one in (*taken, *given)]
    side = shapes[0][1] if len(shapes[0]) == 4 else 0
    count = len(default_boxes(side)) if side else 0
    if shapes[0] != (1, side, side, 3) or [x[:-1] for x in shapes[1:]] != [(1, count)] * 2:
        raise RequestError(
            f"{path} is no SSD of one square picture, offsets (n, 4) and logits (n, classes) for "
            f"{count} default boxes; its shapes are {shapes}."
        )
    order = sorted(given, key=lambda one: int(one["shape"][-1]) != 4)

    def detect(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        model.set_tensor(taken[0]["index"], pixels[None])
        model.invoke()
        offsets, logits = (model.get_tensor(one["index"])[0] for one in order)
        return offsets, logits

    return detect, side
