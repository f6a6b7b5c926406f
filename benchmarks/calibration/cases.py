"""Which null and which space each measure is calibrated on: one line a measure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.calibration import searched, spaces, viewed
from benchmarks.calibration.spaces import Sets
from isthmus import measure
from isthmus.measure import ONE_SET, SHAPES
from isthmus.types import Result

Space = Callable[[np.random.Generator, int, int], Sets]
Measure = Callable[[Sets, np.random.Generator], Result]


def by_name(name: str, **options: Any) -> Measure:
    """The registered measure of both sets or, for measures of one set, of the first."""
    function = getattr(measure, name)
    if name in ONE_SET or name in SHAPES:
        return lambda sets, rng: function(sets[0], rng=rng, **options)
    return lambda sets, rng: function(*sets, rng=rng, **options)


def nearest_known(sets: Sets, rng: np.random.Generator) -> Result:
    """The backbone fingerprint against three fixed means, one at 20 degrees to the space's own."""
    d = sets[0].shape[1]
    known = np.random.default_rng(5).normal(size=(3, d))
    known[0] += 0.7 * np.random.default_rng(0).normal(size=d) ** 3
    means = {str(row): mean for row, mean in enumerate(known)}
    return measure.backbone(sets[0], means=means, rng=rng)


@dataclass(frozen=True)
class Case:
    """One measure with what its p-value and its interval are tried on."""

    measure: Measure
    null: Space | None
    """Draws sets for which the declared null is true; None where none is declared."""
    space: Space | None = spaces.joint
    """Draws sets whose truth the interval should cover."""
    truth: str = "population"
    """``population``: what infinitely many items give; ``same n``: the mean over sets of n."""
    discrete: bool = False
    """Few possible values, so that up to 7.5 % false positives are in order."""
    d: int = 16


def ranking(name: str, space: Space = searched.asked) -> Case:
    """A measure of retrieval; hits and ranks of few queries take few values."""
    return Case(by_name(name), spaces.unrelated, space, "same n", discrete=True)


def labelled(name: str, arguments: int = 2) -> Case:
    """A measure of (vectors, labels) or, of three arguments, with class vectors."""
    function = getattr(measure, name)
    return Case(
        lambda sets, rng: function(*sets[:arguments], rng=rng),
        searched.mislabelled,
        searched.labelled,
        "same n",
        discrete=True,
    )


CASES: dict[str, Case] = {
    "alignment": Case(by_name("alignment"), spaces.unrelated),
    "anisotropy": Case(by_name("anisotropy"), spaces.isotropic),
    "backbone": Case(nearest_known, spaces.isotropic),
    "centroid_cosine_gap": Case(by_name("centroid_cosine_gap"), spaces.exchangeable),
    "centroid_gap": Case(by_name("centroid_gap"), spaces.exchangeable),
    "centroid_gap (small)": Case(by_name("centroid_gap"), None, spaces.nearly_closed),
    "cosine_separation": Case(by_name("cosine_separation"), spaces.unrelated),
    "cross_hubness": Case(by_name("cross_hubness"), spaces.wide, truth="same n"),
    "distribution_gap": Case(by_name("distribution_gap"), spaces.exchangeable),
    "effective_rank": Case(by_name("effective_rank"), spaces.isotropic),
    "gap_concentration": Case(by_name("gap_concentration"), spaces.exchangeable),
    "geodesic_stretch": Case(by_name("geodesic_stretch"), spaces.isotropic, truth="same n"),
    "hubness": Case(by_name("hubness"), spaces.wide, truth="same n"),
    "inter_cosine": Case(by_name("inter_cosine"), spaces.isotropic),
    "intra_cosine": Case(by_name("intra_cosine"), spaces.isotropic),
    "intrinsic_dimension": Case(by_name("intrinsic_dimension"), spaces.isotropic, None),
    "linear_cka": Case(by_name("linear_cka"), spaces.unrelated),
    "matched_cosine": Case(by_name("matched_cosine"), spaces.unrelated),
    "matched_distance": Case(by_name("matched_distance"), spaces.unrelated),
    "modality_probe": Case(
        by_name("modality_probe"), spaces.exchangeable, spaces.overlapping, "same n"
    ),
    "mutual_knn": Case(by_name("mutual_knn"), spaces.unrelated, truth="same n"),
    "neighbour_mixing": Case(
        by_name("neighbour_mixing"), spaces.exchangeable, spaces.overlapping, "same n"
    ),
    "participation_ratio": Case(by_name("participation_ratio"), spaces.isotropic),
    "plane_map": Case(by_name("plane_map"), None, None),
    "relative_modality_gap": Case(by_name("relative_modality_gap"), spaces.unrelated),
    "spectrum": Case(by_name("spectrum"), spaces.isotropic, truth="same n", d=32),
    "temperature_shift": Case(by_name("temperature_shift"), None, truth="same n"),
    "hit_at_k": ranking("hit_at_k"),
    "mean_average_precision": ranking("mean_average_precision"),
    "mean_reciprocal_rank": ranking("mean_reciprocal_rank"),
    "median_rank": ranking("median_rank", searched.faintly_asked),
    "mixed_gallery": ranking("mixed_gallery"),
    "ndcg": ranking("ndcg"),
    "ndcg_retrieved_only": ranking("ndcg_retrieved_only"),
    "neighbour_confusions": ranking("neighbour_confusions"),
    "r_precision": ranking("r_precision"),
    "recall_at_k": ranking("recall_at_k"),
    "class_retrieval": labelled("class_retrieval"),
    "cluster_agreement": labelled("cluster_agreement"),
    "few_shot": labelled("few_shot"),
    "knn_probe": labelled("knn_probe"),
    "linear_probe": labelled("linear_probe"),
    "prototype_probe": labelled("prototype_probe"),
    "zero_shot": labelled("zero_shot", 3),
    "uniformity": Case(by_name("uniformity"), spaces.isotropic),
    "unmatched_cosine": Case(by_name("unmatched_cosine"), spaces.isotropic),
    "pose_error": Case(viewed.pose, spaces.isotropic, viewed.turning, "same n"),
    "procrustes": Case(by_name("procrustes"), spaces.unrelated, truth="same n"),
    "rsa": Case(by_name("rsa"), spaces.unrelated, truth="same n"),
    "svcca": Case(by_name("svcca"), spaces.unrelated, truth="same n"),
    "text_span": Case(viewed.words, spaces.isotropic, None),
    "view_loop": Case(viewed.of_views("view_loop"), spaces.isotropic, None, d=4),
    "view_rank": Case(viewed.of_views("view_rank"), spaces.isotropic, None),
}
"""Add a measure: one line. Discrete statistics say so."""
