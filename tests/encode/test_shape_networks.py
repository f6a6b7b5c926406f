"""Point and voxel networks: shapes, invariances, gradients, and that none heeds its batch."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from isthmus.encode.shapes.inputs import cells, grouped, rows  # noqa: E402
from isthmus.encode.shapes.networks import (  # noqa: E402
    PatchTransformer,
    PointMLP,
    PointNetPlus,
    VoxelNet,
    alike,
    far_points,
    taken,
)
from isthmus.read.farthest import plain  # noqa: E402
from isthmus.read.points import sampled  # noqa: E402
from isthmus.read.voxels import Voxels  # noqa: E402
from tests.view.shapes import tetrahedron  # noqa: E402

CLOUD = sampled(tetrahedron(), 600)


def inputs(kind, n=3):
    draw = torch.Generator().manual_seed(0)
    return {
        "patches": (torch.randn(n, 8, 6, 12, generator=draw), torch.randn(n, 8, 3, generator=draw)),
        "points": (torch.randn(n, 160, 9, generator=draw),),
        "pointmlp": (torch.randn(n, 160, 9, generator=draw),),
        "voxels": (torch.rand(n, 4, 32, 32, 32, generator=draw),),
    }[kind]


def network(kind):
    torch.manual_seed(0)
    made = {
        "patches": lambda: PatchTransformer(7, width=24, depth=2, heads=3),
        "points": lambda: PointNetPlus(7, width=8),
        "pointmlp": lambda: PointMLP(7, width=8),
        "voxels": lambda: VoxelNet(7, width=8),
    }
    return made[kind]()


@pytest.mark.parametrize("kind", ["patches", "points", "pointmlp", "voxels"])
def test_a_vector_an_item_whatever_the_batch_and_every_weight_learns(kind):
    net, some = network(kind), inputs(kind)
    found = net(*some)
    assert found.shape == (3, 7)
    alone = torch.cat([net(*(x[row : row + 1] for x in some)) for row in range(3)])
    torch.testing.assert_close(found, alone, atol=1e-5, rtol=1e-5)
    found.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


def test_the_order_of_points_and_patches_changes_nothing():
    net, (patches, centres) = network("patches"), inputs("patches")
    order, within = torch.randperm(8), torch.randperm(6)
    torch.testing.assert_close(
        net(patches, centres),
        net(patches[:, order][:, :, within], centres[:, order]),
        atol=1e-5,
        rtol=1e-4,
    )
    (points,) = inputs("points")
    moved = torch.cat([points[:, :1], points[:, 1:][:, torch.randperm(159)]], dim=1)
    for kind in ("points", "pointmlp"):
        net = network(kind)
        torch.testing.assert_close(net(points), net(moved), atol=1e-5, rtol=1e-4)


def test_neighbourhoods_of_any_size_are_brought_to_one():
    """Ma et al. 2022, equation 2: the differences of a cloud have a standard deviation of 1."""
    own = torch.randn(2, 5, 3)
    around = (
        own[:, :, None] + torch.randn(2, 5, 4, 3) * torch.tensor([0.1, 9.0])[:, None, None, None]
    )
    found = alike(around, own)
    torch.testing.assert_close(found.flatten(1).std(dim=1), torch.ones(2), atol=1e-3, rtol=0)
    torch.testing.assert_close(alike(3 * around, 3 * own), found, atol=1e-3, rtol=1e-3)


def test_far_points_are_those_of_numpy():
    (points,) = inputs("points")
    found = far_points(points[:, :, :3], 40).numpy()
    for row, places in zip(found, points[:, :, :3].numpy(), strict=True):
        np.testing.assert_array_equal(row, plain(places, 40))
    assert taken(points, torch.from_numpy(found)).shape == (3, 40, 9)


def test_inputs_are_fitted_and_do_not_heed_place_size_or_order():
    x = rows(CLOUD.fitted())
    assert x.shape == (512, 9) and np.linalg.norm(x[:, :3], axis=1).max() <= 1 + 1e-6
    assert np.abs(x[:, 3:6]).max() <= 0.5
    far = replace(CLOUD, points=CLOUD.points * 7 + np.float32(3))
    np.testing.assert_allclose(rows(far.fitted()), x, atol=1e-4)
    patches, centres = grouped(CLOUD.fitted())
    assert patches.shape == (32, 16, 12) and centres.shape == (32, 3)
    np.testing.assert_allclose(patches[:, 0, :3], centres, atol=1e-6)
    np.testing.assert_allclose(patches[:, 0, 9:], 0, atol=1e-6)
    few = CLOUD.taken(np.arange(20))
    assert grouped(few)[0].shape == patches.shape


def test_cells_are_colours_and_what_is_filled():
    grid = np.zeros((4, 4, 4, 4), np.uint8)
    grid[1:3, 0:2, 1:3] = [255, 0, 51, 255]
    found = cells(Voxels(grid), 8)
    np.testing.assert_allclose(found.reshape(4, -1).T, [[1, 0, 0.2, 1]] * 512, atol=1e-6)
