"""The same items in two spaces, row by row: what measures of space against space start from."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.measure.door import SetLike, one
from isthmus.types import RequestError

MOST = 1000
"""Items that are looked at; more are sampled."""
BLOCKS = 20
"""Blocks of items that are left out in turn for intervals."""


@dataclass(frozen=True, eq=False)
class Shared:
    """Unit vectors of the same items in two spaces, which may differ in dimension."""

    x: Float[np.ndarray, "n d"]
    y: Float[np.ndarray, "n e"]

    @property
    def centred(self) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n e"]]:
        """Both less their means."""
        return self.x - self.x.mean(axis=0), self.y - self.y.mean(axis=0)

    def without(self) -> "list[Shared]":
        """The same without each block of items."""
        parts = np.array_split(np.arange(len(self.x)), min(BLOCKS, len(self.x)))
        return [
            Shared(np.delete(self.x, rows, axis=0), np.delete(self.y, rows, axis=0))
            for rows in parts
        ]

    def mixed(self, rng: np.random.Generator) -> "Shared":
        """The same with the items of y dealt anew."""
        return Shared(self.x, rng.permutation(self.y))


def same_items(a: SetLike, b: SetLike, rng: np.random.Generator) -> Shared:
    """Rows of equal ids, in the order of a, at most ``MOST`` of them at random.

    Raises:
        RequestError: fewer than ten items are in both.
    """
    first, second = one(a, "a"), one(b, "b")
    row = {name: number for number, name in enumerate(second.ids)}
    pairs = [(number, row[name]) for number, name in enumerate(first.ids) if name in row]
    if len(pairs) < 10:
        raise RequestError(f"Spaces are compared on ten shared items or more, not {len(pairs)}.")
    rows = np.array(pairs)
    if len(rows) > MOST:
        rows = rows[np.sort(rng.choice(len(rows), MOST, replace=False))]
    x, y = first.unit[rows[:, 0]], second.unit[rows[:, 1]]
    return Shared(x.astype(np.float64), y.astype(np.float64))
