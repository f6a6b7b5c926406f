"""What ``mini`` hears: YAMNet's classes and features, joined with its space.

Weights are in the package ``isthmus-sounds``; without it sounds are seen as spectrograms.
``docs/models/sounds.md`` says how they were made and how good they are.

Source: Hershey et al. 2017, CNN architectures for large-scale audio classification, for the input;
YAMNet itself is github.com/tensorflow/models, research/audioset/yamnet.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from jaxtyping import Float
from scipy.special import expit, softmax

from isthmus.arrays import Vectors, fingerprint
from isthmus.encode.sessions import session
from isthmus.encode.shapes.towers import gelu
from isthmus.read.audio import POLICY, Mono, Sound, sound
from isthmus.records import dataclass
from isthmus.similarity.pooling import attention, max_of_scores
from isthmus.store import data_folder
from isthmus.types import DataMissingError, Encoder, Space
from isthmus.view.class_words import class_words
from isthmus.view.spectrograms import mel_filters
from isthmus.view.windows import streamed

DATA, YAMNET, JOIN, CLASSES = "mini_sounds", "yamnet.onnx", "join.npz", "classes.json"
HERTZ, WINDOW, FFT, HOP, MELS = 16_000, 400, 512, 160, 64
"""Hertz, samples of a Hann window, of a transform and from frame to frame, and bands."""
LOW, HIGH = 125.0, 7500.0
"""Hertz where the lowest band begins and the highest ends."""
FRAMES = 96
"""Of a patch, which is 0.975 s."""
SAMPLES = (FRAMES - 1) * HOP + WINDOW
PEAK = 0.3
"""Of every sound; full scale is 1."""
EVERY = 0.48
"""Seconds from one patch to the next."""
SURE = 0.01
"""Added to how sure a patch is of a class, so that silence has a vector too."""
_PATCHES = 64
"""Of one pass of the network."""


def log_mel_patch(samples: Mono) -> Float[np.ndarray, "frames mels"]:
    """YAMNet's input: log of the mel magnitudes of 96 frames; what is shorter ends in silence."""
    padded = np.pad(samples, (0, SAMPLES - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    hann = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    magnitudes = np.abs(np.fft.rfft(frames * hann, FFT)).astype(np.float32)
    return np.log(magnitudes @ mel_filters(HERTZ, FFT, MELS, LOW, HIGH).T + np.float32(0.001))


def patches(item: Sound, every: float = EVERY) -> Iterator[Float[np.ndarray, "frames mels"]]:
    """Of every stretch of 0.975 s, one each ``every`` seconds; the last ends with the sound.

    The loudest sample of the whole sound is brought to ``PEAK`` first, for which it is decoded
    once more: a vector does not depend on the gain.

    Raises:
        ItemError: as of ``Sound.mono``.
    """
    loudest = max(float(np.abs(block).max()) for block in item.blocks(HERTZ, 10.0))
    gain = np.float32(PEAK / loudest if loudest else 1)
    for stretch in streamed(item, HERTZ, SAMPLES / HERTZ, every):
        yield log_mel_patch(gain * stretch)


def heard(
    network: Any, item: Any, every: float = EVERY
) -> tuple[Float[np.ndarray, "p features"], Float[np.ndarray, "p classes"]]:
    """YAMNet's features and class scores (log odds) of each patch, in order.

    Raises:
        ItemError: no sound that can be read.
    """
    found, held = list[list[np.ndarray]](), list[np.ndarray]()

    def run() -> None:
        found.append(network.run(None, {"audio": np.stack(held)[:, None]}))
        held.clear()

    for patch in patches(sound(item), every):
        held.append(patch)
        if len(held) == _PATCHES:
            run()
    if held:
        run()
    features, scores = (np.concatenate(some) for some in zip(*found, strict=True))
    return features, scores


@dataclass(frozen=True, eq=False)
class SoundTower:
    """Sounds to vectors: what classes they are, and what a trained head hears beside.

    The vector of a sound is e + 3 g·c·(p H). The expected class e is the softmax over the classes
    that name something, each by its best patch, times their names' vectors (then of length one).
    p is what a small head makes of the features, probabilities of the names of its training sounds,
    and H are these names' vectors; c, the largest of p before it is sharpened, keeps the head quiet
    where it is not sure. g is the probability of music over itself and that of the likeliest other
    class, so that other sounds speak through their classes alone. Features and g are means over
    the patches, weighted by how sure each is of its likeliest class.
    """

    space: Space
    network: Any = field(repr=False)
    weights: Mapping[str, np.ndarray]
    """``names`` (classes, d), ``named`` and ``music`` (classes, 0 or 1), ``prior`` (classes, taken
    from the scores), ``spread`` (of the softmax), and those of the head, whose names have the
    vectors ``own``."""
    known: str
    """Says which weights these are."""
    workers: int = 1
    every: float = EVERY
    """Seconds from one patch to the next."""
    modality: str = "audio"

    @property
    def preprocessing(self) -> str:
        """What is taken of a sound, and the weights."""
        return (
            f"{POLICY}; {HERTZ:,} Hz, its peak at {PEAK}, log-mel patches of {SAMPLES / HERTZ} s "
            f"every {self.every} s; tower {self.known[:12]}"
        )

    def encode(self, items: Sequence[Any]) -> Vectors:
        """(n, d) float32 of sounds, or of what ``read.audio`` makes one of.

        Raises:
            ItemError: one of them cannot be read.
        """
        with ThreadPoolExecutor(self.workers) as pool:
            found = list(pool.map(self._vector, items))
        return np.stack(found) if found else np.empty((0, self.space.dim), np.float32)

    def _vector(self, item: Any) -> np.ndarray:
        return joined(self.weights, *heard(self.network, item, self.every))


def joined(
    weights: Mapping[str, np.ndarray],
    features: Float[np.ndarray, "p features"],
    scores: Float[np.ndarray, "p classes"],
) -> Float[np.ndarray, " d"]:
    """One vector, of length one, of what YAMNet makes of a sound's patches."""
    f, likely, music = pooled(weights, features, scores)
    e = likely @ weights["names"]
    x = (f - weights["mean"]) / weights["std"]
    hidden = gelu(x @ weights["up"] + weights["up_bias"])
    own = hidden @ weights["down"] + weights["bias"]
    head = softmax(own).max() * (softmax(own / weights["sharp"]) @ weights["own"])
    v = e / np.linalg.norm(e) + weights["share"] * music * head
    return (v / np.linalg.norm(v)).astype(np.float32)


def pooled(
    weights: Mapping[str, np.ndarray],
    features: Float[np.ndarray, "p features"],
    scores: Float[np.ndarray, "p classes"],
) -> tuple[Float[np.ndarray, " features"], Float[np.ndarray, " classes"], float]:
    """Features, probabilities of the classes that name something, and that of music, of all."""
    odds, named = expit(scores), weights["named"] > 0
    sure = (odds * named).max(axis=1) + SURE
    best = np.where(named, max_of_scores(scores.T) - weights["prior"], -np.inf)
    music, other = (
        (odds * kind).max(axis=1) for kind in (weights["music"], named * (1 - weights["music"]))
    )
    music = music / (music + other + SURE * SURE)
    likely = softmax(best / weights["spread"])
    return attention(features, sure), likely, float(attention(music, sure))


def with_sounds(towers: Mapping[str, Encoder], workers: int = 1) -> dict[str, Encoder]:
    """The towers of ``mini``, and that of the package ``isthmus-sounds`` where it is installed."""
    found, folder = dict(towers), data_folder(DATA)
    if folder is not None and (folder / JOIN).is_file():
        space = next(iter(towers.values())).space
        known = fingerprint(*((folder / name).read_bytes() for name in (YAMNET, JOIN)))
        found["audio"] = SoundTower(space, opened(folder), join(folder), known, workers)
    return found


@cache
def opened(folder: Path) -> onnxruntime.InferenceSession:
    """YAMNet, opened once a process."""
    return session(folder / YAMNET)


def join(folder: Path) -> dict[str, np.ndarray]:
    """What joins YAMNet with the space, as float32."""
    with np.load(folder / JOIN) as stored:
        return {name: stored[name].astype(np.float32) for name in sorted(stored.files)}


def heard_classes(item: Any) -> list[tuple[str, float]]:
    """What a sound may be, in plain words, with probabilities: the mean over its patches.

    Raises:
        DataMissingError: the package ``isthmus-sounds`` is not installed.
        ItemError: no sound that can be read.
    """
    folder = data_folder(DATA)
    if folder is None:
        raise DataMissingError("the classifier of sounds", "isthmus-sounds")
    classes = json.loads((folder / CLASSES).read_text("utf-8"))
    shares = expit(heard(opened(folder), item)[1]).mean(axis=0)
    return [
        (", ".join(one["said"]), float(share))
        for one, share in zip(classes, shares, strict=True)
        if one["named"]
    ]


CLASS_WORDS = class_words(
    "audio", heard_classes, "what YAMNet's classes are the sound of", "the sound of a {}", data=DATA
)
"""The road over words, which needs an encoder of texts alone."""
