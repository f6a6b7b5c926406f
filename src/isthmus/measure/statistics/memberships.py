"""Does a vector belong to a subspace? The share of it inside, beside what chance puts there."""

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors
from isthmus.records import dataclass
from isthmus.types import RequestError, Subspace


@dataclass(frozen=True, eq=False)
class Membership:
    """Of each vector, how much lies inside a subspace, and how often chance gives as much."""

    share: Float[np.ndarray, " n"]
    """Squared length inside over squared length, both counted from the origin; 1 is a member."""
    chance: float
    """Mean share of random directions: k / d."""
    p: Float[np.ndarray, " n"]
    """Chance of a share as large for a random direction."""
    rivals: Float[np.ndarray, " m"]
    """Shares of the vectors that are known not to be members, where some were given."""

    def __str__(self) -> str:
        return (
            f"{int((self.p <= 0.05).sum())} of {len(self.p)} vectors lie in the subspace more than "
            f"chance puts there (mean share {self.share.mean():.3f}, chance {self.chance:.3f})"
        )


def membership(
    vectors: Vectors, subspace: Subspace, rivals: "Float[np.ndarray, 'm d'] | None" = None
) -> Membership:
    """How much of each vector lies in a subspace, against a null.

    Without ``rivals`` the null is a random direction, whose share follows the Beta law with
    k / 2 and (d - k) / 2. In CLIP spaces every two vectors have much in common, so vectors of
    other objects are the stricter null: then p = (1 + rivals as deep inside) / (1 + rivals).

    Args:
        vectors: (n, d).
        subspace: k directions and the origin that everything is counted from.
        rivals: (m, d) vectors that do not belong.

    Raises:
        RequestError: a vector equals the origin, so that it has no direction.

    Source: the Beta law of a projection, Frankl & Maehara 1990, lemma 2.
    """
    from scipy.stats import beta

    d, k = subspace.basis.shape[1], subspace.dim
    share = _shares(vectors, subspace)
    if rivals is None:
        others = np.zeros(0)
        p = beta.sf(share, k / 2, (d - k) / 2) if 0 < k < d else np.ones(len(share))
    else:
        others = np.sort(_shares(rivals, subspace))
        p = (1 + len(others) - np.searchsorted(others, share)) / (1 + len(others))
    return Membership(share, k / d, np.asarray(p, dtype=np.float64), others)


def _shares(vectors: Vectors, subspace: Subspace) -> Float[np.ndarray, " n"]:
    rows = np.asarray(vectors, dtype=np.float64) - subspace.origin
    energy = (rows**2).sum(axis=1)
    if (energy == 0).any():
        raise RequestError(
            f"Vector {int(np.argmin(energy))} is the origin of the subspace: it has no direction."
        )
    return ((rows @ subspace.basis.T) ** 2).sum(axis=1) / energy
