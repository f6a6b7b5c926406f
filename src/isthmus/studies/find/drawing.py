"""Pictures of where something was seen: boxes and heat, seconds along a line, faces of a mesh."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageDraw

from isthmus.indexes.presence import Found
from isthmus.read.image import picture
from isthmus.read.meshes.files import mesh
from isthmus.read.meshes.triangles import Material
from isthmus.types import Place
from isthmus.view.cameras import Pose
from isthmus.view.renders import RenderOptions, render

SIDE = 640
"""Longest side of what is drawn, in pixels."""
LINE = (SIDE, 150)
"""Of scores over time."""
FOUND, OTHER, PAPER = (196, 64, 24), (120, 130, 140), (250, 250, 248)

Shares = Float[np.ndarray, " p"]
"""Of each part, 0 to 1: how surely the thing is there."""


def boxes(path: Path, found: Sequence[Found]) -> Image.Image:
    """The picture with a frame around each place."""
    whole = _small(path)
    pen, wide = ImageDraw.Draw(whole), max(2, SIDE // 200)
    for one in reversed(found):
        if one.place.box is not None:
            pen.rectangle(_pixels(one.place.box, whole.size), outline=FOUND, width=wide)
    return whole


def heat(path: Path, places: Sequence[Place], shares: Shares) -> Image.Image:
    """The picture in grey, the redder the surer: at each pixel the mean of the boxes over it.

    Small boxes count more, in the inverse of their areas.
    """
    whole = _small(path)
    total, weight = np.zeros(whole.size[::-1]), np.full(whole.size[::-1], 1e-12)
    for place, share in zip(places, shares, strict=True):
        if place.box is not None:
            left, top, right, bottom = _pixels(place.box, whole.size)
            area = max(1, (right - left) * (bottom - top))
            total[top:bottom, left:right] += share / area
            weight[top:bottom, left:right] += 1 / area
    grey = np.asarray(whole.convert("L").convert("RGB"), float)
    hot = (total / weight)[..., None]
    mixed = grey * (1 - 0.75 * hot) + np.array(FOUND) * 0.75 * hot
    return Image.fromarray(mixed.clip(0, 255).astype(np.uint8))


def seconds(places: Sequence[Place], shares: Shares, found: Sequence[Found]) -> Image.Image:
    """Sureness over time, what was found in colour."""
    page = Image.new("RGB", LINE, PAPER)
    pen, end = ImageDraw.Draw(page), max((x.seconds or (0, 0))[1] for x in places)
    across, high = (LINE[0] - 20) / max(end, 1e-9), LINE[1] - 40
    for one in found:
        begin, stop = one.place.seconds or (0.0, 0.0)
        pen.rectangle(
            (10 + begin * across, 10, 10 + stop * across, 10 + high), fill=(244, 216, 200)
        )
    middles = [(x.seconds[0] + x.seconds[1]) / 2 for x in places if x.seconds]
    points = [(10 + at * across, 10 + high * (1 - float(s))) for at, s in
              sorted(zip(middles, shares, strict=True), key=lambda one: one[0])]  # fmt: skip
    if len(points) > 1:
        pen.line(points, fill=FOUND, width=2)
    pen.line((10, 10 + high, LINE[0] - 10, 10 + high), fill=OTHER)
    for tick in np.linspace(0, end, 7):
        pen.text((10 + tick * across - 8, 14 + high), f"{tick:.0f} s", fill=OTHER)
    return page


def faces(item: Any, places: Sequence[Place]) -> Image.Image:
    """The mesh of what ``mesh`` reads from the front and from behind, faces of places in colour."""
    whole, chosen = mesh(item), sorted({f for one in places for f in one.faces or ()})
    kinds = np.zeros(len(whole.faces), np.int32)
    kinds[chosen] = 1
    plain = tuple(Material((r / 255, g / 255, b / 255, 1.0)) for r, g, b in (OTHER, FOUND))
    painted = replace(whole, colours=np.full_like(whole.colours, 255), material=kinds,
                      materials=plain)  # fmt: skip
    options = RenderOptions(side=SIDE // 2)
    page = Image.new("RGB", (SIDE, SIDE // 2), PAPER)
    for number, one in enumerate(render(painted, (Pose(30.0, 20.0), Pose(210.0, 20.0)), options)):
        page.paste(Image.fromarray(one.colour), (number * SIDE // 2, 0))
    return page


def _small(path: Path) -> Image.Image:
    whole = picture(path).rgb(background=255).copy()
    whole.thumbnail((SIDE, SIDE))
    return whole


def _pixels(box: tuple[float, float, float, float], size: tuple[int, int]) -> tuple[int, ...]:
    return tuple(round(x * size[k % 2]) for k, x in enumerate(box))
