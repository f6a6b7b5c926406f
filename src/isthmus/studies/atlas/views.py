"""What the views of one object say: rank, loop, pose, the path between views, and its words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any

import numpy as np

from isthmus import measure
from isthmus.arrays import Vectors
from isthmus.records import dataclass
from isthmus.types import IsthmusError, Result, Subspace, plain

Measures = tuple[dict[str, Result], dict[str, str]]
"""Results by name, and what could not be measured with the reason."""


@dataclass(frozen=True, eq=False)
class ObjectViews:
    """One object and what was measured on its views."""

    name: str
    """Its id."""
    title: str
    """What it is called."""
    category: str
    rows: np.ndarray
    """Rows of its views, in the order of the poses."""
    space: Subspace
    """The affine subspace of its views, rank by parallel analysis."""
    symmetry: int
    """Turns that change no picture; as many as views: turning changes nothing."""
    results: Mapping[str, Result]
    missing: Mapping[str, str]
    """What could not be measured, with the reason."""
    words: tuple[tuple[str, float], ...] = ()
    """The nearest names of the vocabulary with their cosines."""
    moving: tuple[tuple[str, float, float], ...] = ()
    """The words that lie most in the directions its views move along: the share of each word's
    squared length there, and p against a random direction, adjusted for all words."""
    identity: Mapping[str, float] = field(default_factory=dict[str, float])
    """Share of its unseen views that each rule gives to it."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "name": self.title,
            "category": self.category,
            "views": len(self.rows),
            "rank": self.space.dim,
            "symmetry": self.symmetry,
            "words": [[word, cosine] for word, cosine in self.words],
            "moving": [list(word) for word in self.moving],
            "identity": dict(self.identity),
            "results": {key: plain(result.to_dict()) for key, result in self.results.items()},
            "missing": dict(self.missing),
        }


def view_measures(
    x: Vectors, azimuth: np.ndarray | None, symmetry: int, seed: Sequence[int]
) -> Measures:
    """Every measure of one object's views; without azimuths (no ring) only its rank.

    Args:
        x: (n, d), its views in the order of the poses.
        azimuth: degrees, at equal steps once around; None for other rigs.
        symmetry: turns that change no picture.
        seed: of the draws.
    """
    rng = np.random.default_rng(seed)
    around: dict[str, Callable[[], Result]] = {}
    if azimuth is None:
        missing = dict.fromkeys(("pose", "loop", "interpolation"), "its views are no turntable")
    else:
        around = {
            "pose": lambda: measure.pose_error(x, azimuth, symmetry, rng=rng),
            "loop": lambda: measure.view_loop(x, rng=rng),
            "interpolation": lambda: measure.view_interpolation(x),
        }
        turned = symmetry == len(x)
        missing = {"pose": "turning it changes no picture"} if turned else {}
    wanted = {"rank": lambda: measure.view_rank(x, rng=rng), **around}
    found, failed = attempted({key: wanted[key] for key in wanted if key not in missing})
    return found, missing | failed


def attempted(measures: Mapping[str, Callable[[], Result]]) -> Measures:
    """The results of these measures; one that refuses what it gets says why."""
    found: dict[str, Result] = {}
    missing: dict[str, str] = {}
    for name, measured in measures.items():
        try:
            found[name] = measured()
        except IsthmusError as error:
            missing[name] = str(error)
    return found, missing
