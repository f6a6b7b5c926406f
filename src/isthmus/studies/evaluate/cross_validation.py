"""Cross-validation: every chain of corrections fitted on some objects, scored on others."""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np

from isthmus.scores.rules import Cosine, samples
from isthmus.store import parse_json, read_tensors, write_tensors
from isthmus.studies.evaluate.evaluation import Evaluation, ScoreSums
from isthmus.studies.evaluate.scores import (
    KS,
    Bounds,
    DirectionScores,
    Geometry,
    Scores,
    SpaceScores,
    mended_dataset,
    space_scores,
)
from isthmus.studies.evaluate.splits import FEWEST, Rows, halves, take
from isthmus.studies.shared import Dataset
from isthmus.transform.mended import Fits
from isthmus.types import Calibration, ExtraMissingError, RequestError, conform


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
    return CrossValidation(data, calibrate, seed, tick).scored(chains, splits)


class CrossValidation:
    """Chains of corrections scored on random halves, in more and more splits.

    A chain's scores in a split depend on nothing but the data, the seed and the number of the
    split: who drops out in between changes nothing of the others.

    Args:
        data: linked items only.
        calibrate: linked objects to fit on, at most half of all.
        seed: of the halves and of everything drawn after.
        tick: is told of each scored chain.
        kept: folder of what was scored before; None keeps nothing.
    """

    def __init__(
        self,
        data: Dataset,
        calibrate: int,
        seed: int = 0,
        tick: Callable[[int], object] = int,
        kept: Path | None = None,
    ) -> None:
        self.data, self.seed, self.tick, self.kept = data, seed, tick, kept
        self.fitted = min(calibrate, data.pair.n // 2)
        self.sums: dict[str, ScoreSums] = {}
        self.not_fitted: dict[str, str] = {}
        self.held_out = 0

    def scored(self, chains: Sequence[str], splits: int) -> Evaluation:
        """What chains earn in so many splits; those they were scored in before count.

        Raises:
            RequestError: too few objects, fewer than two splits, or a space that cannot be mended.
        """
        _check(self.data.pair.n, self.fitted, splits)
        chains = tuple(dict.fromkeys(("", *chains)))
        missing = {
            number: [chain for chain in chains if self._misses(chain, number)]
            for number in range(splits)
        }
        numbers = [number for number, some in missing.items() if some]
        for number, found in zip(
            numbers, in_parallel(lambda one: self._split(one, missing[one]), numbers), strict=True
        ):
            rows = self._rows(number)[1]
            for chain, scores in found.items():
                self.sums.setdefault(chain, ScoreSums(self.data.pair)).add(
                    rows, *vars(scores).values()
                )
        if "" in self.not_fitted:
            raise RequestError(self.not_fitted[""])
        failed = {chain: self.not_fitted[chain] for chain in chains if chain in self.not_fitted}
        means = {
            chain: SpaceScores(*self.sums[chain].means) for chain in chains if chain not in failed
        }
        return Evaluation(self.data, self.fitted, self.held_out, splits, means, failed)

    def _misses(self, chain: str, number: int) -> bool:
        done = len(self.sums[chain].numbers) if chain in self.sums else 0
        return number >= done and chain not in self.not_fitted

    def _rows(self, number: int) -> tuple[Rows, Rows]:
        return halves(self.data, self.fitted, np.random.default_rng([self.seed, number]))

    def _split(self, number: int, chains: Sequence[str]) -> dict[str, SpaceScores[Scores, float]]:
        """Scores of those chains in a split that can be fitted."""
        some, held = (take(self.data, rows) for rows in self._rows(number))
        split = _Split(some, held, [self.seed, number, 1])
        store = SplitScores(self.kept and self.kept / f"{self.fitted}-{number}.safetensors")
        self.held_out = held.pair.n
        for chain in chains:
            try:
                if chain not in store:
                    store[chain] = split.scores(chain)
            except (RequestError, ExtraMissingError) as error:
                self.not_fitted[chain] = str(error)
            self.tick(1)
        store.write()
        return {chain: store[chain] for chain in chains if chain in store}


T = TypeVar("T")


def in_parallel(function: Callable[[int], T], numbers: Sequence[int]) -> Iterator[T]:
    """Yield the function of every number, in order, computed on all cores.

    One BLAS thread each: at a few hundred coordinates more are slower than one, and what they
    compute is the same on any number of cores.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            yield from pool.map(function, numbers)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _check(n: int, fitted: int, splits: int) -> None:
    """Enough objects to fit on, of which as many at least are held out."""
    if fitted < FEWEST or splits < 2:
        raise RequestError(
            f"Remedies are fitted on {FEWEST} linked objects or more and as many are held out, in "
            f"2 splits or more; here are {n} objects, {fitted} to fit on, {splits} splits."
        )


class _Split:
    """Some objects to fit on and others to score; chains share what they have in common."""

    def __init__(self, some: Dataset, held: Dataset, seed: list[int]) -> None:
        self.held, self.seed = held, seed
        calibration = Calibration.of(some.a, some.b, some.links)
        self.space, self.calibration = held.a.space, calibration
        self.geometries: dict[str, Geometry[float]] = {}
        """By maps: score rules leave vectors where they are."""

    @cached_property
    def fits(self) -> Fits:
        return Fits(self.calibration, self.space)

    def scores(self, chain: str) -> SpaceScores[Scores, float]:
        """Fit a chain, and score the held-out items."""
        start = time.perf_counter()
        mended, seen = self.fits.fitted(chain)
        seconds = time.perf_counter() - start
        a, b = seen.modalities
        matches = samples(mended.rule or Cosine(), seen, b, a)
        rng, lies = np.random.default_rng(self.seed), self.geometries.get(mended.moves)
        found = space_scores(mended_dataset(self.held, mended), matches, rng, seconds, lies)
        self.geometries[mended.moves] = found.geometry
        return found


class SplitScores(dict[str, SpaceScores[Scores, float]]):
    """Scores of chains in one split, by chain, kept in a file that a stopped run goes on from."""

    def __init__(self, path: Path | None) -> None:
        super().__init__()
        self.path = path
        if path and path.exists():
            try:
                self._read(path)
            except (ValueError, LookupError, TypeError, StopIteration) as error:
                raise RequestError(
                    f"{path} does not hold the scores of a split ({error}): delete it, and they "
                    "are computed again."
                ) from error
        self.known = len(self)

    def _read(self, path: Path) -> None:
        arrays, meta = read_tensors(path)
        for place, chain in enumerate(conform(list[str], parse_json(meta["chains"], "chains"))):
            parts = (np.array(arrays[f"{place}.{part}"]) for part in range(3))
            self[chain] = _from_arrays(*parts)

    def write(self) -> None:
        """Keep what was added."""
        if self.path is None or len(self) == self.known:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        arrays = {
            f"{place}.{part}": array
            for place, scores in enumerate(self.values())
            for part, array in enumerate(_as_arrays(scores))
        }
        write_tensors(self.path, arrays, {"chains": json.dumps(list(self))})


def _as_arrays(scores: SpaceScores[Scores, float]) -> list[np.ndarray]:
    """Every number of a split: of the queries forward and backward, and of the whole."""
    sides = [
        [*one.hits.values(), one.mixed, *vars(one.bounds).values(), one.zero_shot]
        for one in scores.directions
    ]
    whole = [*vars(scores.geometry).values(), scores.calibration_error, scores.seconds]
    return [
        *(np.stack([row for row in side if row is not None]).astype(np.float64) for side in sides),
        np.array([np.nan if one is None else one for one in whole]),
    ]


def _from_arrays(
    forward: np.ndarray, backward: np.ndarray, whole: np.ndarray
) -> SpaceScores[Scores, float]:
    """The inverse of ``_as_arrays``."""

    def side(rows: np.ndarray) -> DirectionScores[Scores]:
        left = iter(rows)
        hits: dict[int, Scores] = {k: next(left) for k in KS}
        mixed, bounds = next(left), {one.name: next(left) for one in fields(Bounds)}
        return DirectionScores(hits, mixed, Bounds(**bounds), next(left, None))

    *lies, agreement, error, seconds = map(float, whole)
    gap, distribution, relative, uniformity = lies
    known = None if np.isnan(agreement) else agreement
    geometry = Geometry(gap, distribution, relative, uniformity, known)
    return SpaceScores(side(forward), side(backward), geometry, error, seconds)
