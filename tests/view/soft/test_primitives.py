"""Gaussians, strokes and compositing: formulas by hand, slopes by differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from isthmus.types import RequestError  # noqa: E402
from isthmus.view.cameras import Pose  # noqa: E402
from isthmus.view.soft import gaussians, strokes  # noqa: E402
from isthmus.view.soft.cameras import Camera  # noqa: E402
from isthmus.view.soft.compositing import OPAQUE, over  # noqa: E402
from isthmus.view.soft.meshes import SoftOptions  # noqa: E402
from tests.view.soft.shapes import slope  # noqa: E402


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 40))
def test_over_is_painting_from_back_to_front(seed, count):
    draw = torch.Generator().manual_seed(seed)
    pixel = torch.randint(0, 5, (count,), generator=draw)
    depth = torch.rand(count, generator=draw, dtype=torch.float64)
    alpha = torch.rand(count, generator=draw, dtype=torch.float64) * 1.2
    colour = torch.rand(count, 3, generator=draw, dtype=torch.float64)
    ground = torch.rand(5, 3, generator=draw, dtype=torch.float64)
    light, held = over(pixel, depth, alpha, colour, ground)
    wanted, bare = ground.clone(), torch.ones(5, dtype=torch.float64)
    for k in torch.argsort(depth, descending=True):
        share = alpha[k].clamp(0, OPAQUE)
        wanted[pixel[k]] = share * colour[k] + (1 - share) * wanted[pixel[k]]
        bare[pixel[k]] *= 1 - share
    assert torch.allclose(light, wanted, atol=1e-9)
    assert torch.allclose(held, 1 - bare, atol=1e-9)


def blobs(count, seed=0):
    draw = torch.Generator().manual_seed(seed)
    one = lambda *shape: torch.rand(*shape, generator=draw, dtype=torch.float64)  # noqa: E731
    return [one(count, 3) - 0.5, 0.08 + 0.1 * one(count, 3), one(count, 4) - 0.5,
            0.3 + 0.5 * one(count), one(count, 3)]  # fmt: skip


def seen(parts, **options):
    some = gaussians.Gaussians(*parts)
    camera = Camera.of(Pose(30.0, 20.0), like=parts[0])
    return gaussians.drawn(some, camera, SoftOptions(background=(0, 0, 0), **options))


def test_a_round_gaussian_is_the_disc_that_its_projection_says():
    parts = [torch.zeros(1, 3), torch.full((1, 3), 0.2), torch.tensor([[1.0, 0, 0, 0]]),
             torch.tensor([0.9]), torch.ones(1, 3)]  # fmt: skip
    parts = [one.double() for one in parts]
    mask = seen(parts, side=65).mask
    camera = Camera.of(Pose(30.0, 20.0), like=parts[0])
    focal = 32.5 / np.tan(np.deg2rad(15))
    spread = (0.2 * focal / float(camera.distance)) ** 2 + gaussians.BLUR
    x, y = torch.meshgrid(torch.arange(65.0), torch.arange(65.0), indexing="xy")
    wanted = 0.9 * torch.exp(-((x - 32) ** 2 + (y - 32) ** 2) / (2 * spread))
    near = wanted > 0.02
    assert torch.allclose(mask[near], wanted[near].double(), atol=1e-4)


def test_turned_quaternions_are_rotations():
    turns = torch.randn(7, 4, generator=torch.manual_seed(3), dtype=torch.float64)
    found = gaussians.rotations(turns)
    assert torch.allclose(found @ found.transpose(1, 2), torch.eye(3).double().expand(7, 3, 3))
    assert torch.allclose(torch.linalg.det(found), torch.ones(7).double())
    quarter = torch.tensor([[np.sqrt(0.5), 0, 0, np.sqrt(0.5)]])
    there = gaussians.rotations(quarter)[0] @ torch.tensor([1.0, 0, 0]).double()
    assert torch.allclose(there, torch.tensor([0.0, 1, 0]).double(), atol=1e-9)


@pytest.mark.parametrize("number", range(5))
def test_slopes_of_gaussians(number):
    parts, weight, step = blobs(12), slope(40), 1e-5
    own = [one.clone().requires_grad_() for one in parts]
    found = torch.autograd.grad((seen(own, side=40).colour * weight).sum(), own)[number]
    way = torch.randn(parts[number].shape, generator=torch.manual_seed(5), dtype=torch.float64)
    ends = []
    for sign in (1, -1):
        moved = [one + sign * step * way if k == number else one for k, one in enumerate(parts)]
        ends.append(float((seen(moved, side=40).colour * weight).sum()))
    assert float((found * way).sum()) == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=0.03)


def lines(count=5, seed=0):
    draw = torch.Generator().manual_seed(seed)
    one = lambda *shape: torch.rand(*shape, generator=draw, dtype=torch.float64)  # noqa: E731
    return [0.2 + 0.6 * one(count, 4, 2), 0.03 + 0.05 * one(count), 0.2 + 0.6 * one(count, 4)]


def test_a_straight_stroke_is_a_bar_of_its_width():
    points = torch.tensor([[[0.2, 0.5], [0.4, 0.5], [0.6, 0.5], [0.8, 0.5]]]).double()
    one = strokes.Strokes(
        points, torch.tensor([0.1]).double(), torch.tensor([[0, 0, 0, 1.0]]).double()
    )
    ink = 1 - strokes.linear(strokes.drawn(one, 100))[..., 0]
    assert float(ink.sum()) == pytest.approx(60 * 10 + np.pi * 25, rel=0.02)
    assert float(ink[50, 50]) > 0.99
    assert float(ink[30, 50]) < 1e-3


def test_the_last_stroke_lies_on_top_and_black_has_no_colour():
    points, widths, colours = lines(2)
    points[1], widths[:] = points[0], 0.1
    colours[0], colours[1] = torch.tensor([1.0, 0, 0, 1]), torch.tensor([0, 0, 1.0, 1])
    found = strokes.drawn(strokes.Strokes(points, widths, colours), 64)
    x, y = (points[0].mean(dim=0) * 0 + strokes.curve(points)[0, 8] * 64).long()
    assert found[y, x].argmax() == 2
    black = strokes.drawn(strokes.Strokes(points, widths, colours), 64, black=True)
    assert float((black - black.mean(dim=2, keepdim=True)).abs().max()) < 1e-9


def test_curves_pass_their_ends_and_the_middle_of_de_casteljau():
    points = lines(3)[0]
    found = strokes.curve(points)
    assert torch.allclose(found[:, 0], points[:, 0])
    assert torch.allclose(found[:, -1], points[:, 3])
    middle = (points[:, 0] + 3 * points[:, 1] + 3 * points[:, 2] + points[:, 3]) / 8
    assert torch.allclose(found[:, strokes.PIECES // 2], middle)


@pytest.mark.parametrize("number", range(3))
def test_slopes_of_strokes(number):
    parts, weight, step = lines(), slope(48), 1e-5
    own = [one.clone().requires_grad_() for one in parts]
    total = (strokes.drawn(strokes.Strokes(*own), 48) * weight).sum()
    found = torch.autograd.grad(total, own)[number]
    way = torch.randn(parts[number].shape, generator=torch.manual_seed(2), dtype=torch.float64)
    ends = []
    for sign in (1, -1):
        moved = [one + sign * step * way if k == number else one for k, one in enumerate(parts)]
        ends.append(float((strokes.drawn(strokes.Strokes(*moved), 48) * weight).sum()))
    assert float((found * way).sum()) == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=0.03)


def test_refusals():
    parts = blobs(2)
    parts[1] = parts[1] * 0
    with pytest.raises(RequestError, match="scales above 0"):
        gaussians.Gaussians(*parts)
    points, widths, colours = lines(2)
    with pytest.raises(RequestError, match="widths above 0"):
        strokes.Strokes(points, -widths, colours)
