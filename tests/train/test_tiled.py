"""Tiled losses are the plain ones: value and gradients, with uneven tiles."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (isthmus[torch])")

from isthmus.registry import find  # noqa: E402
from isthmus.train import LOSSES  # noqa: E402
from isthmus.train.losses import tiled as tiles  # noqa: E402
from isthmus.train.losses.tiled import TILED, info_loob, info_nce, multi_positive, sigmoid, tiled  # noqa: E402
from isthmus.types import RequestError  # noqa: E402


def sides(n, m, d, dtype, seed=0):
    generator = torch.Generator().manual_seed(seed)
    made = (torch.randn(k, d, generator=generator, dtype=torch.float64) for k in (n, m))
    return [torch.nn.functional.normalize(x).to(dtype).requires_grad_() for x in made]


def gradients(value, *inputs):
    return torch.autograd.grad(value, inputs)


def plain_of(name, scale, a, b, targets=None):
    """The plain loss; that whose weights take cosines is told the scale."""
    told = {"scale": scale} if name == "decoupled" else {}
    return find("losses", LOSSES, name)(scale * a @ b.T, targets, **told)


def relative(found, wanted):
    return float((found.double() - wanted).norm() / wanted.norm())


@pytest.mark.parametrize("name", TILED)
@pytest.mark.parametrize("scale", [1.0, 30.0, 1000.0])
def test_a_tiled_loss_is_the_plain_one_in_double(name, scale, monkeypatch):
    monkeypatch.setattr(tiles, "BLOCK", 7 * 40)  # blocks of seven rows of forty
    a, b = sides(40, 40, 6, torch.float64)
    t = torch.tensor(scale, dtype=torch.float64, requires_grad=True)
    plain = plain_of(name, t, a, b)
    tiled = TILED[name](a, b, t)
    assert float(tiled.detach()) == pytest.approx(float(plain.detach()), rel=1e-10)
    for found, wanted in zip(gradients(tiled, a, b, t), gradients(plain, a, b, t), strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", TILED)
def test_groups_stand_for_targets(name, monkeypatch):
    monkeypatch.setattr(tiles, "BLOCK", 5 * 30)
    a, b = sides(12, 30, 6, torch.float64)
    a_group, b_group = torch.arange(12) % 7, torch.arange(30) % 9
    targets = (a_group[:, None] == b_group).double()
    plain = plain_of(name, 4.0, a, b, targets)
    tiled = TILED[name](a, b, 4.0, (a_group, b_group))
    assert float(tiled.detach()) == pytest.approx(float(plain.detach()), rel=1e-10)
    for found, wanted in zip(gradients(tiled, a, b), gradients(plain, a, b), strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", ["info_nce", "multi_positive"])
@pytest.mark.parametrize("scale", [4.0, 2000.0])
def test_rows_and_whole_blocks_without_a_match_do_not_count(name, scale, monkeypatch):
    monkeypatch.setattr(tiles, "BLOCK", 2 * 9)
    a, b = sides(8, 9, 5, torch.float64)
    a_group = torch.tensor([0, 1, 7, 7, 7, 7, 2, 8])  # rows 2 to 5 are two blocks without a match
    b_group = torch.tensor([0, 0, 1, 1, 2, 3, 4, 5, 6])
    targets = (a_group[:, None] == b_group).double()
    plain = find("losses", LOSSES, name)(scale * a @ b.T, targets)
    tiled = TILED[name](a, b, scale, (a_group, b_group))
    assert float(tiled.detach()) == pytest.approx(float(plain.detach()), rel=1e-10)
    for found, wanted in zip(gradients(tiled, a, b), gradients(plain, a, b), strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", TILED)
def test_two_thousand_rows_in_single_precision(name, monkeypatch):
    monkeypatch.setattr(tiles, "BLOCK", 300 * 2000 + 17)
    wanted_a, wanted_b = sides(2000, 2000, 64, torch.float64)
    a, b = (x.detach().float().requires_grad_() for x in (wanted_a, wanted_b))
    plain = plain_of(name, 20.0, wanted_a, wanted_b)
    tiled = TILED[name](a, b, 20.0)
    assert float(tiled.detach()) == pytest.approx(float(plain.detach()), rel=1e-5)
    for found, wanted in zip(
        gradients(tiled, a, b), gradients(plain, wanted_a, wanted_b), strict=True
    ):
        assert relative(found, wanted) < 1e-5


@pytest.mark.parametrize("name", TILED)
@pytest.mark.parametrize("scale", [20.0, 100.0])
@pytest.mark.parametrize("noise", [0.05, 0.3, 1.0])
def test_near_zero_loss_in_single_precision(name, scale, noise, monkeypatch):
    """Pairs that are found: 1e-5 of what is left, against double precision, in uneven tiles."""
    monkeypatch.setattr(tiles, "BLOCK", 70 * 500 + 17)
    generator = torch.Generator().manual_seed(1)
    a, b = torch.randn(2, 500, 64, generator=generator, dtype=torch.float64)
    a, b = (torch.nn.functional.normalize(x).float() for x in (a, a + noise * b))
    found_at = [x.clone().requires_grad_() for x in (a, b, torch.tensor(scale))]
    wanted_at = [x.double().requires_grad_() for x in (a, b, torch.tensor(scale))]
    bias = {"bias": -0.8 * scale} if name == "sigmoid" else {}
    found = TILED[name](*found_at, **bias)
    wanted = in_double(name, *wanted_at, -0.8 * scale)
    assert float(found.detach()) == pytest.approx(float(wanted.detach()), rel=1e-5)
    for one, other in zip(gradients(found, *found_at), gradients(wanted, *wanted_at), strict=True):
        assert relative(one, other) < 1e-5


def in_double(name, a, b, scale, bias):
    """The losses from their definitions, by differences of logits; one match a row."""
    logits = scale * a @ b.T
    own, inside = logits.diagonal(), torch.eye(len(a), dtype=torch.bool)
    if name == "sigmoid":
        sign = torch.where(inside, -1.0, 1.0)
        return torch.nn.functional.softplus(sign * (logits + bias), threshold=700).sum() / len(a)
    away = (logits - own[:, None], logits - own)
    rest = [
        x.masked_fill(inside, -torch.inf).logsumexp(dim)
        for x, dim in zip(away, (1, 0), strict=True)
    ]
    if name in ("info_nce", "multi_positive"):
        return sum(torch.log1p(x.exp()).mean() for x in rest) / 2
    easy = (own / scale / 0.5).exp()
    weight = 1 - easy / easy.mean() if name == "decoupled" else torch.zeros(len(a))
    return sum((x - weight * own).mean() for x in rest) / 2


@pytest.mark.parametrize("name", ["info_nce", "multi_positive"])
@pytest.mark.parametrize("scale", [20.0, 100.0])
def test_near_zero_loss_with_several_matches(name, scale, monkeypatch):
    monkeypatch.setattr(tiles, "BLOCK", 50 * 301)
    generator = torch.Generator().manual_seed(2)
    group = torch.arange(300) // torch.tensor(2)
    group[200:] = torch.arange(200, 300)  # rows of one match beside rows of two
    centres = torch.randn(300, 64, generator=generator)[group]
    a, b = (
        torch.nn.functional.normalize(
            centres + 0.2 * torch.randn(300, 64, generator=generator)
        ).requires_grad_()
        for _ in "ab"
    )
    wide = [x.detach().double().requires_grad_() for x in (a, b)]
    targets = (group[:, None] == group).double()
    wanted = plain_of(name, scale, *wide, targets)
    found = TILED[name](a, b, scale, (group, group))
    # two matches of one row pull against each other, and their mean loss is never near zero
    most = 5e-5 if name == "multi_positive" else 1e-5
    assert float(found.detach()) == pytest.approx(float(wanted.detach()), rel=1e-5)
    for one, other in zip(gradients(found, a, b), gradients(wanted, *wide), strict=True):
        assert relative(one, other) < most


@pytest.mark.parametrize("name", ["info_nce", "multi_positive"])
def test_the_plain_loss_near_zero_keeps_its_digits_too(name):
    logits = np.full((4, 4), -30.0) + 60 * np.eye(4)
    found = find("losses", LOSSES, name)(logits.astype(np.float32))
    assert float(found) == pytest.approx(3 * np.exp(-60.0), rel=1e-5)


def test_the_bias_of_a_sigmoid_has_its_gradient():
    a, b = sides(9, 9, 4, torch.float64)
    bias = torch.tensor(-3.0, dtype=torch.float64, requires_grad=True)
    plain = find("losses", LOSSES, "sigmoid")(10 * a @ b.T + bias)
    tiled = sigmoid(a, b, 10.0, bias=bias)
    assert float(tiled.detach()) == pytest.approx(float(plain.detach()))
    torch.testing.assert_close(gradients(tiled, bias), gradients(plain, bias))


def test_rows_that_are_far_from_each_other_lose_nothing(monkeypatch):
    monkeypatch.setattr(tiles, "BLOCK", 4 * 10)
    a, b = sides(10, 10, 4, torch.float32)
    far = torch.linspace(1, 400, 10)[:, None]
    plain = find("losses", LOSSES, "info_nce")((a * far).double() @ b.double().T)
    assert float(info_nce(a * far, b).detach()) == pytest.approx(float(plain.detach()), rel=1e-5)


def test_requests_that_cannot_be_met():
    a, b = sides(4, 5, 3, torch.float32)
    same = torch.zeros(4), torch.zeros(5)
    with pytest.raises(RequestError, match="4 rows and 5 do not"):
        multi_positive(a, b)
    with pytest.raises(RequestError, match="must leave something"):
        info_loob(a, b, 1.0, same)
    with pytest.raises(RequestError, match="4 and 5 rows, 5 and 4 groups"):
        sigmoid(a, b, 1.0, same[::-1])
    assert np.isfinite(float(info_nce(a[:1], b[:1]).detach()))


def test_the_tiled_form_is_found_by_the_loss_or_its_name():
    from isthmus.train.losses.contrastive import info_nce as plain
    from isthmus.train.losses.contrastive import triplet

    assert tiled(plain) is tiled("info_nce") is info_nce
    with pytest.raises(RequestError, match="no tiled form"):
        tiled(triplet)
