"""What AudioSet's classes are the sound of, in plain words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from isthmus.arrays import unit

SAID = {
    "moo": "cow", "cattle": "cow", "bovinae": "", "cowbell": "cowbell", "oink": "pig",
    "neigh": "horse", "whinny": "horse", "clip-clop": "horse", "bleat": "sheep", "cluck": "hen",
    "crowing": "rooster", "cock-a-doodle-doo": "rooster", "gobble": "turkey", "quack": "duck",
    "honk": "goose", "fowl": "hen", "coo": "pigeon", "dove": "pigeon", "caw": "crow",
    "hoot": "owl", "croak": "frog", "roar": "lion", "roaring cats": "lion", "tigers": "tiger",
    "lions": "lion", "meow": "cat", "purr": "cat", "hiss": "snake", "caterwaul": "cat",
    "bark": "dog", "yip": "dog", "howl": "wolf", "bow-wow": "dog", "growling": "dog",
    "whimper (dog)": "dog", "canidae": "dog", "dogs": "dog", "wolves": "wolf",
    "squawk": "parrot", "chirp": "bird", "tweet": "bird", "bird vocalization": "bird",
    "bird call": "bird", "bird song": "bird", "bird flight": "bird", "flapping wings": "bird",
    "rodents": "mouse", "rats": "rat", "mice": "mouse", "patter": "mouse", "buzz": "bee",
    "rattle": "rattlesnake", "whale vocalization": "whale", "squeak": "mouse",
    "ribbit": "frog", "bee": "bee", "wasp": "wasp", "etc.": "",
}  # fmt: skip
"""Parts of class names, and the thing that sounds so; nothing where the part says nothing."""

GENERIC = frozenset(
    [
        "Speech", "Music", "Musical instrument", "Silence", "Sound effect", "Animal",
        "Wild animals",
        "Domestic animals, pets", "Livestock, farm animals, working animals", "Inside, small room",
        "Inside, large room or hall", "Inside, public space", "Outside, urban or manmade",
        "Outside, rural or natural", "Vehicle", "Noise", "Environmental noise", "Static", "Hum",
        "Mains hum", "Distortion", "Sidetone", "Cacophony", "White noise", "Pink noise",
        "Throbbing",
        "Vibration", "Television", "Radio", "Field recording", "Reverberation", "Echo",
    ]
)  # fmt: skip
"""Classes that say where or how something sounds, or no more than that it does."""


def said(name: str) -> tuple[str, ...]:
    """What a class of AudioSet is the sound of: "Cattle, bovinae" is "cow"."""
    if name == "Whimper (dog)":
        return ("dog",)
    parts = [part.strip().lower() for part in re.sub(r"\(.*?\)", "", name).split(",")]
    found = dict.fromkeys(SAID.get(part, part) for part in parts)
    return tuple(filter(None, found)) or ("sound",)


TEMPLATES = ("{}", "the sound of a {}", "a recording of a {}")
"""Of sounds, written before any test label was looked at; the mean of their vectors is a name's."""


def named(tower: Any, names: Sequence[str]) -> np.ndarray:
    """(n, d) unit vectors of names through the templates."""
    said = unit(tower.encode([t.format(name) for name in names for t in TEMPLATES]))
    return unit(said.reshape(len(names), len(TEMPLATES), -1).mean(axis=1))
