"""How alike do two spaces, or two modalities of one, arrange the same items?"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors, directions_holding, unit
from isthmus.measure.statistics import (
    BLOCKS,
    CONSTANT,
    DRAWS,
    FEW_DRAWS,
    Pair,
    SetLike,
    as_pair,
    as_set,
    chance,
    jackknife,
    leave_one_out_sums,
    seeded,
    with_and_without_runs,
)
from isthmus.records import dataclass
from isthmus.types import Links, Null, RequestError, Result

MOST = 1000
"""Items that are compared; more are sampled."""
KEPT = 0.99
"""Share of the variance whose directions SVCCA keeps, as in the paper."""


@dataclass(frozen=True, eq=False)
class SharedItems:
    """Unit vectors of the same items in two spaces, which may differ in dimension."""

    x: Float[np.ndarray, "n d"]
    y: Float[np.ndarray, "n e"]

    @property
    def centred(self) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n e"]]:
        """Both less their means."""
        return self.x - self.x.mean(axis=0), self.y - self.y.mean(axis=0)

    def parts(self) -> "list[SharedItems]":
        """All items, then those without each block of items."""
        x, y = (with_and_without_runs(side, BLOCKS) for side in (self.x, self.y))
        return list(map(SharedItems, x, y))

    def permuted(self, rng: np.random.Generator) -> "SharedItems":
        """The same with the items of y permuted."""
        return SharedItems(self.x, rng.permutation(self.y))


def same_items(a: SetLike, b: SetLike, rng: np.random.Generator) -> SharedItems:
    """Rows of equal ids, in the order of a, at most ``MOST`` of them at random.

    Raises:
        RequestError: fewer than ten items are in both.
    """
    first, second = as_set(a, "a"), as_set(b, "b")
    row = second.row
    rows = np.array([(number, row[name]) for number, name in enumerate(first.ids) if name in row])
    if len(rows) < 10:
        raise RequestError(f"Spaces are compared on ten shared items or more, not {len(rows)}.")
    if len(rows) > MOST:
        rows = rows[np.sort(rng.choice(len(rows), MOST, replace=False))]
    x, y = first.unit[rows[:, 0]], second.unit[rows[:, 1]]
    return SharedItems(x.astype(np.float64), y.astype(np.float64))


@dataclass(frozen=True, eq=False, kw_only=True)
class SpacePair(Result):
    """A similarity of two spaces; 1 is the same arrangement of the items."""

    sentence = (
        "The two spaces arrange the {self.n:,} shared items alike to {self.value:.3f}; items "
        "dealt anew give {self.null.mean:.3f}."
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class RSA(SpacePair):
    """Rank correlation of all pairwise cosines."""

    paper = (
        "Kriegeskorte, Mur & Bandettini 2008, Representational similarity analysis: Spearman "
        "correlation of the two similarity matrices above the diagonal; null: items permuted."
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class Procrustes(SpacePair):
    """Fit of one set to the other by rotation and scale, the nuclear norm of their product."""

    paper = (
        "Schönemann 1966; Gower 1975: ||X'Y||_* of centred sets of norm 1, whose square is one "
        "less the Procrustes disparity; null: items permuted."
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class SVCCA(SpacePair):
    """Mean canonical correlation of the directions that hold 99 % of the variance."""

    kept: tuple[int, int]
    """Directions kept in each space."""
    paper = (
        "Raghu et al., SVCCA, NeurIPS 2017, section 2; null: items permuted, which shows how far "
        "few items and many directions alone correlate."
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class BiasedCKA(SpacePair):
    """Linear CKA by its plug-in formula, beside what it gives to permuted items."""

    paper = (
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
    rng = seeded(rng)
    return RSA(name="RSA", **_fields(same_items(a, b, rng), _rank_correlation, rng))


def procrustes(a: SetLike, b: SetLike, *, rng: np.random.Generator | None = None) -> Procrustes:
    """How well one space is a rotated and scaled copy of the other; arguments as ``rsa``.

    Raises:
        RequestError: fewer than ten items are in both.
    """
    rng = seeded(rng)
    return Procrustes(name="Procrustes fit", **_fields(same_items(a, b, rng), _rotation_fit, rng))


def svcca(a: SetLike, b: SetLike, *, rng: np.random.Generator | None = None) -> SVCCA:
    """Mean canonical correlation of the two spaces' main directions; arguments as ``rsa``.

    Raises:
        RequestError: fewer than ten items are in both.
    """
    rng = seeded(rng)
    items = same_items(a, b, rng)
    x, y = (_main(side) for side in items.centred)
    return SVCCA(
        name="SVCCA",
        **_fields(items, _canonical_correlation, rng),
        kept=(x.shape[1], y.shape[1]),
    )


def biased_cka(a: SetLike, b: SetLike, *, rng: np.random.Generator | None = None) -> BiasedCKA:
    """The widespread form of CKA with the value that unrelated items give it; arguments as ``rsa``.

    Raises:
        RequestError: fewer than ten items are in both.
    """
    items = same_items(a, b, seeded(rng))
    values = [plug_in_cka(part.x, part.y) for part in items.parts()]
    value, _, interval = jackknife(values, debias=False)
    null = Null("pairing", expected_plug_in(items), note="closed form: mean over all permutations")
    return BiasedCKA("biased linear CKA", value, len(items.x), interval, null)


def expected_plug_in(items: SharedItems) -> float:
    """Mean of the plug-in CKA over all permutations of the items."""
    x, y = items.centred
    return float((x**2).sum() * (y**2).sum()) / ((len(x) - 1) * _norm(x) * _norm(y))


def plug_in_cka(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"]) -> float:
    """Linear CKA of the same items by its plug-in formula (Kornblith et al. 2019, equation 4)."""
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    return float(np.linalg.norm(x.T @ y) ** 2 / (_norm(x) * _norm(y)))


def _norm(x: Vectors) -> float:
    """Frobenius norm of the kernel of centred rows."""
    return max(float(np.linalg.norm(x.T @ x)), 1e-300)


def _rank_correlation(items: SharedItems) -> float:
    from scipy.stats import rankdata

    above = np.triu_indices(len(items.x), 1)
    ranks = [rankdata((side @ side.T)[above]) for side in (items.x, items.y)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _rotation_fit(items: SharedItems) -> float:
    x, y = (side / max(float(np.linalg.norm(side)), 1e-300) for side in items.centred)
    return float(np.linalg.svd(x.T @ y, compute_uv=False).sum())


def _canonical_correlation(items: SharedItems) -> float:
    x, y = (_main(side) for side in items.centred)
    return float(np.minimum(np.linalg.svd(x.T @ y, compute_uv=False), 1).mean())


def _main(x: Vectors) -> Float[np.ndarray, "n k"]:
    """Orthonormal scores of the directions that hold ``KEPT`` of the variance."""
    scores, lengths, _ = np.linalg.svd(x, full_matrices=False)
    return scores[:, : directions_holding(KEPT, lengths)]


def _fields(
    items: SharedItems, measure: Callable[[SharedItems], float], rng: np.random.Generator
) -> dict[str, Any]:
    """Value, number of items, jackknife over blocks of items, and the null of permuted items."""
    value, _, interval = jackknife([measure(part) for part in items.parts()], debias=False)
    draws = np.array([measure(items.permuted(rng)) for _ in range(FEW_DRAWS)])
    null = chance("pairing", value, draws, note="items permuted")
    return {"value": value, "n": len(items.x), "interval": interval, "null": null}


COSTLY = 4e8
"""n d^2 from which on a permutation costs a tenth of a second."""
LEADING = 128
"""Directions of each side that are compared then."""


@dataclass(frozen=True, eq=False, kw_only=True)
class UnbiasedCKA(Result):
    """Centred kernel alignment of linear kernels with unbiased HSIC."""

    paper = (
        "Kornblith et al., Similarity of Neural Network Representations Revisited, ICML 2019, "
        "equation 4, with the unbiased HSIC of Song et al., JMLR 2012, equation 5."
    )
    sentence = (
        "The arrangement of the objects is shared to {self.value:.3f} (1: the same up to "
        "rotation and scale, 0: unrelated; permuted links {self.null.mean:.3f})."
    )


def linear_cka(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> UnbiasedCKA:
    """Unbiased linear CKA of linked objects, at most 1; independent sets give 0 on average.

    The biased form gives 0.5 for independent sets of 500 items in 512 dimensions. An object of
    several items counts by their mean. Exact on streamed one-to-one sets, where the null is drawn
    on the sample. Without ``rng`` the seed is 0.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Kornblith et al. 2019, equation 4; Song et al. 2012, equation 5.
    """
    pair, rng = as_pair(a, b, links).paired, seeded(rng)
    left, right = (side.moments for side in pair.clouds)
    grams = left.grams, right.grams, pair.link_moments.crosses
    parts = map(leave_one_out_sums, (left.counts, left.sums, right.sums, *grams))
    values: list[float] = []
    for n, sums_x, sums_y, xx, yy, xy in zip(*parts, strict=True):
        x, y = Side(sums_x, left.origin, n), Side(sums_y, right.origin, n)
        values.append(_hsic(xy, x, y) / _norms(xx, yy, x, y))
    value, _, interval = jackknife(values)
    tried, draws, note = _permuted_alignments(pair.sampled, rng)
    null = chance("pairing", tried, draws, note=note)
    return UnbiasedCKA(
        name="unbiased linear CKA",
        value=value,
        n=len(pair.a),
        interval=interval,
        null=null if np.isfinite(value) else replace(null, p=float("nan")),
    )


@dataclass(frozen=True, eq=False)
class Side:
    """Sums over n unit rows x of one set, each taken less the origin: z = x - origin."""

    sums: Float[np.ndarray, " d"]
    """Of z."""
    origin: Float[np.ndarray, " d"]
    n: float

    @property
    def level(self) -> float:
        """|z|^2 + 2 z . origin, the same for every row since x has length one."""
        return 1 - float(self.origin @ self.origin)

    @property
    def total(self) -> float:
        """Sum of the products of the rows with each other, those with themselves left out."""
        own = self.n * self.level - 2 * float(self.sums @ self.origin)
        return float(self.sums @ self.sums) - own

    @property
    def varies(self) -> bool:
        """Whether the rows are more than one direction."""
        mean = self.origin + self.sums / self.n
        return 1 - float(mean @ mean) > CONSTANT


def _hsic(cross: Float[np.ndarray, "d d"], x: Side, y: Side) -> float:
    """Unbiased HSIC of linear kernels of unit rows, whose diagonals are set to 0.

    It does not depend on the origins, which add constants to the rows and columns of the kernels;
    near the means nothing cancels. ``cross``: sum of the products z z' of both sides.
    """
    n, from_x, from_y = x.n, cross.T @ x.origin, cross @ y.origin
    both = n * x.level * y.level + 4 * float(x.origin @ from_y)
    both -= 2 * (y.level * float(x.sums @ x.origin) + x.level * float(y.sums @ y.origin))
    along = float(x.sums @ cross @ y.sums) + both
    along -= float(x.sums @ (y.level * x.sums - 2 * from_y))
    along -= float(y.sums @ (x.level * y.sums - 2 * from_x))
    ones = x.total * y.total / ((n - 1) * (n - 2))
    return (float(np.vdot(cross, cross)) - both + ones - 2 * along / (n - 2)) / (n * (n - 3))


def _norms(xx: Float[np.ndarray, "d d"], yy: Float[np.ndarray, "d d"], x: Side, y: Side) -> float:
    """Geometric mean of the HSIC of each set with itself; NaN where one of them does not vary."""
    product = _hsic(xx, x, x) * _hsic(yy, y, y) if x.varies and y.varies else 0.0
    return float(np.sqrt(product)) if product > 0 else float("nan")


def _permuted_alignments(pair: Pair, rng: np.random.Generator) -> tuple[float, np.ndarray, str]:
    """The alignment of these objects, that of permuted links, and within which directions.

    Of many rows only those directions are compared that hold most of the variance of each side.
    """
    sides = [unit(z, np.float64) for z in (pair.x, pair.y)]
    n, d = sides[0].shape
    sides = [z - z.mean(axis=0) for z in sides]
    varies = min(float((z**2).sum()) for z in sides) > n * CONSTANT
    if n * d**2 > COSTLY:
        sides = [z @ np.linalg.eigh(z.T @ z)[1][:, -LEADING:] for z in sides]
    x, y = sides
    norms = np.sqrt(_centred_hsic(x, x) * _centred_hsic(y, y)) if varies else np.nan
    orders = (rng.permutation(n) for _ in range(DRAWS))
    draws = np.array([_centred_hsic(x, y[order]) for order in orders]) / norms
    note = f"within the {LEADING} leading directions" if x.shape[1] < d else ""
    return float(_centred_hsic(x, y) / norms), draws, note


def _centred_hsic(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"]) -> float:
    """Unbiased HSIC of the linear kernels of rows whose mean is 0."""
    n, (own, other) = len(x), (np.einsum("nd,nd->n", z, z) for z in (x, y))
    both, cross = float(own @ other), x.T @ y
    ones = float(own.sum() * other.sum()) / ((n - 1) * (n - 2))
    return (float(np.vdot(cross, cross)) - both + ones - 2 * both / (n - 2)) / (n * (n - 3))
