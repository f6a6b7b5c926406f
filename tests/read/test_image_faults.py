"""Damaged, oversized and alien files are refused in one sentence and cost little."""

import io
import re
import struct
import subprocess
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from isthmus.read.image import MAX_PIXELS, Picture, picture, quiet
from isthmus.read.meshes.beside import Beside
from isthmus.types import ItemError
from tests.read.test_image import file, pixels, smooth

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP"])
def test_a_truncated_picture_is_damaged(kind, tmp_path):
    noise = Image.fromarray(RNG.integers(0, 255, (64, 64, 3), dtype=np.uint8))
    content = file(noise, kind)
    for part in (0.02, 0.5, 0.9):
        path = tmp_path / f"cut.{kind}"
        path.write_bytes(content[: int(len(content) * part)])
        with pytest.raises(ItemError, match=r"cut\..*(damaged|not a picture)"):
            Picture(path).rgb()


def test_what_is_no_picture_says_so(tmp_path):
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("hello")
    for item, said in [
        (tmp_path / "empty.png", "empty"),
        (tmp_path / "text.png", r"text\.png is not a picture"),
        (tmp_path / "nope.png", "no picture"),
        (tmp_path, "a folder"),
        (b"", "empty"),
        (b"GIF89a", "not a picture|damaged"),
    ]:
        with pytest.raises(ItemError, match=said):
            picture(item).rgb()
    for item, said in [
        (3, "an int"),
        (np.ones((4, 4)), "float64"),
        (np.ones((0, 4, 3), np.uint8), r"\(0, 4, 3\)"),
        (np.ones((4, 4, 2), np.uint8), r"\(4, 4, 2\)"),
    ]:
        with pytest.raises(ItemError, match=said):
            picture(item)


def png_header(width, height):
    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(30_000, 30_000), (13_000, 12_000)])
def test_a_bomb_is_refused_from_its_header(tmp_path, size):
    assert size[0] * size[1] > MAX_PIXELS
    (tmp_path / "bomb.png").write_bytes(png_header(*size))
    with pytest.raises(ItemError, match=r"bomb\.png.*(pixels|claims)"):
        Picture(tmp_path / "bomb.png").rgb()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the peak memory")
def test_refusing_a_bomb_takes_little_memory(tmp_path):
    (tmp_path / "bomb.png").write_bytes(png_header(30_000, 30_000))
    code = (
        "import sys; from pathlib import Path; from isthmus.read.image import Picture\n"
        "try: Picture(Path(sys.argv[1])).rgb()\n"
        "except ValueError: print(Path('/proc/self/status').read_text())"
    )
    run = [sys.executable, "-c", code, str(tmp_path / "bomb.png")]
    status = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    peak = int(re.findall(r"VmHWM:\s*(\d+) kB", status)[0])
    assert peak < 200_000


@pytest.mark.parametrize(
    "exif",
    [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"],
)
def test_corrupt_metadata_do_not_spoil_good_pixels(exif):
    plain = smooth(20, 30)
    content = file(plain, "JPEG", exif=exif)
    np.testing.assert_array_equal(pixels(content), pixels(file(plain, "JPEG")))


def test_many_threads_read_quietly_and_leave_the_filters_alone():
    corrupt = file(smooth(64, 64), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: Picture(corrupt).rgb().size, range(64)))
    assert set(found) == {(64, 64)}
    assert warnings.filters == before


def test_overlapping_silence_ends_with_the_last():
    quiet.__enter__()
    quiet.__enter__()
    quiet.__exit__(None, None, None)
    warnings.warn("unheard", stacklevel=1)
    quiet.__exit__(None, None, None)
    with pytest.warns(UserWarning, match="heard"):
        warnings.warn("heard", stacklevel=1)


def test_no_other_program_is_started(tmp_path, monkeypatch):
    ran = tmp_path / "ran"
    (tmp_path / "gs").write_text(f"#!/bin/sh\ntouch {ran}\n")
    (tmp_path / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    script = tmp_path / "script.png"
    script.write_text(
        "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"
    )
    with pytest.raises(ItemError, match="not a picture"):
        Picture(script).rgb()
    assert not ran.exists()


class Panic(BaseException):
    """What a panic in a library written in Rust becomes."""


@pytest.mark.parametrize("error", [RuntimeError("no image item"), Panic("index 3"), KeyError("x")])
def test_whatever_a_reader_raises_is_the_fault_of_the_picture(monkeypatch, tmp_path, error):
    """A damaged AVIF raises RuntimeError."""

    def fail(*_, **__):
        raise error

    (tmp_path / "a.avif").write_bytes(b"....ftypavif")
    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(ItemError, match=rf"a\.avif is damaged.*{type(error).__name__}"):
        Picture(tmp_path / "a.avif").rgb()


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_wish_to_stop_is_no_fault_of_a_picture(monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(error):
        Picture(b"GIF89a").rgb()


def test_a_damaged_avif_is_an_item_fault():
    if not features.check("avif"):
        pytest.skip("this Pillow reads no AVIF")
    content = bytearray(file(smooth(16, 16), "AVIF"))
    at = content.index(b"iloc")
    content[at + 4 : at + 40] = bytes(36)
    with pytest.raises(ItemError, match=r"damaged|not a picture"):
        Picture(bytes(content)).rgb()


def test_a_name_too_long_to_look_up_is_no_picture():
    with pytest.raises(ItemError, match=r"damaged or unreadable|no picture"):
        Picture(Path("a/" * 2500 + "x.jpg")).rgb()


def test_sixteen_bits_in_separate_planes_are_refused_by_name():
    """Pillow decodes such strips as 8 bits; of nine planes one after the other, all are wrong."""
    planes = np.zeros((3, 4, 4), "<u2")
    start = 8 + 2 + 12 * 10 + 4
    tags = [(256, 4), (257, 4), (258, (3, start)), (259, 1), (262, 2), (273, (3, start + 6))]
    tags += [(277, 3), (278, 4), (279, (3, start + 18)), (284, 2)]
    rows = b"".join(
        struct.pack("<HHII", tag, 3 if tag == 258 else 4, *(v if isinstance(v, tuple) else (1, v)))
        for tag, v in tags
    )
    offsets = [start + 30 + 32 * number for number in range(3)]
    beside = struct.pack("<3H3I3I", 16, 16, 16, *offsets, 32, 32, 32)
    content = struct.pack("<2sHIH", b"II", 42, 8, 10) + rows + bytes(4) + beside + planes.tobytes()
    with pytest.raises(ItemError, match="separate planes"):
        picture(content).rgb()


def grey_tiff(bits, kind, channels=1, order="<"):
    """A TIFF of one black pixel: samples unsigned (1), signed (2) or floats (3)."""
    entries = [(256, 1), (257, 1), (258, bits), (259, 1), (262, 2 if channels > 2 else 1)]
    entries += [(273, 200), (277, channels), (278, 1), (279, channels * bits // 8), (339, kind)]
    rows = b"".join(
        struct.pack(order + "HHII", tag, 4, channels, 180) if tag == 258 and channels > 1
        else struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in entries
    )  # fmt: skip
    head = struct.pack(order + "2sHIH", b"II" if order == "<" else b"MM", 42, 8, len(entries))
    data = (head + rows).ljust(180, b"\0") + struct.pack(order + "I", bits) * channels
    return data.ljust(200, b"\0") + bytes(channels * bits // 8)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("bits", "kind", "channels", "said"),
    [
        (16, 3, 1, "a TIFF of 1 x 16 bits a pixel, floats: save it with 8 bits"),
        (64, 3, 1, "a TIFF of 1 x 64 bits a pixel, floats"),
        (32, 3, 3, "a TIFF of 3 x 32 bits a pixel, floats"),
        (32, 1, 3, "a TIFF of 3 x 32 bits a pixel, unsigned integers"),
        (16, 2, 1, "a TIFF of signed integers, of which nothing says what is white"),
        (8, 2, 1, "a TIFF of signed integers"),
    ],
)
def test_samples_that_are_not_read_are_named(bits, kind, channels, said, order, tmp_path):
    content = grey_tiff(bits, kind, channels, order)
    (tmp_path / "a.tif").write_bytes(content)
    for source in (content, tmp_path / "a.tif"):
        with pytest.raises(ItemError, match=said):
            picture(source).rgb()
    beside = Beside(tmp_path)
    assert beside.texture("a.tif") is None
    assert said.removeprefix("a TIFF of ")[:20] in beside.left_out[0]


def test_grey_integers_of_32_bits_are_refused_by_name_in_the_other_byte_order():
    assert picture(grey_tiff(32, 1)).rgb().getpixel((0, 0)) == (0, 0, 0)
    with pytest.raises(ItemError, match="a TIFF of 1 x 32 bits a pixel, unsigned integers"):
        picture(grey_tiff(32, 1, order=">")).rgb()


def test_a_pfm_of_colours_is_named_and_one_of_grey_is_read():
    with pytest.raises(ItemError, match="a PFM of 3 x 32 bits a pixel, floats: save it as a PNG"):
        picture(b"PF\n1 1\n-1.0\n" + bytes(12)).rgb()
    grey = b"Pf\n1 2\n-1.0\n" + struct.pack("<ff", 0.5, 1)
    assert pixels(grey)[:, 0, 0].tolist() == [255, 128]


@pytest.mark.parametrize("damage", [b"II*\0\xff\xff\xff\xff", b"MM\0*", b"II+\0\x08\0\0\0", b"PF"])
def test_what_is_no_more_than_the_beginning_of_a_format_is_no_format(damage, recwarn):
    with pytest.raises(ItemError, match=r"no format|damaged"):
        picture(damage).rgb()
    assert not recwarn.list


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "jpeg", "lzma"])
def test_a_damaged_tiff_writes_nothing_to_stderr(compression, capfd, tmp_path):
    noise = Image.fromarray(RNG.integers(0, 255, (64, 64, 3), dtype=np.uint8))
    content = bytearray(file(noise, "TIFF", compression=compression))
    content[8:208] = content[-400:-200] = bytes(200)
    content = bytes(content)
    (tmp_path / "a.tif").write_bytes(content)

    def tried(source):
        with suppress(ItemError):
            picture(source).rgb()

    sources = [content, tmp_path / "a.tif", lambda: Image.open(io.BytesIO(content))] * 8
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tried, sources))
    Beside(tmp_path).texture("a.tif")
    assert capfd.readouterr().err == ""


def test_what_others_see_of_a_damaged_tiff_is_as_it_was(capfd):
    content = bytearray(file(smooth(64, 64), "TIFF", compression="tiff_adobe_deflate"))
    content[8:100] = bytes(92)
    with suppress(ItemError):
        picture(bytes(content)).rgb()
    assert capfd.readouterr().err == ""
    with suppress(OSError):
        Image.open(io.BytesIO(content)).load()
    assert "ZIPDecode" in capfd.readouterr().err
