"""Manifolds of known dimension to calibrate on: families whose shape is drawn anew each time.

Each function gives n points of a d-dimensional manifold in some larger space.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Rng = np.random.Generator


def sphere(n: int, d: int, rng: Rng) -> np.ndarray:
    """Uniform on the d-sphere in d + 1 dimensions."""
    x = rng.normal(size=(n, d + 1))
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def ellipsoids(n: int, d: int, rng: Rng) -> np.ndarray:
    """Gaussian, standard deviations falling from 1 to 0.15 or more."""
    return rng.normal(size=(n, d)) * np.geomspace(1, rng.uniform(0.15, 1), d)


def balls(n: int, d: int, rng: Rng) -> np.ndarray:
    """Uniform in the unit ball of a p-norm, p from 1 to 16.

    Barthe et al. 2005, Annals of Probability 33, theorem 1.
    """
    p = rng.choice([1.0, 1.5, 2.0, 4.0, 16.0])
    x = rng.gamma(1 / p, size=(n, d)) ** (1 / p) * rng.choice([-1, 1], (n, d))
    return x / ((np.abs(x) ** p).sum(axis=1, keepdims=True) + rng.exponential(size=(n, 1))) ** (
        1 / p
    )


def products_of_spheres(n: int, d: int, rng: Rng) -> np.ndarray:
    """Spheres whose dimensions add up to d, from one sphere to a flat torus."""
    parts, left, top = [], d, round(np.exp(rng.uniform(0, np.log(d))))
    while left:
        size = min(left, int(rng.integers(max(1, top // 2), top + 1)))
        parts.append(sphere(n, size, rng) * np.sqrt(size) * rng.uniform(0.7, 1.3))
        left -= size
    return np.concatenate(parts, axis=1)


def waves(n: int, d: int, rng: Rng) -> np.ndarray:
    """256 cosines of random directions, from nearly flat to strongly folded."""
    flat = rng.random() < 0.5
    z = rng.uniform(-1.7, 1.7, (n, d)) if flat else rng.normal(size=(n, d))
    frequency = rng.normal(size=(d, 256)) * rng.uniform(0.3, 1.6) / np.sqrt(d)
    return np.cos(z @ frequency + rng.uniform(0, 2 * np.pi, 256))


def curls(n: int, d: int, rng: Rng) -> np.ndarray:
    """Each coordinate wound around by the next, by up to a whole turn (M4, M6, M8 of Hein 2005)."""
    x = rng.random((n, d))
    turn = 2 * np.pi * rng.uniform(0.2, 1.1) * np.roll(x, -1, axis=1)
    return np.concatenate([x * np.cos(turn), x * np.sin(turn)], axis=1)


def networks(n: int, d: int, rng: Rng) -> np.ndarray:
    """What a random network with one hidden layer makes of Gaussian points."""
    width = max(64, 3 * d)
    first = rng.normal(size=(d, width)) / np.sqrt(d)
    second = rng.normal(size=(width, 128)) / np.sqrt(width)
    return np.tanh(rng.uniform(0.3, 2) * rng.normal(size=(n, d)) @ first) @ second


def heavy_tails(n: int, d: int, rng: Rng) -> np.ndarray:
    """Multivariate Student, 3 to 30 degrees of freedom."""
    dof = rng.uniform(3, 30)
    return rng.normal(size=(n, d)) / np.sqrt(rng.chisquare(dof, (n, 1)) / dof)


def skewed(n: int, d: int, rng: Rng) -> np.ndarray:
    """Independent beta variables, one law for all."""
    a, b = np.exp(rng.uniform(-0.7, 2, 2))
    return rng.beta(a, b, (n, d))


def warps(n: int, d: int, rng: Rng) -> np.ndarray:
    """Tangents and arctangents of pairs of coordinates (Mn of Rozza 2012)."""
    x, scale = rng.random((n, d)), rng.uniform(0.5, 1.3)
    y = x[:, ::-1]
    first, second = np.tan(scale * x * np.cos(y)), np.arctan(scale * y * np.sin(x))
    return np.concatenate([first, second], axis=1)


def bowls(n: int, d: int, rng: Rng) -> np.ndarray:
    """A plane and 16 squares of random directions."""
    z = rng.normal(size=(n, d))
    bent = (z @ (rng.normal(size=(d, 16)) / np.sqrt(d))) ** 2
    return np.concatenate([z, rng.uniform(0, 0.6) * bent], axis=1)


def shells(n: int, d: int, rng: Rng) -> np.ndarray:
    """Surfaces around the origin: spheres with smooth bumps, stretched along some axes."""
    x = sphere(n, d, rng)
    bump = np.cos(x @ rng.normal(size=(d + 1, 8)) * rng.uniform(0.5, 3) + rng.uniform(0, 6, 8))
    x = x * (1 + rng.uniform(0, 0.3) * bump.mean(axis=1, keepdims=True))
    return x * np.geomspace(1, rng.uniform(0.3, 1), d + 1)


def mixtures(n: int, d: int, rng: Rng) -> np.ndarray:
    """Dirichlet: shares of d + 1 parts, from nearly even to mostly one."""
    x = rng.gamma(np.exp(rng.uniform(-1.2, 1.6)), size=(n, d + 1)) + 1e-12
    return x / x.sum(axis=1, keepdims=True)


def curves(n: int, d: int, rng: Rng) -> np.ndarray:
    """Products of d open space curves: arcs of helices of random pitch and up to two turns."""
    t = rng.random((n, d))
    turn = 2 * np.pi * rng.uniform(0.2, 2) * t
    rise = rng.uniform(0, 3) * t
    return np.concatenate([np.cos(turn), np.sin(turn), rise], axis=1)


FAMILIES: dict[str, Callable[[int, int, Rng], np.ndarray]] = {
    "ellipsoids": ellipsoids,
    "balls": balls,
    "products of spheres": products_of_spheres,
    "waves": waves,
    "curls": curls,
    "networks": networks,
    "heavy tails": heavy_tails,
    "skewed": skewed,
    "warps": warps,
    "bowls": bowls,
    "shells": shells,
    "mixtures": mixtures,
    "curves": curves,
}
