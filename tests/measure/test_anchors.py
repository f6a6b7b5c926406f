"""On real CLIP embeddings the published and independently computed values come out."""

import numpy as np
import pytest

from isthmus import measure

TRAINED = {
    "centroid_gap": 0.851,
    "matched_cosine": 0.310,
    "unmatched_cosine": 0.162,
    "relative_modality_gap": 0.592,
    "mutual_knn": 0.249,
    "linear_cka": 0.605,
    "alignment": 1.380,
    "distribution_gap": 0.380,
    "gap_concentration": 0.686,
}
UNTRAINED = {
    "centroid_gap": 1.136,
    "matched_cosine": 0.029,
    "unmatched_cosine": 0.028,
    "relative_modality_gap": 0.748,
    "mutual_knn": 0.029,
    "linear_cka": 0.026,
}
SINGLE = {
    ("pairs", "image", "intra_cosine"): 0.531,
    ("pairs", "text", "intra_cosine"): 0.515,
    ("pairs", "image", "uniformity"): -1.795,
    ("pairs", "text", "uniformity"): -1.841,
    ("pairs_random_init", "image", "intra_cosine"): 0.681,
    ("pairs_random_init", "text", "intra_cosine"): 0.664,
}


@pytest.fixture(scope="module")
def coco(shared_data):
    folder = shared_data / "clip_vitb16_coco500_pairs"
    return {name: dict(np.load(folder / f"{name}.npz")) for name in ("pairs", "pairs_random_init")}


@pytest.mark.parametrize(("name", "value"), TRAINED.items())
def test_trained_pairs(coco, name, value):
    result = getattr(measure, name)(coco["pairs"]["image"], coco["pairs"]["text"])
    assert result.value == pytest.approx(value, abs=6e-4)


@pytest.mark.parametrize(("name", "value"), UNTRAINED.items())
def test_untrained_pairs(coco, name, value):
    sets = coco["pairs_random_init"]
    result = getattr(measure, name)(sets["image"], sets["text"])
    assert result.value == pytest.approx(value, abs=6e-4)


@pytest.mark.parametrize(("which", "value"), SINGLE.items())
def test_single_modalities(coco, which, value):
    file, modality, name = which
    result = getattr(measure, name)(coco[file][modality])
    assert result.value == pytest.approx(value, abs=6e-4)


def test_spectra(coco):
    for modality, ratio, rank in (("image", 42.7, 298), ("text", 41.7, 280)):
        items = coco["pairs"][modality]
        assert measure.participation_ratio(items).value == pytest.approx(ratio, abs=0.05)
        assert measure.effective_rank(items).value == pytest.approx(rank, abs=0.5)


def test_two_coordinates_hold_the_gap(coco):
    result = measure.gap_concentration(coco["pairs"]["image"], coco["pairs"]["text"])
    assert result.coordinates[:2].tolist() == [442, 362]
    assert result.differences[0] > 0 > result.differences[1]
    assert result.shares[:3].sum() == pytest.approx(0.71, abs=0.005)


def test_the_best_shift_grows_with_the_temperature(coco):
    result = measure.temperature_shift(coco["pairs"]["image"], coco["pairs"]["text"])
    np.testing.assert_array_equal(result.best, [0, 0.25, 0.5, 0.75])
    assert result.loss[0, 2] == pytest.approx(1.801, abs=1e-3)


def test_the_backbone_is_named_and_others_are_not(coco):
    assert measure.backbone(coco["pairs"]["image"]).backbone == "OpenAI CLIP ViT-B/16"
    assert measure.backbone(coco["pairs"]["image"]).value == pytest.approx(0.983, abs=1e-3)
    assert measure.backbone(coco["pairs_random_init"]["image"]).backbone is None
