"""Which remedy is recommended, and what that choice earns where it did not look."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from isthmus.records import dataclass
from isthmus.studies.evaluate import (
    CrossValidation,
    Estimate,
    Evaluation,
    Row,
    chain_name,
    change,
    in_points,
)

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
    pools: tuple[tuple[str, ...], ...] = ()
    """Finalists of each fold, by the objects outside of it, then those of all objects; empty where
    nobody went out."""

    def pool(self, number: int) -> dict[str, "Changes"]:
        """What the finalists of a fold, or of all objects (-1), earn in every split."""
        changes = _changes(self.final)
        names = ("", *self.pools[number]) if self.pools else tuple(changes)
        return {chain: changes[chain] for chain in names if chain in changes}

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

    What a finalist earns is what it earns in the full protocol, to the last digit. Who is best is
    asked of all objects and of those outside of each fold; all that one of them keeps go on, so
    that what choosing earns can be scored on objects that had no say in any round. Source:
    Jamieson & Talwalkar 2016, Non-stochastic best arm identification, algorithm 1.

    Args:
        race: the splits.
        chains: to be judged.
        splits: of the finalists.
        full: judge every chain in every split.
    """
    plan = [] if full else screening(len(chains), splits)
    if not plan:
        return Judged((race.scored(chains, splits),))
    asked, rounds, n = chains, [], race.data.pair.n
    outside = [*_outside(n), np.arange(n)]
    pools: list[Sequence[str]] = [chains] * len(outside)
    for some, stay in plan:
        found = race.scored(chains, some)
        rounds.append(found)
        changes = _changes(found)
        pools = [
            [chain for chain in _ranked(found, own, objects, SLACK * LOSS) if chain][:stay]
            for own, objects in (
                ({chain: changes[chain] for chain in ("", *pool) if chain in changes}, objects)
                for pool, objects in zip(pools, outside, strict=True)
            )
        ]
        chains = [chain for chain in asked if any(chain in pool for pool in pools)]
    return Judged((*rounds, race.scored(chains, splits)), tuple(map(tuple, pools)))


def _outside(n: int) -> list[Int[np.ndarray, " o"]]:
    """The objects outside of each fold."""
    fold = np.random.default_rng(0).permutation(n) % FOLDS
    return [np.flatnonzero(fold != part) for part in range(FOLDS)]


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
    final, n = found.final, found.final.data.pair.n
    gain, over_rule = np.full((2, n), np.nan)
    for part, objects in enumerate(_outside(n)):
        pool = found.pool(part)
        earned = pool[_ranked(final, pool, objects, LOSS)[0]]
        inside = np.setdiff1d(np.arange(n), objects)
        gain[inside] = (earned.mixed if final.several else earned.hits)[inside]
        over_rule[inside] = earned.over_rule[inside]
    return Choice(
        best=_ranked(final, found.pool(-1), np.arange(n), LOSS)[0],
        gain=change(gain),
        over_rule=change(over_rule),
        by_chance=hits_by_chance(final),
        two_sided=bool(final.several),
    )


def passed_over(found: Judged, best: Choice) -> dict[str, str]:
    """Why chains that stand above the recommended one, or the space as it is, are not recommended.

    By chain, in the order of the table.
    """
    least = found.rows[best.chain].headline(best.two_sided)
    ordered = sorted(found.rows.values(), key=lambda row: -row.headline(best.two_sided))
    above = [row for row in ordered if row.chain and row.headline(best.two_sided) > least]
    return {row.chain: _reason(row, best, found.final.repeats) for row in above}


def _reason(row: Row, best: Choice, splits: int) -> str:
    """The first of the reasons that holds."""
    few, change = f"the first {row.splits} of {splits} splits", in_points(row.hits_change)
    reasons = {
        "matches are found by chance only, so that the order of the rows is noise": best.by_chance,
        f"in {few} others did better; mixed search decides where R@1 hardly differs": (
            row.splits < splits
        ),
        f"costs R@1: {change} points, where {100 * LOSS:.1f} are allowed": (
            best.two_sided and row.hits_change.value < -LOSS
        ),
        f"R@1 is within {100 * LOSS:.1f} points, and mixed search is worse": bool(best.chain),
        "its gain on objects that had no say in choosing it is not above zero for sure: "
        f"{in_points(best.gain)} points": row.chain == best.best,
        f"{chain_name(best.best)} does better, and is not above zero for sure either": True,
    }
    return next(reason for reason, holds in reasons.items() if holds)


def hits_by_chance(found: Evaluation) -> bool:
    """Whether R@1 of the space as it is is no better than that of a random order."""
    more = found.object_scores[""].hits[1] - found.object_bounds.chance_of_hits
    interval = change(more).interval
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
