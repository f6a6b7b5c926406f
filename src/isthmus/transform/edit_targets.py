"""The nine published forms of an edit's target, in one notation, without the code's defects.

z: items (n, d) and t: the text (d,), both at length one; b: prompts (k, d) at length one; power:
how strongly, 8 by default in the reference code. Unlike there, z has length one, coefficients keep
their sign where they are taken away (an absolute value would make negative ones larger), amounts
are lengths of coordinates (which no sign of an axis changes), and bases are orthonormal.

Source of all: Zhou, Zhong & Öztireli 2023, CLIP-PAE.
"""

import numpy as np

from isthmus.arrays import Vector, Vectors, unit
from isthmus.transform.corpora import Basis, Texts, gram_schmidt_basis, pca_basis
from isthmus.types import RequestError

RANK = 10
"""Principal directions of a corpus."""


def text_target(z: Vectors, t: Vector, prompts: Texts, power: float) -> Vectors:
    """The text itself: t. Off the image manifold."""
    return np.repeat(_unit(t), len(z), axis=0)


def pae(z: Vectors, t: Vector, prompts: Texts, power: float) -> Vectors:
    """Augmentation alone: z + power · t."""
    return unit(z) + power * _unit(t)


def pae_plus(z: Vectors, t: Vector, prompts: Texts, power: float) -> Vectors:
    """Raw prompts: z - power · sum_k <z, b_k> b_k + power · sum_k |<z, b_k>| · t."""
    x, b = unit(z), unit(prompts)
    held = x @ b.T
    return x - power * held @ b + power * np.abs(held).sum(axis=1, keepdims=True) * _unit(t)


def pae_gram_schmidt(z: Vectors, t: Vector, prompts: Texts, power: float) -> Vectors:
    """Item z: z - power · P z + power · |P z| / |P t| · t, P on the span by Gram-Schmidt."""
    return _exchanged(z, t, gram_schmidt_basis(prompts, len(prompts)), power)


def pae_pca(z: Vectors, t: Vector, prompts: Texts, power: float) -> Vectors:
    """The same with P on the prompts' ten largest principal directions."""
    return _exchanged(z, t, pca_basis(prompts, RANK), power)


def direct_gram_schmidt(z: Vectors, t: Vector, prompts: Texts, power: float) -> Vectors:
    """P t: items are compared by their coordinates in the prompts' span alone."""
    return _projected(z, t, gram_schmidt_basis(prompts, len(prompts)))


def direct_pca(z: Vectors, t: Vector, prompts: Texts, power: float) -> Vectors:
    """The same with P on the prompts' ten largest principal directions."""
    return _projected(z, t, pca_basis(prompts, RANK))


def pae_exchange_nearest(z: Vectors, t: Vector, prompts: Texts, power: float) -> Vectors:
    """Item z: z + power · t - power · (the prompt nearest to z)."""
    x, b = unit(z), unit(prompts)
    return x + power * _unit(t) - power * b[(x @ b.T).argmax(axis=1)]


def pae_exchange_several(z: Vectors, t: Vector, prompts: Texts, power: float) -> Vectors:
    """Item z: z + power · t - the sum of the floor(power) prompts nearest to z."""
    x, b = unit(z), unit(prompts)
    near = np.argsort(-(x @ b.T), axis=1)[:, : int(power)]
    return x + power * _unit(t) - b[near].sum(axis=1)


def _unit(t: Vector) -> Vectors:
    return unit(t[None])


def _exchanged(z: Vectors, t: Vector, basis: Basis, power: float) -> Vectors:
    x, text = unit(z).astype(np.float64), _unit(t).astype(np.float64)
    held, wanted = x @ basis.T, float(np.linalg.norm(text @ basis.T))
    if wanted < 1e-6:
        raise RequestError("The text lies outside of its corpus: nothing of it can be exchanged.")
    amount = np.linalg.norm(held, axis=1, keepdims=True) / wanted
    return x - power * held @ basis + power * amount * text


def _projected(z: Vectors, t: Vector, basis: Basis) -> Vectors:
    inside = _unit(t).astype(np.float64) @ basis.T @ basis
    return np.repeat(inside, len(z), axis=0)
