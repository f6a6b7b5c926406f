"""Cross-validation: every chain of corrections fitted on some objects, scored on others."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from isthmus.scores.rules import Cosine, samples
from isthmus.studies.evaluate.aggregate import ScoreSums, SpaceSums
from isthmus.studies.evaluate.evaluation import Evaluation
from isthmus.studies.evaluate.scores import (
    Bounds,
    Geometry,
    Scores,
    SpaceScores,
    bounds,
    mended_dataset,
    space_scores,
)
from isthmus.studies.evaluate.splits import FEWEST, halves, take
from isthmus.studies.shared.dataset import Dataset
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
    n = data.pair.n
    fitted = min(calibrate, n // 2)
    if fitted < FEWEST or splits < 2:
        raise RequestError(
            f"Remedies are fitted on {FEWEST} linked objects or more and as many are held out, in "
            f"2 splits or more; here are {n} objects, {fitted} to fit on, {splits} splits."
        )
    spaces = {chain: SpaceSums(data.pair) for chain in ("", *chains)}
    limits: ScoreSums[Bounds[Scores]] = ScoreSums(data.pair)
    not_fitted: dict[str, str] = {}
    held = 0
    for number in range(splits):
        fit_rows, rows = halves(data, fitted, np.random.default_rng([seed, number]))
        held = len(np.unique(data.pair.objects[0][rows[0]]))
        split = Split(take(data, fit_rows), take(data, rows), [seed, number, 1])
        for chain, sums in spaces.items():
            if chain not in not_fitted:
                try:
                    sums.add(split.scores(chain), rows)
                except (RequestError, ExtraMissingError) as error:
                    not_fitted[chain] = str(error)
            tick(1)
        limits.add(bounds(split.held.pair), rows)
        if "" in not_fitted:
            raise RequestError(not_fitted[""])
    means = {chain: sums.means for chain, sums in spaces.items() if chain not in not_fitted}
    return Evaluation(data, fitted, held, splits, means, limits.means, not_fitted)


@dataclass(frozen=True, eq=False)
class Split:
    """One split, on which chains are fitted and scored one after the other."""

    fitted: Dataset
    held: Dataset
    seed: Sequence[int]
    known: dict[str, Geometry[float]] = field(default_factory=dict[str, Geometry[float]])
    """Geometry by maps: score rules leave it as it is."""

    @cached_property
    def calibration(self) -> Calibration:
        """What chains are fitted on."""
        return Calibration.of(self.fitted.a, self.fitted.b, self.fitted.links)

    def scores(self, chain: str) -> SpaceScores[Scores, float]:
        """Fit a chain, and score the held-out items."""
        rng = np.random.default_rng(self.seed)
        start = time.perf_counter()
        mended, seen = fit_with_data(chain, self.calibration, self.held.a.space)
        seconds = time.perf_counter() - start
        a, b = seen.modalities
        known = samples(mended.rule or Cosine(), seen, b, a)
        held, lies = mended_dataset(self.held, mended), self.known.get(mended.moves)
        found = space_scores(held, known, rng, seconds, lies)
        self.known[mended.moves] = found.geometry
        return found
