"""Corrections: each does what its equation says, on data where that is known."""

import numpy as np
import pytest

from isthmus.arrays import unit
from isthmus.registry import resolve
from isthmus.testing import check_correction
from isthmus.transform import CORRECTIONS
from isthmus.transform.pair_maps import (
    _carried,
    canonical_directions,
    fit_cca,
    fit_operator_trimming,
    fit_procrustes,
    fit_ridge,
    fit_shared_subspace,
)
from isthmus.transform.shifts import (
    fit_gap_removal,
    fit_half_shift,
    fit_mean_removal,
    fit_modality_erasure,
    fit_top_coordinates,
)
from isthmus.transform.whitenings import (
    _reciprocal_rank,
    _shrunk_root,
    _within,
    fit_whitening,
    fit_within_whitening,
    inverse_root,
    shrunk,
)
from isthmus.types import Calibration, EmbeddingSet, RequestError, Space
from tests.transform.clouds import calibration


def found_first(x, y):
    """Share of rows of y whose nearest row of x is their own."""
    scores = unit(y) @ unit(x).T
    return float((scores.argmax(axis=1) == np.arange(len(y))).mean())


def calibration_of(x, y):
    """Calibration data of rows that pair."""
    space, ids = Space("toy", "toy", x.shape[1]), tuple(map(str, range(len(x))))
    sets = [
        EmbeddingSet(rows.astype(np.float32), ids, name, space)
        for rows, name in ((x, "image"), (y, "text"))
    ]
    return Calibration.of(*sets)


@pytest.mark.parametrize("name", CORRECTIONS)
def test_every_correction_keeps_its_contract(name):
    if name == "transport":
        pytest.importorskip("ot")
    check_correction(resolve(CORRECTIONS[name]))


@pytest.mark.parametrize("name", CORRECTIONS)
def test_every_correction_maps_both_modalities_the_same_way_twice(name):
    if name == "transport":
        pytest.importorskip("ot")
    data, fit = calibration(), resolve(CORRECTIONS[name])
    new = calibration(seed=1).vectors
    first, second = fit(data), fit(data)
    moved = {modality: first[modality](x) for modality, x in new.items()}
    assert {len(rows) for rows in moved.values()} == {200}
    assert len({rows.shape[1] for rows in moved.values()}) == 1
    for modality, rows in moved.items():
        assert np.isfinite(rows).all()
        assert np.array_equal(rows, second[modality](new[modality]))
        scaled = first[modality](7 * new[modality])  # only directions count
        assert scaled == pytest.approx(rows, abs=1e-5)


def test_mean_removal_restores_the_retrieval_of_a_space_without_a_gap():
    data = calibration(gap=3.0, noise=0.6)
    gapless = calibration(gap=0.0, noise=0.6)
    maps = fit_mean_removal(data)
    moved = {name: maps[name](x) for name, x in data.vectors.items()}
    assert np.linalg.norm(unit(moved["image"]).mean(0) - unit(moved["text"]).mean(0)) < 0.1
    plain = found_first(gapless.vectors["image"], gapless.vectors["text"])
    assert found_first(moved["image"], moved["text"]) == pytest.approx(plain, abs=0.05)


def test_half_shift_makes_the_means_one():
    data = calibration()
    maps = fit_half_shift(data)
    means = [maps[name](x).mean(axis=0) for name, x in data.vectors.items()]
    assert means[0] == pytest.approx(means[1], abs=1e-6)


def test_gap_removal_leaves_no_difference_of_means_and_the_rest_alone():
    data = calibration()
    maps = fit_gap_removal(data)
    gap = np.subtract(*data.means.values())
    for name, x in data.vectors.items():
        moved = maps[name](x)
        assert (moved @ gap) == pytest.approx(np.zeros(len(x)), abs=1e-6)
        across = x - np.outer(x @ gap, gap) / (gap @ gap)
        assert moved == pytest.approx(across, abs=1e-6)


def test_top_coordinates_drops_the_one_that_holds_the_gap():
    maps = fit_top_coordinates(calibration(d=24))
    matrix = maps["image"].matrix
    assert matrix.shape == (24, 23)
    assert not matrix[-1].any()
    assert matrix.sum() == 23


def test_modality_erasure_makes_the_means_equal():
    data = calibration()
    maps = fit_modality_erasure(data)
    means = [maps[name](x).mean(axis=0) for name, x in data.vectors.items()]
    assert means[0] == pytest.approx(means[1], abs=0.02)  # the covariance is shrunk a little


def test_whitening_makes_the_covariance_the_identity():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 6)) * [1, 2, 3, 1, 2, 0.5] + 4
    data = calibration_of(x, x[::-1])
    moved = fit_whitening(data)["image"](data.vectors["image"])
    assert np.cov(moved.T) == pytest.approx(np.eye(6), abs=0.05)
    assert moved.mean(axis=0) == pytest.approx(np.zeros(6), abs=1e-4)


def test_whitening_shrinks_the_covariance_of_few_vectors():
    from sklearn.covariance import ledoit_wolf

    x = np.random.default_rng(0).normal(size=(20, 12)) * np.linspace(1, 3, 12)
    data = calibration_of(x, x[::-1])
    matrix = fit_whitening(data)["image"].matrix
    shrunk, share = ledoit_wolf(data.vectors["image"])
    assert share > 0.1
    assert matrix @ matrix @ shrunk == pytest.approx(np.eye(12), abs=1e-6)
    assert matrix == pytest.approx(matrix.T, abs=1e-9)


def test_within_whitening_silences_what_varies_in_an_object():
    rng = np.random.default_rng(3)
    n, d = 300, 12
    signal = rng.normal(size=(n, d)) * ([0] * 3 + [1] * 9)
    loud = rng.normal(size=(2, n, d)) * ([3] * 3 + [0.1] * 9)
    data = calibration_of(signal + loud[0], signal + loud[1])
    maps, centred = fit_within_whitening(data), fit_mean_removal(data)
    x, y = data.vectors.values()
    plain = found_first(centred["image"](x), centred["text"](y))
    assert found_first(maps["image"](x), maps["text"](y)) > plain + 0.3


def test_procrustes_finds_the_turn():
    rng = np.random.default_rng(1)
    x = unit(rng.normal(size=(100, 8))).astype(np.float64)
    turn = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    data = calibration_of(x, x @ turn)
    maps = fit_procrustes(data)
    assert maps["text"].matrix == pytest.approx(turn.T, abs=1e-4)


def test_procrustes_only_turns_whatever_the_data():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(60, 8)) * [5, 4, 3, 1, 1, 1, 0.5, 0.2]
    data = calibration_of(x + 1, x @ rng.normal(size=(8, 8)) + 0.5 * rng.normal(size=(60, 8)))
    matrix = fit_procrustes(data)["text"].matrix
    assert matrix.T @ matrix == pytest.approx(np.eye(8), abs=1e-6)
    (a, b), means = data.linked, data.means
    kept = float(((a - means["image"]) * ((b - means["text"]) @ matrix)).sum())
    for _ in range(20):  # no other turn leaves pairs nearer
        other = np.linalg.qr(rng.normal(size=(8, 8)))[0]
        assert kept >= float(((a - means["image"]) * ((b - means["text"]) @ other)).sum())


def test_ridge_finds_the_linear_map_where_rows_are_many():
    rng = np.random.default_rng(2)
    y = unit(rng.normal(size=(3000, 6))).astype(np.float64)
    matrix = rng.normal(size=(6, 6))
    maps = fit_ridge(data := calibration_of(y @ matrix, y))
    x, y = data.vectors.values()
    cosine = (unit(maps["text"](y)) * unit(maps["image"](x))).sum(axis=1)
    assert cosine.mean() > 0.98


def test_cca_weighs_what_both_share():
    rng = np.random.default_rng(4)
    shared = rng.normal(size=(2000, 2))
    x = np.concatenate([shared, rng.normal(size=(2000, 6))], axis=1)
    y = np.concatenate([rng.normal(size=(2000, 6)), shared], axis=1)
    data = calibration_of(x, y)
    maps = fit_cca(data)
    moved = [maps[name](rows) for name, rows in data.vectors.items()]
    correlation = [np.corrcoef(moved[0][:, i], moved[1][:, i])[0, 1] for i in range(8)]
    assert min(correlation[:2]) > 0.8
    assert max(correlation[2:]) < 0.2
    # canonical directions vary by at most 1, and by their correlation once weighted with its root
    for rows in moved:
        assert rows.var(axis=0)[:2] == pytest.approx(correlation[:2], rel=0.2)
        assert rows.var(axis=0)[2:].max() < 0.2


def test_shared_subspace_keeps_the_plane_that_both_live_in():
    rng = np.random.default_rng(5)
    common, own = rng.normal(size=(500, 3)), rng.normal(size=(2, 500, 2))
    zero = np.zeros((500, 2))
    x = np.concatenate([common, own[0], zero], axis=1)
    y = np.concatenate([common, zero, own[1]], axis=1)
    basis = fit_shared_subspace(calibration_of(x, y))["image"].matrix
    assert basis.shape == (7, 3)
    assert basis[3:] == pytest.approx(np.zeros((4, 3)), abs=0.2)


def test_operator_trimming_keeps_orthonormal_directions_of_the_middle():
    maps = fit_operator_trimming(calibration(d=24))
    for one in maps.values():
        kept = one.matrix.shape[1]
        assert kept == 12
        assert one.matrix.T @ one.matrix == pytest.approx(np.eye(kept), abs=1e-8)


def test_transport_moves_a_shifted_cloud_back_without_links():
    pytest.importorskip("ot")
    fit = resolve(CORRECTIONS["transport"])
    data = calibration(noise=0.0, gap=2.0)
    maps = fit(data)
    x, y = data.vectors.values()
    assert found_first(maps["image"](x), maps["text"](y)) > 0.95


def test_asif_of_equal_modalities_is_exact():
    rng = np.random.default_rng(6)
    x = rng.normal(size=(60, 5))
    maps = resolve(CORRECTIONS["asif"])(data := calibration_of(x, x))
    moved = [maps[name](rows) for name, rows in data.vectors.items()]
    assert moved[0] == pytest.approx(moved[1])
    assert ((moved[0] > 0).sum(axis=1) == 12).all()


def test_inverse_root_times_itself_is_the_inverse():
    rng = np.random.default_rng(7)
    root = rng.normal(size=(5, 5))
    covariance = root @ root.T
    found = inverse_root(covariance)
    assert found @ found @ covariance == pytest.approx(np.eye(5), abs=1e-6)


def test_directions_without_variance_count_as_a_billionth_of_the_largest():
    found = inverse_root(np.diag([4.0, 1e-3, 0.0]))
    assert np.diag(found) == pytest.approx([0.5, 1e-3**-0.5, (4e-9) ** -0.5])


def test_shares_are_chosen_by_ranks_across_modalities_and_within():
    rng = np.random.default_rng(10)
    x = unit(rng.normal(size=(12, 3)) + 1)
    objects, modality = np.array([0, 0, 1, 1, 2, 3] * 2), np.repeat([0, 1], 6)
    values = []
    for other in (True, False):
        ranks = []
        for row in range(12):
            searched = [
                one for one in range(12) if one != row and (modality[one] != modality[row]) == other
            ]
            order = sorted(searched, key=lambda one: -float(x[row] @ x[one]))
            places = [1 + order.index(one) for one in order if objects[one] == objects[row]]
            ranks += [1 / min(places)] if places else []
        values.append(np.mean(ranks))
    assert _reciprocal_rank(x, objects, modality) == pytest.approx(np.mean(values))
    alone = np.arange(12)
    assert _reciprocal_rank(x, alone, modality) == 0


@pytest.mark.parametrize("name", CORRECTIONS)
def test_identical_pairs_break_nothing(name):
    if name == "transport":
        pytest.importorskip("ot")
    x = np.random.default_rng(8).normal(size=(20, 6))
    data = calibration_of(x, x)
    maps = resolve(CORRECTIONS[name])(data)
    for modality, rows in data.vectors.items():
        assert np.isfinite(maps[modality](rows)).all()


@pytest.mark.parametrize("n", [1, 3])
def test_too_few_pairs_are_refused(n):
    x = np.random.default_rng(9).normal(size=(n, 6))
    with pytest.raises(RequestError, match="4 linked objects or more"):
        calibration_of(x, x)


@pytest.mark.parametrize("n", [12, 40, 400])
@pytest.mark.parametrize("noise", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("spread", [1.0, 1e-3])
def test_canonical_correlations_are_at_most_one_and_those_of_their_metric(n, noise, spread):
    from sklearn.covariance import ledoit_wolf

    rng = np.random.default_rng(0)
    x = 1 + spread * rng.normal(size=(n, 20)) * np.geomspace(1, 0.01, 20)
    y = x[:, ::-1] + spread * noise * rng.normal(size=(n, 20))
    left, found, right = canonical_directions(x, y)
    assert found.max() <= 1
    assert (np.diff(found) <= 1e-12).all()
    # generalised eigenvalues of the canonical ridge, Vinod 1976
    centred = x - x.mean(axis=0), y - y.mean(axis=0)
    ridges = [ledoit_wolf(one)[0] for one in centred]
    plain = [one.T @ one / n for one in centred]
    ridges = [
        r * np.linalg.norm(s, 2) / np.linalg.norm(r, 2) for r, s in zip(ridges, plain, strict=True)
    ]
    cross = centred[0].T @ centred[1] / n
    product = np.linalg.solve(ridges[0], cross) @ np.linalg.solve(ridges[1], cross.T)
    wanted = np.sqrt(np.abs(np.sort(np.linalg.eigvals(product).real)[::-1]))
    assert found[:5] == pytest.approx(wanted[:5], rel=1e-5)
    # and the directions have that correlation in the ridge's metric
    along = left[:, 0] @ cross @ right[:, 0]
    sizes = [v @ ridge @ v for v, ridge in zip((left[:, 0], right[:, 0]), ridges, strict=True)]
    assert along / np.sqrt(np.prod(sizes)) == pytest.approx(found[0], rel=1e-6)


def test_one_decomposition_gives_the_root_of_every_share(monkeypatch):
    """As shrinking and decomposing anew, for fewer rows than coordinates and for more."""
    rng = np.random.default_rng(0)
    for rows, d in ((12, 30), (90, 30)):
        x, objects = rng.normal(size=(rows, d)), np.repeat(np.arange(rows // 3), 3)
        away = x - x.reshape(-1, 3, d).mean(axis=1)[objects]
        covariance = away.T @ away / (rows - rows // 3)
        for share in (0.1, 0.5, 1.0):
            np.testing.assert_allclose(
                _shrunk_root(*_within(x, objects), share),
                inverse_root(shrunk(covariance, share)),
                rtol=1e-9, atol=1e-12,
            )  # fmt: skip
    same = np.repeat(x[:4], 3, axis=0)
    root = _shrunk_root(*_within(same, np.repeat(np.arange(4), 3)), 0.2)
    assert np.isfinite(root).all()


def test_transport_of_equally_many_points_is_the_plan_of_the_solver(monkeypatch):
    ot = pytest.importorskip("ot", reason="pot is not installed (isthmus[analysis])")
    rng = np.random.default_rng(0)
    start, end = rng.normal(size=(2, 25, 6))
    plan = ot.emd(ot.unif(25), ot.unif(25), ot.dist(start, end))
    np.testing.assert_allclose(_carried(start, end, end), 25 * plan @ end, atol=1e-12)
    few = _carried(start[:10], end, end)  # unequally many: weights are shared out
    np.testing.assert_allclose(few.mean(axis=0), end.mean(axis=0), atol=1e-9)
