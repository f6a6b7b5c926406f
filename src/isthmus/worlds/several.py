"""The world ``several``: items that hold a few things each, with exact places.

Pictures, sounds, videos and meshes of other worlds are put together: drawings on one sheet, sounds
in one recording, videos after each other, meshes beside each other. What is where is known, so that
finding something in an item has an answer to be measured against.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from isthmus.read.audio import Sound, Waveform, sound
from isthmus.read.image import Picture, picture
from isthmus.read.meshes.files import mesh
from isthmus.read.meshes.triangles import Mesh, merged
from isthmus.read.video import Clip, Stack, clip
from isthmus.records import dataclass
from isthmus.types import Credit, Items, Links, Place, RequestError, World
from isthmus.worlds import load

SHEET = (240, 320)
"""Shortest and longest side of a sheet, in pixels."""
SECONDS, HERTZ = 30.0, 16_000
"""Of a recording."""
LONGEST = 6.0
"""Seconds that a sound lasts in it at most."""
FLOOR = 1e-3
"""Standard deviation of the noise under a recording; full scale is 1."""
FRAMES, SIDE = 10, 128
"""Frames a second of a video, and pixels along their sides."""
APART = 2.6
"""Of the radius of two meshes beside each other: how far their middles are."""


@dataclass(frozen=True)
class Several:
    """An item that is put together when it is called."""

    made_of: tuple[Any, ...]
    """The things, as their readers take them."""
    names: tuple[str, ...]
    how: Callable[[Sequence[Any], np.random.Generator], tuple[Any, list[Place]]]
    seed: tuple[int, ...]

    def __str__(self) -> str:
        return " and ".join(self.names)

    @property
    def content_key(self) -> str:
        """What decides it."""
        return f"{self.names!r} {self.seed!r} by {self.how.__name__}"

    def made(self) -> tuple[Any, list[Place]]:
        """The item, and the place of each thing."""
        return self.how(self.made_of, np.random.default_rng(self.seed))

    def __call__(self) -> Any:
        """The item."""
        return self.made()[0]


def sheet(things: Sequence[Any], rng: np.random.Generator) -> tuple[Image.Image, list[Place]]:
    """Drawings on paper of one colour or two, none over another; places are boxes."""
    wide, high = (int(x) for x in rng.integers(*SHEET, 2, endpoint=True))
    size = (wide, high)
    page, places, taken = _paper(size, rng), list[Place](), list[tuple[int, int, int, int]]()
    for number, one in enumerate(things):
        drawn = _cut(picture(one))
        side = int(rng.uniform(0.22, 0.42) * min(size))
        drawn = drawn.resize(_fitting(drawn.size, side))
        box = _free(size, drawn.size, taken, rng)
        taken.append(box)
        page.paste(drawn, box[:2], drawn)
        shares = tuple(float(x / size[k % 2]) for k, x in enumerate(box))
        places.append(Place(number, box=(shares[0], shares[1], shares[2], shares[3])))
    return page, places


def _cut(one: Picture) -> Image.Image:
    """A drawing without its paper: opaque where it differs from its corners."""
    rgb = np.asarray(one.rgb(background=255))
    away = np.abs(rgb.astype(int) - rgb[0, 0]).max(axis=2) > 12
    rows, columns = np.flatnonzero(away.any(axis=1)), np.flatnonzero(away.any(axis=0))
    if not len(rows):
        return Image.fromarray(np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)]))
    from scipy.ndimage import binary_fill_holes

    solid = np.asarray(binary_fill_holes(away), bool)
    alpha = 255 * solid.astype(np.uint8)
    whole = Image.fromarray(np.dstack([rgb, alpha]))
    return whole.crop((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))


def _fitting(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _paper(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """From one light colour to another, with grain."""
    ends = rng.integers(120, 256, (2, 3))
    share = np.linspace(0, 1, size[1])[:, None, None]
    flat = ends[0] * (1 - share) + ends[1] * share + np.zeros((1, size[0], 1))
    grain = rng.normal(0, rng.uniform(0, 6), flat.shape[:2])[..., None]
    return Image.fromarray(np.clip(flat + grain, 0, 255).astype(np.uint8))


def _free(
    size: tuple[int, int],
    own: tuple[int, int],
    taken: Sequence[tuple[int, int, int, int]],
    rng: np.random.Generator,
) -> tuple[int, int, int, int]:
    """A box of this size that lies over as little as can be of what is taken, of sixty draws."""
    best, least = (0, 0, *own), np.inf
    for _ in range(60):
        left, top = (int(rng.integers(0, max(1, size[k] - own[k] + 1))) for k in (0, 1))
        box = (left, top, left + own[0], top + own[1])
        over = sum(
            max(0, min(box[2], x[2]) - max(box[0], x[0]))
            * max(0, min(box[3], x[3]) - max(box[1], x[1]))
            for x in taken
        )
        if over < least:
            best, least = box, over
        if not over:
            break
    return best[0], best[1], best[2], best[3]


def recording(things: Sequence[Any], rng: np.random.Generator) -> tuple[Waveform, list[Place]]:
    """Sounds in thirty seconds, none over another, over a little noise; places are seconds.

    A sound ends where it can no longer be heard: what of it is as quiet as the noise is cut.
    """
    total = int(SECONDS * HERTZ)
    wave = rng.normal(0, FLOOR, total).astype(np.float32)
    waves = [_heard(sound(one).mono(HERTZ)[: int(LONGEST * HERTZ)]) for one in things]
    room = (total - sum(map(len, waves))) / len(waves)
    places, at = list[Place](), 0
    for number, own in enumerate(waves):
        start = at + int(rng.uniform(0, room))
        wave[start : start + len(own)] += own
        places.append(Place(number, seconds=(start / HERTZ, (start + len(own)) / HERTZ)))
        at = max(at + int(room) + len(own), start + len(own))
    return Waveform(wave[:, None], HERTZ), places


def _heard(wave: np.ndarray) -> np.ndarray:
    """A sound at half of full scale, without what of its ends is below twice the noise."""
    loud = float(np.abs(wave).max(initial=0.0))
    wave = (wave * np.float32(0.5 / loud if loud else 1)).astype(np.float32)
    frame = HERTZ // 40
    frames = wave[: max(1, len(wave) // frame) * frame].reshape(-1, min(frame, len(wave)))
    audible = np.flatnonzero(np.sqrt((frames.astype(float) ** 2).mean(axis=1)) > 2 * FLOOR)
    return wave[audible[0] * frame : (audible[-1] + 1) * frame] if len(audible) else wave


def sequence(things: Sequence[Any], rng: np.random.Generator) -> tuple[Stack, list[Place]]:
    """Videos in thirty seconds, each several times in a row, with empty paper before and after."""
    total, share = int(SECONDS * FRAMES), int(SECONDS * FRAMES) // len(things)
    frames = np.full((total, SIDE, SIDE, 3), 255, np.uint8)
    places = list[Place]()
    for number, one in enumerate(things):
        some = clip(one)
        own = int(rng.integers(share // 4, share * 3 // 4))
        start = number * share + int(rng.integers(0, share - own + 1))
        moments = np.arange(own) / FRAMES % max(some.timeline.duration, 1 / FRAMES)
        shown = {float(x): None for x in np.sort(moments)}
        seen = {at: np.asarray(_square(next(some.at([at])).image)) for at in shown}
        frames[start : start + own] = [seen[float(at)] for at in moments]
        places.append(Place(number, seconds=(start / FRAMES, (start + own) / FRAMES)))
    return Stack(frames, np.arange(total) / FRAMES, SECONDS), places


def _square(image: Image.Image) -> Image.Image:
    page = Image.new("RGB", (SIDE, SIDE), "white")
    small = image.copy()
    small.thumbnail((SIDE, SIDE))
    page.paste(small, ((SIDE - small.width) // 2, (SIDE - small.height) // 2))
    return page


def beside(things: Sequence[Any], rng: np.random.Generator) -> tuple[Mesh, list[Place]]:
    """Meshes in a row, each as large as the others, on one ground; places are faces."""
    from dataclasses import replace

    parts, places, first = list[Mesh](), list[Place](), 0
    for number, one in enumerate(things):
        own = mesh(one).fitted()
        low = float(own.bounds[0, 1])
        shift = np.array([number * APART, -low, rng.uniform(-0.3, 0.3)], np.float32)
        parts.append(replace(own, vertices=own.vertices + shift))
        places.append(Place(number, faces=tuple(range(first, first + len(own.faces)))))
        first += len(own.faces)
    return merged(parts), places


MADE: Mapping[str, tuple[Any, int, Callable[[Any], Any]]] = {
    "image": (sheet, 3, Picture),
    "audio": (recording, 3, Sound),
    "video": (sequence, 3, Clip),
    "mesh": (beside, 2, lambda made: made),
}
"""How items of a modality are put together, of how many things, and as what they are handed on."""


def several(
    of: Mapping[str, Sequence[Any]], modality: str, n: int, seed: int = 0, many: int = 0
) -> tuple[World, dict[str, list[Place]]]:
    """A world of n items that hold a few things each, and the places of these.

    Args:
        of: things by name: of each name one or more, of which one is drawn.
        modality: of the things, one of ``MADE``.
        n: items.
        seed: of the draws.
        many: things in an item; 0 takes the usual number.

    Factors: ``things``, their names in the order of their places.

    Raises:
        RequestError: another modality, or fewer names than things in an item.
    """
    if modality not in MADE:
        raise RequestError(f"Several things are put together of {', '.join(MADE)}, not {modality}.")
    how, usual, handed = MADE[modality]
    count, names = many or usual, sorted(of)
    if len(names) < count or n < 1:
        raise RequestError(
            f"{n} items of {count} things each want {count} names, not {len(names)}."
        )
    made = dict[str, Several]()
    for number in range(n):
        rng = np.random.default_rng((seed, number))
        held = [names[k] for k in rng.choice(len(names), count, replace=False)]
        things = tuple(of[name][int(rng.integers(len(of[name])))] for name in held)
        made[f"several-{number:04d}"] = Several(things, tuple(held), how, (seed, number, 1))
    world = World(
        name=f"several-{modality}",
        items={modality: Items(modality, tuple(made), [handed(one) for one in made.values()])},
        factors={name: {"things": list(one.names)} for name, one in made.items()},
        credits=dict.fromkeys(made, Credit("as its things", "isthmus.worlds.several")),
    )
    return world, {name: one.made()[1] for name, one in made.items()}


MATERIAL: Mapping[str, tuple[tuple[str, str], ...]] = {
    "image": (("glyphs", "/twemoji"), ("glyphs", "/noto"), ("glyphs", "/fluent-3d")),
    "audio": (("samples", ""), ("orchestra", "")),
    "video": (("motions", ""),),
    "mesh": (("furniture", ""),),
}
"""Worlds whose things are put together, and how the ids of those that are taken end."""


def material(modality: str, split: str) -> dict[str, list[Any]]:
    """Things by name of the bundled worlds of a modality, of one split.

    Raises:
        RequestError: no world has such things.
        DataMissingError: their package is not installed.
    """
    if modality not in MATERIAL:
        raise RequestError(f"Things are put together of {', '.join(MATERIAL)}, not {modality}.")
    found: dict[str, list[Any]] = {}
    for name, ending in MATERIAL[modality]:
        world = load(name)
        items, texts = world.items[modality], world.items["text"]
        linked = world.links.get((modality, "text"), Links(()))
        said = {own: str(texts[text]) for own, text in linked}
        for one in items.ids:
            called = said.get(one) or world.factors.get(one, {}).get("name")
            if world.split.get(one) == split and one.endswith(ending) and called:
                found.setdefault(str(called).lower(), []).append(items[one])
    return found
