"""Intervals: named per measure, always over whole objects, never over single rows.

A bootstrap that draws the same item twice makes two neighbours at distance zero; it covered the
truth in none of 100 spaces for participation ratio, uniformity and small gap norms. So only
medians of what queries earn against a fixed gallery are bootstrapped, shares are in
``proportions.py``, and everything else leaves blocks of objects out.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Num

from isthmus.types import Interval, check_kind

BLOCKS = 20
"""Blocks of objects that are left out in turn."""
RUNS = 8
"""Runs of rows that are left out in turn where rows stand in an order, as views do."""
DRAWS = 999
"""Draws of a bootstrap."""

SCALES: dict[str, tuple[Callable[..., np.ndarray], Callable[..., np.ndarray]]] = {
    "plain": (np.asarray, np.asarray),
    "log": (np.log, np.exp),
    "logit": (lambda p: np.log(p) - np.log1p(-p), lambda z: 1 / (1 + np.exp(-z))),
}
"""Scales on which an estimate is nearly normal, and their inverses."""


def seeded(rng: np.random.Generator | None) -> np.random.Generator:
    """The generator that was given, or a fresh one of seed 0: same call, same numbers."""
    check_kind(rng, np.random.Generator | None, "Draws come of np.random.default_rng(seed)")
    return np.random.default_rng(0) if rng is None else rng


def random_blocks(
    objects: int, rng: np.random.Generator, blocks: int = BLOCKS
) -> Int[np.ndarray, " g"]:
    """The block (0, 1, ...) of each object, drawn at random, sizes equal up to one."""
    return rng.permutation(np.arange(objects) % min(blocks, objects))


def leave_one_out_sums(blocks: Num[np.ndarray, "g ..."]) -> Iterator[Any]:
    """Yield the sum over all blocks, then the sum without each block: one at a time in memory."""
    total = blocks.sum(axis=0, dtype=np.float64)
    yield total
    for block in blocks:
        yield total - block


def jackknife_sums(blocks: Num[np.ndarray, "g ..."]) -> Float[np.ndarray, "g1 ..."]:
    """The sum over all blocks, then the sum without each block, along a first axis of g + 1."""
    return np.stack(list(leave_one_out_sums(blocks)))


def with_and_without_runs(
    x: Float[np.ndarray, "*n d"], runs: int = RUNS, axis: int = 0
) -> list[np.ndarray]:
    """All rows, then the rows without each of so many runs of neighbouring rows."""
    parts = np.array_split(np.arange(x.shape[axis]), min(runs, x.shape[axis]))
    return [x, *(np.delete(x, rows, axis=axis) for rows in parts)]


def median_bootstrap(
    scores: Float[np.ndarray, " q"], objects: Int[np.ndarray, " q"], *, rng: np.random.Generator
) -> Interval:
    """Percentile interval of the median score; objects are drawn as often as for the mean.

    The median of drawn scores is the weighted median of all of them, sorted once.
    """
    order = np.argsort(scores)
    _, number = np.unique(objects, return_inverse=True)
    number, count = number[order], int(number.max()) + 1
    values = np.empty(DRAWS)
    for draw in range(DRAWS):
        times = np.bincount(rng.integers(count, size=count), minlength=count)[number].cumsum()
        middle = np.searchsorted(times, [times[-1] / 2, times[-1] / 2 + 0.5])
        values[draw] = scores[order[np.minimum(middle, len(order) - 1)]].mean()
    low, high = np.quantile(values, [0.025, 0.975])
    return Interval(float(low), float(high), "query bootstrap of the median, gallery fixed")


class Jackknife(NamedTuple):
    """A value, the value with its bias taken out, and the interval of the latter."""

    value: float
    corrected: float
    interval: Interval


def jackknife(
    values: Float[np.ndarray, " g1"] | Sequence[float],
    method: str = "jackknife over blocks of objects",
    *,
    scale: str = "plain",
    debias: bool = True,
) -> Jackknife:
    """Bias-corrected value and interval from the value of all objects, then without each block.

    Quenouille's jackknife with Student's t: bias (G-1)(mean - value), variance
    (G-1)/G sum (v_g - mean)^2. ``debias=False`` for values that are meant at this n (neighbours),
    whose change with n is no error. ``scale`` names where the estimate is nearly normal.
    """
    values = np.asarray(values, dtype=np.float64)
    value, blocks, (there, back) = float(values[0]), len(values) - 1, SCALES[scale]
    with np.errstate(divide="ignore", invalid="ignore"):
        centre, left = float(there(value)), np.asarray(there(values[1:]))
    if blocks < 2 or not (np.isfinite(left).all() and np.isfinite(centre)):
        if scale != "plain":
            return jackknife(values, method, debias=debias)
        return Jackknife(value, value, Interval(float("nan"), float("nan"), method))
    corrected = centre - (blocks - 1) * (float(left.mean()) - centre) if debias else centre
    error = float(np.sqrt((blocks - 1) / blocks * np.sum((left - left.mean()) ** 2)))
    half = _student(blocks - 1) * error
    ends = back(np.array([corrected, corrected - half, corrected + half]))
    return Jackknife(value, float(ends[0]), Interval(float(ends[1]), float(ends[2]), method))


ENOUGH = 4
"""Items a coordinate from which the bias of a spectrum is small enough to be taken out; with fewer
the correction extrapolates too far, and the interval is of the value that this n shows."""


def spectral_jackknife(
    values: Float[np.ndarray, " g1"], n: int, d: int, scale: str = "plain"
) -> tuple[float, float | None, Interval]:
    """The jackknife of a function of covariances of n items in d coordinates.

    The corrected value is None below ``ENOUGH`` items a coordinate.
    """
    enough = n >= ENOUGH * d
    method = f"subsampling, one block of objects left out{'' if enough else ', at this n'}"
    value, corrected, interval = jackknife(values, method, scale=scale, debias=enough)
    return value, corrected if enough else None, interval


def subsampling_interval(
    value: float, values: Float[np.ndarray, " t"], kept: Bool[np.ndarray, "t g"]
) -> Interval:
    """Interval around the value from its values on subsamples of the blocks of objects.

    Drawn without replacement, so that no item is its own neighbour; the variance is scaled by
    kept / left out (delete-d jackknife, Shao & Wu 1989).
    """
    blocks, stay = kept.shape[1], int(kept[0].sum())
    error = float(np.sqrt(np.var(values, ddof=1) * stay / (blocks - stay)))
    return student_interval(value, error, blocks, "subsampling of three quarters of the objects")


def pair_mean(kernel: Float[np.ndarray, "g g"]) -> tuple[float, float]:
    """Mean of a symmetric kernel over pairs of different blocks, and its standard error.

    Hoeffding: h(i, j) = mean + a_i + a_j + b_ij gives variance 4 A/G + 2 B/(G(G-1)), with A and
    B estimated without bias. The second term is what is left where the first vanishes (a gap
    near zero, an isotropic cloud); the plain jackknife counts it twice, the bootstrap never.
    """
    g = len(kernel)
    off = kernel - np.diag(np.diag(kernel))
    mean = float(off.sum() / (g * (g - 1)))
    a = (off.sum(axis=1) / (g - 1) - mean) * (g - 1) / (g - 2)
    rest = kernel - mean - a[:, None] - a
    np.fill_diagonal(rest, 0)
    second = float((rest**2).sum() / (g * (g - 3)))
    first = max(0.0, float((a**2).sum() / (g - 1)) - second / (g - 2))
    return mean, float(np.sqrt(4 * first / g + 2 * second / (g * (g - 1))))


def student_interval(centre: float, error: float, blocks: int, method: str) -> Interval:
    """The interval centre ± t · error with G - 1 degrees of freedom."""
    half = _student(blocks - 1) * error
    return Interval(centre - half, centre + half, method)


def mean_interval(values: Float[np.ndarray, " n"], method: str) -> Interval:
    """Student's interval of the mean of independent values, two or more."""
    half = float(_student(len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    mean = float(values.mean())
    return Interval(mean - half, mean + half, method)


def root_interval(square: Interval) -> Interval:
    """The interval of a length from that of its square, of which the part below 0 counts as 0."""
    low, high = np.sqrt(np.clip([square.low, square.high], 0, None))
    return Interval(float(low), float(high), square.method)


def _student(freedom: int) -> float:
    """The 97.5 % quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.975))
