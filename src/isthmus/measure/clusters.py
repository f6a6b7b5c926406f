"""Clusters: do groups that form by themselves agree with labels?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from isthmus.measure.door import SetLike
from isthmus.measure.labels import Labels, dealt, labelled
from isthmus.measure.nulls import DRAWS, chance
from isthmus.measure.resampling import cut, leave_out, seeded
from isthmus.types import RequestError, Result


@dataclass(frozen=True, eq=False, kw_only=True)
class ClusterResult(Result):
    """V-measure of k-means clusters against labels, in [0, 1]."""

    homogeneity: float
    """1 if every cluster holds one class only."""
    completeness: float
    """1 if every class lies in one cluster only."""
    classes: tuple[str, ...]
    table: Int[np.ndarray, "c g"]
    """Items of each class (row) in each cluster (column)."""

    paper = "Rosenberg & Hirschberg 2007, EMNLP, equation 3 with beta = 1"

    @property
    def about(self) -> str:
        """One sentence for a newcomer."""
        return (
            f"{len(self.classes)} clusters that form without labels agree with the "
            f"{len(self.classes)} classes to {self.value:.3f} (1: fully), by chance "
            f"{self.null.mean:.3f}."
        )


def cluster_agreement(
    a: SetLike,
    labels: Labels,
    *,
    objects: Labels | None = None,
    rng: np.random.Generator | None = None,
) -> ClusterResult:
    """How well k-means clusters, as many as there are classes, agree with the classes.

    V-measure: harmonic mean of homogeneity and completeness. It is above zero by chance, the
    more so the more classes there are for the items: compare with the null.

    Args:
        a: items of one modality.
        labels: class name of every item, in order or by id.
        objects: which items are of one object, in order or by id; the unit of interval and null.
        rng: draws the first cluster centres, the blocks left out and the dealt labels.

    Raises:
        RequestError: an item has no label, or there is one class only.
    """
    from sklearn.cluster import KMeans

    rng = seeded(rng)
    shown = labelled(a, labels, objects, rng)
    classes, truth = np.unique(shown.names, return_inverse=True)
    groups = shown.objects
    if len(classes) < 2:
        raise RequestError(f"Clusters agree with two classes or more; all are {classes[0]!r}.")
    options: dict[str, Any] = {"n_init": 2, "max_iter": 100}  # typed as text in scikit-learn
    model = KMeans(len(classes), random_state=int(rng.integers(2**31)), **options)
    cluster = model.fit_predict(shown.items.unit).astype(np.int64)
    blocks = cut(int(groups.max()) + 1, rng)[groups]
    tables = np.stack(
        [
            contingency(truth[blocks == g], cluster[blocks == g], len(classes))
            for g in range(int(blocks.max()) + 1)
        ]
    )
    table = tables.sum(axis=0)
    homogeneity, completeness, value = (float(of[0]) for of in v_measure(table[None]))
    left = v_measure(table - tables)[2]
    draws = np.stack(
        [contingency(row, cluster, len(classes)) for row in dealt(truth, groups, rng, DRAWS)]
    )
    return ClusterResult(
        name="cluster agreement",
        value=value,
        n=int(groups.max()) + 1,
        interval=leave_out(value, left, debias=False)[1],
        null=chance("label", value, v_measure(draws)[2], note="class labels dealt anew to objects"),
        homogeneity=homogeneity,
        completeness=completeness,
        classes=tuple(classes.tolist()),
        table=table,
    )


def contingency(
    truth: Int[np.ndarray, " n"], cluster: Int[np.ndarray, " n"], c: int
) -> Int[np.ndarray, "c c"]:
    """Items of each class in each cluster."""
    return np.bincount(truth * c + cluster, minlength=c * c).reshape(c, c)


def v_measure(
    tables: Int[np.ndarray, "b c g"],
) -> tuple[Float[np.ndarray, " b"], Float[np.ndarray, " b"], Float[np.ndarray, " b"]]:
    """Homogeneity, completeness and their harmonic mean of several tables.

    Mutual information over the entropy of the classes, and over that of the clusters; 1 where
    the entropy is zero.
    """
    p = tables / tables.sum(axis=(1, 2), keepdims=True)
    classes, clusters = entropy(p.sum(axis=2)), entropy(p.sum(axis=1))
    shared = classes + clusters - entropy(p.reshape(len(p), -1))
    homogeneity, completeness = (
        np.divide(shared, of, out=np.ones_like(shared), where=of > 0) for of in (classes, clusters)
    )
    both = homogeneity + completeness
    mean = np.divide(2 * homogeneity * completeness, both, out=np.zeros_like(both), where=both > 0)
    return homogeneity, completeness, mean


def entropy(p: Float[np.ndarray, "b c"]) -> Float[np.ndarray, " b"]:
    """Shannon entropy of each row, in nats."""
    from scipy.special import entr

    return entr(p).sum(axis=1)
