"""Networks of published point towers, with the names of their weights: plain torch, no GPU needed.

Each takes patches of points and their middles, which ``published`` makes of a cloud. Sizes are read
from the weights. Names and shapes follow the authors' releases; the code does not.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, layer_norm, linear, relu, scaled_dot_product_attention, silu

from isthmus.encode.shapes.networks import alike, far_points, taken

Weights = Mapping[str, Tensor]


class Held(nn.Module):
    """Weights by their dotted names, which a network asks for."""

    before = ""
    """What the names of its weights begin with."""
    tried: tuple[tuple[int, ...], ...] = ((1, 2, 3, 6), (1, 2, 3))
    """Shapes of a small input."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.asked = set[str]()
        for name, value in weights.items():
            self.register_buffer(name.replace(".", "/"), value.float())

    def of(self, name: str) -> Tensor | None:
        """A weight, or None where the release has none."""
        self.asked.add(name)
        return getattr(self, name.replace(".", "/"), None)

    def need(self, name: str) -> Tensor:
        """A weight.

        Raises:
            ValueError: it is missing.
        """
        if (found := self.of(name)) is None:
            raise ValueError(f"it has no weight {name}")
        return found

    def depth(self, before: str) -> int:
        """How many numbered parts stand behind ``before``."""
        start = before.replace(".", "/") + "/"
        found = {
            int(name[len(start) :].split("/")[0])
            for name, _ in self.named_buffers()
            if name.startswith(start)
        }
        if found != set(range(len(found))) or not found:
            raise ValueError(f"its blocks {before}.0, {before}.1, ... are not whole")
        return len(found)

    def times(self, x: Tensor, name: str) -> Tensor:
        """X through a linear layer, or a convolution of one point."""
        weight = self.need(f"{name}.weight")
        return linear(x, weight.reshape(weight.shape[:2]), self.of(f"{name}.bias"))

    def normed(self, x: Tensor, name: str, eps: float) -> Tensor:
        """X through a layer normalisation."""
        return layer_norm(
            x, x.shape[-1:], self.need(f"{name}.weight"), self.of(f"{name}.bias"), eps
        )

    def scaled(self, x: Tensor, name: str) -> Tensor:
        """X through a batch normalisation as it was left by training."""
        spread = (self.need(f"{name}.running_var") + 1e-5).sqrt()
        found = (x - self.need(f"{name}.running_mean")) / spread
        return found * self.need(f"{name}.weight") + self.need(f"{name}.bias")

    def middles(self, centres: Tensor, before: str) -> Tensor:
        """The places of patches, of which the class token's is a weight."""
        places = self.times(
            gelu(self.times(centres, f"{before}pos_embed.0")), f"{before}pos_embed.2"
        )
        first = self.need(f"{before}cls_pos").expand(len(places), -1, -1)
        return torch.cat([first, places], dim=1)

    def tokens(self, patches: Tensor, before: str, bridge: str) -> Tensor:
        """A class token and one token a patch, by a PointNet of two steps.

        Source: Yu et al. 2022, Point-BERT, section 3.1.
        """
        x = relu(
            self.scaled(
                self.times(patches, f"{before}encoder.first_conv.0"),
                f"{before}encoder.first_conv.1",
            )
        )
        x = self.times(x, f"{before}encoder.first_conv.3")
        x = torch.cat([x.amax(dim=2, keepdim=True).expand_as(x), x], dim=3)
        x = relu(
            self.scaled(
                self.times(x, f"{before}encoder.second_conv.0"), f"{before}encoder.second_conv.1"
            )
        )
        x = self.times(x, f"{before}encoder.second_conv.3").amax(dim=2)
        first = self.need(f"{before}cls_token").expand(len(x), -1, -1)
        return torch.cat([first, self.times(x, bridge)], dim=1)


def attended(query: Tensor, key: Tensor, value: Tensor, heads: int) -> Tensor:
    """(n, t, c) each to (n, t, c), by heads."""
    n, t, width = query.shape
    q, k, v = (x.reshape(n, -1, heads, width // heads).transpose(1, 2) for x in (query, key, value))
    return scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, t, width)


class Uni3D(Held):
    """Zhou et al. 2024, Uni3D, section 3.1: tokens of patches through the blocks of an EVA."""

    before, eps = "point_encoder.", 1e-6

    def forward(self, patches: Tensor, centres: Tensor) -> Tensor:
        """(n, g, k, 6) and (n, g, 3) to (n, d)."""
        start = self.before
        x = self.tokens(patches, start, f"{start}encoder2trans") + self.middles(centres, start)
        for number in range(self.depth(f"{start}visual.blocks")):
            block = f"{start}visual.blocks.{number}"
            x = x + self._attention(self.normed(x, f"{block}.norm1", self.eps), f"{block}.attn")
            x = x + self._mixed(self.normed(x, f"{block}.norm2", self.eps), f"{block}.mlp")
        x = x[:, 0]
        for name in (f"{start}visual.norm", f"{start}visual.fc_norm"):
            x = self.normed(x, name, self.eps) if self.of(f"{name}.weight") is not None else x
        return self.times(x, f"{start}trans2embed")

    def _attention(self, x: Tensor, name: str) -> Tensor:
        width = x.shape[2]
        if self.of(f"{name}.qkv.weight") is not None:
            own = self.of(f"{name}.q_bias")
            bias = (
                None
                if own is None
                else torch.cat([own, torch.zeros_like(own), self.need(f"{name}.v_bias")])
            )
            q, k, v = linear(x, self.need(f"{name}.qkv.weight"), bias).chunk(3, dim=2)
        else:
            q, k, v = (self.times(x, f"{name}.{one}_proj") for one in "qkv")
        heads = 16 if width == 1408 else width // 64  # EVA's giant has heads of 88
        return self.times(attended(q, k, v, heads), f"{name}.proj")

    def _mixed(self, x: Tensor, name: str) -> Tensor:
        if self.of(f"{name}.fc1_g.weight") is not None:
            x = silu(self.times(x, f"{name}.fc1_g")) * self.times(x, f"{name}.fc1_x")
            x = (
                self.normed(x, f"{name}.norm", self.eps)
                if self.of(f"{name}.norm.weight") is not None
                else x
            )
            return self.times(x, f"{name}.fc2")
        inside = self.times(x, f"{name}.fc1")
        if inside.shape[2] == 2 * self.need(f"{name}.fc2.weight").shape[1]:
            gate, rest = inside.chunk(2, dim=2)
            return self.times(silu(gate) * rest, f"{name}.fc2")
        return self.times(gelu(inside), f"{name}.fc2")


class Ulip(Held):
    """Xue et al. 2023 and 2024, ULIP and ULIP-2: Point-BERT, the class token beside the maximum."""

    before, eps = "point_encoder.", 1e-5

    def forward(self, patches: Tensor, centres: Tensor) -> Tensor:
        """(n, g, k, 6), or of the places alone, and (n, g, 3) to (n, d)."""
        start = self.before
        channels = self.need(f"{start}encoder.first_conv.0.weight").shape[1]
        x = self.tokens(patches[..., :channels], start, f"{start}reduce_dim")
        places = self.middles(centres, start)
        for number in range(self.depth(f"{start}blocks.blocks")):
            block, x = f"{start}blocks.blocks.{number}", x + places
            inside = self.normed(x, f"{block}.norm1", self.eps)
            q, k, v = self.times(inside, f"{block}.attn.qkv").chunk(3, dim=2)
            x = x + self.times(attended(q, k, v, x.shape[2] // 64), f"{block}.attn.proj")
            inside = gelu(
                self.times(self.normed(x, f"{block}.norm2", self.eps), f"{block}.mlp.fc1")
            )
            x = x + self.times(inside, f"{block}.mlp.fc2")
        x = self.normed(x, f"{start}norm", self.eps)
        return self.projected(torch.cat([x[:, 0], x[:, 1:].amax(dim=1)], dim=1))

    def projected(self, x: Tensor) -> Tensor:
        """The class token and the maximum to (n, d)."""
        return x @ self.need("pc_projection")


class Cg3dTransformer(Ulip):
    """Hegde et al. 2023, CLIP Goes 3D: the same network of places alone, under plain names."""

    before = ""

    def projected(self, x: Tensor) -> Tensor:
        """The class token and the maximum to (n, d)."""
        return self.times(x, "projection")


class Cg3dPointMLP(Held):
    """Ma et al. 2022, PointMLP, ending in a projection, as CLIP Goes 3D has it.

    Neighbourhoods of 24 points, brought to one size about their own middle; groups of one.
    """

    tried = ((1, 192, 3),)

    def forward(self, points: Tensor) -> Tensor:
        """(n, p, 3) with p of 192 or more to (n, d)."""
        places, x = points, self.bent(points, "embedding.net")
        for stage in range(self.depth("local_grouper_list")):
            rows = far_points(places, places.shape[1] // 2)
            centres, own = taken(places, rows), taken(x, rows)
            around = taken(x, torch.cdist(centres, places).topk(24, largest=False)[1])
            grouper = f"local_grouper_list.{stage}.affine"
            away = alike(around, own) * self.need(f"{grouper}_alpha") + self.need(f"{grouper}_beta")
            x = torch.cat([away, own[:, :, None].expand_as(around)], dim=3)
            x = self.bent(x, f"pre_blocks_list.{stage}.transfer.net")
            x = self.residual(x, f"pre_blocks_list.{stage}.operation").amax(dim=2)
            x = self.residual(x, f"pos_blocks_list.{stage}.operation")
            places = centres
        return self.times(x.amax(dim=1), "projection")

    def bent(self, x: Tensor, name: str) -> Tensor:
        """X through a convolution of one point, normed and without what is below zero."""
        return relu(self.scaled(self.times(x, f"{name}.0"), f"{name}.1"))

    def residual(self, x: Tensor, name: str) -> Tensor:
        """X through several layers of two convolutions, each added to what came in."""
        for number in range(self.depth(name)):
            inside = self.bent(x, f"{name}.{number}.net1")
            more = f"{name}.{number}.net2"
            x = relu(x + self.scaled(self.times(inside, f"{more}.0"), f"{more}.1"))
        return x


class OpenShape(Held):
    """Liu et al. 2023, OpenShape, section 3.3: a transformer over balls of points."""

    before, eps = "ppat.", 1e-5
    tried = ((1, 2, 3, 9), (1, 2, 3))

    def forward(self, patches: Tensor, centres: Tensor) -> Tensor:
        """(n, g, k, 9) and (n, g, 3) to (n, d)."""
        start, x = self.before, patches
        for step in range(self.depth(f"{start}sa.mlp_convs")):
            x = self.times(x, f"{start}sa.mlp_convs.{step}")
            x = relu(self.scaled(x, f"{start}sa.mlp_bns.{step}"))
        x = self.times(torch.cat([centres, x.amax(dim=2)], dim=2), f"{start}lift.0")
        x = self.normed(x, f"{start}lift.2", self.eps)
        first = self.need(f"{start}cls_token").expand(len(x), 1, -1)
        x = torch.cat([first, x], dim=1)
        for number in range(self.depth(f"{start}transformer.layers")):
            block = f"{start}transformer.layers.{number}"
            inside = self.normed(x, f"{block}.0.norm", self.eps)
            q, k, v = self.times(inside, f"{block}.0.fn.to_qkv").chunk(3, dim=2)
            x = x + self.times(attended(q, k, v, q.shape[2] // 64), f"{block}.0.fn.to_out.0")
            inside = gelu(
                self.times(self.normed(x, f"{block}.1.norm", self.eps), f"{block}.1.fn.net.0")
            )
            x = x + self.times(inside, f"{block}.1.fn.net.3")
        return self.times(x[:, 0], "proj")
