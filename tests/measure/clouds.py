"""Clouds with known geometry."""

import numpy as np
from scipy.special import ive
from scipy.stats import ortho_group, vonmises_fisher

from isthmus.types import EmbeddingSet, Links, Space


def pair_of_clouds(n=60, d=12, seed=0, gap=1.0):
    """Two linked sets with content of falling variance and a gap."""
    rng = np.random.default_rng(seed)
    content = rng.normal(size=(n, d)) / np.sqrt(np.arange(1, d + 1))
    shift = np.zeros(d)
    shift[:2] = gap / 2, -gap / 2
    first = content + shift + 0.3 * rng.normal(size=(n, d)) + 0.4
    return first, content - shift + 0.3 * rng.normal(size=(n, d)) + 0.4


def fisher(n, d, kappa, mean, seed):
    """von Mises-Fisher rows."""
    return vonmises_fisher(mean, kappa).rvs(n, random_state=np.random.default_rng(seed))


def mean_length(d, kappa):
    """A: length of the mean of a von Mises-Fisher law."""
    return float(ive(d / 2, kappa) / ive(d / 2 - 1, kappa))


def rotation(d, seed=0):
    return ortho_group.rvs(d, random_state=np.random.default_rng(seed))


def captions(n=30, d=12, each=3, seed=0):
    """n images with several captions each, as sets and links."""
    rng = np.random.default_rng(seed)
    x, y = pair_of_clouds(n, d, seed)
    texts = np.repeat(y, each, axis=0) + 0.2 * rng.normal(size=(n * each, d))
    space = Space("toy", "toy", d)
    names = [f"{i}#{j}" for i in range(n) for j in range(each)]
    a = EmbeddingSet(x.astype(np.float32), tuple(str(i) for i in range(n)), "image", space)
    b = EmbeddingSet(texts.astype(np.float32), tuple(names), "text", space)
    return a, b, Links((name.split("#")[0], name) for name in names)
