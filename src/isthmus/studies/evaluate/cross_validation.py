"""The referee: every remedy fitted on calibration objects, judged on held-out ones, many times."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int

from isthmus.measure.statistics.inputs import Pair
from isthmus.measure.statistics.samples import SAMPLE
from isthmus.scores.rules import Cosine, samples
from isthmus.studies.evaluate.aggregate import Tally
from isthmus.studies.evaluate.scores import HeldOut, bounds, geometry, item_scores, match_error
from isthmus.studies.shared.dataset import Dataset, whole_objects
from isthmus.transform.mended import fit_with_data
from isthmus.types import (
    Calibration,
    EmbeddingSet,
    ExtraMissingError,
    Links,
    RequestError,
    objects_of,
)

MOST = 1_000
"""Held-out objects of a split at most: the gallery that is searched."""

FEWEST = 8
"""Calibration objects of a split at least."""


@dataclass(frozen=True, eq=False)
class Split:
    """Rows of the two sets that remedies are fitted on, and those that they are judged on."""

    fitted: tuple[Int[np.ndarray, " n"], Int[np.ndarray, " m"]]
    held: tuple[Int[np.ndarray, " p"], Int[np.ndarray, " q"]]


@dataclass(frozen=True, eq=False)
class Case:
    """What is refereed: two sets, their links as rows, their objects, labels and class texts."""

    a: EmbeddingSet
    b: EmbeddingSet
    links: Links
    objects: tuple[Int[np.ndarray, " n"], Int[np.ndarray, " m"]]
    labels: Mapping[str, str]
    prompts: Mapping[str, EmbeddingSet]
    offered: Mapping[str, int]
    """Items of the data, by modality: unlinked ones and those beyond a sample included."""

    @classmethod
    def of(cls, data: Dataset, seed: int = 0) -> "Case":
        """The linked items of a study, at most ``SAMPLE`` a modality drawn by whole objects.

        The set that is not text comes first.
        """
        rows = Links.between(data.a, data.b, data.links)
        rng = np.random.default_rng([seed, *b"case"])
        a, b, rows = whole_objects(data.a, data.b, rows, SAMPLE, rng)
        links = Links((a.ids[i], b.ids[j]) for i, j in rows)
        a, b = (
            some.take(some.ids[row] for row in np.unique(rows[:, side]))
            for side, some in enumerate((a, b))
        )
        counted = {some.modality: len(some) for some in (data.a, data.b)}
        if a.modality == "text":
            a, b, links = b, a, links.reversed
        own = Links.between(a, b, links)
        about, objects = data.about, objects_of(own, len(a), len(b))
        return cls(a, b, links, objects, about.labels, about.prompts, counted)

    @property
    def n(self) -> int:
        """Linked objects."""
        return int(self.objects[0].max()) + 1

    @property
    def several(self) -> tuple[str, ...]:
        """Modalities in which some object has several items: matches that are not across."""
        sides = zip((self.a, self.b), self.objects, strict=True)
        return tuple(some.modality for some, of in sides if len(np.unique(of)) < len(of))

    def split(self, calibrate: int, rng: np.random.Generator) -> Split:
        """Half of the objects are held out (``MOST`` at most); some of the others are fitted on."""
        order = rng.permutation(self.n)
        held = order[self.n // 2 :][:MOST]
        fitted = order[: min(calibrate, self.n // 2)]
        return Split(self._rows(fitted), self._rows(held))

    def _rows(self, things: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        left, right = self.objects
        return np.flatnonzero(np.isin(left, things)), np.flatnonzero(np.isin(right, things))

    def sets(self, rows: tuple[np.ndarray, np.ndarray]) -> tuple[EmbeddingSet, EmbeddingSet]:
        """The two sets' items of some rows."""
        a, b = (
            some.take(some.ids[row] for row in of)
            for some, of in zip((self.a, self.b), rows, strict=True)
        )
        return a, b


@dataclass(frozen=True, eq=False)
class Refereed:
    """What every remedy earned over all splits of one size."""

    calibrated: int
    """Objects that remedies were fitted on."""
    held: int
    """Objects that they were judged on in a split."""
    splits: int
    case: Case
    tallies: Mapping[str, Tally]
    """By chain; the empty chain is the space as it is."""
    bounds: Tally
    """The rule "other modality first" and the ceiling, of the space as it is."""
    faults: Mapping[str, str] = field(default_factory=dict[str, str])
    """Chains that could not be fitted, with the reason."""


def refereed(
    case: Case,
    chains: Sequence[str],
    calibrate: int,
    *,
    splits: int = 20,
    seed: int = 0,
    tick: Callable[[int], object] = int,
) -> Refereed:
    """Fit and judge chains of corrections on random halves of the objects.

    Args:
        case: what is refereed.
        chains: as ``fit_mended`` takes them; the space as it is is always judged beside.
        calibrate: linked objects to fit on, at most half of all.
        splits: random halves.
        seed: of the halves and of everything drawn after.
        tick: is told of each judged chain.

    Raises:
        RequestError: too few objects, fewer than two splits, or a space that cannot be mended.
    """
    fitted = min(calibrate, case.n // 2)
    if fitted < FEWEST or splits < 2:
        raise RequestError(
            f"Remedies are fitted on {FEWEST} linked objects or more and as many are held out, in "
            f"2 splits or more; here are {case.n} objects, {fitted} to fit on, {splits} splits."
        )
    tallies = {chain: Tally(case.a, case.b) for chain in ("", *chains)}
    limits, faults, held = Tally(case.a, case.b), dict[str, str](), 0
    for number in range(splits):
        split = case.split(fitted, np.random.default_rng([seed, number]))
        held = len(np.unique(case.objects[0][split.held[0]]))
        trial = Trial.of(case, split, [seed, number, 1])
        for chain, tally in tallies.items():
            if chain not in faults:
                try:
                    trial.judge(chain, tally)
                except (RequestError, ExtraMissingError) as error:
                    faults[chain] = str(error)
            tick(1)
        limits.add(trial.held, bounds(trial.pair(*trial.held)))
        if "" in faults:
            raise RequestError(faults[""])
    kept = {chain: tally for chain, tally in tallies.items() if chain not in faults}
    return Refereed(fitted, held, splits, case, kept, limits, faults)


@dataclass(frozen=True, eq=False)
class Trial:
    """One split, on which chains are judged one after the other."""

    case: Case
    data: Calibration
    held: tuple[EmbeddingSet, EmbeddingSet]
    seed: Sequence[int]
    known: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    """Geometry by maps: score rules leave it as it is."""

    @classmethod
    def of(cls, case: Case, split: Split, seed: Sequence[int]) -> "Trial":
        """The sets of a split."""
        a, b = case.sets(split.fitted)
        return cls(case, Calibration.of(a, b, case.links), case.sets(split.held), seed)

    def pair(self, a: EmbeddingSet, b: EmbeddingSet) -> Pair:
        """Two sets with those links whose ends they hold."""
        return Pair(a, b, self.case.links.rows(a, b))

    def judge(self, chain: str, tally: Tally) -> None:
        """Fit a chain, and add to its tally what it earns on the held-out items."""
        rng = np.random.default_rng(self.seed)
        start = time.perf_counter()
        mended, data = fit_with_data(chain, self.data, self.case.a.space)
        seconds = time.perf_counter() - start
        pair = self.pair(*map(mended, self.held))
        prompts = {name: mended(texts) for name, texts in self.case.prompts.items()}
        held = HeldOut(pair, self.case.labels, prompts or None)
        tally.add(self.held, item_scores(held))
        a, b = data.modalities
        known = samples(mended.rule or Cosine(), data, b, a)
        error = match_error(known, pair, rng)[0]
        if mended.moves not in self.known:
            self.known[mended.moves] = geometry(held, rng)
        numbers = {"calibration error": error, "seconds": seconds}
        tally.note({**self.known[mended.moves], **numbers})
