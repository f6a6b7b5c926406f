"""Every measure against a closed form or a construction whose answer is known."""

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.special import hyp0f1
from sklearn.metrics import roc_auc_score

from isthmus import measure
from isthmus.arrays import unit
from isthmus.measure.geometry.distributions import bures
from isthmus.measure.neighbourhoods.hubs import skewness
from tests.measure.clouds import captions, fisher, mean_length, pair_of_clouds

D, KAPPA, THETA = 64, 80.0, np.radians(70)


@pytest.fixture(scope="module")
def fishers():
    """Two independent von Mises-Fisher clouds whose means are 70 degrees apart."""
    first, second = np.eye(D)[0], np.cos(THETA) * np.eye(D)[0] + np.sin(THETA) * np.eye(D)[1]
    return fisher(4000, D, KAPPA, first, 0), fisher(4000, D, KAPPA, second, 1)


def test_gap_of_two_fisher_clouds(fishers):
    a = mean_length(D, KAPPA)
    assert measure.centroid_gap(*fishers).value == pytest.approx(
        2 * a * np.sin(THETA / 2), abs=5e-3
    )
    assert measure.centroid_cosine_gap(*fishers).value == pytest.approx(1 - np.cos(THETA), abs=5e-3)
    assert measure.inter_cosine(*fishers).value == pytest.approx(a**2 * np.cos(THETA), abs=3e-3)
    assert measure.unmatched_cosine(*fishers).value == pytest.approx(a**2 * np.cos(THETA), abs=3e-3)
    assert measure.intra_cosine(fishers[0]).value == pytest.approx(a**2, abs=3e-3)
    assert measure.anisotropy(fishers[0]).value == pytest.approx(a, abs=3e-3)


def test_pairs_of_two_fisher_clouds(fishers):
    a = mean_length(D, KAPPA)
    across, within = 1 - a**2 * np.cos(THETA), 1 - a**2
    gap = measure.relative_modality_gap(*fishers)
    assert gap.value == pytest.approx(across / (across + within), abs=3e-3)
    assert measure.matched_cosine(*fishers).value == pytest.approx(1 - across, abs=7e-3)
    assert measure.alignment(*fishers).value == pytest.approx(2 * across, abs=14e-3)


def test_matched_distance_is_the_mean_chord():
    angles = np.linspace(0, 3, 24)
    a = np.tile([1.0, 0, 0], (24, 1))
    b = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    chords = 2 * np.sin(angles / 2)
    assert measure.matched_distance(a, b).value == pytest.approx(chords.mean(), abs=1e-6)
    assert measure.alignment(a, b).value == pytest.approx((chords**2).mean(), abs=1e-6)


def test_a_matched_simplex_has_the_cosines_of_a_simplex():
    n = 10
    corners = np.eye(n) - 1 / n
    assert measure.intra_cosine(corners).value == pytest.approx(-1 / (n - 1), abs=1e-6)
    assert measure.unmatched_cosine(corners, corners).value == pytest.approx(-1 / (n - 1), abs=1e-6)
    assert measure.matched_cosine(corners, corners).value == pytest.approx(1, abs=1e-6)
    assert measure.centroid_gap(corners, corners).value == pytest.approx(0, abs=1e-6)
    expected = np.log(np.mean(np.exp(-2 * (2 + 2 / (n - 1)))))
    assert measure.uniformity(corners).value == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("d", [3, 64, 512])
def test_uniform_directions_have_the_uniformity_of_the_law(d):
    rows = np.random.default_rng(0).normal(size=(1500, d))
    result = measure.uniformity(rows)
    assert result.perfect == pytest.approx(-4 + np.log(hyp0f1(d / 2, 4)), abs=1e-9)
    assert result.value == pytest.approx(result.perfect, abs=4e-3)


def test_conformity_is_the_intra_cosine_in_other_words():
    rows, _ = pair_of_clouds(50)
    length, n = measure.anisotropy(rows).value, 50
    assert (n * length**2 - 1) / (n - 1) == pytest.approx(
        measure.intra_cosine(rows).value, abs=1e-6
    )


def test_a_gap_along_one_coordinate_is_held_by_it():
    rng = np.random.default_rng(0)
    a = np.concatenate([np.full((40, 1), 2.0), rng.normal(size=(40, 9)) * 1e-3], axis=1)
    b = a * np.array([-1.0, *[1] * 9])
    result = measure.gap_concentration(a, b)
    assert result.coordinates[0] == 0
    assert result.shares[0] == pytest.approx(1, abs=1e-6)


def test_bures_distance_of_commuting_and_of_general_covariances():
    rng = np.random.default_rng(0)
    p, q = rng.random(6), rng.random(6)
    expected = np.sum((np.sqrt(p) - np.sqrt(q)) ** 2)
    assert bures(np.diag(p), np.diag(q)) == pytest.approx(expected, abs=1e-9)
    a, b = (m @ m.T for m in rng.normal(size=(2, 5, 5)))
    cross = np.trace(np.real(sqrtm(sqrtm(a) @ b @ sqrtm(a))))
    assert bures(a, b) == pytest.approx(np.trace(a) + np.trace(b) - 2 * cross, abs=1e-6)
    assert bures(a, a) == pytest.approx(0, abs=1e-9)


def test_distribution_gap_ignores_the_means_and_adds_up():
    x, y = (unit(z).astype(float) for z in pair_of_clouds(200))
    result = measure.distribution_gap(x, y)
    assert result.value == pytest.approx(bures(np.cov(x.T), np.cov(y.T)), abs=1e-5)
    assert result.total == pytest.approx(
        measure.centroid_gap(x, y).value ** 2 + result.value, abs=1e-6
    )


def test_rank_and_ratio_of_a_prescribed_spectrum():
    r, n = 5, 4000
    rows = np.zeros((n, 12))
    rows[:, :r] = np.random.default_rng(0).normal(size=(n, r))
    assert measure.effective_rank(rows).value == pytest.approx(r, abs=0.02)
    assert measure.participation_ratio(rows).corrected == pytest.approx(r, abs=0.02)
    spectrum = measure.spectrum(rows)
    assert spectrum.explained[r - 1] == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(spectrum.eigenvalues[:r], 1 / r, atol=0.02)


def test_rank_and_ratio_of_an_uneven_spectrum():
    rows = np.zeros((40, 5))
    rows[:32, 0], rows[32:, 1] = np.tile([1.0, -1.0], 16), np.tile([1.0, -1.0], 4)
    # variances 0.8 and 0.2, so that singular values are as 2 to 1
    entropy = -(2 / 3 * np.log(2 / 3) + 1 / 3 * np.log(1 / 3))
    assert measure.effective_rank(rows).value == pytest.approx(np.exp(entropy), rel=1e-5)
    assert measure.participation_ratio(rows).value == pytest.approx(1 / (0.8**2 + 0.2**2))
    found = measure.spectrum(rows)
    np.testing.assert_allclose(found.explained[:2], [0.8, 1], atol=1e-6)


def test_seen_and_unseen_shares_meet_where_there_are_many_items_off_the_origin():
    scales = 1 / np.sqrt(np.arange(1, 31))
    many = np.random.default_rng(3).normal(size=(8000, 30)) * scales + 1
    found = measure.spectrum(many)
    assert found.held_out == pytest.approx(found.value, abs=0.01)
    assert found.held_out <= found.value


def test_the_share_of_the_population_lies_between_seen_and_unseen():
    scales = 1 / np.sqrt(np.arange(1, 31))
    few, many = (np.random.default_rng(n).normal(size=(n, 30)) * scales for n in (120, 8000))
    truth, found = measure.spectrum(many).value, measure.spectrum(few)
    assert found.held_out < truth - 0.005
    assert found.value > truth + 0.005


def test_participation_ratio_without_noise_bias():
    few = np.random.default_rng(0).normal(size=(100, 40))
    result = measure.participation_ratio(few)
    assert result.value < 33
    assert result.corrected == pytest.approx(40, rel=0.06)


def test_separation_is_the_area_under_the_curve():
    x, y = (unit(z) for z in pair_of_clouds(40))
    table = x @ y.T
    area = roc_auc_score(np.eye(40).ravel(), table.ravel())
    assert measure.cosine_separation(x, y).value == pytest.approx(area, abs=1e-3)
    same = np.ones((12, 4))
    assert measure.cosine_separation(same, same).value == pytest.approx(0.5, abs=1e-9)


def test_occurrences_count_neighbours_and_a_star_is_a_hub():
    rng = np.random.default_rng(0)
    directions = np.concatenate([np.zeros((1, 60)), np.eye(60)])
    directions[:, 0] += 0.2
    directions[0, 0] = 1
    result = measure.hubness(directions + 1e-3 * rng.normal(size=directions.shape))
    assert result.occurrences.sum() == 61 * 10
    assert result.occurrences[0] == 60
    assert measure.cross_hubness(directions, directions).occurrences.sum() == 61 * 10
    assert skewness(np.array([[0, 0, 0, 4]]))[0] == pytest.approx(2 / np.sqrt(3))


def test_equal_vectors_make_no_hubs():
    same = np.ones((300, 8))
    assert abs(measure.hubness(same).value) < 0.6
    assert measure.neighbour_mixing(same, same).value == pytest.approx(299 / 599, abs=0.02)
    assert measure.mutual_knn(same, same).value == pytest.approx(10 / 299, abs=0.01)


def test_one_point_has_no_directions_left_after_centring():
    same = np.tile([1.0, 0, 0, 0], (40, 1))
    assert measure.modality_probe(same, same).centred == 0.5
    assert measure.neighbour_mixing(same, same).centred == pytest.approx(0.5, abs=0.1)


def test_two_separate_clusters_never_mix_and_centring_mixes_them():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(2, 150, 6)) * 0.05
    a, b = noise[0] + np.eye(6)[0], noise[1] + np.eye(6)[1]
    result = measure.neighbour_mixing(a, b)
    assert result.value == result.own_a == result.own_b == 1
    assert result.centred < 0.8
    probe = measure.modality_probe(a, b)
    assert probe.value == 1
    assert probe.centred == pytest.approx(0.5, abs=0.12)
    assert probe.interval.high == 1


def test_identical_sets_agree_and_independent_sets_do_not():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 300, 200))
    assert measure.linear_cka(x, x).value == pytest.approx(1, abs=1e-5)
    assert measure.mutual_knn(x, x).value == 1
    cka = measure.linear_cka(x, y)
    assert abs(cka.value) < 0.02
    assert cka.value in cka.interval
    knn = measure.mutual_knn(x, y)
    assert knn.expected == pytest.approx(10 / 299)
    assert knn.null.mean == pytest.approx(10 / 299, abs=1e-3)
    assert knn.value == pytest.approx(10 / 299, abs=6e-3)


def test_cka_is_that_of_unbiased_hsic_written_out():
    x, y = (unit(z).astype(float) for z in pair_of_clouds(30))
    kernels = [z @ z.T - np.eye(30) for z in (x, y)]

    def hsic(k, m):
        n, ones = len(k), np.ones(len(k))
        rest = ones @ k @ ones * (ones @ m @ ones) / ((n - 1) * (n - 2))
        return (np.trace(k @ m) + rest - 2 / (n - 2) * (ones @ k @ m @ ones)) / (n * (n - 3))

    k, m = kernels
    expected = hsic(k, m) / np.sqrt(hsic(k, k) * hsic(m, m))
    assert measure.linear_cka(x, y).value == pytest.approx(expected, abs=1e-5)


def test_shift_curve_of_a_matched_simplex_is_the_infonce_optimum():
    n, temperature = 8, 0.1
    corners = np.eye(n) - 1 / n
    result = measure.temperature_shift(corners, corners)
    expected = np.log1p((n - 1) * np.exp(-n / ((n - 1) * temperature)))
    np.testing.assert_allclose(result.loss[-1], expected, rtol=1e-4)


def test_backbone_names_a_near_mean_and_abstains_otherwise():
    rows, _ = pair_of_clouds(100)
    mean = unit(rows).mean(axis=0)
    known = {"other": np.roll(mean, 3) * np.array([-1, 1] * 6), "this": 7 * mean}
    assert measure.backbone(rows, means=known).backbone == "this"
    assert measure.backbone(rows, means={"other": known["other"]}).backbone is None
    assert measure.backbone(rows, means={"longer": np.ones(13)}).cosines == {}


def test_captions_of_one_image_move_together():
    images, texts, links = captions()
    result = measure.matched_cosine(images, texts, links)
    assert result.n == 30
    table = images.unit @ texts.unit.T
    linked = np.repeat(np.eye(30, dtype=bool), 3, axis=1)
    assert result.value == pytest.approx(table[linked].mean(), abs=1e-6)
    unmatched = measure.unmatched_cosine(images, texts, links)
    assert unmatched.value == pytest.approx(table[~linked].mean(), abs=1e-6)
    assert measure.mutual_knn(images, texts, links).n == 30
