"""Whatever a picture's file is like, its pixels come out upright, 8 bits, RGB."""

import io
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps, features
from PIL.Image import Transpose

from isthmus.read.image import FORMATS, SUFFIXES, Picture, central, is_picture, picture
from isthmus.types import ItemError

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
    image = Image.fromarray(np.array([[0, 0.5, 1], [1.05, -0.05, np.nan]], np.float32))
    for source in (file(image, "TIFF"), image):
        np.testing.assert_array_equal(pixels(source)[..., 0], [[0, 128, 255], [255, 0, 0]])
    white_is_zero = file(image, "TIFF").replace(
        struct.pack("<HHII", 262, 3, 1, 1), struct.pack("<HHII", 262, 3, 1, 0)
    )
    np.testing.assert_array_equal(pixels(white_is_zero)[0, :, 0], [255, 128, 0])
    for high in (255, np.inf, 1.2):
        with pytest.raises(ItemError, match=r"values of 0 to .* save it with values of 0 to 1"):
            pixels(file(Image.fromarray(np.array([[0, high]], np.float32)), "TIFF"))


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


STORED = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_90,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_270,
}
"""How an upright picture is stored under each EXIF orientation."""


@pytest.mark.parametrize("orientation", [1, *STORED])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 95}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("AVIF", {"quality": 90}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "jpeg"}),
    ],
)
def test_a_picture_is_turned_once_whoever_turns_it(kind, options, orientation):
    """Pillow turns some formats itself as it loads them, and leaves others to us."""
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow reads no AVIF")
    upright, exif = smooth(40, 60), Image.Exif()
    exif[0x0112] = orientation
    turned = upright.transpose(STORED[orientation]) if orientation > 1 else upright
    content = file(turned, kind, exif=exif, **options)
    for source in (content, Image.open(io.BytesIO(content))):
        found = np.asarray(picture(source).rgb()).astype(int)
        assert found.shape == (40, 60, 3)
        assert np.abs(found - np.asarray(upright)).mean() < 4


@pytest.mark.parametrize("mode", ["L", "I;16", "RGB", "RGBA", "F"])
@pytest.mark.parametrize("orientation", [1, *STORED])
def test_a_tiff_stands_upright_by_path_and_by_bytes(mode, orientation, tmp_path):
    """Of a path Pillow maps grey values into memory, and does not turn them."""
    values = np.zeros((32, 48), np.uint8)
    values[:16], values[:8, :8] = 255, 0
    stored = {"I;16": values.astype(np.uint16) * 257, "F": values.astype(np.float32) / 255}
    image = Image.fromarray(stored.get(mode, values))
    image = image.convert(mode) if mode.startswith("RGB") else image
    turned = image.transpose(STORED[orientation]) if orientation > 1 else image
    turned.save(tmp_path / "a.tif", tiffinfo={274: orientation})
    path = tmp_path / "a.tif"
    for source in (path, path.read_bytes(), Image.open(path), lambda: Image.open(path)):
        np.testing.assert_array_equal(np.asarray(Picture(source).rgb())[..., 0], values)


def test_a_turned_tiff_is_turned_once_when_metadata_say_it_twice():
    """The tag and the XMP packet of a TIFF name the same orientation."""
    exif, upright = Image.Exif(), smooth(40, 60)
    exif[0x0112] = 6
    exif[700] = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    content = file(upright.transpose(Transpose.ROTATE_90), "TIFF", exif=exif)
    np.testing.assert_array_equal(pixels(content), np.asarray(upright))


def tiff(bits, white_is_zero, data, width):
    """A TIFF of one row of grey values."""
    entries = [(256, width), (257, 1), (258, bits), (259, 1), (262, 0 if white_is_zero else 1)]
    entries += [(273, 8 + 2 + 12 * 9 + 4), (277, 1), (278, 1), (279, len(data))]
    rows = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    return struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + rows + bytes(4) + data


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (tiff(16, False, np.array([0, 65535, 32896], "<u2").tobytes(), 3), [0, 255, 128]),
        (tiff(16, True, np.array([0, 65535, 32639], "<u2").tobytes(), 3), [255, 0, 128]),
        (tiff(12, False, bytes.fromhex("000fff808000"), 4), [0, 255, 128, 0]),
        (tiff(8, True, bytes([0, 255, 127]), 3), [255, 0, 128]),
        (tiff(32, False, np.array([0, 2**32 - 1, 2**31], "<u4").tobytes(), 3), [0, 255, 128]),
    ],
)
def test_grey_values_of_any_depth_and_direction(content, expected):
    assert pixels(content)[0, :, 0].tolist() == expected


def test_every_suffix_that_pillow_knows_of_our_formats_is_looked_for():
    Image.init()
    known = {end for end, name in Image.registered_extensions().items() if name in FORMATS}
    assert known <= set(SUFFIXES)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF", "JPEG2000", "QOI"])
def test_a_picture_is_known_by_its_first_bytes(kind):
    if kind in ("AVIF", "JPEG2000") and not features.check({"AVIF": "avif"}.get(kind, "jpg_2000")):
        pytest.skip(f"this Pillow writes no {kind}")
    assert is_picture(file(smooth(8, 9), kind)[:32])


def test_texts_and_raw_photographs_are_not_known_as_pictures():
    for start in (b"BM is a text of thirty-two letters", b"II*\0" + bytes(28), b"", b"\0" * 32):
        assert not is_picture(start)
