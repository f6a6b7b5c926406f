"""Effective rank: how many directions a modality uses, by the entropy of its singular values."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from isthmus.measure import reference
from isthmus.measure.clouds import cloud
from isthmus.measure.door import SetLike, one
from isthmus.measure.nulls import DRAWS, chance
from isthmus.measure.resampling import ENOUGH, leave_out, seeded
from isthmus.types import Result


@dataclass(frozen=True, eq=False, kw_only=True)
class EffectiveRank(Result):
    """Exponential of the entropy of the normalised singular values."""

    paper: ClassVar[str] = (
        "Roy & Vetterli, The Effective Rank, EUSIPCO 2007, definition 1; rows at length one, "
        "centred."
    )

    @property
    def about(self) -> str:
        """How many directions are in use."""
        return (
            f"The items spread over about {self.value:.0f} directions; as many items in random "
            f"directions would show {self.null.mean:.0f}."
        )


def effective_rank(a: SetLike, *, rng: np.random.Generator | None = None) -> EffectiveRank:
    """Number of directions in use, from 1 to d, by the entropy of the singular values.

    Grows with n until n is far above d: compare sets of one size. The interval leaves blocks of
    objects out; from four items a coordinate on it is corrected for the bias, below that it is of
    the value that this n shows. Without ``rng`` the seed is 0. Exact on
    streamed sets.

    Source: Roy & Vetterli 2007, definition 1, on the centred rows at length one.
    """
    items, rng = one(a), seeded(rng)
    side = cloud(items)
    values = _rank(side.spectra)
    value = float(values[0])
    enough = len(items) >= ENOUGH * items.space.dim
    method = f"subsampling, one block of objects left out{'' if enough else ', at this n'}"
    corrected, interval = leave_out(value, values[1:], method, scale="log", debias=enough)
    draws = _rank(reference.spectra(len(items), items.space.dim, rng, DRAWS))
    return EffectiveRank(
        name=f"effective rank ({items.modality})",
        value=value,
        n=side.n,
        interval=interval,
        null=chance("reference law", value, draws, "lower"),
        corrected=corrected if enough else None,
    )


def _rank(eigenvalues: Float[np.ndarray, "b d"]) -> Float[np.ndarray, " b"]:
    singular = np.sqrt(eigenvalues)
    total = singular.sum(axis=1, keepdims=True)
    p = singular / np.where(total > 0, total, 1)
    return np.exp(-np.sum(p * np.log(np.where(p > 0, p, 1)), axis=1))
