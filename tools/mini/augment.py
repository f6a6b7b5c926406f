"""One training picture from one drawing: another ground, place, colour or technique each time.

Drawings are RGBA; what comes out is (224, 224, 3) sRGB 0..255, with the whole drawing mostly in
view.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

SIDE = 224


def plain(drawing: Image.Image) -> Image.Image:
    """The drawing as a user would give it: on white, square, 224 pixels."""
    return on_ground(squared(drawing), Image.new("RGB", (SIDE, SIDE), "white"), 1.0, (0.5, 0.5))


def varied(drawing: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A random rendition; the same generator state gives the same bytes."""
    drawing = squared(drawing)
    if is_ink(drawing):
        drawing = recoloured(drawing, rng)
    if rng.random() < 0.5 and is_coloured(drawing):
        drawing = ImageOps.mirror(drawing)
    if rng.random() < 0.35:
        drawing = drawing.rotate(rng.uniform(-20, 20), Image.Resampling.BICUBIC)
    share = rng.uniform(0.5, 1.0) if rng.random() < 0.7 else rng.uniform(1.0, 1.25)
    dark = mean_light(drawing) < 110
    picture = on_ground(drawing, ground(rng, dark), share, (rng.random(), rng.random()))
    return technique(picture, rng)


def squared(drawing: Image.Image) -> Image.Image:
    """Centred in a transparent square."""
    side = max(drawing.size)
    square = Image.new("RGBA", (side, side), (255, 255, 255, 0))
    square.paste(drawing, ((side - drawing.width) // 2, (side - drawing.height) // 2))
    return square


def on_ground(
    drawing: Image.Image, ground: Image.Image, share: float, place: tuple[float, float]
) -> Image.Image:
    """`share` of the side is covered; `place` in 0..1 spends the slack."""
    side = round(SIDE * share)
    small = drawing.resize((side, side), Image.Resampling.BICUBIC)
    left, top = (round((SIDE - side) * p) for p in place)
    ground.paste(small, (left, top), small)
    return ground


def visible(drawing: Image.Image) -> np.ndarray:
    """(k, 3) colours of the opaque pixels."""
    pixels = np.asarray(drawing.resize((32, 32))).reshape(-1, 4)
    kept = pixels[pixels[:, 3] > 128, :3]
    return kept if len(kept) else np.zeros((1, 3), np.uint8)


def is_ink(drawing: Image.Image) -> bool:
    """Drawn in black alone."""
    return int(visible(drawing).max()) < 60


def is_coloured(drawing: Image.Image) -> bool:
    """Drawn in more than black."""
    return not is_ink(drawing)


def mean_light(drawing: Image.Image) -> float:
    """Mean grey value of what is drawn, 0..255."""
    return float(visible(drawing).mean())


def recoloured(drawing: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Black ink stays black or becomes another colour, now and then a light one."""
    roll = rng.random()
    if roll < 0.6:
        return drawing
    low, high = (0, 140) if roll < 0.85 else (150, 256)
    colour = tuple(int(c) for c in rng.integers(low, high, 3))
    painted = Image.new("RGBA", drawing.size, colour)
    painted.putalpha(drawing.getchannel("A"))
    return painted


def ground(rng: np.random.Generator, dark: bool) -> Image.Image:
    """White, one colour, a slope between two, or blurred noise; light under dark drawings."""
    low, high = (140, 256) if dark else (0, 256)
    roll = rng.random()
    if roll < 0.5 and (dark or rng.random() < 0.8):
        return Image.new("RGB", (SIDE, SIDE), "white")
    a, b = rng.integers(low, high, (2, 3))
    if roll < 0.65:
        return Image.new("RGB", (SIDE, SIDE), tuple(int(c) for c in a))
    if roll < 0.8:
        slope = np.linspace(0, 1, SIDE)[:, None, None] * np.ones((1, SIDE, 1))
        slope = slope if rng.random() < 0.5 else slope.transpose(1, 0, 2)
        return Image.fromarray((a + slope * (b - a)).astype(np.uint8))
    coarse = rng.integers(low, high, (int(rng.integers(3, 24)),) * 2 + (3,)).astype(np.uint8)
    return Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def technique(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Colours shift; some become grey, blurred, outlines only, inverted, posterised or grainy."""
    if rng.random() < 0.5:
        for enhance, spread in (
            (ImageEnhance.Brightness, 0.3),
            (ImageEnhance.Contrast, 0.3),
            (ImageEnhance.Color, 0.6),
        ):
            picture = enhance(picture).enhance(rng.uniform(1 - spread, 1 + spread))
    roll = rng.random()
    if roll < 0.12:
        picture = outlines(picture, rng)
    elif roll < 0.24:
        picture = ImageOps.grayscale(picture).convert("RGB")
    elif roll < 0.30:
        hue = picture.convert("HSV")
        h, s, v = hue.split()
        turn = int(rng.integers(256))
        picture = Image.merge("HSV", (h.point(lambda x: (x + turn) % 256), s, v)).convert("RGB")
    elif roll < 0.34:
        picture = ImageOps.invert(picture)
    elif roll < 0.38:
        picture = ImageOps.posterize(picture, int(rng.integers(2, 5)))
    if rng.random() < 0.15:
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 2)))
    if rng.random() < 0.12:
        noise = rng.normal(0, rng.uniform(4, 20), (SIDE, SIDE, 1))
        picture = Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))
    return picture


def outlines(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Dark lines on white where the grey value changes: a poor man's sketch."""
    grey = ImageOps.grayscale(picture)
    width = int(rng.choice([3, 3, 5]))
    edges = ImageChops.difference(
        grey.filter(ImageFilter.MaxFilter(width)), grey.filter(ImageFilter.MinFilter(3))
    )
    lines = ImageOps.invert(ImageOps.autocontrast(edges, cutoff=1))
    return lines.point(lambda x: min(255, int(x * 1.15))).convert("RGB")
