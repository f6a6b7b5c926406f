"""Spaces that tests of retrieval search in."""

import numpy as np

from isthmus.types import EmbeddingSet, Links


def real_pairs(shared_data, name):
    """Images and captions of COCO in a known space."""
    with np.load(shared_data / "clip_vitb16_coco500_pairs" / name) as arrays:
        return (
            EmbeddingSet.from_rows(arrays["image"], "image"),
            EmbeddingSet.from_rows(arrays["text"], "text"),
        )


def noisy_pair(seed=0, n=30, d=8, noise=0.7):
    rng = np.random.default_rng(seed)
    meaning = rng.normal(size=(n, d))
    a, b = (meaning + noise * rng.normal(size=(n, d)) for _ in range(2))
    return a.astype(np.float32), b.astype(np.float32)


def captions(seed=0, n=20, each=3, d=8):
    """n images with several captions each."""
    rng = np.random.default_rng(seed)
    meaning = rng.normal(size=(n, d))
    a = meaning + 0.5 * rng.normal(size=(n, d))
    b = np.repeat(meaning, each, axis=0) + 0.5 * rng.normal(size=(n * each, d))
    links = Links((str(row // each), str(row)) for row in range(n * each))
    return a.astype(np.float32), b.astype(np.float32), links


def labelled_cloud(seed=0, n=120, c=6, d=16, noise=1.0):
    """Items around the centres of c classes, their labels, and the centres."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(c, d))
    numbers = np.arange(n) % c
    vectors = centres[numbers] + noise * rng.normal(size=(n, d))
    names = [f"c{number}" for number in range(c)]
    return (
        EmbeddingSet.from_rows(vectors.astype(np.float32), "image"),
        [names[number] for number in numbers],
        EmbeddingSet.from_rows(centres.astype(np.float32), "text", names),
    )
