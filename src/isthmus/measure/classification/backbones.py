"""The backbone fingerprint: whose embeddings are these?"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from isthmus.measure.statistics import (
    SetLike,
    as_set,
    check_objects,
    cloud,
    jackknife,
    jackknife_sums,
)
from isthmus.store.tensors import read_tensors
from isthmus.types import Axes, Interval, Null, Result, axes_or_new, check_kind

SURE = 0.8
"""Cosine from which on a backbone is named: one model's natural images reach 0.9, others' 0.05."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Backbone(Result):
    """The known backbone whose mean is nearest, or none."""

    backbone: str | None
    """Its name, or None where no known mean comes near."""
    cosines: dict[str, float]
    """Cosine of the set's mean with each known mean of as many coordinates."""
    paper = (
        "Means of known backbones: Bhalla et al., SpLiCE, NeurIPS 2024, section 4 (they remove "
        "them); a mean as fingerprint is this library's."
    )

    @property
    def about(self) -> str:
        """Whose embeddings these seem to be."""
        if not self.cosines:
            return "No known backbone has this many coordinates, so none is named."
        if self.backbone is None:
            return f"No known backbone: the nearest mean has cosine {self.value:.2f} only."
        return f"These look like embeddings of {self.backbone} (cosine {self.value:.2f})."

    def plot(self, ax: Axes | None = None) -> Axes:
        """Cosine with each known mean."""
        ax = axes_or_new(ax)
        ax.barh(list(self.cosines), list(self.cosines.values()))
        ax.axvline(SURE, color="0.6", ls="--")
        ax.set_xlabel("cosine of the means")
        return ax


def backbone(
    a: SetLike,
    *,
    means: Mapping[str, Float[np.ndarray, " d"]] | None = None,
    rng: np.random.Generator | None = None,
) -> Backbone:
    """Which known model made these image vectors, by the direction of their mean.

    The mean of other vectors, such as those of texts, tells nothing.

    ``means``: mean vectors by name; without it, four CLIP models' means over MS-COCO. Names a
    model from cosine 0.8 on, otherwise abstains; the value is NaN where no known mean has as many
    coordinates. ``rng`` is not needed: the null is exact. Exact on streamed sets.

    Source: the four means come from SpLiCE, Bhalla et al. 2024.
    """
    items = as_set(a)
    check_kind(means, Mapping | None, "Known means are a mapping from names to vectors")
    d, side = items.space.dim, cloud(items)
    known = {
        name: np.asarray(mean, dtype=np.float64)
        for name, mean in (known_means() if means is None else means).items()
        if np.shape(mean) == (d,)
    }
    check_objects(side.n, items.modality)
    value, interval, named = float("nan"), None, dict[str, float]()
    null = Null("none", note=f"no known mean has {d} coordinates")
    if known:
        sums, table = jackknife_sums(side.moments.uncentred), np.stack(list(known.values()))
        lengths = np.linalg.norm(sums, axis=1)[:, None] * np.linalg.norm(table, axis=1)
        cosines = sums @ table.T / lengths
        value, _, ends = jackknife(cosines[:, int(cosines[0].argmax())])
        interval = Interval(ends.low, min(ends.high, 1.0), ends.method)
        named = dict(zip(known, cosines[0].tolist(), strict=True))
        null = _chance(value, d, len(known))
    return Backbone(
        name="backbone fingerprint",
        value=value,
        n=side.n,
        interval=interval,
        null=null,
        backbone=max(named, key=named.__getitem__) if value >= SURE else None,
        cosines=named,
    )


def known_means() -> dict[str, Float[np.ndarray, " d"]]:
    """Mean unit image vector over MS-COCO of each known backbone."""
    return read_tensors(Path(__file__).parents[1] / "data" / "image_means.safetensors")[0]


def _chance(value: float, d: int, known: int) -> Null:
    """Largest of so many cosines with random directions: (1 + c)/2 is Beta((d-1)/2, (d-1)/2)."""
    from scipy.stats import beta

    law = beta((d - 1) / 2, (d - 1) / 2)
    grid = 2 * law.ppf(((np.arange(999) + 0.5) / 999) ** (1 / known)) - 1
    low, high = (2 * float(law.ppf(q ** (1 / known))) - 1 for q in (0.025, 0.975))
    p = 1 - float(law.cdf((1 + value) / 2)) ** known
    return Null("reference law", float(grid.mean()), low, high, p, note="exact law")
