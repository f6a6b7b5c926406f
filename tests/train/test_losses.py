"""Losses and regularisers: values on paper, invariances, gradients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.registry import find
from isthmus.testing import check_loss
from isthmus.train import LOSSES, REGULARISERS
from isthmus.train.losses.contrastive import info_nce
from isthmus.train.losses.round_trips import association
from isthmus.types import RequestError


def loss(name):
    return find("losses", LOSSES, name)


def regulariser(name):
    return find("regularisers", REGULARISERS, name)


def simplex(n):
    """n unit rows with equal angles, as far apart as can be."""
    x = np.eye(n) - 1 / n
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def spread_out(seed=0, n=7, d=5):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(n, d))


def softmax_rows(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("n", "t"), [(8, 0.5), (5, 0.1), (3, 1.0)])
def test_info_nce_of_a_matched_simplex_is_its_known_optimum(n, t):
    x = simplex(n)
    expected = np.log1p((n - 1) * np.exp(-n / ((n - 1) * t)))
    assert float(loss("info_nce")(x @ x.T / t)) == pytest.approx(expected, abs=1e-6)


def test_info_nce_of_eight_at_half_is_the_published_number():
    x = simplex(8)
    assert float(loss("info_nce")(x @ x.T / 0.5)) == pytest.approx(0.53761, abs=1e-4)


def test_equal_logits_score_chance():
    same = np.zeros((6, 6))
    assert float(loss("info_nce")(same)) == pytest.approx(np.log(6))
    assert float(loss("multi_positive")(same)) == pytest.approx(np.log(6))
    assert float(loss("info_loob")(same)) == pytest.approx(np.log(5))
    assert float(loss("sigmoid")(same)) == pytest.approx(6 * np.log(2))
    assert float(loss("triplet")(same)) == pytest.approx(0.2)
    assert float(association(same)) == pytest.approx(1.25 * np.log(6))
    assert float(loss("lifted")(same)) == pytest.approx((np.log(10) + 0.2) ** 2 / 2)
    both = float(association(same)) + float(loss("lifted")(same))
    assert float(loss("text2shape")(same)) == pytest.approx(both)


def test_round_trips_by_hand():
    logits = np.log([[0.75, 0.25], [0.5, 0.5]])
    there, back = np.array([[0.75, 0.25], [0.5, 0.5]]), np.array([[0.6, 0.4], [1 / 3, 2 / 3]])
    trip, other = there @ back, back @ there
    visits = [-0.25 * np.log(p.mean(axis=0)).mean() for p in (there, back)]
    walks = [-np.log(np.diag(one)).mean() for one in (trip, other)]
    found = float(association(logits))
    assert found == pytest.approx((sum(walks) + sum(visits)) / 2)
    both = np.array([[1.0, 1.0], [1.0, 1.0]])  # everything matches: walks may end anywhere
    walks = [-np.log(one).mean() for one in (trip, other)]
    assert float(association(logits, both)) == pytest.approx((sum(walks) + sum(visits)) / 2)


def test_lifted_counts_the_negatives_of_both_sides():
    logits = np.array([[2.0, 1.0], [0.0, 3.0]])
    behind = np.log(np.exp(1.2) + np.exp(0.2)) - np.array([2.0, 3.0])
    wanted = (np.maximum(behind, 0) ** 2).sum() / 4
    assert float(loss("lifted")(logits)) == pytest.approx(wanted)


def test_by_hand():
    logits = np.array([[2.0, 0.5, -1.0], [0.0, 1.0, 0.3], [0.2, -0.4, 0.8]])
    rows = -np.log(np.diag(softmax_rows(logits))).mean()
    columns = -np.log(np.diag(softmax_rows(logits.T))).mean()
    assert float(loss("info_nce")(logits)) == pytest.approx((rows + columns) / 2)
    sign = 2 * np.eye(3) - 1
    expected = np.log1p(np.exp(-sign * logits)).sum() / 3
    assert float(loss("sigmoid")(logits)) == pytest.approx(expected)
    hinge = [max(0, 0.2 + 0.5 - 2), max(0, 0.2 + 0.3 - 1), max(0, 0.2 + 0.2 - 0.8)]
    back = [max(0, 0.2 + 0.2 - 2), max(0, 0.2 + 0.5 - 1), max(0, 0.2 + 0.3 - 0.8)]
    assert float(loss("triplet")(logits)) == pytest.approx((np.mean(hinge) + np.mean(back)) / 2)


def test_what_leaves_the_match_out_by_hand():
    logits = 3 * np.random.default_rng(4).normal(size=(5, 5))

    def halves(weights):
        found = []
        for x in (logits, logits.T):
            own = np.diag(x)
            rest = np.log(np.exp(np.where(np.eye(5) > 0, -np.inf, x)).sum(axis=1))
            found.append((rest - weights(own) * own).mean())
        return np.mean(found)

    def easy(own, scale=1.0):
        e = np.exp(own / scale / 0.5)
        return 2 - e / e.mean()

    assert float(loss("info_loob")(logits)) == pytest.approx(halves(lambda own: 1.0))
    assert float(loss("decoupled")(logits)) == pytest.approx(halves(easy))
    of_cosines = halves(lambda own: easy(own, 4.0))
    assert float(loss("decoupled")(logits, scale=4.0)) == pytest.approx(of_cosines)


def test_a_triplet_looks_at_the_hardest_negative_and_the_worst_positive():
    logits = np.random.default_rng(5).normal(size=(6, 6))
    targets = np.kron(np.eye(3), np.ones((2, 2)))
    hinges = []
    for x in (logits, logits.T):
        for row, match in zip(x, targets > 0, strict=True):
            hinges.append(max(0.0, 0.2 + row[~match].max() - row[match].min()))
    assert float(loss("triplet")(logits, targets)) == pytest.approx(np.mean(hinges))


@pytest.mark.parametrize("name", ["info_nce", "multi_positive", "triplet"])
def test_rows_that_match_nothing_do_not_count(name):
    rng = np.random.default_rng(6)
    logits, targets = rng.normal(size=(4, 5)), np.eye(4, 5)
    targets[1, 1] = 0
    whole = float(loss(name)(logits, targets))
    far = np.concatenate([logits, rng.normal(size=(1, 5)) - 99])
    none = np.concatenate([targets, np.zeros((1, 5))])
    assert float(loss(name)(far, none)) == pytest.approx(whole, rel=1e-6)
    assert float(loss(name)(logits, 0 * targets)) == 0


def test_several_matches():
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(4, 8))
    targets = np.kron(np.eye(4), [[1.0, 1.0]])
    chance = softmax_rows(logits)
    any_of = -np.log((chance * targets).sum(axis=1)).mean()
    each_of = -(np.log(chance) * targets).sum(axis=1).mean() / 2
    back = -np.log((softmax_rows(logits.T) * targets.T).sum(axis=1)).mean()
    found = float(loss("info_nce")(logits, targets))
    assert found == pytest.approx((any_of + back) / 2)
    found = float(loss("multi_positive")(logits, targets))
    assert found == pytest.approx((each_of + back) / 2)


@pytest.mark.parametrize("name", LOSSES)
@given(seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_losses_know_no_order_and_no_side_and_prefer_matches(name, seed):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(6, 6))
    plain = float(loss(name)(logits))
    order = rng.permutation(6)
    assert float(loss(name)(logits[order][:, order])) == pytest.approx(plain, rel=1e-9, abs=1e-12)
    assert float(loss(name)(logits.T)) == pytest.approx(plain, rel=1e-9, abs=1e-12)
    better = 2 * np.eye(6) + logits
    assert float(loss(name)(better)) <= plain
    other = np.eye(6)[rng.permutation(6)]
    moved = float(loss(name)(logits @ other, other))
    assert moved == pytest.approx(plain, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_losses_keep_their_contract(name):
    check_loss(name)


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (lambda logits, targets=None: -info_nce(logits, targets), "Closer pairs"),
        (lambda logits, targets=None: info_nce(logits), "which pairs match"),
        (lambda logits, targets=None: info_nce(logits, targets)[None], "one number"),
        (
            lambda logits, targets=None: info_nce(logits, targets) + logits[0, 1] ** 2,
            "which pairs|order",
        ),
        (lambda logits, targets=None: (info_nce(logits, targets) * 9) ** 99, "finite"),
    ],
)
def test_the_kit_of_losses_can_fail(broken, says):
    with pytest.raises(AssertionError, match=says), np.errstate(all="ignore"):
        check_loss(broken)


def test_the_kit_of_losses_sees_a_wrong_gradient():
    torch = pytest.importorskip("torch", reason="torch is not installed (isthmus[torch])")

    def detached(logits, targets=None):
        found = info_nce(logits, targets)
        return found + found.detach() if isinstance(logits, torch.Tensor) else 2 * found

    with pytest.raises(AssertionError, match="finite differences"):
        check_loss(detached)


def test_requests_that_cannot_be_met():
    for name in LOSSES:
        with pytest.raises(RequestError, match="square logits without targets"):
            loss(name)(np.zeros((2, 3)))
        with pytest.raises(RequestError, match=r"targets of shape \(2, 2\), but came \(3, 2\)"):
            loss(name)(np.zeros((2, 2)), np.zeros((3, 2)))
    for name in ("info_loob", "decoupled"):
        assert np.isfinite(float(loss(name)(np.array([[1.0, 0.5], [0.2, 2.0]]))))  # one negative
        everything = np.eye(3)
        everything[1] = 1
        for logits, targets in ((np.zeros((1, 1)), None), (np.zeros((3, 3)), everything)):
            with pytest.raises(RequestError, match="must leave something"):
                loss(name)(logits, targets)


def test_regularisers_by_hand():
    a, b = spread_out()
    x, y = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (a, b))
    n, off = len(a), ~np.eye(len(a), dtype=bool)

    def spread(z):
        square = ((z[:, None] - z) ** 2).sum(axis=2)
        return np.log(np.exp(-2 * square[off]).mean())

    expected = {
        "alignment": ((x - y) ** 2).sum(axis=1).mean(),
        "uniformity": (spread(x) + spread(y)) / 2,
        "cross_consistency": ((x @ y.T - y @ x.T) ** 2).sum() / n,
        "inner_consistency": ((x @ x.T - y @ y.T) ** 2).sum() / n,
        "variance": np.mean([
            np.maximum(1 - np.sqrt(5) * z.std(axis=0, ddof=1), 0).mean() for z in (x, y)
        ]),
        "covariance": np.mean([
            5 * (np.cov(z.T)[~np.eye(5, dtype=bool)] ** 2).sum() for z in (x, y)
        ]),
    }  # fmt: skip
    for name, value in expected.items():
        assert float(regulariser(name)(a, b)) == pytest.approx(value, rel=1e-6, abs=1e-9), name
    middle = x + y
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)
    assert float(regulariser("centroid_uniformity")(a, b)) == pytest.approx(spread(middle))


def test_a_perfect_pair_has_nothing_to_align_and_a_mirror_nothing_to_cycle():
    a, _ = spread_out()
    for name in ("alignment", "inner_consistency", "cross_consistency"):
        assert float(regulariser(name)(a, a)) == pytest.approx(0, abs=1e-12)
    turn = np.linalg.qr(np.random.default_rng(5).normal(size=(5, 5)))[0]
    assert float(regulariser("inner_consistency")(a, a @ turn)) == pytest.approx(0, abs=1e-12)


def test_separation_pushes_apart_what_the_other_side_tells_apart():
    same = np.tile(np.eye(4)[0], (4, 1)) + 1e-3 * np.random.default_rng(6).normal(size=(4, 4))
    apart, alike = np.eye(4), same
    crowded = float(regulariser("separation")(same, apart))
    assert crowded > float(regulariser("separation")(apart, apart)) + 0.1
    assert crowded > float(regulariser("separation")(same, alike)) + 0.1


@pytest.mark.parametrize("name", REGULARISERS)
@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_regularisers_know_no_order_no_side_and_no_length(name, seed):
    a, b = spread_out(seed)
    plain = float(regulariser(name)(a, b))
    order = np.random.default_rng(seed).permutation(len(a))
    assert float(regulariser(name)(a[order], b[order])) == pytest.approx(plain, abs=1e-9)
    assert float(regulariser(name)(b, a)) == pytest.approx(plain, abs=1e-9)
    assert float(regulariser(name)(3 * a, 0.1 * b)) == pytest.approx(plain, abs=1e-6)


@pytest.mark.parametrize("name", REGULARISERS)
def test_a_regulariser_in_torch_is_the_same_and_its_gradient_is_that_of_differences(name):
    torch = pytest.importorskip("torch", reason="torch is not installed (isthmus[torch])")
    a, b = spread_out(8)
    x = torch.tensor(a, requires_grad=True)
    value = regulariser(name)(x, torch.tensor(b))
    assert float(value.detach()) == pytest.approx(float(regulariser(name)(a, b)), abs=1e-12)
    value.backward()
    step = np.zeros_like(a)
    step[1, 2] = 1e-6
    difference = float(regulariser(name)(a + step, b) - regulariser(name)(a - step, b)) / 2e-6
    assert float(x.grad[1, 2]) == pytest.approx(difference, abs=1e-6)


@pytest.mark.parametrize("name", ["alignment", "cross_consistency", "inner_consistency"])
def test_zero_vectors_have_a_gradient(name):
    torch = pytest.importorskip("torch", reason="torch is not installed (isthmus[torch])")
    x = torch.zeros(3, 4, requires_grad=True)
    regulariser(name)(x, torch.ones(3, 4)).backward()
    assert torch.isfinite(x.grad).all()
