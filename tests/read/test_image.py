"""Whatever a picture's file is like, its pixels come out upright, 8 bits, RGB."""

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from isthmus.read.image import Picture, central, picture

RNG = np.random.default_rng(0)


def smooth(height, width):
    """A picture that survives scaling: two slow ramps and their product."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return Image.fromarray((255 * np.stack([x, y, x * y], axis=2)).astype(np.uint8))


def file(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def pixels(content, **options):
    return np.asarray(Picture(content).rgb(**options))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_stands_upright(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = file(smooth(40, 60), "PNG", exif=exif)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    np.testing.assert_array_equal(pixels(content), np.asarray(expected))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF"])
def test_without_scaled_decoding_pixels_are_pillows(kind):
    content = file(smooth(300, 400), kind)
    plain = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    np.testing.assert_array_equal(pixels(content), plain)
    np.testing.assert_array_equal(pixels(content, at_least=224), plain)


@pytest.mark.parametrize(
    ("size", "at_least", "expected"),
    [
        ((640, 480), 224, (640, 480)),
        ((895, 2000), 224, (895, 2000)),
        ((896, 2000), 224, (448, 1000)),
        ((4000, 3000), 224, (1000, 750)),
        ((4000, 3000), 64, (500, 375)),
        ((3000, 4000), 224, (750, 1000)),
        ((1001, 1403), 224, (501, 702)),
    ],
)
def test_a_jpeg_is_decoded_at_twice_the_target_or_more(size, at_least, expected):
    content = file(smooth(size[1], size[0]), "JPEG")
    scaled = Picture(content).rgb(at_least=at_least)
    assert scaled.size == expected
    assert min(scaled.size) >= min(2 * at_least, *size)


def test_scaled_decoding_is_as_good_as_a_full_one():
    content = file(smooth(1500, 2000), "JPEG", quality=95)
    full = Picture(content).rgb().resize((224, 224), Image.Resampling.BICUBIC)
    scaled = Picture(content).rgb(at_least=224).resize((224, 224), Image.Resampling.BICUBIC)
    difference = np.abs(np.asarray(full, float) - np.asarray(scaled, float))
    assert difference.max() <= 2


def test_only_jpegs_are_decoded_scaled():
    assert Picture(file(smooth(1000, 1000), "PNG")).rgb(at_least=10).size == (1000, 1000)


def test_cmyk_is_what_pillow_makes_of_it():
    content = file(smooth(50, 50).convert("CMYK"), "JPEG")
    plain = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    np.testing.assert_array_equal(pixels(content), plain)


@pytest.mark.parametrize(
    ("mode", "kind"), [("I;16", "PNG"), ("I;16", "TIFF"), ("I;16B", "TIFF"), ("I", "TIFF")]
)
def test_sixteen_bits_become_the_nearest_of_eight(mode, kind):
    values = np.array([[0, 257, 128], [65535, 32896, 300]], np.uint16)
    data = values.astype(">u2" if mode == "I;16B" else "<i4" if mode == "I" else "<u2")
    image = Image.frombytes(mode, (3, 2), data.tobytes())
    expected = np.rint(values / 257).astype(np.uint8)
    for source in (file(image, kind), image):
        np.testing.assert_array_equal(pixels(source)[..., 1], expected)


def test_floats_count_from_0_to_1():
    image = Image.fromarray(np.array([[0, 0.5, 1], [2, -1, np.nan]], np.float32))
    np.testing.assert_array_equal(pixels(file(image, "TIFF"))[..., 0], [[0, 128, 255], [255, 0, 0]])


def test_palettes_with_and_without_transparency():
    flat = Image.fromarray(np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8))
    paletted = flat.quantize(2)
    np.testing.assert_array_equal(pixels(file(paletted, "PNG")), np.asarray(flat))
    blue = int(np.asarray(paletted)[0, 1])
    for transparency in (blue, bytes([255 if i != blue else 0 for i in range(2)])):
        content = file(paletted, "PNG", transparency=transparency)
        np.testing.assert_array_equal(pixels(content), np.asarray(flat))
        on_white = pixels(content, background=255)
        np.testing.assert_array_equal(on_white, [[[255, 0, 0], [255, 255, 255]]])


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_is_dropped_or_laid_on_a_background(mode):
    image = Image.new(mode, (2, 1), (100, 0) if mode == "LA" else (100, 100, 100, 0))
    content = file(image, "PNG")
    assert (pixels(content) == 100).all()
    assert (pixels(content, background=200) == 200).all()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame_counts(kind):
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    content = file(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)
    np.testing.assert_array_equal(pixels(content), np.asarray(frames[0]))


@pytest.mark.parametrize("size", [(1, 1), (1, 20_000), (20_000, 1)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_extreme_shapes_are_pictures(size, kind):
    assert Picture(file(Image.new("L", size, 7), kind)).rgb(at_least=224).size == size


@pytest.mark.parametrize("mode", ["1", "L", "HSV", "YCbCr", "RGB", "CMYK", "P"])
def test_images_in_memory_are_converted_and_not_changed(mode):
    image = smooth(5, 7).convert(mode)
    before = image.tobytes()
    found = Picture(image).rgb()
    np.testing.assert_array_equal(np.asarray(found), np.asarray(image.convert("RGB")))
    found.paste((1, 2, 3), (0, 0, 5, 5))
    assert image.tobytes() == before


def test_arrays_and_paths_are_pictures(tmp_path):
    array = RNG.integers(0, 255, (4, 5, 3), dtype=np.uint8)
    np.testing.assert_array_equal(np.asarray(picture(array).rgb()), array)
    Image.fromarray(array).save(tmp_path / "a.png")
    for item in (tmp_path / "a.png", str(tmp_path / "a.png"), picture(array)):
        np.testing.assert_array_equal(np.asarray(picture(item).rgb()), array)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows file names cannot hold these")
def test_an_odd_file_name_is_only_a_name(tmp_path):
    path = tmp_path / "<script>\x1b[31m.png"
    smooth(3, 3).save(path, "PNG")
    assert Picture(Path(path)).rgb().size == (3, 3)


def test_only_the_middle_of_an_extreme_strip_is_kept():
    strip = Image.fromarray(np.arange(200, dtype=np.uint8)[None].repeat(2, axis=0))
    middle = np.asarray(central(strip, ratio=32))
    np.testing.assert_array_equal(middle[0], np.arange(68, 132))
    assert central(strip, ratio=100) is strip
    assert central(strip.transpose(Image.Transpose.ROTATE_90), ratio=32).size == (2, 64)
