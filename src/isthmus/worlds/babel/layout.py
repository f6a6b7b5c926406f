"""Where the things of a scene stand, so that its relation can be read in one way only."""

import numpy as np

from isthmus.records import dataclass
from isthmus.worlds.babel.facts import Facts, Group

DIAMETER = {"small": 0.14, "medium": 0.21, "large": 0.30}
"""Window of a thing, as a share of the picture's side."""


@dataclass(frozen=True)
class Thing:
    """One thing of a scene and its place in the picture."""

    group: int
    """Which group of the facts it belongs to."""
    facts: Group
    x: float
    """Centre, as a share of the picture's side, from the left."""
    y: float
    """Centre, as a share of the picture's side, from the top."""

    @property
    def diameter(self) -> float:
        """Width of its window, as a share of the picture's side."""
        return DIAMETER[self.facts.size or "medium"]


def arrange(facts: Facts, rng: np.random.Generator) -> list[Thing]:
    """Every thing in a cell of its own: windows never overlap.

    Two groups have a half of the picture each, and move little across the relation's axis:
    what stands left is never also above.
    """
    if len(facts.groups) == 1:
        along = int(rng.integers(2))
        return _spread(0, facts.groups[0], along, (0.0, 1.0), rng)
    along = 1 if facts.relation == "left of" else 0
    halves = ((0.0, 0.5), (0.5, 1.0))
    return [
        thing
        for number, (group, half) in enumerate(zip(facts.groups, halves, strict=True))
        for thing in _spread(number, group, along, half, rng)
    ]


def _spread(
    number: int,
    group: Group,
    along: int,
    across: tuple[float, float],
    rng: np.random.Generator,
) -> list[Thing]:
    """Things in equal cells along one axis (0 is x, 1 is y) of a strip across the other."""
    count, diameter = group.count or 1, DIAMETER[group.size or "medium"]
    cell, strip = 1 / count, across[1] - across[0]
    free = np.array([(cell - diameter) / 2, (strip - diameter) / 2]) - 0.01
    if strip < 1:  # centres of two groups lie 0.16 or more apart along the relation's axis
        free[0] = min(free[0], 0.07)
    offset = rng.uniform(-1, 1, (count, 2)) * free
    a = (np.arange(count) + 0.5) * cell + offset[:, 0]
    b = sum(across) / 2 + offset[:, 1]
    xs, ys = (a, b) if along == 0 else (b, a)
    return [Thing(number, group, float(x), float(y)) for x, y in zip(xs, ys, strict=True)]
