"""The same items in two spaces, row by row: what measures of space against space start from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors
from isthmus.measure.statistics.inputs import SetLike, as_set
from isthmus.measure.statistics.nulls import chance
from isthmus.measure.statistics.resampling import leave_out, seeded
from isthmus.types import Interval, Null, RequestError, Result

MOST = 1000
"""Items that are looked at; more are sampled."""
BLOCKS = 20
"""Blocks of items that are left out in turn for intervals."""


@dataclass(frozen=True, eq=False)
class Shared:
    """Unit vectors of the same items in two spaces, which may differ in dimension."""

    x: Float[np.ndarray, "n d"]
    y: Float[np.ndarray, "n e"]

    @property
    def centred(self) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n e"]]:
        """Both less their means."""
        return self.x - self.x.mean(axis=0), self.y - self.y.mean(axis=0)

    def without(self) -> "list[Shared]":
        """The same without each block of items."""
        parts = np.array_split(np.arange(len(self.x)), min(BLOCKS, len(self.x)))
        return [
            Shared(np.delete(self.x, rows, axis=0), np.delete(self.y, rows, axis=0))
            for rows in parts
        ]

    def mixed(self, rng: np.random.Generator) -> "Shared":
        """The same with the items of y dealt anew."""
        return Shared(self.x, rng.permutation(self.y))


def same_items(a: SetLike, b: SetLike, rng: np.random.Generator) -> Shared:
    """Rows of equal ids, in the order of a, at most ``MOST`` of them at random.

    Raises:
        RequestError: fewer than ten items are in both.
    """
    first, second = as_set(a, "a"), as_set(b, "b")
    row = {name: number for number, name in enumerate(second.ids)}
    pairs = [(number, row[name]) for number, name in enumerate(first.ids) if name in row]
    if len(pairs) < 10:
        raise RequestError(f"Spaces are compared on ten shared items or more, not {len(pairs)}.")
    rows = np.array(pairs)
    if len(rows) > MOST:
        rows = rows[np.sort(rng.choice(len(rows), MOST, replace=False))]
    x, y = first.unit[rows[:, 0]], second.unit[rows[:, 1]]
    return Shared(x.astype(np.float64), y.astype(np.float64))


DRAWS = 39
"""Permutations of the items; 0.05 (DRAWS + 1) is whole."""
KEPT = 0.99
"""Share of the variance whose directions SVCCA keeps, as in the paper."""


@dataclass(frozen=True, eq=False, kw_only=True)
class SpacePair(Result):
    """A similarity of two spaces; 1 is the same arrangement of the items."""

    @property
    def about(self) -> str:
        """The value beside chance."""
        return (
            f"The two spaces arrange the {self.n:,} shared items alike to {self.value:.3f}; items "
            f"dealt anew give {self.null.mean:.3f}."
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class RSA(SpacePair):
    """Rank correlation of all pairwise cosines."""

    paper: ClassVar[str] = (
        "Kriegeskorte, Mur & Bandettini 2008, Representational similarity analysis: Spearman "
        "correlation of the two similarity matrices above the diagonal; null: items permuted."
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class Procrustes(SpacePair):
    """Fit of one set to the other by rotation and scale, the nuclear norm of their product."""

    paper: ClassVar[str] = (
        "Schönemann 1966; Gower 1975: ||X'Y||_* of centred sets of norm 1, whose square is one "
        "less the Procrustes disparity; null: items permuted."
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class SVCCA(SpacePair):
    """Mean canonical correlation of the directions that hold 99 % of the variance."""

    kept: tuple[int, int]
    """Directions kept in each space."""
    paper: ClassVar[str] = (
        "Raghu et al., SVCCA, NeurIPS 2017, section 2; null: items permuted, which shows how far "
        "few items and many directions alone correlate."
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class BiasedCKA(SpacePair):
    """Linear CKA by its plug-in formula, beside what it gives to permuted items."""

    paper: ClassVar[str] = (
        "Kornblith et al. 2019, equation 4. Over all permutations of the items the plug-in HSIC "
        "has the mean tr(K) tr(L) / (n - 1), K and L centred: the closed-form chance value."
    )


def rsa(a: SetLike, b: SetLike, *, rng: np.random.Generator | None = None) -> RSA:
    """Rank correlation of the pairwise cosines of the same items in two spaces.

    Args:
        a: (n, d), items of one space.
        b: (m, e), items of the other; equal ids pair.
        rng: samples above 1,000 items and permutes them for the null; None is seed 0.

    Raises:
        RequestError: fewer than ten items are in both.
    """
    value, n, interval, null = _measured(a, b, rng, _rank_correlation)
    return RSA(name="RSA", value=value, n=n, interval=interval, null=null)


def procrustes(a: SetLike, b: SetLike, *, rng: np.random.Generator | None = None) -> Procrustes:
    """How well one space is a rotated and scaled copy of the other; arguments as ``rsa``.

    Raises:
        RequestError: fewer than ten items are in both.
    """
    value, n, interval, null = _measured(a, b, rng, _rotation_fit)
    return Procrustes(name="Procrustes fit", value=value, n=n, interval=interval, null=null)


def svcca(a: SetLike, b: SetLike, *, rng: np.random.Generator | None = None) -> SVCCA:
    """Mean canonical correlation of the two spaces' main directions; arguments as ``rsa``.

    Raises:
        RequestError: fewer than ten items are in both.
    """
    rng = seeded(rng)
    found = same_items(a, b, rng)
    kept = tuple(len(_main(side).T) for side in found.centred)
    value, n, interval, null = _of(found, rng, _canonical)
    return SVCCA(
        name="SVCCA", value=value, n=n, interval=interval, null=null, kept=(kept[0], kept[1])
    )


def biased_cka(a: SetLike, b: SetLike, *, rng: np.random.Generator | None = None) -> BiasedCKA:
    """The widespread form of CKA with the value that unrelated items give it; arguments as ``rsa``.

    Raises:
        RequestError: fewer than ten items are in both.
    """
    found = same_items(a, b, seeded(rng))
    value = _plug_in(found)
    _, interval = leave_out(value, np.array(list(map(_plug_in, found.without()))), debias=False)
    null = Null("pairing", expected_plug_in(found), note="closed form: mean over all permutations")
    name = "biased linear CKA"
    return BiasedCKA(name=name, value=value, n=len(found.x), interval=interval, null=null)


def expected_plug_in(found: Shared) -> float:
    """Mean of the plug-in CKA over all permutations of the items."""
    x, y = found.centred
    traces = float((x**2).sum() * (y**2).sum())
    return traces / ((len(x) - 1) * _norm(x) * _norm(y))


def _plug_in(found: Shared) -> float:
    x, y = found.centred
    return float(np.linalg.norm(x.T @ y) ** 2 / (_norm(x) * _norm(y)))


def _norm(x: Vectors) -> float:
    """Frobenius norm of the kernel of centred rows."""
    return max(float(np.linalg.norm(x.T @ x)), 1e-300)


def _rank_correlation(found: Shared) -> float:
    from scipy.stats import rankdata

    above = np.triu_indices(len(found.x), 1)
    ranks = [rankdata((side @ side.T)[above]) for side in (found.x, found.y)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _rotation_fit(found: Shared) -> float:
    x, y = (side / max(float(np.linalg.norm(side)), 1e-300) for side in found.centred)
    return float(np.linalg.svd(x.T @ y, compute_uv=False).sum())


def _canonical(found: Shared) -> float:
    left, right = (_main(side) for side in found.centred)
    correlations = np.linalg.svd(left.T @ right, compute_uv=False)
    return float(np.minimum(correlations, 1).mean())


def _main(x: Vectors) -> Float[np.ndarray, "n k"]:
    """Orthonormal scores of the directions that hold ``KEPT`` of the variance."""
    scores, lengths, _ = np.linalg.svd(x, full_matrices=False)
    shares = np.cumsum(lengths**2) / max(float((lengths**2).sum()), 1e-300)
    return scores[:, : int(np.searchsorted(shares, KEPT)) + 1]


def _measured(
    a: SetLike, b: SetLike, rng: np.random.Generator | None, measure: Callable[[Shared], float]
) -> tuple[float, int, Interval, Null]:
    rng = seeded(rng)
    return _of(same_items(a, b, rng), rng, measure)


def _of(
    found: Shared, rng: np.random.Generator, measure: Callable[[Shared], float]
) -> tuple[float, int, Interval, Null]:
    """Value, items, jackknife over blocks of items, and the null of permuted items."""
    value = measure(found)
    without = np.array([measure(part) for part in found.without()])
    _, interval = leave_out(value, without, debias=False)
    draws = np.array([measure(found.mixed(rng)) for _ in range(DRAWS)])
    return value, len(found.x), interval, chance("pairing", value, draws, note="items permuted")
