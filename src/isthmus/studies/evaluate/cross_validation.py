"""Cross-validation: every chain of corrections fitted on some objects, scored on others."""

import time
from collections.abc import Callable, Sequence

import numpy as np

from isthmus.scores.rules import Cosine, samples
from isthmus.studies.evaluate.evaluation import Evaluation, ScoreSums
from isthmus.studies.evaluate.scores import (
    Geometry,
    Scores,
    SpaceScores,
    bounds,
    mended_dataset,
    space_scores,
)
from isthmus.studies.evaluate.splits import FEWEST, halves, take
from isthmus.studies.shared import Dataset
from isthmus.transform.mended import fit_with_data
from isthmus.types import Calibration, ExtraMissingError, RequestError


def cross_validated(
    data: Dataset,
    chains: Sequence[str],
    calibrate: int,
    *,
    splits: int = 20,
    seed: int = 0,
    tick: Callable[[int], object] = int,
) -> Evaluation:
    """Fit and score chains of corrections on random halves of the objects.

    Args:
        data: linked items only.
        chains: as ``fit_mended`` takes them; the space as it is is always scored beside.
        calibrate: linked objects to fit on, at most half of all.
        splits: random halves.
        seed: of the halves and of everything drawn after.
        tick: is told of each scored chain.

    Raises:
        RequestError: too few objects, fewer than two splits, or a space that cannot be mended.
    """
    fitted = _fitted_on(data.pair.n, calibrate, splits)
    sums = {chain: ScoreSums(data.pair) for chain in ("", *chains)}
    limits = ScoreSums(data.pair)
    not_fitted: dict[str, str] = {}
    held_out = 0
    for number in range(splits):
        fit_rows, rows = halves(data, fitted, np.random.default_rng([seed, number]))
        some, held = take(data, fit_rows), take(data, rows)
        calibration = Calibration.of(some.a, some.b, some.links)
        geometries: dict[str, Geometry[float]] = {}
        for chain in sums:
            if chain not in not_fitted:
                rng = np.random.default_rng([seed, number, 1])
                try:
                    scores = _scores(chain, calibration, held, geometries, rng)
                    sums[chain].add(rows, *vars(scores).values())
                except (RequestError, ExtraMissingError) as error:
                    not_fitted[chain] = str(error)
            tick(1)
        limits.add(rows, *bounds(held.pair))
        held_out = held.pair.n
        if "" in not_fitted:
            raise RequestError(not_fitted[""])
    means = {chain: SpaceScores(*x.means) for chain, x in sums.items() if chain not in not_fitted}
    forward, backward = limits.means
    return Evaluation(data, fitted, held_out, splits, means, (forward, backward), not_fitted)


def _fitted_on(n: int, calibrate: int, splits: int) -> int:
    """Objects to fit on, of which as many at least are held out."""
    fitted = min(calibrate, n // 2)
    if fitted < FEWEST or splits < 2:
        raise RequestError(
            f"Remedies are fitted on {FEWEST} linked objects or more and as many are held out, in "
            f"2 splits or more; here are {n} objects, {fitted} to fit on, {splits} splits."
        )
    return fitted


def _scores(
    chain: str,
    calibration: Calibration,
    held: Dataset,
    geometries: dict[str, Geometry[float]],
    rng: np.random.Generator,
) -> SpaceScores[Scores, float]:
    """Fit a chain, and score the held-out items.

    ``geometries`` are kept by maps: score rules leave vectors where they are.
    """
    start = time.perf_counter()
    mended, seen = fit_with_data(chain, calibration, held.a.space)
    seconds = time.perf_counter() - start
    a, b = seen.modalities
    matches = samples(mended.rule or Cosine(), seen, b, a)
    lies = geometries.get(mended.moves)
    found = space_scores(mended_dataset(held, mended), matches, rng, seconds, lies)
    geometries[mended.moves] = found.geometry
    return found
