"""Files of sound that tests write: sweeps whose pitch is known at every moment, in any format."""

import io
import struct

import numpy as np
import pytest

soundfile = pytest.importorskip("soundfile")
pytest.importorskip("soxr")
av = pytest.importorskip("av")

LOW, RISE = 200.0, 300.0
"""A sweep's hertz at the start, and by how many it rises a second."""


def sweep(seconds=2.0, hertz=44_100, loud=0.5):
    """(t,) float32: a sine whose pitch rises, so that it tells where in it one is."""
    t = np.arange(round(seconds * hertz)) / hertz
    return (loud * np.sin(2 * np.pi * (LOW * t + RISE * t**2 / 2))).astype(np.float32)


def pitch(samples, hertz, second, width=0.1):
    """Hertz of the strongest sine around a second."""
    middle, half = round(second * hertz), round(width * hertz / 2)
    piece = samples[max(0, middle - half) : middle + half]
    power = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), 8 * len(piece)))
    return float(power.argmax() * hertz / (8 * len(piece)))


def written(samples, hertz=44_100, kind="WAV", subtype=None):
    """The bytes of a file that libsndfile writes."""
    file = io.BytesIO()
    soundfile.write(file, samples, hertz, format=kind, subtype=subtype)
    return file.getvalue()


def muxed(samples, hertz=48_000, codec="aac", container="ipod"):
    """The bytes of a file that FFmpeg writes, mono."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=hertz, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate = hertz
        resampler = av.AudioResampler(
            format=stream.codec_context.format.name,
            layout="mono",
            rate=hertz,
            frame_size=stream.codec_context.frame_size or 1024,
        )
        for one in (*resampler.resample(frame), *resampler.resample(None)):
            out.mux(stream.encode(one))
        out.mux(stream.encode(None))
    return file.getvalue()


def silent_film():
    """An MP4 with pictures and no sound."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        for shade in range(5):
            picture = np.full((32, 32, 3), 40 * shade, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
    return file.getvalue()


def with_claims(wav, data=None, riff=None, hertz=None):
    """A plain WAV whose header says other sizes, or another rate."""
    content, at = bytearray(wav), wav.index(b"data") + 4
    for place, value in ((at, data), (4, riff), (24, hertz)):
        if value is not None:
            struct.pack_into("<I", content, place, value)
    return bytes(content)


def with_picture(mp3, size=70_000):
    """An MP3 after an ID3 tag that holds a picture, whose bytes look like an MP3's frames."""
    picture = b"\0image/jpeg\0\x03\0" + b"\xff\xfb\x90\x00" * (size // 4)
    frame = b"APIC" + struct.pack(">I", len(picture)) + b"\0\0" + picture
    length = len(frame)
    synchsafe = bytes((length >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + synchsafe + frame + mp3
