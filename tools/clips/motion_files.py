"""Frames as the bytes of one animated WebP, and a folder of those that are made already."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image


def animated(frames: Sequence[Image.Image], milliseconds: float, quality: int) -> bytes:
    """An animated WebP that runs for ever; equal neighbours become one that lasts as long."""
    ends = [round((number + 1) * milliseconds) for number in range(len(frames))]
    durations = [b - a for a, b in zip([0, *ends], ends, strict=False)]
    out = io.BytesIO()
    frames[0].save(
        out, "WEBP", save_all=True, append_images=list(frames[1:]), duration=durations, loop=0,
        quality=quality, alpha_quality=80, method=4, minimize_size=False, kmin=5, kmax=9,
    )  # fmt: skip
    return out.getvalue()


def kept(file: Path, make: Callable[[], bytes]) -> bytes:
    """What is in a file; made and written where it is not there, so that a killed build goes on."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_bytes(make())
        part.replace(file)
    return file.read_bytes()
