"""False-positive rate under the declared null, and coverage of the 95 % interval."""

from dataclasses import dataclass

import numpy as np

from benchmarks.calibration.cases import Case


@dataclass(frozen=True)
class Rate:
    """A share of trials with its own 95 % interval of sampling noise."""

    share: float
    trials: int

    @property
    def error(self) -> float:
        """Half width of the normal 95 % interval of the share."""
        return 1.96 * float(np.sqrt(self.share * (1 - self.share) / self.trials))

    def __str__(self) -> str:
        return f"{self.share:.1%} ± {self.error:.1%}"


def false_positives(case: Case, trials: int, n: int, seed: int = 0) -> Rate | None:
    """Share of trials under the null with p at most 0.05; None where no null is declared."""
    if case.null is None:
        return None
    hits = 0
    for trial in range(trials):
        rng = np.random.default_rng([seed, trial])
        hits += case.measure(case.null(rng, n, case.d), rng).null.p <= 0.05
    return Rate(hits / trials, trials)


def coverage(case: Case, trials: int, n: int, seed: int = 1) -> Rate | None:
    """Share of constructed spaces whose interval holds the truth; None without a space."""
    if case.space is None:
        return None
    values, ends = np.empty(trials), np.empty((trials, 2))
    for trial in range(trials):
        rng = np.random.default_rng([seed, trial])
        result = case.measure(case.space(rng, n, case.d), rng)
        if result.interval is None:
            return None
        values[trial], ends[trial] = result.value, (result.interval.low, result.interval.high)
    truth = float(values.mean()) if case.truth == "same n" else population(case)
    return Rate(float(np.mean((ends[:, 0] <= truth) & (truth <= ends[:, 1]))), trials)


def population(case: Case, sets: int = 10, n: int = 5_000) -> float:
    """What 50,000 items give: mean over large sets of the value, bias corrected where it is."""
    assert case.space is not None
    found = []
    for number in range(sets):
        rng = np.random.default_rng([2, number])
        result = case.measure(case.space(rng, n, case.d), rng)
        found.append(result.value if result.corrected is None else result.corrected)
    return float(np.mean(found))
