"""Every registered reader keeps its contract; the kit can fail."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from isthmus.read import MODALITIES
from isthmus.read.points import PointCloud, sampled
from isthmus.registry import find
from isthmus.testing import check_reader
from isthmus.types import ItemError
from tests.read.films import animation
from tests.view.shapes import tetrahedron

PIXELS = np.random.default_rng(0).integers(0, 255, (9, 7, 3), dtype=np.uint8)

NRRD = b"NRRD0004\ntype: uint8\ndimension: 3\nsizes: 2 2 2\nencoding: raw\n\n" + bytes(range(8))


def glb():
    trimesh = pytest.importorskip("trimesh")
    return trimesh.creation.box((1, 2, 3)).export(file_type="glb")


def png():
    made = io.BytesIO()
    Image.fromarray(PIXELS).save(made, "PNG")
    return made.getvalue()


def wav():
    soundfile = pytest.importorskip("soundfile")
    pytest.importorskip("av")
    made = io.BytesIO()
    soundfile.write(made, TONE, 8_000, format="WAV")
    return made.getvalue()


TONE = np.sin(np.arange(800) / 5).astype(np.float32)
EXAMPLES = {
    "audio": lambda file: [file("a.wav", wav()), wav(), (TONE, 8_000)],
    "image": lambda file: [file("a.png", png()), png(), PIXELS, Image.fromarray(PIXELS)],
    "mesh": lambda file: [file("a.glb", glb()), glb(), tetrahedron(), tetrahedron],
    "points": lambda file: [file("a.glb", glb()), glb(), tetrahedron(), sampled(tetrahedron(), 9)],
    "voxels": lambda file: [file("a.nrrd", NRRD), NRRD, np.eye(3)[None]],
    "text": lambda file: [file("a.txt", "Zürich".encode()), b"a dog", "snow"],
    "video": lambda file: [file("a.webp", animation(3, "WEBP")), animation(4)],
}
OPENED = {
    "audio": lambda sound: sound.samples(),
    "image": lambda picture: picture.rgb(),
    "video": lambda clip: [frame.image for frame in clip.frames()],
}


@pytest.mark.parametrize("modality", MODALITIES)
def test_readers(modality, tmp_path):
    def file(name, content):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    read, examples = find("modalities", MODALITIES, modality).read, EXAMPLES[modality](file)
    check_reader(read, examples, OPENED.get(modality, lambda item: item))


def strict(item):
    """Seconds since midnight."""
    if isinstance(item, bytes) and item.isdigit():
        return item
    raise ItemError("A time is seconds since midnight in digits.")


def careless(item):
    return item if isinstance(item, bytes) else item.read_bytes()


def drawn(_item, rng=np.random.default_rng(0)):  # noqa: B008
    return str(rng.random())


def silent(item):
    if isinstance(item, (bytes, str)) and item:
        return item
    raise ItemError("no")


def anything(item):
    if isinstance(item, (bytes, str)):
        return item or "?"
    raise ItemError("This reader takes bytes or a text.")


def trusting(item):
    if isinstance(item, bytes):
        return strict(item)
    if isinstance(item, str):
        return item
    raise ItemError("This reader takes bytes or a text.") if isinstance(item, int) else KeyError(3)


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (careless, "ItemError, not FileNotFoundError"),
        (drawn, "another item again"),
        (silent, "one sentence, not 'no'"),
        (anything, "Empty content is no item"),
        (trusting, "ItemError, not KeyError"),
    ],
)
def test_the_kit_can_fail(read, message, monkeypatch):
    monkeypatch.setattr("isthmus.testing.reading_checks.CONVENTIONS", ("every",))
    with pytest.raises(AssertionError, match=message):
        check_reader(read, [b"123"])
    check_reader(strict, [b"1234"])


def test_the_kit_wants_units_and_something_to_damage():
    with pytest.raises(AssertionError, match="does not say its units"):
        check_reader(strict, [b"1234"])
    with pytest.raises(AssertionError, match="a path or bytes among"):
        check_reader(strict, ["12"])


def test_a_cloud_is_drawn_from_a_surface_with_area():
    flat = tetrahedron()
    flat = type(flat)(np.zeros_like(flat.vertices), *list(vars(flat).values())[1:])
    with pytest.raises(ItemError, match="one with area, not 9 of area 0"):
        sampled(flat, 9)
    assert isinstance(sampled(tetrahedron(), 9), PointCloud)


def test_colours_of_points_multiply_as_light():
    grey = np.full((2, 2, 4), (128, 128, 128, 255), np.uint8)
    shape = tetrahedron((0.5, 0.5, 0.5, 0.5))
    textured = replace(shape.materials[0], texture=grey)
    shape = replace(shape, materials=(textured,), colours=np.full_like(shape.colours, 128))
    light = 0.2158605 * 0.2140411 * 0.2158605  # of 128, 0.5 and 128 again
    right = round(255 * (1.055 * light ** (1 / 2.4) - 0.055))
    assert {tuple(one) for one in sampled(shape, 20).colours.tolist()} == {(right,) * 3 + (64,)}
