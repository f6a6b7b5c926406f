"""Boxes of detectors in files: default boxes, offsets and peaks as published, files without any."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from isthmus.types import ExtraMissingError, RequestError
from isthmus.view.within.detected import (
    decoded,
    default_boxes,
    likeliest,
    peaks,
    proposals,
)
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


def test_of_likely_boxes_the_likeliest_come_first_and_those_alike_once():
    boxes = np.array([[0, 0, 0.5, 0.5], [0.5, 0, 1.5, 1], [0, 0, 0.5, 0.52], [0, 0, 1, 0.0],
                      [0, 0, 0.2, 0.2]])  # fmt: skip
    found = likeliest(boxes, np.array([0.3, 0.9, 0.6, 0.8, 0.01]))
    np.testing.assert_array_equal(found, [[0.5, 0, 1, 1], [0, 0, 0.5, 0.52]])


def test_peaks_are_the_middles_of_boxes():
    likely, sides = np.zeros((8, 8)), np.zeros((4, 8, 8))
    likely[2, 4], likely[2, 5], likely[6, 1], likely[0, 0] = 0.9, 0.8, 0.3, 0.01
    sides[:, 2, 4], sides[:, 6, 1] = (0.25, 0.125, 0.5, 0.0625), (0.125, 0.25, 0.0, 0.1)
    boxes, found = peaks(likely, sides)
    np.testing.assert_allclose(boxes, [(0.25, 0.125, 1.0, 0.3125), (0.0, 0.5, 0.125, 0.85)])
    np.testing.assert_allclose(found, [0.9, 0.3])


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
    bag = proposals("ssd", str(file)).see(photo(400, 200), "one")
    assert library.models == [b"\x1c\0\0\0TFL3rest"]
    boxes = np.array([place.box for place in bag.places])
    np.testing.assert_allclose(boxes, [(0, 0, 1, 1), *list(THINGS.values())[::-1]], atol=1e-6)
    assert bag.parts.ids == ("one/000", "one/001", "one/002")
    width, height = bag.parts["one/001"].rgb().size
    assert abs(width - 40 * 1.16) <= 2 and abs(height - 50 * 1.16) <= 2


def test_files_that_hold_no_detector_say_so(tmp_path, library):
    with pytest.raises(RequestError, match="no file ''"):
        proposals("ssd", "")
    with pytest.raises(RequestError, match="no file"):
        proposals("ssd", str(tmp_path / "nowhere"))
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
            proposals("ssd", str(file))


def test_the_library_is_named_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    file = tmp_path / "one.tflite"
    file.write_bytes(b"\0\0\0\0TFL3")
    with pytest.raises(ExtraMissingError, match="'ai-edge-litert', which is not installed"):
        proposals("ssd", str(file))


@pytest.fixture
def graphs(monkeypatch):
    """A stand-in for sessions of onnxruntime: the shapes that they say."""
    held = SimpleNamespace(shapes=[(1, 3, 32, 32), (1, 2, 8, 8), (1, 4, 8, 8)])

    class Session:
        def __init__(self, path, *_, **__):
            self.path = path

        def get_inputs(self):
            return [SimpleNamespace(name="in", shape=list(held.shapes[0]))]

        def get_outputs(self):
            return [SimpleNamespace(shape=list(one)) for one in held.shapes[1:]]

        def run(self, _, given):
            assert given["in"].shape == (1, 3, 32, 32) and given["in"].max() > 1
            middles, sides = np.zeros((1, 2, 8, 8), np.float32), np.zeros((1, 4, 8, 8), np.float32)
            middles[0, 0, 4, 4], middles[0, 1, 1, 1] = 0.3, 0.7
            sides[0, :, 4, 4], sides[0, :, 1, 1] = (8, 8, 8, 12), (4, 2, 12, 6)
            return middles, sides

    monkeypatch.setattr("onnxruntime.InferenceSession", Session)
    return held


def test_boxes_of_a_centernet_are_crops_of_whatever_class(tmp_path, graphs):
    file = tmp_path / "one.onnx"
    file.write_bytes(b"graph")
    bag = proposals("centernet", str(file)).see(photo(64, 96), "one")
    boxes = [place.box for place in bag.places]
    assert boxes == [(0, 0, 1, 1), (0, 0.0625, 0.5, 0.3125), (0.25, 0.25, 0.75, 0.875)]


@pytest.mark.parametrize("shapes", [
    [(1, 3, 32, 32), (1, 2, 8, 8)],
    [(1, 3, 32, 32), (1, 2, 16, 16), (1, 4, 8, 8)],
    [("n", 3, "side", "side"), (1, 2, 8, 8), (1, 4, 8, 8)],
    [(), (), ()],
])  # fmt: skip
def test_other_graphs_say_so(tmp_path, graphs, shapes):
    file, graphs.shapes = tmp_path / "one.onnx", shapes
    file.write_bytes(b"graph")
    with pytest.raises(RequestError, match="is no CenterNet"):
        proposals("centernet", str(file))


def test_a_file_without_a_graph_says_so(tmp_path):
    file = tmp_path / "one.onnx"
    file.write_bytes(b"no graph")
    with pytest.raises(RequestError, match="no ONNX graph"):
        proposals("centernet", str(file))
