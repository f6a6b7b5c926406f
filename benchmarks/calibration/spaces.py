"""Spaces to calibrate on: where a declared null holds, and where the truth is known."""

import numpy as np

Sets = tuple[np.ndarray, np.ndarray]
"""Two sets of vectors, linked row by row."""


def unrelated(rng: np.random.Generator, n: int, d: int) -> Sets:
    """Both modalities have their shape and their gap, but links mean nothing (*pairing*)."""
    first, _ = joint(rng, n, d)
    _, second = joint(rng, n, d)
    return first, second


def exchangeable(rng: np.random.Generator, n: int, d: int) -> Sets:
    """Partners share their content, and neither modality has anything of its own (*label*)."""
    fall = 1 / np.sqrt(np.arange(1, d + 1))
    content = _offset(d, 0) + rng.normal(size=(n, d)) * fall
    return _noisy(rng, content), _noisy(rng, content)


def isotropic(rng: np.random.Generator, n: int, d: int) -> Sets:
    """Independent uniform directions (*reference law*)."""
    return rng.normal(size=(n, d)), rng.normal(size=(n, d))


def wide(rng: np.random.Generator, n: int, d: int) -> Sets:
    """Uniform directions in so many dimensions that neighbours are drawn at random."""
    return isotropic(rng, n, 64 * d)


def joint(rng: np.random.Generator, n: int, d: int) -> Sets:
    """A space like CLIP's: shared content of falling variance, a gap, noise of its own."""
    fall = 1 / np.sqrt(np.arange(1, d + 1))
    content = rng.normal(size=(n, d)) * fall
    text = content * np.linspace(1.3, 0.7, d)
    return _noisy(rng, content + _offset(d, 0)), _noisy(rng, text + _offset(d, 1))


def nearly_closed(rng: np.random.Generator, n: int, d: int) -> Sets:
    """The same with a gap of the size of its sampling noise."""
    fall = 1 / np.sqrt(np.arange(1, d + 1))
    content = _offset(d, 0) + rng.normal(size=(n, d)) * fall
    return _noisy(rng, content), _noisy(rng, content + 0.1 * _offset(d, 1))


def overlapping(rng: np.random.Generator, n: int, d: int) -> Sets:
    """The same with modalities that lie half in each other, so that readers make mistakes."""
    fall = 1 / np.sqrt(np.arange(1, d + 1))
    content = _offset(d, 0) + rng.normal(size=(n, d)) * fall
    return _noisy(rng, content), _noisy(rng, content + 0.7 * _offset(d, 1))


def _noisy(rng: np.random.Generator, content: np.ndarray) -> np.ndarray:
    return content + 0.3 * rng.normal(size=content.shape)


def _offset(d: int, which: int) -> np.ndarray:
    """A fixed direction of length 1 for each modality, with a few large coordinates."""
    offset = np.random.default_rng(which).normal(size=d) ** 3
    return offset / np.linalg.norm(offset)
