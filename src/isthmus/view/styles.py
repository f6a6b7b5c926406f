"""The same view in several drawing styles: what is drawn does not change, only how.

A style makes a picture of what a view shows: the surface's own colours, normals and depth, drawn
twice as fine as the picture. Equal input gives equal bytes.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float, UInt8
from scipy.ndimage import binary_dilation, gaussian_filter

from isthmus.read.meshes.triangles import Mesh
from isthmus.types import RequestError
from isthmus.view.cameras import Pose
from isthmus.view.renders import Light, Rendered, RenderOptions, render

EVEN = (Light((0.0, 0.0, 0.0), 1.0),)
"""Light from everywhere: a surface shows its own colour."""

KEY = np.array([-0.4, 0.7, 0.6]) / np.linalg.norm([-0.4, 0.7, 0.6])
"""Towards the light that styles draw with, in camera coordinates: above on the left."""

JUMP, CREASE = 0.03, 0.35
"""Where a line is drawn: depth bends by more (radii), or normals turn by more (1 - cosine)."""

INK = np.array([0.12, 0.12, 0.14])
PAPER = 0.98


def drawn(
    mesh: Mesh,
    poses: Sequence[Pose],
    style: str = "shaded",
    options: RenderOptions | None = None,
    workers: int = 0,
) -> list[Rendered]:
    """Views of a mesh in a style of ``DRAWING_STYLES``; ``shaded`` is ``render`` itself.

    Styles other than ``shaded`` bring their own light and paper.

    Raises:
        RequestError: an unknown style.
    """
    options = options or RenderOptions()
    if style == "shaded":
        return render(mesh, poses, options, workers)
    if style not in DRAWING_STYLES:
        raise RequestError(f"A drawing style is one of {', '.join(names())}, not {style!r}.")
    fine = replace(options, side=2 * options.side, samples=1, lights=EVEN)
    draw, shown = DRAWING_STYLES[style], mesh if style == "photo" else paled(mesh)
    return [
        Rendered(
            view.pose, halved(draw(view)), view.depth[::2, ::2], view.normals[::2, ::2],
            view.mask[::2, ::2],
        )
        for view in render(shown, poses, fine, workers)
    ]  # fmt: skip


def paled(mesh: Mesh) -> Mesh:
    """Glass as drawings show it: opaque, in a tint as pale as it is transparent."""

    def tint(rgba: np.ndarray, full: float) -> np.ndarray:
        opacity = rgba[..., 3:] / full
        pale = full + (rgba[..., :3] - full) * opacity
        return np.concatenate([pale, np.where(opacity > 0.1, full, 0.0)], axis=-1)

    colours = np.rint(tint(mesh.colours.astype(float), 255.0)).astype(np.uint8)
    tints = (tuple(map(float, tint(np.array(one.colour), 1.0))) for one in mesh.materials)
    materials = (
        replace(one, colour=(red, green, blue, opacity))
        for one, (red, green, blue, opacity) in zip(mesh.materials, tints, strict=True)
    )
    return replace(mesh, colours=colours, materials=tuple(materials))


def names() -> tuple[str, ...]:
    """All styles."""
    return ("shaded", *DRAWING_STYLES)


Picture = Float[np.ndarray, "h w 3"]
"""sRGB, 0..1, drawn twice as fine."""


def flat(view: Rendered) -> Picture:
    """The surface's own colours, without light, shade or lines."""
    return np.where(view.mask[..., None], view.colour / 255, 1.0)


def toon(view: Rendered) -> Picture:
    """Three steps of light and dark contours, as a comic."""
    light = lit(view)
    step = np.where(light > 0.7, 1.0, np.where(light > 0.3, 0.8, 0.6))
    rgb = np.where(view.mask[..., None], view.colour / 255 * step[..., None], 1.0)
    return np.where(binary_dilation(lines(view))[..., None], INK, rgb)


def sketch(view: Rendered) -> Picture:
    """Pencil contours by an unsteady hand, and hatching where it is dark; no colour."""
    tone = (view.colour @ np.array([0.299, 0.587, 0.114]) / 255) * (0.35 + 0.65 * lit(view))
    dark = np.where(view.mask, 1 - tone, 0)
    strokes = np.maximum(hatched(dark - 0.25, 50.0), hatched(dark - 0.55, -40.0))
    ink = np.maximum(0.55 * strokes, 0.85 * wobbled(binary_dilation(lines(view))))
    return np.repeat((PAPER - (PAPER - 0.15) * ink)[..., None], 3, axis=2)


def photo(view: Rendered) -> Picture:
    """One strong lamp, a wall and a floor with a contact shadow, blur, vignette and noise.

    The noise, the wall's colour and the exposure are drawn from a seed that the view decides.
    """
    side = len(view.mask)
    seed = [round(100 * turn) % 2**32 for turn in (view.pose.azimuth, view.pose.elevation)]
    rng = np.random.default_rng([*seed, int(view.mask.sum())])
    down, across = np.mgrid[0:side, 0:side] / side
    wall = 0.62 + 0.12 * rng.random(3) - 0.1 * down[..., None]
    floor = 0.5 + 0.1 * rng.random(3) + 0.15 * (down[..., None] - 0.6)
    ground = np.where(down[..., None] < 0.58, wall, floor)
    shadow = gaussian_filter(np.roll(view.mask, side // 22, axis=0).astype(float), side / 26)
    ground = ground * (1 - 0.45 * shadow[..., None])
    light = 0.3 + 0.95 * lit(view) ** 1.2
    rgb = np.where(view.mask[..., None], view.colour / 255 * light[..., None], ground)
    rgb = gaussian_filter(rgb, (1.3, 1.3, 0))
    vignette = 1 - 0.5 * ((down - 0.5) ** 2 + (across - 0.5) ** 2)
    rgb = rgb * (vignette * rng.uniform(0.88, 1.08))[..., None] * rng.uniform(0.95, 1.05, 3)
    return np.clip(rgb + rng.normal(0, 0.04, rgb.shape), 0, 1)


DRAWING_STYLES: dict[str, Callable[[Rendered], Picture]] = {
    "flat": flat,
    "toon": toon,
    "sketch": sketch,
    "photo": photo,
}


def lit(view: Rendered) -> Float[np.ndarray, "h w"]:
    """Cosine of the surface's normal to the light, 0..1."""
    return np.clip(view.normals @ KEY, 0, 1)


def lines(view: Rendered) -> Bool[np.ndarray, "h w"]:
    """Contours and creases: where depth bends or normals turn from a sample to the next."""
    far = float(view.depth[view.mask].max(initial=0.0)) + 1
    depth = np.where(view.mask, view.depth, far)
    found = np.zeros_like(view.mask)
    for axis in (0, 1):
        bends = np.abs(np.diff(depth, 2, axis=axis)) > JUMP
        np.moveaxis(found, axis, 0)[1:-1] |= np.moveaxis(bends, axis, 0)
        ahead = np.roll(view.normals, -1, axis=axis)
        turned = 1 - (view.normals * ahead).sum(axis=2) > CREASE
        found |= turned & view.mask & np.roll(view.mask, -1, axis=axis)
    return found


def hatched(density: Float[np.ndarray, "h w"], degrees: float) -> Float[np.ndarray, "h w"]:
    """Parallel strokes, 9 samples apart, as wide as the density (0..1) asks."""
    turn = np.deg2rad(degrees)
    down, across = np.mgrid[0 : density.shape[0], 0 : density.shape[1]]
    place = np.cos(turn) * across + np.sin(turn) * down + 1.2 * np.sin(down / 23)
    wave = 0.5 + 0.5 * np.cos(2 * np.pi * place / 9)
    return np.clip((density - 0.9 * wave) * 3, 0, 1)


def wobbled(line: Bool[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    """Lines shifted to and fro by up to two samples, slowly along the picture."""
    down, across = np.mgrid[0 : line.shape[0], 0 : line.shape[1]]
    rows = np.rint(down + 1.6 * np.sin(across / 17 + 1) + 0.6 * np.sin(across / 5)).astype(int)
    columns = np.rint(across + 1.6 * np.sin(down / 19 + 2) + 0.6 * np.sin(down / 6)).astype(int)
    rows, columns = np.clip(rows, 0, len(line) - 1), np.clip(columns, 0, line.shape[1] - 1)
    return line[rows, columns].astype(float)


def halved(fine: Picture) -> UInt8[np.ndarray, "p q 3"]:
    """Means of 2 x 2 samples as bytes."""
    mean = (fine[::2, ::2] + fine[1::2, ::2] + fine[::2, 1::2] + fine[1::2, 1::2]) / 4
    return np.rint(255 * np.clip(mean, 0, 1)).astype(np.uint8)
