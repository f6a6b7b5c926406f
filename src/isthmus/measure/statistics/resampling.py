"""Intervals: named per measure, always over whole objects, never over single rows.

A bootstrap that draws the same item twice makes two neighbours at distance zero; it covered the
truth in none of 100 spaces for participation ratio, uniformity and small gap norms. So only
scores that each query earns against a fixed gallery are bootstrapped; everything else leaves
blocks of objects out.
"""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int, Num

from isthmus.types import Interval

BLOCKS = 20
"""Blocks of objects that are left out in turn."""

SCALES: dict[str, tuple[Callable[..., np.ndarray], Callable[..., np.ndarray]]] = {
    "plain": (np.asarray, np.asarray),
    "log": (np.log, np.exp),
    "logit": (lambda p: np.log(p) - np.log1p(-p), lambda z: 1 / (1 + np.exp(-z))),
}
"""Scales on which an estimate is nearly normal, and the way back."""


def seeded(rng: np.random.Generator | None) -> np.random.Generator:
    """The generator that was given, or a fresh one of seed 0: same call, same numbers."""
    return np.random.default_rng(0) if rng is None else rng


def random_blocks(
    objects: int, rng: np.random.Generator, blocks: int = BLOCKS
) -> Int[np.ndarray, " g"]:
    """The block (0, 1, ...) of each object, drawn at random, sizes equal up to one."""
    return rng.permutation(np.arange(objects) % min(blocks, objects))


def with_and_without(blocks: Num[np.ndarray, "g ..."]) -> Float[np.ndarray, "g1 ..."]:
    """The sum over all blocks, then the sum without each block, along a first axis of g + 1."""
    total = blocks.sum(axis=0, dtype=np.float64)
    return np.concatenate([total[None], total - blocks])


def query_bootstrap(
    scores: Float[np.ndarray, " q"],
    objects: Int[np.ndarray, " q"] | None = None,
    *,
    rng: np.random.Generator | None = None,
    draws: int = 999,
    statistic: Callable[[np.ndarray], float] | None = None,
) -> Interval:
    """Percentile interval of the mean score of queries whose gallery stays as it is.

    Objects (with all their queries) are drawn with replacement. ``statistic`` takes the drawn
    scores and replaces the mean, for a median rank for instance.
    """
    rng = seeded(rng)
    scores = np.asarray(scores, dtype=np.float64)
    objects = (
        np.arange(len(scores)) if objects is None else np.unique(objects, return_inverse=True)[1]
    )
    count = int(objects.max()) + 1
    if statistic is None:
        sums = np.stack([np.bincount(objects, scores), np.bincount(objects)])
        # 64 draws at a time keep the table of picks small beside the scores
        found = [
            np.divide(*sums[:, rng.integers(count, size=(size, count))].sum(axis=2))
            for size in _portions(draws, 64)
        ]
        values = np.concatenate(found)
    else:
        order = np.argsort(objects, kind="stable")
        rows = np.split(order, np.cumsum(np.bincount(objects))[:-1])
        picks = (rng.integers(count, size=count) for _ in range(draws))
        values = np.array([statistic(scores[np.concatenate([rows[i] for i in p])]) for p in picks])
    low, high = np.quantile(values, [0.025, 0.975])
    return Interval(float(low), float(high), "query bootstrap, gallery fixed")


ENOUGH = 4
"""Items a coordinate from which the bias of a spectrum is small enough to be taken out; with fewer
the correction extrapolates too far, and the interval is of the value that this n shows."""


def leave_out(
    value: float,
    without: Float[np.ndarray, " g"],
    method: str = "jackknife over blocks of objects",
    *,
    scale: str = "plain",
    debias: bool = True,
) -> tuple[float, Interval]:
    """Bias-corrected value and interval from the values without each block of objects.

    Quenouille's jackknife with Student's t: bias (G-1)(mean - value), variance
    (G-1)/G sum (v_g - mean)^2. ``debias=False`` for values that are meant at this n (neighbours),
    whose change with n is no error. ``scale`` names where the estimate is nearly normal.
    """
    from scipy.special import stdtrit

    there, back = SCALES[scale]
    with np.errstate(divide="ignore", invalid="ignore"):
        centre, left = float(there(value)), np.asarray(there(np.asarray(without, dtype=np.float64)))
    blocks = len(left)
    if blocks < 2 or not (np.isfinite(left).all() and np.isfinite(centre)):
        return (
            leave_out(value, without, method, debias=debias)
            if scale != "plain"
            else (value, Interval(float("nan"), float("nan"), method))
        )
    corrected = centre - (blocks - 1) * (float(left.mean()) - centre) if debias else centre
    error = float(np.sqrt((blocks - 1) / blocks * np.sum((left - left.mean()) ** 2)))
    half = float(stdtrit(blocks - 1, 0.975)) * error
    ends = back(np.array([corrected, corrected - half, corrected + half]))
    return float(ends[0]), Interval(float(ends[1]), float(ends[2]), method)


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
    from scipy.special import stdtrit

    half = float(stdtrit(blocks - 1, 0.975)) * error
    return Interval(centre - half, centre + half, method)


def wilson_interval(scores: Float[np.ndarray, " o"]) -> Interval:
    """Wilson's interval of a mean of scores in [0, 1], one score an object.

    Objects whose scores vary less than a coin of the same mean count for more than one toss;
    at 0 and 1, where no variance shows, each object is one toss.
    """
    n, mean = len(scores), float(np.mean(scores))
    z = 1.959964
    spread = float(np.var(scores, ddof=1)) if n > 1 else 0.0
    tosses = n if spread == 0 else n * mean * (1 - mean) / spread
    middle = (mean + z * z / (2 * tosses)) / (1 + z * z / tosses)
    half = z / (1 + z * z / tosses) * np.sqrt(mean * (1 - mean) / tosses + (z / (2 * tosses)) ** 2)
    return Interval(float(middle - half), float(middle + half), "Wilson, one score an object")


def _portions(total: int, size: int) -> Sequence[int]:
    return [min(size, total - start) for start in range(0, total, size)]
