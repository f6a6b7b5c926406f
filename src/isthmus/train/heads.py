"""Heads: what is put on a tower. ``head(d, e, hidden, rng) -> layers`` of NumPy arrays."""

import numpy as np
from jaxtyping import Float

from isthmus.transform.networks import Dense, Residual, Silu


def linear(d: int, e: int, hidden: int, rng: np.random.Generator) -> tuple[Dense, ...]:
    """A matrix and a bias that start as the identity, or as a random part of a rotation.

    Args:
        d: coordinates that come in.
        e: coordinates that go out.
        hidden: not used.
        rng: draws the rotation where d and e differ.
    """
    return (Dense(_start(d, e, rng), np.zeros(e)),)


def none(d: int, e: int, hidden: int, rng: np.random.Generator) -> tuple[Dense, ...]:
    """Nothing: towers that are trained end to end need no head.

    Args:
        d: coordinates that come in, and go out.
        e: not used: as many.
        hidden: not used.
        rng: not used.
    """
    return ()


def mlp(d: int, e: int, hidden: int, rng: np.random.Generator) -> tuple[Dense | Silu, ...]:
    """Two matrices with a bend between them, drawn at random.

    Source of the spread: He et al. 2015, Delving Deep into Rectifiers, equation 10.
    """
    first = rng.normal(size=(d, hidden)) * (2 / d) ** 0.5
    second = rng.normal(size=(hidden, e)) * (2 / hidden) ** 0.5
    return Dense(first, np.zeros(hidden)), Silu(), Dense(second, np.zeros(e))


def residual(d: int, e: int, hidden: int, rng: np.random.Generator) -> tuple[Dense | Residual, ...]:
    """``linear`` and a bent addition that starts at nothing."""
    first, bend, second = mlp(e, e, hidden, rng)
    assert isinstance(second, Dense)
    added = (first, bend, Dense(np.zeros_like(second.matrix), second.bias))
    start = () if d == e else linear(d, e, hidden, rng)
    return (*start, Residual(added))


def _start(d: int, e: int, rng: np.random.Generator) -> Float[np.ndarray, "d e"]:
    if d == e:
        return np.eye(d)
    turned = np.linalg.qr(rng.normal(size=(max(d, e), max(d, e))))[0]
    return turned[:d, :e]
