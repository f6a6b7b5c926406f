"""Clips whose frames say their number: an oracle for timestamps and sampling."""

import io
from fractions import Fraction

import numpy as np
from PIL import Image

BITS = 8
RED, BLUE = (220, 30, 30), (30, 30, 220)


def numbered(number, height=48, width=64):
    """(h, w, 3) uint8: the number in bars above, black 0 and white 1; red and blue below."""
    picture = np.zeros((height, width, 3), np.uint8)
    half, bar = height // 2, np.arange(width) * BITS // width
    picture[:half] = np.where(number >> bar & 1, 255, 0)[None, :, None]
    picture[half:, : width // 2], picture[half:, width // 2 :] = RED, BLUE
    return picture


def number_of(image):
    """The number that a picture shows, if it stands upright with its colours in place."""
    pixels = np.asarray(image).astype(int)
    height, width = pixels.shape[:2]
    low = pixels[height * 3 // 4]
    left, right = low[width // 4], low[width * 3 // 4]
    assert left[0] > 150 > left[2], left
    assert right[2] > 150 > right[0], right
    row = pixels[height // 4].mean(axis=1)
    at = ((np.arange(BITS) + 0.5) / BITS * width).astype(int)
    return int(((row[at] > 127) << np.arange(BITS)).sum())


def film(
    count,
    codec="libx264",
    pixels="yuv420p",
    container="mp4",
    size=(48, 64),
    ticks=None,
    alpha=None,
    sound=False,
    gop=12,
):
    """Bytes of a clip of 10 ticks a second: frame k is shown at tick k, or at ``ticks[k]``."""
    import av

    out = io.BytesIO()
    with av.open(out, "w", format=container) as found:
        stream = found.add_stream(codec, rate=10)
        stream.height, stream.width, stream.pix_fmt = *size, pixels
        stream.codec_context.gop_size = gop
        heard = found.add_stream("aac" if container == "mp4" else "libopus", 48000) if sound else 0
        for number in range(count):
            picture, kind = numbered(number, *size), "rgb24"
            if alpha is not None:
                picture, kind = np.dstack([picture, alpha]), "rgba"
            frame = av.VideoFrame.from_ndarray(picture, format=kind)
            frame.pts = number if ticks is None else ticks[number]
            frame.time_base = Fraction(1, 10)
            found.mux(stream.encode(frame))
        found.mux(stream.encode())
        if heard:
            found.mux(heard.encode(tone()))
            found.mux(heard.encode())
    return out.getvalue()


def tone():
    import av

    wave = (0.1 * np.sin(np.arange(48000) / 20)).astype(np.float32)[None]
    frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
    frame.sample_rate, frame.pts = 48000, 0
    return frame


def sound_only():
    """Bytes of an MP4 without pictures."""
    import av

    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as found:
        stream = found.add_stream("aac", 48000)
        found.mux(stream.encode(tone()))
        found.mux(stream.encode())
    return out.getvalue()


def animation(count, kind="GIF", milliseconds=100, mode="RGB"):
    """Bytes of an animated picture; of one frame it is a still one."""
    frames = [Image.fromarray(numbered(number)).convert(mode) for number in range(count)]
    out = io.BytesIO()
    more = {"lossless": True} if kind == "WEBP" else {}
    frames[0].save(
        out, kind, save_all=count > 1, append_images=frames[1:], duration=milliseconds, loop=0,
        **more,
    )  # fmt: skip
    return out.getvalue()


def turned(content, quarter):
    """The MP4 with the matrix of a phone that was held a quarter turned, clockwise as shown."""
    one, zero, last = 1 << 16, 0, 1 << 30
    matrix = {
        1: (zero, one, zero, -one, zero, zero, zero, zero, last),
        2: (-one, zero, zero, zero, -one, zero, zero, zero, last),
        3: (zero, -one, zero, one, zero, zero, zero, zero, last),
    }[quarter]
    at = content.index(b"tkhd") + 4 + 40  # version 0: flags, times, id, reserved, layer, volume
    written = b"".join(value.to_bytes(4, "big", signed=True) for value in matrix)
    return content[:at] + written + content[at + 36 :]
