"""Clusters: do groups that form by themselves agree with labels?"""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from jaxtyping import Int

from isthmus.arrays import Vectors
from isthmus.measure.statistics import (
    DRAWS,
    LEAST,
    Labels,
    SetLike,
    chance,
    jackknife,
    labelled,
    permuted_labels,
    random_blocks,
    seeded,
)
from isthmus.types import RequestError, Result

STARTING = 1_000
"""Items on which the starts of k-means are tried."""

MANY = 50
"""Classes beyond which k-means starts once instead of eight times."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ClusterResult(Result):
    """V-measure of k-means clusters against labels, in [0, 1]."""

    homogeneity: float
    """1 if every cluster holds one class only."""
    completeness: float
    """1 if every class lies in one cluster only."""
    classes: tuple[str, ...]

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
        rng: draws the first cluster centres, the blocks left out and the permuted labels.

    Raises:
        RequestError: an item has no label, or there is one class only.
    """
    rng = seeded(rng)
    shown = labelled(a, labels, objects, rng)
    classes, truth = np.unique(shown.names, return_inverse=True)
    if len(classes) < 2:
        raise RequestError(f"Clusters agree with two classes or more; all are {classes[0]!r}.")
    cluster = k_means(shown.items.unit, len(classes), rng)
    homogeneity, completeness, value = v_measure(truth, cluster)
    draws = [
        v_measure(row, cluster)[2] for row in permuted_labels(truth, shown.objects, rng, DRAWS)
    ]
    n = int(shown.objects.max()) + 1
    block = random_blocks(n, rng)[shown.objects]
    left = [v_measure(truth[block != g], cluster[block != g])[2] for g in np.unique(block)]
    return ClusterResult(
        name="cluster agreement",
        value=value,
        n=n,
        interval=jackknife([value, *left], debias=False).interval if n >= LEAST else None,
        null=chance("label", value, np.array(draws), note="class labels dealt anew to objects"),
        homogeneity=homogeneity,
        completeness=completeness,
        classes=tuple(classes.tolist()),
    )


def k_means(x: Vectors, c: int, rng: np.random.Generator) -> Int[np.ndarray, " n"]:
    """The cluster of every row; of eight starts on a sample the best one is carried on."""
    from sklearn.cluster import KMeans

    seed, few = int(rng.integers(2**31)), max(STARTING, 10 * c)
    options: dict[str, Any] = {"random_state": seed, "max_iter": 30}
    starts, once = cast(Any, 8 if c <= MANY else 1), cast(Any, 1)  # typed as text in scikit-learn
    start = x if len(x) <= few else x[rng.choice(len(x), few, replace=False)]
    trial = KMeans(c, n_init=starts, **options).fit(start)
    best = KMeans(c, init=trial.cluster_centers_, n_init=once, **options)
    return best.fit_predict(x).astype(np.int64)


def v_measure(
    truth: Int[np.ndarray, " n"], cluster: Int[np.ndarray, " n"]
) -> tuple[float, float, float]:
    """Homogeneity, completeness and their harmonic mean.

    Mutual information over the entropy of the classes, and over that of the clusters; 1 where
    the entropy is zero.
    """
    classes, clusters = entropy(truth), entropy(cluster)
    shared = classes + clusters - entropy(truth * (int(cluster.max()) + 1) + cluster)
    homogeneity = shared / classes if classes > 0 else 1.0
    completeness = shared / clusters if clusters > 0 else 1.0
    both = homogeneity + completeness
    return homogeneity, completeness, 2 * homogeneity * completeness / both if both > 0 else 0.0


def entropy(names: Int[np.ndarray, " n"]) -> float:
    """Shannon entropy of how often each name occurs, in nats."""
    p = np.unique(names, return_counts=True)[1] / len(names)
    return float(-(p * np.log(p)).sum())
