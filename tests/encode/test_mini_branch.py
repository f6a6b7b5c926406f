"""The second branch of `mini`: its fast layout is the tower's own mathematics."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tools.mini.bank import Maps  # noqa: E402
from tools.mini.branch import Branch, filtered, mirrored, through  # noqa: E402
from tools.mini.image_tower import Block, Classifier, Conv, ConvSpec, ImageTower  # noqa: E402


def conv(channels_in: int, channels: int, spec: ConvSpec) -> Conv:
    weight = torch.randn(channels, channels_in // spec.groups, spec.kernel, spec.kernel)
    return Conv(weight * 0.3, torch.randn(channels), spec)


def block(residual: bool) -> Block:
    wide = ConvSpec(5, 1, 12, True)
    return Block(
        [
            conv(4, 12, ConvSpec(1, 1, 1, True)),
            conv(12, 12, wide),
            conv(12, 4, ConvSpec(1, 1, 1, False)),
        ],
        residual,
    )


@pytest.mark.parametrize(("kernel", "by_channel"), [(1, False), (1, True), (3, True), (5, True)])
def test_a_filter_as_a_product_is_the_convolution(kernel, by_channel):
    torch.manual_seed(kernel)
    module = conv(6, 6, ConvSpec(kernel, 1, 6 if by_channel else 1, True))
    x = torch.randn(2, 6, 7, 7)
    found = filtered(module, x.flatten(2).transpose(0, 1).contiguous())
    wanted = module(x).flatten(2).transpose(0, 1)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("residual", [False, True])
def test_a_block_and_its_gradient_are_the_towers(residual):
    torch.manual_seed(1)
    module, x = block(residual), torch.randn(3, 4, 7, 7)
    module(x).square().sum().backward()
    wanted = [p.grad.clone() for p in module.parameters()]
    module.zero_grad()
    through(module, x.flatten(2).transpose(0, 1)).square().sum().backward()
    for parameter, grad in zip(module.parameters(), wanted, strict=True):
        torch.testing.assert_close(parameter.grad, grad, rtol=1e-3, atol=1e-3)


def test_a_branch_starts_as_the_tower_and_leaves_it_alone():
    torch.manual_seed(2)
    late, top = (
        torch.nn.Sequential(block(True)),
        torch.nn.Sequential(conv(4, 9, ConvSpec(1, 1, 1, True))),
    )
    empty, rows = torch.nn.Sequential(), Classifier(torch.zeros(2, 9), torch.zeros(2))
    branch, x = Branch(ImageTower(empty, empty, late, top, rows)), torch.randn(3, 4, 7, 7)
    wanted = top(late(x)).mean((2, 3))
    torch.testing.assert_close(branch(x.flatten(2)), wanted, rtol=1e-4, atol=1e-5)
    for parameter in branch.parameters():
        parameter.data.zero_()
    torch.testing.assert_close(top(late(x)).mean((2, 3)), wanted)


def test_maps_are_mirrored_left_to_right():
    x = torch.arange(49.0).view(1, 1, 7, 7)
    assert mirrored(x.flatten(2)).view(7, 7)[0].tolist() == [6, 5, 4, 3, 2, 1, 0]
    torch.testing.assert_close(mirrored(mirrored(x.flatten(2))), x.flatten(2))


def test_maps_are_found_across_shards():
    shards = [np.full((n, 2 * 49), n, np.float16) for n in (3, 1, 2)]
    shards[2][1] = 7
    found = Maps(shards).take(np.array([5, 0, 3, 4]))
    assert found.shape == (4, 2, 49)
    assert found[:, 0, 0].tolist() == [7, 3, 1, 2]
