"""Which objects share a subspace? The energy that the subspaces of two objects have in common."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from isthmus.measure.statistics.inputs import SetLike, as_set
from isthmus.measure.statistics.nulls import DRAWS, chance
from isthmus.measure.statistics.resampling import leave_out, seeded
from isthmus.measure.views.angles import principal_angles, random_angles, shared_energy
from isthmus.measure.views.subspaces import affine_subspace
from isthmus.types import RequestError, Result, same_space
from isthmus.types.axes import Axes


@dataclass(frozen=True, eq=False, kw_only=True)
class ViewOverlap(Result):
    """Shared energy of two subspaces of views: mean squared cosine of their principal angles."""

    angles: Float[np.ndarray, " k"]
    """Principal angles, degrees, smallest first."""
    chance_angles: Float[np.ndarray, "3 k"]
    """2.5 %, 50 % and 97.5 % of each angle for random subspaces of the same dimensions."""
    dims: tuple[int, int]
    paper: ClassVar[str] = (
        "Bjorck & Golub 1973, principal angles; null: subspaces of the same dimensions drawn "
        "uniformly, whose mean shared energy is max(k, l) / d."
    )

    @property
    def about(self) -> str:
        """The overlap and the smallest angle."""
        return (
            f"Subspaces of {self.dims[0]} and {self.dims[1]} directions share {self.value:.3f} of "
            f"their energy (chance {self.null.mean:.3f}); the smallest angle is "
            f"{self.angles[0]:.0f} degrees (chance {self.chance_angles[1, 0]:.0f})."
        )

    def plot(self, ax: Axes) -> Axes:
        """Angles over the chance band."""
        places = np.arange(1, len(self.angles) + 1)
        ax.fill_between(places, *self.chance_angles[[0, 2]], color="0.85", label="chance")
        ax.plot(places, self.angles, "o-", label=self.name)
        ax.set_xlabel("principal angle")
        ax.set_ylabel("degrees")
        return ax


def view_overlap(a: SetLike, b: SetLike, *, rng: np.random.Generator | None = None) -> ViewOverlap:
    """How much the subspaces of the views of two objects have in common.

    Args:
        a: (n, d), views of one object.
        b: (m, d), views of another, in the same space; nothing pairs them.
        rng: draws the null and the blocks of the interval; None is seed 0.

    Raises:
        SpaceMismatchError: the sets live in different spaces.
        RequestError: the views of one of them stand out of white noise in no direction.

    Source: Bjorck & Golub 1973.
    """
    first, second, rng = as_set(a, "a"), as_set(b, "b"), seeded(rng)
    same_space(first.space, second.space)
    x, y = first.unit.astype(np.float64), second.unit.astype(np.float64)
    left, right = affine_subspace(x), affine_subspace(y)
    if not min(left.dim, right.dim):
        raise RequestError("The views of one object stand out of noise in no direction: add views.")
    value = shared_energy(left, right)
    random = random_angles((left.dim, right.dim), x.shape[1], rng=rng, draws=DRAWS)
    draws = (np.cos(np.deg2rad(random)) ** 2).mean(axis=1)
    without = [
        shared_energy(
            affine_subspace(np.delete(x, i, 0), left.dim),
            affine_subspace(np.delete(y, j, 0), right.dim),
        )
        for i, j in zip(_parts(len(x), left.dim), _parts(len(y), right.dim), strict=True)
    ]
    _, interval = leave_out(value, np.array(without), scale="logit", debias=False)
    return ViewOverlap(
        name="shared energy of two view subspaces",
        value=value,
        n=min(len(x), len(y)),
        interval=interval,
        null=chance("reference law", value, draws, note="uniform random subspaces"),
        angles=principal_angles(left, right),
        chance_angles=np.quantile(random, [0.025, 0.5, 0.975], axis=0),
        dims=(left.dim, right.dim),
    )


def _parts(n: int, rank: int) -> list[np.ndarray]:
    """Eight arcs of views, left out in turn; single views where an arc would cost the rank."""
    arcs = np.array_split(np.arange(n), 8)
    return arcs if n - len(arcs[0]) > rank else [np.array([i % n]) for i in range(8)]
