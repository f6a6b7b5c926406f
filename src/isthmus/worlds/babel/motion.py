"""Scenes of babel that move: direction, speed and order of events, which no single frame shows.

Every clip has an opposite (the other direction, the other order) that shows exactly the same
frames at other times: whoever looks at the frames without their order cannot tell them apart.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from isthmus.read.video import Clip, Stack
from isthmus.records import dataclass
from isthmus.types import Items, Links, RequestError, World
from isthmus.worlds.babel.facts import COLOURS, MATERIALS, SHAPES, STYLES, VIEWS, Group, is_unseen
from isthmus.worlds.babel.layout import Thing
from isthmus.worlds.babel.render_image import SMALLEST, painted
from isthmus.worlds.babel.render_text import noun_phrase, pick
from isthmus.worlds.babel.scenes import CREDIT, drawing_code

DIRECTIONS = {"right": (1, 0), "left": (-1, 0), "down": (0, 1), "up": (0, -1)}
"""Steps across and down the picture."""
OPPOSITE = {"right": "left", "left": "right", "down": "up", "up": "down",
            "left first": "right first", "right first": "left first"}  # fmt: skip
SPEEDS = {"slow": 0.22, "fast": 0.5}
"""Way of a clip, as a share of the picture's side."""
EVENTS = ("vanishes", "grows", "jumps")
SECONDS = 2.0
BEGINS, LASTS = (0.06, 0.56), 0.25
"""When the two events begin, up to an eighth later, and how long they last: shares of the clip."""

_MOVES = {
    "right": ("to the right", "rightwards", "from left to right"),
    "left": ("to the left", "leftwards", "from right to left"),
    "down": ("down", "downwards", "from top to bottom"),
    "up": ("up", "upwards", "from bottom to top"),
}
_SPEEDS = {"slow": ("slowly",), "fast": ("quickly", "fast")}
_EVENTS = {
    "vanishes": ("vanishes", "disappears"),
    "grows": ("grows", "gets larger"),
    "jumps": ("jumps", "hops"),
}
_MOVING = (
    "{a} moves {where} {speed}, {b} stands still",
    "{a} glides {where} {speed} while {b} stands still",
    "{b} stands still while {a} moves {speed} {where}",
)
_IN_ORDER = (
    "{side} first: {a} {event}, then {b}",
    "the {side} one first: {a} {event}, then {b} {event}",
    "the {side} thing first, {a} {event} before {b} does",
)
"""Who acts first is named first, and its side is said: of the order of words alone a small text
tower keeps little (a linear probe on vectors of ``mini`` was at chance)."""


@dataclass(frozen=True)
class Motion:
    """What is true of a clip: one thing moves past another, or both do the same in turn."""

    groups: tuple[Group, Group]
    """The first moves, or acts first."""
    motion: str
    """A direction, or whose event comes first: ``left first`` or ``right first``."""
    speed: str | None
    """Of a thing that moves."""
    event: str | None
    """What both things do."""
    view: str
    style: str

    @property
    def opposite(self) -> "Motion":
        """The same frames at other times."""
        groups = self.groups if self.event is None else (self.groups[1], self.groups[0])
        return replace(self, groups=groups, motion=OPPOSITE[self.motion])

    def to_dict(self) -> dict[str, Any]:
        """Every fact by name; those of the second thing begin with ``other_``."""
        things = {
            prefix + name: getattr(group, name)
            for prefix, group in zip(("", "other_"), self.groups, strict=True)
            for name in ("shape", "colour", "size", "material")
        }
        whole = ("motion", "speed", "event", "view", "style")
        return things | {name: getattr(self, name) for name in whole}


@dataclass(frozen=True)
class Scene:
    """One clip of the world; equal scenes give equal bytes."""

    seed: int
    number: int
    size: int = 128
    frames: int = 8
    style: str | None = None
    opposite: bool = False
    """Whether its opposite is shown instead."""

    def __str__(self) -> str:
        return f"{self.id} (seed {self.seed})"

    @property
    def id(self) -> str:
        """Name of the clip and of its text."""
        return f"motion-{self.number:05d}"

    @property
    def content_key(self) -> str:
        """What decides every pixel."""
        return f"{self!r} drawn by {drawing_code()}"

    @property
    def facts(self) -> Motion:
        """What is true of it."""
        rng = self.chance(0)
        groups = _two_things(rng)
        view, style = pick(VIEWS, rng), pick(STYLES, rng)
        motion = pick(tuple(OPPOSITE), rng)
        moves = motion in DIRECTIONS
        found = Motion(
            groups,
            motion,
            pick(tuple(SPEEDS), rng) if moves else None,
            None if moves else pick(EVENTS, rng),
            view,
            self.style or style,
        )
        return found.opposite if self.opposite else found

    def text(self, facts: Motion) -> str:
        """A sentence of what happens."""
        rng = self.chance(2)
        a, b = (noun_phrase(group, rng) for group in facts.groups)
        if facts.event is None:
            where, speed = pick(_MOVES[facts.motion], rng), pick(_SPEEDS[str(facts.speed)], rng)
            return pick(_MOVING, rng).format(a=a, b=b, where=where, speed=speed)
        event, side = pick(_EVENTS[facts.event], rng), facts.motion.removesuffix(" first")
        return pick(_IN_ORDER, rng).format(a=a, b=b, event=event, side=side)

    def split(self, facts: Motion) -> str:
        """``test`` where a held-out pair of colour and shape is seen, else ``train`` or ``val``."""
        if any(is_unseen(group) for group in facts.groups):
            return "test"
        return "val" if self.chance(3).random() < 0.1 else "train"

    def __call__(self) -> Stack:
        """The frames; how a ``Clip`` handle reads them."""
        facts, rng = self.facts, self.chance(1)
        placed = _placed(facts, rng)
        seconds = np.arange(self.frames) * SECONDS / self.frames
        frames = [
            painted(facts.style, facts.view, things, self.chance(4), self.size).pixels
            for things in (_at(facts, placed, number, self) for number in range(self.frames))
        ]
        return Stack(np.stack(frames), seconds, SECONDS)

    def chance(self, stream: int) -> np.random.Generator:
        """One of the scene's streams of chance."""
        return np.random.default_rng((self.seed, self.number, 100 + stream))


def _two_things(rng: np.random.Generator) -> tuple[Group, Group]:
    """Two of different shape and colour."""
    shapes, colours = rng.permutation(SHAPES)[:2], rng.permutation(COLOURS)[:2]
    one, other = (
        Group(str(shape), str(colour), pick(("small", "medium"), rng), pick(MATERIALS, rng), 1)
        for shape, colour in zip(shapes, colours, strict=True)
    )
    return one, other


@dataclass(frozen=True)
class _Places:
    """Middles of both things' ways, and how late the events begin; alike for opposites."""

    first: tuple[float, float]
    second: tuple[float, float]
    late: float


def _placed(facts: Motion, rng: np.random.Generator) -> _Places:
    jitter, late, swap = rng.uniform(-0.07, 0.07, 4), float(rng.uniform(0, 0.125)), rng.random()
    along, across = (0.5 + jitter[0], 0.5 + 3 * jitter[1]), (0.27 + jitter[2], 0.73 + jitter[3])
    if facts.event is not None:
        left, right = (across[0], along[0]), (across[1], 0.5 + jitter[1])
        return _Places(*((left, right) if facts.motion == "left first" else (right, left)), late)
    pairs = list(zip(along, across if swap < 0.5 else across[::-1], strict=True))
    level = DIRECTIONS[facts.motion][0] != 0
    first, second = pairs if level else [(y, x) for x, y in pairs]
    return _Places(first, second, late)


def _at(facts: Motion, placed: _Places, number: int, scene: Scene) -> tuple[Thing, ...]:
    """The things of one frame, those on the left or above first, so that opposites are alike."""
    one, other = facts.groups
    if facts.event is None:
        way = SPEEDS[str(facts.speed)] * (number / max(scene.frames - 1, 1) - 0.5)
        dx, dy = DIRECTIONS[facts.motion]
        x, y = placed.first[0] + way * dx, placed.first[1] + way * dy
        return (Thing(0, one, x, y), Thing(1, other, *placed.second))
    shown: list[Thing] = []
    for begin, group, place in zip(
        BEGINS, facts.groups, (placed.first, placed.second), strict=True
    ):
        start = round((begin + placed.late) * scene.frames)
        acts = start <= number < start + max(1, round(LASTS * scene.frames))
        thing = Thing(0, group, *place)
        if acts:
            thing = _acting(thing, str(facts.event))
        shown += [thing] if thing else []
    return tuple(sorted(shown, key=lambda thing: thing.x))


def _acting(thing: Thing, event: str) -> Thing | None:
    if event == "vanishes":
        return None
    if event == "jumps":
        return replace(thing, y=thing.y - 0.16)
    larger = {"small": "medium", "medium": "large"}[str(thing.facts.size)]
    return replace(thing, facts=replace(thing.facts, size=larger))


def motion_world(
    n: int = 1000, seed: int = 0, size: int = 128, frames: int = 8, style: str | None = None
) -> World:
    """Short clips of coloured solids with exact facts that no single frame shows.

    Any number from a seed, two seconds each. One thing moves past another (``motion`` is its
    direction, ``speed`` slow or fast), or both do the same ``event`` in turn (``motion`` says
    whether the left or the right one is first). Ten pairs of colour and shape are seen only in the
    test split; ``val`` is a tenth of the other clips.

    Args:
        n: clips; clip i depends on the seed and on i alone.
        seed: any whole number from 0.
        size: side of the frames in pixels, 64 or more.
        frames: of a clip, 8 or more.
        style: one drawing style for all, otherwise the style is a fact like the others.

    Raises:
        RequestError: an option is out of range; says what it can be.
    """
    _check(n, seed, size, frames, style)
    scenes = [Scene(seed, number, size, frames, style) for number in range(n)]
    facts = [scene.facts for scene in scenes]
    ids = tuple(scene.id for scene in scenes)
    texts = [scene.text(what) for scene, what in zip(scenes, facts, strict=True)]
    return World(
        name="babel-motion",
        label="motion",
        items={
            "video": Items("video", ids, [Clip(scene) for scene in scenes]),
            "text": Items("text", ids, texts),
        },
        links={("video", "text"): Links(zip(ids, ids, strict=True))},
        factors={name: what.to_dict() for name, what in zip(ids, facts, strict=True)},
        split={scene.id: scene.split(what) for scene, what in zip(scenes, facts, strict=True)},
        credits=dict.fromkeys(ids, CREDIT),
    )


def _check(n: int, seed: int, size: int, frames: int, style: str | None) -> None:
    rules = [
        (n >= 1, f"n is the number of clips, 1 or more, not {n}"),
        (seed >= 0, f"seed is a whole number from 0, not {seed}"),
        (size >= SMALLEST, f"size is the frames' side, {SMALLEST} pixels or more, not {size}"),
        (frames >= 8, f"frames are those of a clip, 8 or more, not {frames}"),
        (style is None or style in STYLES, f"style is one of {', '.join(STYLES)}, not {style!r}"),
    ]
    for met, message in rules:
        if not met:
            raise RequestError(f"babel-motion: {message}.")
