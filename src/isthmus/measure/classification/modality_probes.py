"""The modality probe: can a linear classifier separate the modalities?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from isthmus.arrays import Vectors, unit_or_zero
from isthmus.measure.statistics import (
    Cloud,
    SetLike,
    as_pair,
    chance,
    check_objects,
    halves,
    permuted_modalities,
    seeded,
    wilson_interval,
)
from isthmus.types import Axes, Interval, Links, Result, axes_or_new

RIDGE = 0.1
"""Ridge penalty in units of the mean eigenvalue of the features' second moment."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ModalityProbe(Result):
    """Held-out accuracy of a linear probe for the modality, raw and after centring."""

    centred: float
    """Accuracy after each modality's training mean is subtracted and rows are normalised."""
    centred_interval: Interval
    paper = (
        "Alain & Bengio, Understanding intermediate layers with linear classifier probes, 2016; "
        "the probe is ridge regression on labels -1, 1, which is Fisher's discriminant."
    )
    sentence = (
        "A linear reader names the modality of unseen items right {self.value:.1%} of the "
        "time, and {self.centred:.1%} after each modality's mean is removed (50 % is chance)."
    )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Accuracy raw, centred, and for random halves of one modality."""
        ax = axes_or_new(ax)
        ax.bar(["raw", "centred", "floor"], [self.value, self.centred, self.floor or 0.5])
        ax.axhline(0.5, color="0.6", ls="--")
        ax.set_ylabel("held-out accuracy")
        return ax


def modality_probe(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> ModalityProbe:
    """Share of unseen items whose modality a linear probe names right, in [0, 1].

    Trained on a random half of the objects and read on the other, and the reverse; both modalities
    weigh the same. Large sets are sampled. Without ``rng`` the seed is 0.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Alain & Bengio 2016.
    """
    pair, rng = as_pair(a, b, links).sampled, seeded(rng)
    check_objects(pair.n, "pairs")
    z, is_a = np.concatenate([pair.x, pair.y]), np.arange(len(pair.x) + len(pair.y)) < len(pair.x)
    objects = np.concatenate(pair.objects)
    first = halves(objects, rng)
    right = _right(z, first, is_a[None])[0]
    shifted = _by_object(_right_centred(z, first, is_a), objects, is_a)
    value = float(_balanced(right[None], is_a[None])[0])
    labels = permuted_modalities(pair, rng)
    draws = _balanced(_right(z, first, labels), labels)
    return ModalityProbe(
        name="modality probe accuracy",
        value=value,
        n=pair.n,
        interval=wilson_interval(_by_object(right, objects, is_a)),
        null=chance("label", value, draws),
        floor=float(np.mean([_floor(side, rng) for side in pair.clouds])),
        centred=float(shifted.mean()),
        centred_interval=wilson_interval(shifted),
    )


def _right(
    z: Vectors, first: Bool[np.ndarray, " n"], labels: Bool[np.ndarray, "b n"]
) -> Bool[np.ndarray, "b n"]:
    """Which rows are named right by the probe fitted on the other half, for each labelling."""
    right = np.empty(labels.shape, dtype=bool)
    for train, test in ((first, ~first), (~first, first)):
        y = labels[:, train].T * np.float32(2) - 1
        share = np.clip(labels[:, train].mean(axis=1), 1e-9, 1 - 1e-9).astype(np.float32)
        # rows of each class weigh the same, as if the classes were equally large
        target = y / np.where(y > 0, 2 * share, 2 - 2 * share)
        middle = z[train].mean(axis=0)
        x = z[train] - middle
        gram = x.T @ x
        gram[np.diag_indices_from(gram)] += RIDGE * np.trace(gram) / len(gram) + 1e-9
        weights = np.linalg.solve(gram, x.T @ target)
        fitted = x @ weights
        # the threshold lies halfway between the two class means of the fit
        up, down = (
            np.einsum("nb,nb->b", fitted, side) / side.sum(axis=0) for side in (y > 0, y < 0)
        )
        predicted = (z[test] - middle) @ weights > (up + down) / 2
        right[:, test] = labels[:, test] == predicted.T
    return right


def _right_centred(
    z: Vectors, first: Bool[np.ndarray, " n"], is_a: Bool[np.ndarray, " n"]
) -> Bool[np.ndarray, " n"]:
    right = np.empty(len(z), dtype=bool)
    for train in (first, ~first):
        means = np.stack([z[train & side].mean(axis=0) for side in (~is_a, is_a)])
        centred = unit_or_zero(z - means[is_a.astype(int)])
        right[~train] = _right(centred, train, is_a[None])[0, ~train]
    return right


def _balanced(
    right: Bool[np.ndarray, "b n"], labels: Bool[np.ndarray, "b n"]
) -> Float[np.ndarray, " b"]:
    of_a = (right & labels).sum(axis=1) / labels.sum(axis=1)
    return (of_a + (right & ~labels).sum(axis=1) / (~labels).sum(axis=1)) / 2


def _by_object(
    right: Bool[np.ndarray, " n"], objects: np.ndarray, is_a: Bool[np.ndarray, " n"]
) -> Float[np.ndarray, " o"]:
    """Mean of both modalities' scores for each object that has both."""
    cell, cells = 2 * objects + is_a, 2 * int(objects.max()) + 2
    with np.errstate(invalid="ignore"):
        scores = np.bincount(cell, right, minlength=cells) / np.bincount(cell, minlength=cells)
    mean = scores.reshape(-1, 2).mean(axis=1)
    return mean[np.isfinite(mean)]


def _floor(side: Cloud, rng: np.random.Generator) -> float:
    """Accuracy where the two classes are random halves of one modality."""
    labels, first = halves(side.objects, rng)[None], halves(side.objects, rng)
    return _balanced(_right(side.items.unit, first, labels), labels)[0]
