# ruff: noqa
# fmt: off
"""Public names as type checkers see them; ``python -m tools.public_stub`` writes them."""

# pyright: reportIncompleteStub=false
from typing import Any

from isthmus.measure.classification.backbones import backbone as backbone
from isthmus.measure.classification.clusters import cluster_agreement as cluster_agreement
from isthmus.measure.classification.modality_probes import modality_probe as modality_probe
from isthmus.measure.classification.probes import few_shot as few_shot
from isthmus.measure.classification.probes import knn_probe as knn_probe
from isthmus.measure.classification.probes import linear_probe as linear_probe
from isthmus.measure.classification.probes import prototype_probe as prototype_probe
from isthmus.measure.classification.zero_shot import zero_shot as zero_shot
from isthmus.measure.concepts.dictionaries import learned_concepts as learned_concepts
from isthmus.measure.concepts.splice import sparse_concepts as sparse_concepts
from isthmus.measure.concepts.text_spans import text_span as text_span
from isthmus.measure.dimensions.geodesics import geodesic_stretch as geodesic_stretch
from isthmus.measure.dimensions.intrinsic import intrinsic_dimension as intrinsic_dimension
from isthmus.measure.dimensions.maps import plane_map as plane_map
from isthmus.measure.dimensions.spectra import effective_rank as effective_rank
from isthmus.measure.dimensions.spectra import participation_ratio as participation_ratio
from isthmus.measure.dimensions.spectra import spectrum as spectrum
from isthmus.measure.geometry.cosines import cosine_separation as cosine_separation
from isthmus.measure.geometry.cosines import inter_cosine as inter_cosine
from isthmus.measure.geometry.cosines import intra_cosine as intra_cosine
from isthmus.measure.geometry.cosines import matched_cosine as matched_cosine
from isthmus.measure.geometry.cosines import unmatched_cosine as unmatched_cosine
from isthmus.measure.geometry.distributions import distribution_gap as distribution_gap
from isthmus.measure.geometry.gaps import centroid_cosine_gap as centroid_cosine_gap
from isthmus.measure.geometry.gaps import centroid_gap as centroid_gap
from isthmus.measure.geometry.gaps import gap_concentration as gap_concentration
from isthmus.measure.geometry.gaps import relative_modality_gap as relative_modality_gap
from isthmus.measure.geometry.spread import alignment as alignment
from isthmus.measure.geometry.spread import anisotropy as anisotropy
from isthmus.measure.geometry.spread import matched_distance as matched_distance
from isthmus.measure.geometry.spread import uniformity as uniformity
from isthmus.measure.geometry.temperature import temperature_shift as temperature_shift
from isthmus.measure.grids.styles import style_change as style_change
from isthmus.measure.grids.styles import style_retrieval as style_retrieval
from isthmus.measure.grids.styles import style_transfer as style_transfer
from isthmus.measure.neighbourhoods.hubs import cross_hubness as cross_hubness
from isthmus.measure.neighbourhoods.hubs import hubness as hubness
from isthmus.measure.neighbourhoods.mixing import neighbour_mixing as neighbour_mixing
from isthmus.measure.neighbourhoods.mutual import mutual_knn as mutual_knn
from isthmus.measure.retrieval.confusions import neighbour_confusions as neighbour_confusions
from isthmus.measure.retrieval.gains import mean_average_precision as mean_average_precision
from isthmus.measure.retrieval.gains import ndcg as ndcg
from isthmus.measure.retrieval.gains import ndcg_retrieved_only as ndcg_retrieved_only
from isthmus.measure.retrieval.gains import r_precision as r_precision
from isthmus.measure.retrieval.galleries import mixed_gallery as mixed_gallery
from isthmus.measure.retrieval.hits import hit_at_k as hit_at_k
from isthmus.measure.retrieval.hits import mean_reciprocal_rank as mean_reciprocal_rank
from isthmus.measure.retrieval.hits import median_rank as median_rank
from isthmus.measure.retrieval.hits import recall_at_k as recall_at_k
from isthmus.measure.retrieval.relatives import class_retrieval as class_retrieval
from isthmus.measure.spaces.space_pairs import biased_cka as biased_cka
from isthmus.measure.spaces.space_pairs import linear_cka as linear_cka
from isthmus.measure.spaces.space_pairs import procrustes as procrustes
from isthmus.measure.spaces.space_pairs import rsa as rsa
from isthmus.measure.spaces.space_pairs import svcca as svcca
from isthmus.measure.texts.contrastive import clip_score as clip_score
from isthmus.measure.texts.contrastive import cycle_recall as cycle_recall
from isthmus.measure.texts.contrastive import ref_clip_score as ref_clip_score
from isthmus.measure.texts.diversity import distinct_n as distinct_n
from isthmus.measure.texts.diversity import self_bleu as self_bleu
from isthmus.measure.texts.diversity import vendi_score as vendi_score
from isthmus.measure.texts.references import bleu as bleu
from isthmus.measure.texts.references import cider as cider
from isthmus.measure.texts.references import cider_plain as cider_plain
from isthmus.measure.texts.references import rouge_l as rouge_l
from isthmus.measure.texts.references import spider as spider
from isthmus.measure.texts.resampled import text_difference as text_difference
from isthmus.measure.texts.retention import retention as retention
from isthmus.measure.views.angles import view_overlap as view_overlap
from isthmus.measure.views.identity import view_identity as view_identity
from isthmus.measure.views.loops import view_interpolation as view_interpolation
from isthmus.measure.views.loops import view_loop as view_loop
from isthmus.measure.views.poses import pose_error as pose_error
from isthmus.measure.views.subspaces import view_rank as view_rank
from isthmus.measure.views.variances import variance_shares as variance_shares

ONE_SET: dict[str, str]
TWO_SETS: dict[str, str]
LABELLED: dict[str, str]
VIEWS: dict[str, str]
GRIDS: dict[str, str]
SHAPES: dict[str, str]
WORDS: dict[str, str]
SPACES: dict[str, str]
TEXTS: dict[str, str]
MEASURES: dict[str, str]

def __getattr__(name: str) -> Any: ...
