"""Boxes that a detector proposes, of whatever class: an SSD or a CenterNet that the user has.

The detector's classes are not used: a box is a candidate if any of them is likely at all, and what
is in it is for the space to say. Nothing of a detector is shipped; docs/find.md says where one is.

Sources: Liu et al. 2016, SSD: Single Shot MultiBox Detector, section 2.2 (default boxes, offsets),
with the scales, offsets' variances and order of TensorFlow's detectors; Zhou et al. 2019, Objects
as Points, section 4 (a box a peak of the map of middles).
"""

from collections.abc import Callable, Mapping
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
"""Of the likeliest class, from which on a box is a candidate."""
STRIDES = (16, 32, 64, 128, 256, 512)
"""Pixels from one cell to the next, of each layer of default boxes."""
SMALLEST, LARGEST = 0.2, 0.95
"""Scale of the first and the last layer, in sides of the picture."""
ASPECTS = (1.0, 2.0, 0.5, 3.0, 1 / 3)
VARIANCES = (10.0, 5.0)
"""That offsets of the centre and of the logarithms of the sides were multiplied with."""
MARK = b"TFL3"
"""Four bytes after the beginning of a TFLite model; it may stand in a file with other things."""
CELL = 4
"""Pixels of a cell of a CenterNet's maps."""

Propose = Callable[[Image.Image], tuple[Boxes, Float[np.ndarray, " n"]]]
"""A picture to boxes, and how likely each is any thing."""


def proposals(kind: str, file: str) -> View:
    """The whole picture and what a detector in a file proposes, as crops.

    Args:
        kind: a key of ``DETECTORS``.
        file: where it is.

    Raises:
        RequestError: no such file, or no detector of that kind in it.
        ExtraMissingError: what runs it is not installed.
    """
    path = Path(file).expanduser()
    if not file or not path.is_file():
        raise RequestError(
            f"There is no file {file!r}: wanted is {kind}:FILE; docs/find.md says which, and where "
            "it is to be had."
        )
    propose = _opened(kind, path, path.stat().st_mtime_ns)

    def see(item: Any, owner: str) -> Bag:
        whole = picture(item).rgb(background=255)
        return cut_out(whole, likeliest(*propose(whole)), owner)

    return View(kind, of="image", to="image", see=see, about=f"the whole, boxes of {path}")


@cache
def _opened(kind: str, path: Path, _: int) -> Propose:
    """What a file proposes; anew if it changes."""
    return DETECTORS[kind](path)


def likeliest(boxes: Boxes, likely: Float[np.ndarray, " n"]) -> Float[np.ndarray, "m 4"]:
    """The boxes that could be a thing, the likeliest first, of such that are alike one."""
    rows = np.argsort(-likely, kind="stable")
    cut = boxes[rows[likely[rows] >= LEAST]].clip(0, 1)
    return apart(cut[(cut[:, 2:] - cut[:, :2]).min(axis=1, initial=1) > 0], ALIKE, MOST - 1)


def _pixels(whole: Image.Image, side: int) -> Float[np.ndarray, "s s 3"]:
    """A picture squashed to a square, 0 to 255."""
    return np.asarray(whole.resize((side, side), Image.Resampling.BILINEAR), np.float32)


def ssd(path: Path) -> Propose:
    """An SSD in a TFLite file, or in a file that holds one."""
    detect, side = _tflite(path)

    def propose(whole: Image.Image) -> tuple[Boxes, Float[np.ndarray, " n"]]:
        offsets, logits = detect(_pixels(whole, side) / 127.5 - 1)
        likely = 1 / (1 + np.exp(-logits[:, 1:].max(axis=1).astype(float)))  # the first: no thing
        return decoded(offsets, default_boxes(side)), likely

    return propose


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


def _tflite(path: Path) -> tuple[Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], int]:
    """Pixels of -1 to 1 to offsets (n, 4) and logits (n, classes); the side that it takes."""
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


def centernet(path: Path) -> Propose:
    """A CenterNet that ``tools.centernet`` made an ONNX graph of.

    Raises:
        RequestError: another graph, or none.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    try:
        run = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library's own, which share no ancestor
        raise RequestError(f"{path} is no ONNX graph that can be run: {reason(error)}") from error
    shapes = [tuple(one.shape) for one in (*run.get_inputs(), *run.get_outputs())]
    side = shapes[0][-1] if shapes[0] and isinstance(shapes[0][-1], int) else 0
    cells = (side // CELL, side // CELL)
    known = len(shapes) == 3 and shapes[0] == (1, 3, side, side) and shapes[2] == (1, 4, *cells)
    if not known or shapes[1][2:] != cells:
        raise RequestError(
            f"{path} is no CenterNet of one square picture with maps of middles and of sides in "
            f"cells of {CELL} pixels (tools.centernet makes one); its shapes are {shapes}."
        )

    def propose(whole: Image.Image) -> tuple[Boxes, Float[np.ndarray, " n"]]:
        given = {run.get_inputs()[0].name: _pixels(whole, side).transpose(2, 0, 1)[None]}
        middles, sides = (np.asarray(one)[0] for one in run.run(None, given))
        return peaks(middles.max(axis=0), sides * (1 / side))

    return propose


def peaks(
    likely: Float[np.ndarray, "c c"], sides: Float[np.ndarray, "4 c c"]
) -> tuple[Boxes, Float[np.ndarray, " n"]]:
    """Boxes around the cells that are likelier a middle than the eight beside them.

    Args:
        likely: of each cell.
        sides: left, top, right and bottom, how far they are from each cell, in shares.
    """
    from scipy.ndimage import maximum_filter

    rows, columns = np.nonzero((likely == maximum_filter(likely, 3)) & (likely >= LEAST))
    away = sides[:, rows, columns].T
    at = np.stack([columns, rows], axis=1) / len(likely)
    return np.concatenate([at - away[:, :2], at + away[:, 2:]], axis=1), likely[rows, columns]


DETECTORS: Mapping[str, Callable[[Path], Propose]] = {"ssd": ssd, "centernet": centernet}
"""By the name that stands before a file's."""
