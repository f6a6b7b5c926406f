"""Scenes of babel as sounds: every fact has its code, so that a sound can be told from its facts.

A group is a figure of two notes. Its **shape** is the timbre (``TIMBRES``), its **size** the pitch
of the first note (small things are high, ``PITCHES``), its **colour** the step from the first note
up to the second (degrees of the major scale, ``STEPS``), its **material** what the notes do
(``MATERIALS_HEARD``), its **count** how often the figure is played. The **relation** is the order:
a group that is left of another is heard before it, one above another begins it and both overlap.
The **view** is the room: dry (front), one echo (angle), reverberation (above). The **style** is the
recording: plain (flat), a click before each note (outlined), notes that swell (shaded), noise
beneath (sketch).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.read.audio import Sound, Waveform
from isthmus.read.image import Picture
from isthmus.records import dataclass
from isthmus.types import Items, Links, RequestError, World
from isthmus.worlds.babel.facts import COLOURS, STYLES, Facts, Group
from isthmus.worlds.babel.scenes import CREDIT, POINTS, Scene, Shaped, drawing_code

HERTZ = 16_000
NOTE, GAP, TAIL = 0.2, 0.12, 0.4
"""Seconds of a note, between two groups, and after the last."""
PITCHES = {"small": 880.0, "medium": 440.0, "large": 220.0}
"""Hertz of a figure's first note."""
STEPS = dict[str, int](zip(COLOURS, (0, 2, 4, 5, 7, 9, 11, 12), strict=True))
"""Semitones up to the second note."""

TIMBRES: dict[str, tuple[tuple[float, float], ...]] = {
    "sphere": ((1, 1),),
    "cube": tuple((k, 1 / k) for k in range(1, 12, 2)),
    "cone": tuple((k, 1 / k) for k in range(1, 9)),
    "cylinder": ((1, 1), (2, 0.9), (4, 0.8), (8, 0.5)),
    "pyramid": ((1, 1), (3, 0.6)),
    "ring": ((1, 1), (2.76, 0.7), (5.4, 0.5)),
    "star": tuple((k, 1.0) for k in range(1, 9)),
    "heart": ((1, 0.4), (2, 1), (3, 0.9), (6, 0.3)),
    "cross": ((1, 1), (1.06, 1), (1.5, 0.8)),
    "crescent": ((1, 0.3), (5, 1), (6, 0.8)),
}
"""Partials of each shape: multiples of the pitch and their amplitudes."""

PAIRS = (("audio", "text"), ("image", "text"), ("audio", "image"), ("points", "text"),
         ("mesh", "text"))  # fmt: skip
"""What is linked; the first is what is compared unless somebody says otherwise."""
TAKE = 5
"""Stream of chance of how a scene is played again."""

Samples = Float[np.ndarray, " t"]


def _spotted(note: Samples, time: Samples, pitch: float) -> Samples:
    return note * (time * 20 % 1 < 0.5)


def _glass(note: Samples, time: Samples, pitch: float) -> Samples:
    return note * np.exp(-time * 18) * 1.5


def _shiny(note: Samples, time: Samples, pitch: float) -> Samples:
    return note + 0.6 * np.sin(2 * np.pi * 6.3 * pitch * time) * np.exp(-time * 25)


def _striped(note: Samples, time: Samples, pitch: float) -> Samples:
    return note * (0.5 + 0.5 * np.cos(2 * np.pi * 25 * time))


MATERIALS_HEARD: dict[str, Callable[[Samples, Samples, float], Samples]] = {
    "matte": lambda note, time, pitch: note,
    "shiny": _shiny,
    "striped": _striped,
    "spotted": _spotted,
    "glass": _glass,
}
"""What a material does to a note, its seconds and its pitch: nothing, a bright ping at the start,
a fast tremolo, a note in pieces, a note that dies away."""


@dataclass(frozen=True)
class Heard:
    """A scene as a sound, made when called."""

    scene: Scene

    def __str__(self) -> str:
        return str(self.scene)

    @property
    def content_key(self) -> str:
        """What decides every sample."""
        which = f"{self.scene.seed} {self.scene.facts!r}"
        if self.scene.take:
            which = f"{which} take {self.scene.take} of {self.scene.number}"
        return f"{which} played by {drawing_code()}"

    def __call__(self) -> Waveform:
        """Mono at 16,000 Hz."""
        wave = played(self.scene.facts)
        if self.scene.take:
            wave = retaken(wave, self.scene.chance(TAKE))
        return Waveform(wave[:, None], HERTZ)


def retaken(wave: Float[np.ndarray, " t"], rng: np.random.Generator) -> Float[np.ndarray, " u"]:
    """The same played again: up to 0.3 s later, softer by up to 12 dB, with a little hiss."""
    late, gain = int(rng.uniform(0, 0.3) * HERTZ), 10 ** (-rng.uniform(0, 12) / 20)
    again = np.concatenate([np.zeros(late), gain * wave])
    hiss = rng.uniform(0.001, 0.01) * rng.standard_normal(len(again))
    return np.clip(again + hiss, -1, 1).astype(np.float32)


def played(facts: Facts) -> Float[np.ndarray, " t"]:
    """The sound of a scene, float32 in -1..1 at 16,000 Hz; equal facts sound alike.

    Raises:
        RequestError: a fact is not stated.
    """
    if None in facts.to_dict().values() or (facts.relation is None and len(facts.groups) > 1):
        raise RequestError("Only scenes all of whose facts are stated can be heard.")
    figures = [figure(group, str(facts.style)) for group in facts.groups]
    overlap = facts.relation == "above"
    starts = [0]
    for one in figures[:-1]:
        starts.append(int(0.2 * HERTZ) if overlap else starts[-1] + len(one) + int(GAP * HERTZ))
    ends = [start + len(one) for start, one in zip(starts, figures, strict=True)]
    wave = np.zeros(max(ends) + int(TAIL * HERTZ))
    for start, one in zip(starts, figures, strict=True):
        wave[start : start + len(one)] += one
    wave = in_room(wave, str(facts.view))
    if facts.style == "sketch":
        wave = wave + 0.03 * np.random.default_rng(0).standard_normal(len(wave))
    return (0.8 * wave / np.abs(wave).max()).astype(np.float32)


def figure(group: Group, style: str) -> Samples:
    """A group: two notes, as often as there are things."""
    first = PITCHES[str(group.size)]
    second = first * 2 ** (STEPS[str(group.colour)] / 12)
    both = np.concatenate([note(group, pitch, style) for pitch in (first, second)])
    return np.tile(both, group.count or 1)


def note(group: Group, pitch: float, style: str) -> Samples:
    """One note: the timbre of the shape, changed as material and style say."""
    time = np.arange(int(NOTE * HERTZ)) / HERTZ
    partials = [(k * pitch, size) for k, size in TIMBRES[str(group.shape)] if k * pitch < HERTZ / 2]
    wave = sum((a * np.sin(2 * np.pi * f * time) for f, a in partials), np.zeros(len(time)))
    wave = MATERIALS_HEARD[str(group.material)](wave / np.abs(wave).max(), time, pitch)
    rise = NOTE * 0.8 if style == "shaded" else 0.005
    wave = wave * np.minimum(1, time / rise) * np.minimum(1, (NOTE - time) / 0.01)
    if style == "outlined":
        wave[: HERTZ // 500] += np.random.default_rng(1).uniform(-1.5, 1.5, HERTZ // 500)
    return wave


def in_room(wave: Samples, view: str) -> Samples:
    """Dry from the front, with one echo from an angle, with reverberation from above."""
    if view == "front":
        return wave
    answer = np.zeros(int(0.3 * HERTZ))
    answer[0] = 1.0
    if view == "angle":
        answer[int(0.09 * HERTZ)] = 0.7
    else:
        time = np.arange(len(answer)) / HERTZ
        answer += 0.08 * np.random.default_rng(2).standard_normal(len(time)) * np.exp(-time * 20)
    return np.convolve(wave, answer)[: len(wave)]


def sound_world(
    n: int = 1000,
    seed: int = 0,
    style: str | None = None,
    groups: int = 2,
    takes: int = 1,
    close: int = 0,
) -> World:
    """The scenes of the world ``babel`` as sounds, with their pictures, shapes and texts.

    The code is documented in the module: timbre says shape, pitch size, and so on. Facts, ids,
    texts, pictures and the split are those of ``babel`` with the same seed.

    Args:
        n: scenes; scene i depends on the seed and on i alone.
        seed: any whole number from 0.
        style: one style for all, otherwise the style is a fact like the others.
        groups: 2, or 1 for scenes without a relation.
        takes: items of each modality a scene, all linked: other pictures, shapes, captions and
            sounds of the same facts, called ``babel-00000``, ``babel-00000.1``, ...
        close: how many of the takes are close-ups, the last ones: the picture shows one thing of
            the scene, the caption says its shape and colour and little more.

    Raises:
        RequestError: an option is out of range; says what it can be.
    """
    _check(n, takes, close, Scene(seed, 0, groups, style))
    first = Scene(seed, 0, groups, style)
    each = [(take, take >= takes - close) for take in range(takes)]
    scenes = [replace(first, number=at, take=a, close=b) for at in range(n) for a, b in each]
    same = Links(
        (scenes[at * takes + one].id, scenes[at * takes + other].id)
        for at in range(n)
        for one in range(takes)
        for other in range(takes)
    )
    return _world(scenes, same)


def _world(scenes: list[Scene], same: Links) -> World:
    facts = [scene.facts for scene in scenes]
    ids = tuple(scene.id for scene in scenes)
    payloads: dict[str, list[Any]] = {
        "audio": [Sound(Heard(scene)) for scene in scenes],
        "image": [Picture(scene) for scene in scenes],
        "text": [scene.text(what) for scene, what in zip(scenes, facts, strict=True)],
        "points": [Shaped(scene, POINTS) for scene in scenes],
        "mesh": [Shaped(scene) for scene in scenes],
    }
    return World(
        name="babel-sound",
        label="shape" if scenes[0].groups == 1 else "label",
        items={kind: Items(kind, ids, some) for kind, some in payloads.items()},
        links=dict.fromkeys(PAIRS, same),
        factors={name: what.to_dict() for name, what in zip(ids, facts, strict=True)},
        split={scene.id: scene.split(what) for scene, what in zip(scenes, facts, strict=True)},
        credits=dict.fromkeys(ids, CREDIT),
    )


def _check(n: int, takes: int, close: int, like: Scene) -> None:
    wrong = min(n, takes) < 1 or not 0 <= close <= takes or like.seed < 0
    if wrong or like.groups not in (1, 2) or like.style not in (None, *STYLES):
        raise RequestError(
            f"babel-sound: n and takes are 1 or more, close is 0 to takes, seed a whole number "
            f"from 0, groups 1 or 2, style one of {', '.join(STYLES)} or None; not {n}, {takes}, "
            f"{close}, {like.seed}, {like.groups} and {like.style!r}."
        )
