"""Retrieval figures with intervals, on arrays alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from isthmus.measure.statistics import wilson_interval

DRAWS, CANDIDATES = 20, 200


@dataclass(frozen=True)
class Figure:
    """A mean over objects with its 95 % interval (Wilson, one score an object)."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"

    def to_dict(self) -> dict[str, float]:
        """Plain JSON values, four digits."""
        return {k: round(v, 4) for k, v in asdict(self).items()}


def figure(scores: np.ndarray) -> Figure:
    """`scores` has one value an object."""
    ends = wilson_interval(scores)
    return Figure(float(scores.mean()), ends.low, ends.high, len(scores))


def unit(x: np.ndarray) -> np.ndarray:
    """Rows of length 1."""
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def ranks(similarity: np.ndarray, relevant: np.ndarray) -> np.ndarray:
    """Expected rank (1 = first, ties broken at random) of each row's best relevant column."""
    best = np.where(relevant, similarity, -np.inf).max(axis=1, keepdims=True)
    above = ((similarity > best) & ~relevant).sum(axis=1)
    ties = ((similarity == best) & ~relevant).sum(axis=1)
    return 1 + above + ties / 2


def one_to_one(text: np.ndarray, image: np.ndarray, seed: int = 0) -> dict[int, np.ndarray]:
    """hit@1 and hit@5 of each text among `CANDIDATES` images, its own included.

    Row i of both is object i. Every draw is a random subset of objects; an object's score is its
    mean over the draws that it is in (nan if it is in none).
    """
    similarity = unit(text) @ unit(image).T
    n, rng = len(text), np.random.default_rng(seed)
    hits = {1: np.zeros(n), 5: np.zeros(n)}
    seen = np.zeros(n)
    for _ in range(DRAWS):
        chosen = rng.choice(n, min(CANDIDATES, n), replace=False)
        rank = ranks(similarity[np.ix_(chosen, chosen)], np.eye(len(chosen), dtype=bool))
        seen[chosen] += 1
        for k in hits:
            hits[k][chosen] += rank <= k
    return {k: np.divide(h, seen, out=np.full(n, np.nan), where=seen > 0) for k, h in hits.items()}
