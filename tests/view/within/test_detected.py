"""Boxes of a detector in a file: default boxes and offsets as published, files that are none."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from isthmus.types import ExtraMissingError, RequestError
from isthmus.view.within.detected import decoded, default_boxes, detected, proposals
from tests.encode.pictures import photo

SIDE, COUNT = 300, 1917


def test_default_boxes_are_those_of_the_published_detector():
    boxes = default_boxes(SIDE)
    assert boxes.shape == (COUNT, 4)  # 19², 10², 5², 3², 2² and 1 cells, of 3 and 6 boxes each
    middle = 0.5 / 19
    root = 2**0.5
    wanted = [(0.1, 0.1), (0.2 * root, 0.2 / root), (0.2 / root, 0.2 * root)]
    np.testing.assert_allclose(boxes[:3], [(middle, middle, w, h) for w, h in wanted])
    np.testing.assert_allclose(boxes[3, :2], [3 * middle, middle])  # along the row first
    np.testing.assert_allclose(boxes[-6], [0.5, 0.5, 0.95, 0.95])
    np.testing.assert_allclose(boxes[-1], [0.5, 0.5, 0.95**0.5, 0.95**0.5])
    np.testing.assert_allclose(boxes[19 * 19 * 3], [0.05, 0.05, 0.35, 0.35])


def encoded(box, default):
    """Offsets (y, x, height, width) of a box from a default one, with TensorFlow's variances."""
    x, y, w, h = default
    left, top, right, bottom = box
    return [
        10 * ((top + bottom) / 2 - y) / h,
        10 * ((left + right) / 2 - x) / w,
        5 * np.log((bottom - top) / h),
        5 * np.log((right - left) / w),
    ]


def test_offsets_move_default_boxes_to_what_they_were_taken_from():
    rng = np.random.default_rng(0)
    defaults = default_boxes(SIDE)[rng.choice(COUNT, 50, replace=False)]
    corners = rng.uniform(0, 0.5, (50, 2))
    boxes = np.hstack([corners, corners + rng.uniform(0.05, 0.5, (50, 2))])
    offsets = np.array([encoded(*both) for both in zip(boxes, defaults, strict=True)])
    np.testing.assert_allclose(decoded(offsets, defaults), boxes)


THINGS = {1500: (0.1, 0.2, 0.4, 0.9), 40: (0.5, 0.5, 0.6, 0.75)}


def answers(pixels):
    """Two things of different classes, the second the likelier; no class of the rest is likely."""
    assert pixels.shape == (SIDE, SIDE, 3) and -1 <= pixels.min() < pixels.max() <= 1
    offsets, logits = np.zeros((COUNT, 4), np.float32), np.full((COUNT, 4), -9, np.float32)
    logits[:, 0] = 9  # no thing
    for number, (row, box) in enumerate(THINGS.items()):
        offsets[row] = encoded(box, default_boxes(SIDE)[row])
        logits[row, 1 + number] = number
    return offsets, logits


def test_what_is_likely_of_any_class_is_a_box_the_likeliest_first():
    found = detected(photo(400, 200), answers, SIDE)
    np.testing.assert_allclose(found, list(THINGS.values())[::-1], atol=1e-6)


@pytest.fixture
def library(monkeypatch):
    """A stand-in for the library; what models it was given, and the shapes they say."""
    held = SimpleNamespace(
        models=[], shapes=[(1, SIDE, SIDE, 3), (1, COUNT, 4), (1, COUNT, 4)], wrong=None
    )

    class Interpreter:
        def __init__(self, model_content, **_):
            held.models.append(model_content)
            if held.wrong:
                raise held.wrong

        def allocate_tensors(self):
            pass

        def get_input_details(self):
            return [{"index": 0, "shape": np.array(held.shapes[0])}]

        def get_output_details(self):
            return [{"index": n, "shape": np.array(x)} for n, x in enumerate(held.shapes[1:], 1)]

        def set_tensor(self, index, array):
            self.pixels = array[0]

        def invoke(self):
            self.out = answers(self.pixels)

        def get_tensor(self, index):
            return self.out[index - 1][None]

    module = ModuleType("ai_edge_litert.interpreter")
    module.Interpreter = Interpreter
    module.OpResolverType = SimpleNamespace(BUILTIN_WITHOUT_DEFAULT_DELEGATES=2)
    monkeypatch.setitem(sys.modules, "ai_edge_litert", ModuleType("ai_edge_litert"))
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", module)
    return held


def test_a_model_within_a_file_gives_the_whole_and_crops(tmp_path, library):
    file = tmp_path / "packed.data"
    file.write_bytes(b"Person\nCar\n" + b"\x1c\0\0\0TFL3rest")
    bag = proposals(str(file)).see(photo(400, 200), "one")
    assert library.models == [b"\x1c\0\0\0TFL3rest"]
    boxes = np.array([place.box for place in bag.places])
    np.testing.assert_allclose(boxes, [(0, 0, 1, 1), *list(THINGS.values())[::-1]], atol=1e-6)
    assert bag.parts.ids == ("one/000", "one/001", "one/002")
    width, height = bag.parts["one/001"].rgb().size
    assert abs(width - 40 * 1.16) <= 2 and abs(height - 50 * 1.16) <= 2


def test_files_that_hold_no_detector_say_so(tmp_path, library):
    with pytest.raises(RequestError, match="no file ''"):
        proposals("")
    with pytest.raises(RequestError, match="no file"):
        proposals(str(tmp_path / "nowhere"))
    for number, (held, shapes, wrong, said) in enumerate(
        [
            (b"nothing", library.shapes, None, "no TFLite model"),
            (b"\0\0\0\0TFL3", library.shapes, ValueError("broken"), "can be run: .*broken"),
            (b"\0\0\0\0TFL3", [(1, 224, 224, 3), (1, 1000)], None, "no SSD"),
            (b"\0\0\0\0TFL3", [(1, 20), (1, 4)], None, "no SSD"),
        ]
    ):
        file = tmp_path / f"{number}.tflite"
        file.write_bytes(held)
        library.shapes, library.wrong = shapes, wrong
        with pytest.raises(RequestError, match=said):
            proposals(str(file))


def test_the_library_is_named_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    file = tmp_path / "one.tflite"
    file.write_bytes(b"\0\0\0\0TFL3")
    with pytest.raises(ExtraMissingError, match=r"isthmus\[detect\]"):
        proposals(str(file))
