"""Published point towers: random weights in the releases' own names and shapes, against torch."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

import isthmus  # noqa: E402
from isthmus.encode.shapes.published import in_balls, prepared  # noqa: E402
from isthmus.encode.shapes.published_networks import OpenShape, Ulip, Uni3D  # noqa: E402
from isthmus.read.points import PointCloud  # noqa: E402
from isthmus.types import RequestError  # noqa: E402

SEED = 0


def drawn(shapes, seed=SEED):
    """Weights of these names and shapes; variances are above zero."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, shape in shapes.items():
        value = rng.normal(0, 0.2, shape)
        value = np.abs(value) + 0.5 if name.endswith("running_var") else value
        found[name] = torch.tensor(value, dtype=torch.float32)
    return found


def pointnet(before, channels, width):
    """Names of the small PointNet of Point-BERT, as its releases have them."""
    shapes = {}
    for name, come, inside, go in (("first", channels, 128, 256), ("second", 512, 512, width)):
        start = f"{before}encoder.{name}_conv"
        shapes |= {f"{start}.0.weight": (inside, come, 1), f"{start}.0.bias": (inside,)}
        shapes |= {
            f"{start}.1.{x}": (inside,) for x in ("weight", "bias", "running_mean", "running_var")
        }
        shapes |= {f"{start}.3.weight": (go, inside, 1), f"{start}.3.bias": (go,)}
    return shapes


def token_shapes(before, width):
    return {
        f"{before}cls_token": (1, 1, width),
        f"{before}cls_pos": (1, 1, width),
        f"{before}pos_embed.0.weight": (128, 3),
        f"{before}pos_embed.0.bias": (128,),
        f"{before}pos_embed.2.weight": (width, 128),
        f"{before}pos_embed.2.bias": (width,),
    }


def layer(name, come, go, bias=True):
    return {f"{name}.weight": (go, come), **({f"{name}.bias": (go,)} if bias else {})}


def norm(name, width):
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def uni3d_shapes(width=192, depth=2, dim=1024, kind="plain"):
    start = "point_encoder."
    shapes = {"logit_scale": (), **pointnet(start, 6, 512), **token_shapes(start, width)}
    shapes |= {
        **layer(f"{start}encoder2trans", 512, width),
        **layer(f"{start}trans2embed", width, dim),
    }
    for number in range(depth):
        block = f"{start}visual.blocks.{number}"
        shapes |= {**norm(f"{block}.norm1", width), **norm(f"{block}.norm2", width)}
        shapes |= layer(f"{block}.attn.proj", width, width)
        if kind == "split":  # EVA-02's base and large
            shapes |= layer(f"{block}.attn.q_proj", width, width)
            shapes |= layer(f"{block}.attn.k_proj", width, width, bias=False)
            shapes |= layer(f"{block}.attn.v_proj", width, width)
            shapes |= {
                **layer(f"{block}.mlp.fc1_g", width, 512),
                **layer(f"{block}.mlp.fc1_x", width, 512),
            }
            shapes |= {**norm(f"{block}.mlp.norm", 512), **layer(f"{block}.mlp.fc2", 512, width)}
            continue
        shapes |= {f"{block}.attn.q_bias": (width,), f"{block}.attn.v_bias": (width,)}
        shapes |= layer(f"{block}.attn.qkv", width, 3 * width, bias=False)
        inside = 1024 if kind == "packed" else 512  # EVA-02's tiny and small, or EVA's giant
        shapes |= {
            **layer(f"{block}.mlp.fc1", width, inside),
            **layer(f"{block}.mlp.fc2", 512, width),
        }
    return shapes | norm(f"{start}visual.fc_norm", width)


def ulip_shapes(channels=6, width=384, depth=2, dim=1280):
    start = "point_encoder."
    shapes = {"logit_scale": (), **pointnet(start, channels, 256), **token_shapes(start, width)}
    shapes |= {**layer(f"{start}reduce_dim", 256, width), "pc_projection": (2 * width, dim)}
    for number in range(depth):
        block = f"{start}blocks.blocks.{number}"
        shapes |= {**norm(f"{block}.norm1", width), **norm(f"{block}.norm2", width)}
        shapes |= layer(f"{block}.attn.qkv", width, 3 * width, bias=False)
        shapes |= layer(f"{block}.attn.proj", width, width)
        shapes |= {
            **layer(f"{block}.mlp.fc1", width, 4 * width),
            **layer(f"{block}.mlp.fc2", 4 * width, width),
        }
    return shapes | norm(f"{start}norm", width)


def openshape_shapes(width=512, depth=2, ball=256, dim=1280):
    shapes = {"ppat.cls_token": (width,), **layer("proj", width, dim), **norm("ppat.lift.2", width)}
    shapes |= {"ppat.lift.0.weight": (width, ball + 3, 1), "ppat.lift.0.bias": (width,)}
    for step, (come, go) in enumerate(((9, 64), (64, 64), (64, ball))):
        shapes |= {f"ppat.sa.mlp_convs.{step}.weight": (go, come, 1, 1)}
        shapes |= {f"ppat.sa.mlp_convs.{step}.bias": (go,)}
        bns = ("weight", "bias", "running_mean", "running_var")
        shapes |= {f"ppat.sa.mlp_bns.{step}.{x}": (go,) for x in bns}
    for number in range(depth):
        block = f"ppat.transformer.layers.{number}"
        shapes |= {**norm(f"{block}.0.norm", width), **norm(f"{block}.1.norm", width)}
        shapes |= layer(f"{block}.0.fn.to_qkv", width, 3 * width, bias=False)
        shapes |= layer(f"{block}.0.fn.to_out.0", width, width)
        shapes |= {
            **layer(f"{block}.1.fn.net.0", width, 1536),
            **layer(f"{block}.1.fn.net.3", 1536, width),
        }
    return shapes


TIMM = ("attn.qkv", "attn.proj", "norm1", "norm2", "mlp.fc1", "mlp.fc2")
LUCID = ("0.fn.to_qkv", "0.fn.to_out.0", "0.norm", "1.norm", "1.fn.net.0", "1.fn.net.3")
"""Names of a block's parts: of timm's, and of those that OpenShape has."""


def reference(weights, block, ends, sizes, eps, bias=None):
    """torch's own layer with a block's weights: qkv, proj, two norms and two matrices.

    ``ends`` are their names in the block, ``sizes`` its width and that of the matrices.
    """
    width, inside = sizes
    found = nn.TransformerEncoderLayer(
        width, width // 64, inside, 0.0, "gelu", eps, batch_first=True, norm_first=True
    ).eval()
    qkv, proj, one, two, up, down = (f"{block}.{end}" for end in ends)
    state = {
        "self_attn.in_proj_weight": weights[f"{qkv}.weight"],
        "self_attn.in_proj_bias": bias if bias is not None else torch.zeros(3 * width),
        **{f"self_attn.out_proj.{x}": weights[f"{proj}.{x}"] for x in ("weight", "bias")},
        **{
            f"{norm}.{x}": weights[f"{own}.{x}"]
            for norm, own in (("norm1", one), ("norm2", two))
            for x in ("weight", "bias")
        },
        **{
            f"{name}.{x}": weights[f"{own}.{x}"]
            for name, own in (("linear1", up), ("linear2", down))
            for x in ("weight", "bias")
        },
    }
    found.load_state_dict(state)
    return found


def tokens(weights, before, channels, width, bridge, patches, centres):
    """The tokens of patches by torch's own convolutions and normalisations."""
    convs = []
    for name, come, mid, go in (("first", channels, 128, 256), ("second", 512, 512, width)):
        net = nn.Sequential(
            nn.Conv1d(come, mid, 1), nn.BatchNorm1d(mid), nn.ReLU(), nn.Conv1d(mid, go, 1)
        ).eval()
        start = f"{before}encoder.{name}_conv."
        own = {
            key.removeprefix(start): value
            for key, value in weights.items()
            if key.startswith(start)
        }
        net.load_state_dict(own | {"1.num_batches_tracked": torch.tensor(0)})
        convs.append(net)
    n, g, k, _ = patches.shape
    x = convs[0](patches[..., :channels].reshape(n * g, k, channels).transpose(1, 2))
    x = convs[1](torch.cat([x.amax(2, keepdim=True).expand(-1, -1, k), x], dim=1)).amax(2)
    x = nn.functional.linear(
        x.reshape(n, g, width), weights[f"{bridge}.weight"], weights[f"{bridge}.bias"]
    )
    x = torch.cat([weights[f"{before}cls_token"].expand(n, -1, -1), x], dim=1)
    hidden = nn.functional.linear(
        centres, weights[f"{before}pos_embed.0.weight"], weights[f"{before}pos_embed.0.bias"]
    )
    places = nn.functional.linear(
        nn.functional.gelu(hidden),
        weights[f"{before}pos_embed.2.weight"],
        weights[f"{before}pos_embed.2.bias"],
    )
    return x, torch.cat([weights[f"{before}cls_pos"].expand(n, -1, -1), places], dim=1)


def inputs(channels=6):
    rng = torch.Generator().manual_seed(1)
    return torch.randn(2, 5, 7, channels, generator=rng), torch.randn(2, 5, 3, generator=rng)


@torch.no_grad()
def test_uni3d_is_what_torchs_own_layers_give():
    weights, (patches, centres) = drawn(uni3d_shapes()), inputs()
    x, places = tokens(
        weights, "point_encoder.", 6, 512, "point_encoder.encoder2trans", patches, centres
    )
    x = x + places
    for number in range(2):
        block = f"point_encoder.visual.blocks.{number}"
        bias = torch.cat(
            [weights[f"{block}.attn.q_bias"], torch.zeros(192), weights[f"{block}.attn.v_bias"]]
        )
        x = reference(weights, block, TIMM, (192, 512), 1e-6, bias)(x)
    last = "point_encoder.visual.fc_norm"
    x = nn.functional.layer_norm(
        x[:, 0], (192,), weights[f"{last}.weight"], weights[f"{last}.bias"], 1e-6
    )
    end = "point_encoder.trans2embed"
    wanted = nn.functional.linear(x, weights[f"{end}.weight"], weights[f"{end}.bias"])
    torch.testing.assert_close(Uni3D(weights)(patches, centres), wanted, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_uni3ds_sizes_differ_in_how_their_weights_are_kept_only():
    """q, k and v apart are the joint matrix; the gate apart is the first half of the packed one."""
    split, (patches, centres) = drawn(uni3d_shapes(kind="split")), inputs()
    for name in [*split]:
        if ".mlp.norm." in name:
            del split[name]
    packed = {}
    for name, value in split.items():
        stem, _, end = name.rpartition(".")
        if stem.endswith("q_proj"):
            block = stem.removesuffix(".q_proj")
            if end == "weight":
                parts = [split[f"{block}.{one}_proj.weight"] for one in "qkv"]
                packed[f"{block}.qkv.weight"] = torch.cat(parts)
            else:
                packed |= {
                    f"{block}.q_bias": value,
                    f"{block}.v_bias": split[f"{block}.v_proj.bias"],
                }
        elif stem.endswith("fc1_g"):
            other = stem.removesuffix("_g")
            packed[f"{other}.{end}"] = torch.cat([value, split[f"{other}_x.{end}"]])
        elif not stem.endswith(("k_proj", "v_proj", "fc1_x")):
            packed[name] = value
    one, other = (Uni3D(some)(patches, centres) for some in (split, packed))
    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("channels", [3, 6])
def test_ulip_is_what_torchs_own_layers_give(channels):
    weights, (patches, centres) = drawn(ulip_shapes(channels)), inputs()
    x, places = tokens(
        weights, "point_encoder.", channels, 256, "point_encoder.reduce_dim", patches, centres
    )
    for number in range(2):
        block = f"point_encoder.blocks.blocks.{number}"
        x = reference(weights, block, TIMM, (384, 1536), 1e-5)(x + places)
    last = "point_encoder.norm"
    x = nn.functional.layer_norm(x, (384,), weights[f"{last}.weight"], weights[f"{last}.bias"])
    wanted = torch.cat([x[:, 0], x[:, 1:].amax(1)], dim=1) @ weights["pc_projection"]
    torch.testing.assert_close(Ulip(weights)(patches, centres), wanted, rtol=1e-4, atol=1e-3)


@torch.no_grad()
def test_openshape_is_what_torchs_own_layers_give():
    weights, (patches, centres) = drawn(openshape_shapes()), inputs(9)
    x = patches.permute(0, 3, 2, 1)
    for step in range(3):
        name = f"ppat.sa.mlp_convs.{step}"
        x = nn.functional.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"])
        parts = [
            weights[f"ppat.sa.mlp_bns.{step}.{x}"]
            for x in ("running_mean", "running_var", "weight", "bias")
        ]
        x = nn.functional.batch_norm(x, *parts).relu()
    x = torch.cat([centres.transpose(1, 2), x.amax(2)], dim=1)
    x = nn.functional.conv1d(
        x, weights["ppat.lift.0.weight"], weights["ppat.lift.0.bias"]
    ).transpose(1, 2)
    x = nn.functional.layer_norm(
        x, (512,), weights["ppat.lift.2.weight"], weights["ppat.lift.2.bias"]
    )
    x = torch.cat([weights["ppat.cls_token"].expand(2, 1, -1), x], dim=1)
    for number in range(2):
        block = f"ppat.transformer.layers.{number}"
        x = reference(weights, block, LUCID, (512, 1536), 1e-5)(x)
    wanted = nn.functional.linear(x[:, 0], weights["proj.weight"], weights["proj.bias"])
    torch.testing.assert_close(OpenShape(weights)(patches, centres), wanted, rtol=1e-4, atol=1e-3)


def some_cloud(n=700, seed=0):
    rng = np.random.default_rng(seed)
    places = rng.normal(size=(n, 3)).astype(np.float32)
    colours = rng.integers(0, 255, size=(n, 4), dtype=np.uint8)
    normals = places / np.linalg.norm(places, axis=1, keepdims=True)
    return PointCloud(places, colours, normals)


def test_balls_hold_the_first_points_within_the_radius_and_repeat_the_first():
    places = np.array([[0, 0, 0], [0.1, 0, 0], [2, 0, 0], [0.05, 0, 0]], np.float32)
    found = in_balls(places, places[[0, 2]], 0.5, 4)
    assert found.tolist() == [[0, 1, 3, 0], [2, 2, 2, 2]]
    assert in_balls(places, places[:1], 0.5, 2).tolist() == [[0, 1]]


def test_clouds_are_prepared_as_the_releases_take_them():
    for kind, shape in (("Uni3D", (512, 64, 6)), ("Ulip", (512, 32, 6))):
        found = prepared(some_cloud(), kind, {})
        assert found["patches"].shape == shape and found["centres"].shape == (512, 3)
        assert np.abs(found["patches"][:, 0, :3]).max() < 1e-6  # the nearest point is the middle
        assert found["patches"][..., 3:].min() >= 0 and found["patches"][..., 3:].max() <= 1
    moved = some_cloud()
    moved = PointCloud(3 * moved.points + 5, moved.colours, moved.normals)
    for name, value in prepared(moved, "Ulip", {}).items():
        np.testing.assert_allclose(value, prepared(some_cloud(), "Ulip", {})[name], atol=2e-5)


@pytest.mark.parametrize(
    ("shapes", "dim", "word"),
    [
        (uni3d_shapes(), 1024, "Uni3D"),
        (uni3d_shapes(kind="split"), 1024, "Uni3D"),
        (ulip_shapes(), 1280, "Ulip"),
        (ulip_shapes(3, dim=512), 512, "Ulip"),
        (openshape_shapes(), 1280, "OpenShape"),
    ],
)
def test_a_checkpoint_of_a_release_is_a_space_of_points(tmp_path, shapes, dim, word):
    path = tmp_path / "tower.pt"
    torch.save(
        {"state_dict": {f"module.{name}": value for name, value in drawn(shapes).items()}}, path
    )
    found = isthmus.load(f"shapes:{path}")["points"]
    assert found.space.dim == dim and word in found.preprocessing
    one = found.encode([some_cloud(), some_cloud(seed=1)])
    assert one.shape == (2, dim) and np.isfinite(one).all()
    np.testing.assert_allclose(found.encode([some_cloud(seed=1)])[0], one[1], rtol=1e-3, atol=1e-3)


def test_what_is_no_release_and_what_is_not_whole_is_refused(tmp_path):
    path = tmp_path / "tower.pt"
    torch.save({"some.weight": torch.zeros(3)}, path)
    with pytest.raises(RequestError, match="no point tower that is known"):
        isthmus.load(f"shapes:{path}")
    weights = drawn(ulip_shapes())
    del weights["point_encoder.blocks.blocks.1.mlp.fc2.weight"]
    torch.save(weights, path)
    with pytest.raises(
        RequestError, match=r"not a whole Ulip: it has no weight .*mlp\.fc2\.weight"
    ):
        isthmus.load(f"shapes:{path}")
    places = "ppat.transformer.layers.1.0.fn.pe.0.weight"  # relative ones, of another variant
    torch.save(drawn(openshape_shapes() | {places: (64, 3, 1, 1)}), path)
    with pytest.raises(RequestError, match=r"fn\.pe\.0\.weight, which is not computed here"):
        isthmus.load(f"shapes:{path}")
    torch.save(drawn(ulip_shapes(dim=384)), path)
    assert {"image", "text", "points"} <= isthmus.load(f"shapes:{path}?beside=mini:").keys()
    torch.save(drawn(ulip_shapes(dim=100)), path)
    with pytest.raises(RequestError, match="gives 100 coordinates and mini: has 384"):
        isthmus.load(f"shapes:{path}?beside=mini:")
