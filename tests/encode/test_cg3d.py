"""CLIP Goes 3D's point towers: random weights in its own names and shapes, against torch."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

import isthmus  # noqa: E402
from isthmus.encode.shapes.published import prepared  # noqa: E402
from isthmus.encode.shapes.published_networks import Cg3dPointMLP, Cg3dTransformer  # noqa: E402
from isthmus.types import RequestError  # noqa: E402
from tests.encode.test_published_shapes import (  # noqa: E402
    TIMM,
    drawn,
    inputs,
    layer,
    norm,
    pointnet,
    reference,
    some_cloud,
    token_shapes,
    tokens,
)


def cg3d_shapes(depth=2, width=384, dim=512):
    """CLIP Goes 3D's point transformer: names as of ``PointTransformerProject``, 55 classes."""
    shapes = {**pointnet("", 3, 256), **token_shapes("", width), **layer("reduce_dim", 256, width)}
    for number in range(depth):
        block = f"blocks.blocks.{number}"
        shapes |= {**norm(f"{block}.norm1", width), **norm(f"{block}.norm2", width)}
        shapes |= layer(f"{block}.attn.qkv", width, 3 * width, bias=False)
        shapes |= {
            **layer(f"{block}.attn.proj", width, width),
            **layer(f"{block}.mlp.fc1", width, 4 * width),
        }
        shapes |= layer(f"{block}.mlp.fc2", 4 * width, width)
    shapes |= {
        **layer("cls_head_finetune.0", 2 * width, 256),
        **layer("cls_head_finetune.3", 256, 55),
    }
    return shapes | norm("norm", width) | layer("projection", 2 * width, dim)


def bn(name, width):
    found = {f"{name}.{x}": (width,) for x in ("weight", "bias", "running_mean", "running_var")}
    return found | {f"{name}.num_batches_tracked": ()}


def pointmlp_shapes(width=64, dim=512):
    """CLIP Goes 3D's PointMLP: names as of ``pointMLPProject``, no biases before norms."""
    shapes = {"embedding.net.0.weight": (width, 3, 1), **bn("embedding.net.1", width)}
    for stage in range(4):
        for end in ("alpha", "beta"):
            shapes[f"local_grouper_list.{stage}.affine_{end}"] = (1, 1, 1, width)
        width *= 2
        before, after = f"pre_blocks_list.{stage}", f"pos_blocks_list.{stage}"
        shapes |= {f"{before}.transfer.net.0.weight": (width, width, 1)}
        shapes |= bn(f"{before}.transfer.net.1", width)
        for part in (before, after):
            for number in range(2):
                for net in ("net1", "net2"):
                    name = f"{part}.operation.{number}.{net}"
                    shapes |= {f"{name}.0.weight": (width, width, 1), **bn(f"{name}.1", width)}
    return shapes | {"projection.weight": (dim, width, 1), "projection.bias": (dim,)}


@torch.no_grad()
def test_cg3ds_transformer_is_what_torchs_own_layers_give():
    weights, (patches, centres) = drawn(cg3d_shapes()), inputs(3)
    x, places = tokens(weights, "", 3, 256, "reduce_dim", patches, centres)
    for number in range(2):
        x = reference(weights, f"blocks.blocks.{number}", TIMM, (384, 1536), 1e-5)(x + places)
    x = nn.functional.layer_norm(x, (384,), weights["norm.weight"], weights["norm.bias"])
    x = torch.cat([x[:, 0], x[:, 1:].amax(1)], dim=1)
    wanted = nn.functional.linear(x, weights["projection.weight"], weights["projection.bias"])
    found = Cg3dTransformer(weights)(patches, centres)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-3)


class ReferenceMLP(nn.Module):
    """PointMLP out of torch's own convolutions and batch norms, one cloud at a time."""

    def __init__(self, width=64, dim=512):
        super().__init__()
        self.embedding = nn.ModuleDict({"net": conv(3, width)})
        parts = ("local_grouper_list", "pre_blocks_list", "pos_blocks_list")
        lists = {name: nn.ModuleList() for name in parts}
        for _ in range(4):
            grouper = nn.Module()
            for end in ("alpha", "beta"):
                setattr(grouper, f"affine_{end}", nn.Parameter(torch.zeros(1, 1, 1, width)))
            width *= 2
            lists[parts[0]].append(grouper)
            both = [nn.ModuleList(twice(width) for _ in range(2)) for _ in range(2)]
            transfer = nn.ModuleDict({"net": conv(width, width)})
            lists[parts[1]].append(nn.ModuleDict({"transfer": transfer, "operation": both[0]}))
            lists[parts[2]].append(nn.ModuleDict({"operation": both[1]}))
        for name, some in lists.items():
            setattr(self, name, some)
        self.projection = nn.Conv1d(width, dim, 1)

    def forward(self, points):
        x, places = self.embedding["net"](points.T[None]).relu()[0].T, points
        for grouper, before, after in zip(
            self.local_grouper_list, self.pre_blocks_list, self.pos_blocks_list, strict=True
        ):
            chosen = [0]
            while len(chosen) < len(places) // 2:
                near = (places[:, None] - places[chosen][None]).square().sum(2).amin(dim=1)
                chosen.append(int(near.argmax()))
            near = (places[chosen][:, None] - places[None]).norm(dim=2).argsort(dim=1)[:, :24]
            away = x[near] - x[chosen][:, None]
            away = away / (away.std() + 1e-5) * grouper.affine_alpha[0] + grouper.affine_beta[0]
            x = torch.cat([away, x[chosen][:, None].expand_as(away)], dim=2).transpose(1, 2)
            x = before["transfer"]["net"](x).relu()
            for one in before["operation"]:
                x = (x + one["net2"](one["net1"](x).relu())).relu()
            x = x.amax(dim=2).T[None]
            for one in after["operation"]:
                x = (x + one["net2"](one["net1"](x).relu())).relu()
            x, places = x[0].T, places[chosen]
        return self.projection(x.amax(dim=0)[None, :, None])[0, :, 0]


def conv(come, go):
    return nn.Sequential(nn.Conv1d(come, go, 1, bias=False), nn.BatchNorm1d(go))


def twice(width):
    return nn.ModuleDict({"net1": conv(width, width), "net2": conv(width, width)})


@torch.no_grad()
def test_cg3ds_pointmlp_is_what_torchs_own_layers_give():
    weights = drawn(pointmlp_shapes(16))
    weights = {k: x.long() if k.endswith("tracked") else x for k, x in weights.items()}
    whole = ReferenceMLP(16).eval()
    whole.load_state_dict(weights)
    points = torch.randn(2, 400, 3, generator=torch.Generator().manual_seed(2))
    wanted = torch.stack([whole(one) for one in points])
    torch.testing.assert_close(Cg3dPointMLP(weights)(points), wanted, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("shapes", "word"), [(cg3d_shapes(), "Cg3dTransformer"), (pointmlp_shapes(), "Cg3dPointMLP")]
)
def test_a_checkpoint_of_cg3d_is_read_past_its_prompted_image_tower(tmp_path, shapes, word):
    path, weights = tmp_path / "ckpt-best.pth", drawn(shapes)
    visual = {
        "cls_token": torch.zeros(1, 1, 768),
        "deep_prompt_embeddings": torch.zeros(11, 5, 768),
    }
    kept = {"base_model": {f"module.{name}": x for name, x in weights.items()}, "epoch": 3}
    torch.save(kept | {"visual_clip_model": visual, "metrics": {"acc": np.float64(0.5)}}, path)
    found = isthmus.load(f"shapes:{path}")["points"]
    assert found.space.dim == 512 and word in found.preprocessing
    items = [some_cloud(), some_cloud(seed=1)]
    one = found.encode(items)
    np.testing.assert_allclose(found.encode(items[1:])[0], one[1], rtol=1e-3, atol=1e-3)
    with pytest.raises(RequestError, match="gives 512 coordinates and mini: has 384"):
        isthmus.load(f"shapes:{path}?beside=mini:")


@pytest.mark.parametrize(
    ("shapes", "name", "shape"),
    [
        (cg3d_shapes(), "prompt_embeddings", (1, 10, 384)),  # prompts among the points' tokens
        (cg3d_shapes(), "blocks.deep_prompt_embeddings", (11, 10, 384)),
        (pointmlp_shapes(16), "pos_blocks_list.1.operation.0.net2.3.weight", (64, 64, 1)),  # groups
    ],
)
def test_variants_of_cg3d_that_are_not_computed_are_refused(tmp_path, shapes, name, shape):
    path = tmp_path / "tower.pt"
    torch.save(drawn(shapes | {name: shape}), path)
    with pytest.raises(RequestError, match=rf"it has {name}, which is not computed here"):
        isthmus.load(f"shapes:{path}")
    weights = drawn(shapes)
    del weights["projection.weight"]
    torch.save(weights, path)
    with pytest.raises(RequestError, match=r"it has no weight projection\.weight"):
        isthmus.load(f"shapes:{path}")


def test_clouds_are_prepared_as_cg3d_takes_them():
    found = prepared(some_cloud(), "Cg3dTransformer", {})
    assert found["patches"].shape == (64, 32, 3) and found["centres"].shape == (64, 3)
    assert prepared(some_cloud(), "Cg3dPointMLP", {})["points"].shape == (1024, 3)
