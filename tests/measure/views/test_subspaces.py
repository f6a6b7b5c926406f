"""Subspaces: known ranks, prescribed angles, chance bands, sums and intersections."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import subspace_angles

from isthmus.measure.statistics.memberships import membership
from isthmus.measure.views.angles import (
    DISTANCES,
    complement,
    intersection,
    principal_angles,
    random_angles,
    random_subspace,
    shared_energy,
    subspace_sum,
)
from isthmus.measure.views.subspaces import affine_subspace, held_out_rank, linear_subspace
from isthmus.types import RequestError, Subspace
from tests.measure.clouds import rotation

SEEDS = st.integers(0, 2**16)


def noisy_plane(rank, n=200, d=64, snr=4.0, seed=0):
    """n points of a random affine subspace in white noise; snr = total signal / noise energy."""
    rng = np.random.default_rng(seed)
    inside = rng.normal(size=(n, rank)) @ random_subspace(rank, d, rng).basis
    return 3 + inside * np.sqrt(snr * d / max(rank, 1)) + rng.normal(size=(n, d))


@pytest.mark.parametrize("rank", [0, 1, 2, 5, 10, 20, 40])
@pytest.mark.parametrize("d", [64, 256])
def test_known_ranks_are_found_within_one_at_snr_four(rank, d):
    for seed in range(3):
        vectors = noisy_plane(rank, d=d, seed=seed)
        assert abs(affine_subspace(vectors).dim - rank) <= 1
        assert abs(held_out_rank(vectors) - rank) <= 1


@pytest.mark.parametrize("snr", [0.5, 1.0, 2.0])
def test_ranks_hold_at_weaker_signals(snr):
    assert abs(affine_subspace(noisy_plane(10, snr=snr)).dim - 10) <= 1
    assert abs(affine_subspace(noisy_plane(20, d=512, snr=snr)).dim - 20) <= 1


def test_noise_alone_has_no_rank_in_nineteen_of_twenty():
    rng = np.random.default_rng(0)
    found = [affine_subspace(rng.normal(size=(40, 30))).dim for _ in range(400)]
    assert 0.01 <= np.mean(np.array(found) > 0) <= 0.09


def test_exact_subspaces_have_their_exact_rank():
    vectors = np.random.default_rng(1).normal(size=(30, 4)) @ np.eye(12)[:4]
    assert linear_subspace(vectors).dim == 4
    assert held_out_rank(vectors) == 4
    assert affine_subspace(vectors + 7).distance(vectors + 7) == pytest.approx(0, abs=1e-9)


@given(seed=SEEDS, k=st.integers(1, 6), more=st.integers(0, 5))
def test_prescribed_angles_come_back_and_scipy_agrees(seed, k, more):
    rng = np.random.default_rng(seed)
    wanted = np.sort(rng.uniform(0, 90, k))
    turn = rotation(2 * k + more, seed)
    a, b = np.zeros((k, 2 * k + more)), np.zeros((k + more, 2 * k + more))
    a[:, :k] = np.eye(k)
    b[:k, :k], b[:k, k : 2 * k] = (
        np.diag(np.cos(np.deg2rad(wanted))),
        np.diag(np.sin(np.deg2rad(wanted))),
    )
    b[k:, 2 * k :] = np.eye(more)
    found = principal_angles(*(Subspace(some @ turn, np.zeros(2 * k + more)) for some in (a, b)))
    assert found == pytest.approx(wanted, abs=1e-5)
    expected = np.rad2deg(subspace_angles((a @ turn).T, (b @ turn).T))
    assert found == pytest.approx(np.sort(expected), abs=1e-5)


def test_distances_of_known_angles():
    angles = np.array([0.0, 60.0])
    found = {name: distance(angles) for name, distance in DISTANCES.items()}
    assert found == pytest.approx(
        {
            "geodesic": np.pi / 3,
            "chordal": np.sqrt(0.75),
            "projection": np.sqrt(0.75),
            "binet_cauchy": np.sqrt(0.75),
        }
    )


@given(seed=SEEDS)
def test_distances_are_zero_on_the_same_symmetric_and_below_their_greatest(seed):
    rng = np.random.default_rng(seed)
    a, b = random_subspace(3, 9, rng), random_subspace(3, 9, rng)
    turned = Subspace(rotation(3, seed) @ a.basis, rng.normal(size=9))
    for distance in DISTANCES.values():
        assert distance(principal_angles(a, turned)) == pytest.approx(0, abs=1e-6)
        there, back = distance(principal_angles(a, b)), distance(principal_angles(b, a))
        assert there == pytest.approx(back)
        assert there <= distance(np.full(3, 90.0)) + 1e-9


def test_chance_shares_k_l_over_d():
    rng = np.random.default_rng(0)
    pairs = [(random_subspace(4, 40, rng), random_subspace(9, 40, rng)) for _ in range(300)]
    found = [shared_energy(*pair) for pair in pairs]
    assert np.mean(found) == pytest.approx(9 / 40, abs=0.01)
    band = random_angles((4, 9), 40, rng=rng, draws=300)
    drawn = np.array([principal_angles(*pair) for pair in pairs])
    assert drawn.mean(axis=0) == pytest.approx(band.mean(axis=0), abs=1.5)


@given(seed=SEEDS, k=st.integers(0, 3), more=st.integers(0, 3))
@settings(max_examples=25)
def test_sum_intersection_and_complement_count_dimensions(seed, k, more):
    rng = np.random.default_rng(seed)
    common = random_subspace(2, 12, rng).basis
    a = Subspace.spanned(np.concatenate([common, rng.normal(size=(k, 12))]))
    b = Subspace.spanned(np.concatenate([common, rng.normal(size=(more, 12))]))
    assert subspace_sum(a, b).dim + intersection(a, b, within=1e-3).dim == a.dim + b.dim
    rest = complement(a)
    assert (rest.dim, intersection(a, rest).dim) == (12 - a.dim, 0)
    inside = complement(a, subspace_sum(a, b))
    assert inside.dim == subspace_sum(a, b).dim - a.dim
    assert principal_angles(inside, a) == pytest.approx(90, abs=1e-5)


def test_membership_counts_from_the_origin_of_the_subspace():
    origin, basis = np.array([5.0, 0, 0]), np.array([[0, 1.0, 0]])
    found = membership(np.array([[5.0, 2, 0], [5, 1, 1], [6, 0, 0]]), Subspace(basis, origin))
    np.testing.assert_allclose(found.share, [1, 0.5, 0], atol=1e-12)
    assert found.chance == pytest.approx(1 / 3)
    with pytest.raises(RequestError, match="Vector 1 is the origin"):
        membership(np.array([[5.0, 2, 0], [5, 0, 0]]), Subspace(basis, origin))


def test_membership_of_random_directions_is_chance():
    rng = np.random.default_rng(3)
    plane = random_subspace(6, 30, rng)
    found = membership(rng.normal(size=(2000, 30)), plane)
    assert found.share.mean() == pytest.approx(6 / 30, abs=0.01)
    assert 0.03 <= (found.p <= 0.05).mean() <= 0.07
    inside = membership(rng.normal(size=(5, 6)) @ plane.basis, plane)
    assert inside.share == pytest.approx(1)
    assert (inside.p < 1e-9).all()


def test_rivals_are_the_stricter_null():
    rng = np.random.default_rng(4)
    plane = random_subspace(3, 20, rng)
    near = 2 * rng.normal(size=(99, 3)) @ plane.basis + rng.normal(size=(99, 20))
    one = membership(near[:1], plane, near[1:])
    assert one.p[0] == pytest.approx((1 + (one.rivals >= one.share[0]).sum()) / 99)
    assert one.p[0] > membership(near[:1], plane).p[0]


def test_what_cannot_be_is_refused():
    with pytest.raises(RequestError, match="at least two vectors, not 1"):
        affine_subspace(np.ones((1, 3)))
    with pytest.raises(RequestError, match="rank 0 to 2, not 3"):
        affine_subspace(np.eye(3), rank=3)
    with pytest.raises(RequestError, match="at least 10 views, not 6"):
        held_out_rank(np.ones((6, 3)))
    with pytest.raises(RequestError, match="3 and 4 coordinates"):
        principal_angles(Subspace.spanned(np.eye(3)), Subspace.spanned(np.eye(4)))
    with pytest.raises(RequestError, match="Vector 1 is the origin"):
        membership(np.eye(3) * [[1], [0], [1]], Subspace.spanned(np.eye(3)[:1]))
    with pytest.raises(RequestError, match="0 to 90 degrees, not 95"):
        intersection(*[Subspace.spanned(np.eye(3)[:1])] * 2, within=95.0)
