"""Networks for point clouds and voxels, in plain torch: no operator needs a GPU or a compiler.

Points come as rows of nine: place in the unit ball, colour - 1/2, normal. There is no batch
normalisation, so that a vector does not depend on its batch and training goes on as it stopped.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

CHANNELS = 9


class PatchTransformer(nn.Module):
    """A transformer over patches of points: each patch is a token by a small PointNet.

    Source: Yu et al. 2022, Point-BERT, section 3.1; Uni3D (Zhou et al. 2024) takes the same.
    """

    def __init__(self, dim: int, width: int = 192, depth: int = 5, heads: int = 6) -> None:
        super().__init__()
        self.point = nn.Sequential(
            nn.Linear(CHANNELS + 3, width // 2), nn.GELU(), nn.Linear(width // 2, width)
        )
        self.patch = nn.Sequential(nn.Linear(2 * width, width), nn.GELU(), nn.Linear(width, width))
        self.place = nn.Sequential(
            nn.Linear(3, width // 2), nn.GELU(), nn.Linear(width // 2, width)
        )
        self.first = nn.Parameter(0.02 * torch.randn(1, 1, width))
        self.layers = nn.ModuleList([Layer(width, heads) for _ in range(depth)])
        self.norm = nn.LayerNorm(2 * width)
        self.out = nn.Linear(2 * width, dim)

    def forward(self, patches: Tensor, centres: Tensor) -> Tensor:
        """(n, g, k, 12) points, their last three numbers from the centre, (n, g, 3) to (n, dim)."""
        x = self.point(patches)
        most = x.amax(dim=2, keepdim=True).expand_as(x)
        x = self.patch(torch.cat([x, most], dim=3)).amax(dim=2) + self.place(centres)
        x = torch.cat([self.first.expand(len(x), 1, -1), x], dim=1)
        for layer in self.layers:
            x = layer(x)
        return self.out(self.norm(torch.cat([x[:, 0], x[:, 1:].amax(dim=1)], dim=1)))


class Layer(nn.Module):
    """Attention and two matrices, each added to what came in.

    Source: Vaswani et al. 2017, equation 1; normed before, as in Xiong et al. 2020.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.asks = nn.Linear(width, 3 * width)
        self.gives = nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(n, t, width) to the same."""
        n, t, width = x.shape
        asked = self.asks(self.norms[0](x)).reshape(n, t, 3, self.heads, width // self.heads)
        query, key, value = asked.permute(2, 0, 3, 1, 4)
        share = (query @ key.transpose(2, 3) * (width // self.heads) ** -0.5).softmax(dim=3)
        x = x + self.gives((share @ value).transpose(1, 2).reshape(n, t, width))
        return x + self.down(gelu(self.up(self.norms[1](x))))


class PointNetPlus(nn.Module):
    """PointNet++: neighbourhoods of far points, of their own far points, and the whole.

    Source: Qi et al. 2017, PointNet++, section 3.2, with the nearest neighbours as neighbourhood.
    """

    def __init__(self, dim: int, width: int = 64) -> None:
        super().__init__()
        self.counts, self.sizes = (128, 32), (24, 16)
        self.one = mixed(CHANNELS + 3, width, 2 * width)
        self.two = mixed(2 * width + 3, 2 * width, 4 * width)
        self.three = mixed(4 * width + 3, 4 * width, 8 * width)
        self.out = nn.Sequential(nn.LayerNorm(8 * width), nn.Linear(8 * width, dim))

    def forward(self, points: Tensor) -> Tensor:
        """(n, p, 9) with p of 128 or more to (n, dim)."""
        places, x = points[:, :, :3], points
        for mix, count, size in zip((self.one, self.two), self.counts, self.sizes, strict=True):
            centres = taken(places, far_points(places, count))
            near = torch.cdist(centres, places).topk(min(size, places.shape[1]), largest=False)[1]
            away = taken(places, near) - centres[:, :, None]
            x = mix(torch.cat([taken(x, near), away], dim=3)).amax(dim=2)
            places = centres
        return self.out(self.three(torch.cat([x, places], dim=2)).amax(dim=1))


def mixed(come: int, inside: int, go: int) -> nn.Sequential:
    """The same two matrices for every point."""
    return nn.Sequential(
        nn.Linear(come, inside), nn.LayerNorm(inside), nn.GELU(), nn.Linear(inside, go)
    )


def taken(x: Tensor, rows: Tensor) -> Tensor:
    """(n, p, c) and rows (n, ...) to (n, ..., c)."""
    flat = rows.reshape(len(x), -1, 1).expand(-1, -1, x.shape[2])
    return x.gather(1, flat).reshape(*rows.shape, x.shape[2])


def far_points(places: Tensor, count: int) -> Tensor:
    """(n, p, 3) to (n, count) rows that lie far apart, as ``read.farthest`` finds them."""
    places = places.detach()
    found = torch.zeros(len(places), count, dtype=torch.long, device=places.device)
    near = torch.full(places.shape[:2], torch.inf, device=places.device)
    for step in range(1, count):
        last = taken(places, found[:, step - 1 : step])
        near = torch.minimum(near, (places - last).square().sum(dim=2))
        found[:, step] = near.argmax(dim=1)
    return found


class VoxelNet(nn.Module):
    """Convolutions over a grid of colours and of what is filled, first of blocks of 4 x 4 x 4.

    Source: Chen et al. 2018, Text2Shape, section 4.1 (its shape encoder), with fewer layers, and
    groups normalised instead of batches.
    """

    def __init__(self, dim: int, width: int = 48) -> None:
        super().__init__()
        self.blocks = nn.Sequential(
            nn.Conv3d(4, width, 4, stride=4), nn.GELU(), *halved(width, 2 * width),
            *halved(2 * width, 4 * width),
        )  # fmt: skip
        self.out = nn.Linear(8 * 4 * width, dim)

    def forward(self, voxels: Tensor) -> Tensor:
        """(n, 4, 32, 32, 32) of 0..1 to (n, dim)."""
        return self.out(self.blocks(voxels - 0.5).flatten(1))


def halved(come: int, go: int) -> tuple[nn.Module, ...]:
    """Half the side of a grid."""
    return nn.Conv3d(come, go, 3, stride=2, padding=1), nn.GroupNorm(8, go), nn.GELU()


class PointMLP(nn.Module):
    """PointMLP: neighbourhoods of far points, brought to one size, through residual layers.

    Source: Ma et al. 2022, Rethinking Network Design and Local Geometry in Point Cloud, section 3,
    with three stages of one layer before and after the maximum, and rows normed instead of batches.
    """

    def __init__(self, dim: int, width: int = 32) -> None:
        super().__init__()
        self.start = nn.Sequential(nn.Linear(CHANNELS, width), nn.LayerNorm(width), nn.GELU())
        self.stages = nn.ModuleList([Stage(2**step * width) for step in range(3)])
        self.out = nn.Sequential(nn.LayerNorm(8 * width), nn.Linear(8 * width, dim))

    def forward(self, points: Tensor) -> Tensor:
        """(n, p, 9) with p of 8 or more to (n, dim)."""
        places, x = points[:, :, :3], self.start(points)
        for stage in self.stages:
            places, x = stage(places, x)
        return self.out(x.amax(dim=1))


class Stage(nn.Module):
    """Half as many points, each knowing the ones near it, twice as wide."""

    def __init__(self, width: int, near: int = 8) -> None:
        super().__init__()
        self.near = near
        self.alpha, self.beta = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))
        self.wider = nn.Sequential(
            nn.Linear(2 * width, 2 * width), nn.LayerNorm(2 * width), nn.GELU()
        )
        self.before, self.after = (mixed(2 * width, width, 2 * width) for _ in range(2))

    def forward(self, places: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """(n, p, 3) and (n, p, c) to (n, p / 2, 3) and (n, p / 2, 2 c)."""
        middles = far_points(places, places.shape[1] // 2)
        centres, own = taken(places, middles), taken(x, middles)
        many = min(self.near, places.shape[1])
        around = taken(x, torch.cdist(centres, places).topk(many, largest=False)[1])
        away = alike(around, own) * self.alpha + self.beta
        x = self.wider(torch.cat([away, own[:, :, None].expand_as(around)], dim=3))
        x = (x + self.before(x)).amax(dim=2)
        return centres, x + self.after(x)


def alike(around: Tensor, own: Tensor) -> Tensor:
    """(n, g, k, c) differences from (n, g, c), over their standard deviation in the whole cloud.

    Source: Ma et al. 2022, equation 2 (the geometric affine module, without alpha and beta).
    """
    away = around - own[:, :, None]
    return away / (away.flatten(1).std(dim=1)[:, None, None, None] + 1e-5)
