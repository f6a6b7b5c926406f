"""Small decoders of ``train.small_decoders``, read without torch."""

from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float

from isthmus.arrays import Vectors, unit
from isthmus.decode.networks import Network, written
from isthmus.records import dataclass

BEAMS, AT_ONCE = 3, 128


@dataclass(frozen=True, eq=False)
class Repeating(Network):
    """A network whose sentences may say a word twice, as those of two groups of things do."""

    @cached_property
    def repeatable(self) -> Bool[np.ndarray, " v"]:
        """All words."""
        return np.ones(len(self.words), bool)


def said_by(
    network: Network, vectors: Vectors, names: Float[np.ndarray, "m d"] | None = None
) -> list[str]:
    """The likeliest sentence of each vector.

    Args:
        network: of the vectors' space.
        vectors: (n, d), where the network's training vectors lie.
        names: vectors of the names that it learned to be told of.
    """
    given, found = unit(np.asarray(vectors, np.float32)), list[str]()
    for start in range(0, len(given), AT_ONCE):
        some = given[start : start + AT_ONCE]
        told = nearest_names(some, names, network.entities)
        found += [beams[0].text if beams else "" for beams in written(network, some, told, BEAMS)]
    return found


def nearest_names(
    vectors: Vectors, names: Float[np.ndarray, "m d"] | None, many: int
) -> Float[np.ndarray, "n k d"]:
    """Vectors of the names nearest to each unit vector; zeros where none are told."""
    if names is None or not many:
        return np.zeros((len(vectors), many, vectors.shape[1]), np.float32)
    rows = unit(np.asarray(names, np.float32))
    scores = vectors @ unit(rows - rows.mean(axis=0)).T
    return rows[np.argsort(-scores, axis=1, kind="stable")[:, :many]]
