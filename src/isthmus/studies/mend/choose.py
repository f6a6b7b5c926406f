"""Which remedy is recommended, and what that choice earns where it did not look."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from isthmus.records import dataclass
from isthmus.studies.evaluate import CrossValidation, Estimate, Evaluation, Row, estimate

LOSS = 0.005
"""R@1 that a recommended remedy may cost, as a mean over both directions."""
FOLDS = 5
SCREENED = ((0.1, 10), (0.3, 4))
"""Share of the splits after which so many chains stay in the race, beside the space as it is."""
SLACK = 4
"""Times ``LOSS`` that a chain may cost to stay in the race: a few splits are noisy."""


@dataclass(frozen=True, eq=False)
class Judged:
    """Chains fitted on as many objects, judged in rounds of ever fewer chains and more splits."""

    rounds: tuple[Evaluation, ...]
    """The last holds the finalists, each judged in every split."""

    @property
    def final(self) -> Evaluation:
        """The finalists in every split."""
        return self.rounds[-1]

    @property
    def rows(self) -> dict[str, Row]:
        """A row a chain, of the last round that it was in; chains in their first order."""
        last = {chain: found for found in self.rounds for chain in found.spaces}
        return {chain: found.rows[chain] for chain, found in last.items()}

    @property
    def not_fitted(self) -> dict[str, str]:
        """Chains that could not be fitted, with the reason."""
        return {chain: why for found in self.rounds for chain, why in found.not_fitted.items()}


def screening(chains: int, splits: int) -> list[tuple[int, int]]:
    """Splits and the chains that stay after them, of each round but the last.

    Empty where there is little to save: few chains or few splits.
    """
    found = [(max(2, round(share * splits)), stay) for share, stay in SCREENED]
    return found if chains > found[0][1] and splits > 2 * found[-1][0] else []


def judged(race: CrossValidation, chains: Sequence[str], splits: int, full: bool) -> Judged:
    """Successive halving: many chains in a few splits, then the best of them in more.

    What a finalist earns is what it earns in the full protocol, to the last digit. Source:
    Jamieson & Talwalkar 2016, Non-stochastic best arm identification, algorithm 1.

    Args:
        race: the splits.
        chains: to be judged.
        splits: of the finalists.
        full: judge every chain in every split.
    """
    rounds: list[Evaluation] = []
    for some, stay in [] if full else screening(len(chains), splits):
        found = race.scored(chains, some)
        rounds.append(found)
        everything = np.arange(found.data.pair.n)
        ranked = _ranked(found, _changes(found), everything, SLACK * LOSS)
        best = [chain for chain in ranked if chain][:stay]
        chains = [chain for chain in chains if chain in best]
    return Judged((*rounds, race.scored(chains, splits)))


@dataclass(frozen=True, eq=False)
class Choice:
    """The remedy that does best, and what choosing it in the same way earns on other objects.

    Folds of objects: the remedy is chosen by the scores of all folds but one and scored on that
    one, so that the luck of the best of many is not counted.
    """

    best: str
    """The chain that does best."""
    gain: Estimate
    """Over doing nothing: of mixed nDCG@10 or, where that cannot tell, of R@1."""
    over_rule: Estimate
    """Mixed nDCG@10 less that of the best trivial rule, for each object."""
    by_chance: bool
    """The space finds matches by chance only: there is nothing to mend."""
    two_sided: bool
    """Whether matches lie in both modalities, so that mixed search can tell remedies apart."""

    @property
    def chain(self) -> str:
        """The recommended chain: the best one, or none where it has not been shown to help."""
        shown = (self.gain, self.over_rule) if self.two_sided else (self.gain,)
        helps = any(one.interval and one.interval.low > 0 for one in shown)
        return self.best if helps and not self.by_chance else ""


def choice(found: Judged) -> Choice:
    """The best remedy, with its gains where the choice did not look.

    Two-sided data: the best mixed search among the remedies that cost at most ``LOSS`` of R@1.
    Else: the best R@1; among those within ``LOSS`` of it, the best mixed search.
    """
    final, known = found.final, _known(found)
    n = final.data.pair.n
    fold = np.random.default_rng(0).permutation(n) % FOLDS
    gain, over_rule = np.full((2, n), np.nan)
    for part in range(FOLDS):
        there = fold == part
        earned = known[-1][_replayed(found, known, np.flatnonzero(~there))]
        gain[there] = (earned.mixed if final.several else earned.hits)[there]
        over_rule[there] = earned.over_rule[there]
    return Choice(
        best=_ranked(final, _changes(final), np.arange(n), LOSS)[0],
        gain=estimate(gain),
        over_rule=estimate(over_rule),
        by_chance=hits_by_chance(final),
        two_sided=bool(final.several),
    )


def hits_by_chance(found: Evaluation) -> bool:
    """Whether R@1 of the space as it is is no better than that of a random order."""
    more = found.object_scores[""].hits[1] - found.object_bounds.chance_of_hits
    interval = estimate(more).interval
    return interval is None or interval.low <= 0


@dataclass(frozen=True, eq=False)
class Changes:
    """What a chain earns more than the space as it is in the same splits, by object."""

    mixed: Float[np.ndarray, " o"]
    hits: Float[np.ndarray, " o"]
    over_rule: Float[np.ndarray, " o"]
    """Mixed nDCG@10 less that of the best trivial rule."""


def _changes(found: Evaluation) -> dict[str, Changes]:
    raw = found.object_scores[""]
    return {
        chain: Changes(
            one.mixed - raw.mixed,
            one.hits[1] - raw.hits[1],
            one.mixed - found.best_rule(chain)[1],
        )
        for chain, one in found.object_scores.items()
    }


def _known(found: Judged) -> list[dict[str, Changes]]:
    """After each round, what every chain earned in the last round that it was in."""
    known: list[dict[str, Changes]] = [{}]
    for one in found.rounds:
        known.append({**known[-1], **_changes(one)})
    return known[1:]


def _ranked(
    found: Evaluation, changes: Mapping[str, Changes], objects: Int[np.ndarray, " o"], loss: float
) -> list[str]:
    """Chains by what they earn on some objects, the best first; of equal ones the first."""
    means = {
        chain: (float(np.nanmean(one.mixed[objects])), float(np.nanmean(one.hits[objects])))
        for chain, one in changes.items()
    }
    most = 0.0 if found.several else max(hits for _, hits in means.values())

    def worth(chain: str) -> tuple[bool, float]:
        mixed, hits = means[chain]
        cheap = hits >= most - loss - 1e-12
        return cheap, mixed if cheap else hits

    return sorted(means, key=worth, reverse=True)


def _replayed(
    found: Judged, known: Sequence[Mapping[str, Changes]], objects: Int[np.ndarray, " o"]
) -> str:
    """The choice that these objects alone would have made, round by round.

    A chain that they would have kept and all objects did not is known from fewer splits.
    """
    pool = list(found.rounds[0].spaces)
    for one, after, changes in zip(found.rounds[:-1], found.rounds[1:], known, strict=False):
        ranked = _ranked(one, {chain: changes[chain] for chain in pool}, objects, SLACK * LOSS)
        pool = ["", *[chain for chain in ranked if chain][: len(after.spaces) - 1]]
    return _ranked(found.final, {chain: known[-1][chain] for chain in pool}, objects, LOSS)[0]
