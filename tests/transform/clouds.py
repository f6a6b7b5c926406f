"""Calibration data whose every part is known: a shared signal, a gap, noise."""

import numpy as np

from isthmus.types import Calibration, EmbeddingSet, Links, Space


def pair_sets(n=200, d=24, gap=1.5, noise=0.15, seed=0, views=1):
    """Images and texts of n objects: shared signal, a constant gap along the last coordinate."""
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=(n, d)) / np.sqrt(d)
    signal[:, -1] = 0
    offset = np.eye(d)[-1] * gap / 2
    thing = np.repeat(np.arange(n), views)
    x = signal[thing] + noise * rng.normal(size=(len(thing), d)) / np.sqrt(d) + offset
    y = signal + noise * rng.normal(size=(n, d)) / np.sqrt(d) - offset
    space = Space("toy", f"toy-{d}", d)
    images = tuple(f"{one}/{number}" for number, one in enumerate(thing))
    a = EmbeddingSet(x.astype(np.float32), images, "image", space)
    b = EmbeddingSet(y.astype(np.float32), tuple(map(str, range(n))), "text", space)
    return a, b, Links(zip(images, map(str, thing), strict=True))


def calibration(**known):
    """The same as calibration data."""
    a, b, links = pair_sets(**known)
    return Calibration.of(a, b, links)
