"""What ``mini`` knows of shapes: a head for renders, a point tower by NumPy, and every road."""

import numpy as np
import pytest

import isthmus
from isthmus.encode.roads import Road, roads
from isthmus.encode.shapes import towers as mini_shapes
from isthmus.encode.shapes.inputs import grouped
from isthmus.encode.shapes.towers import PointTower, transformed
from isthmus.read.points import sampled
from isthmus.testing import check_encoder
from isthmus.view import views
from tests.view.shapes import tetrahedron

RED = tetrahedron((0.9, 0.2, 0.1, 1.0))
WIDE = 2 * mini_shapes.WIDTH


def head(size=0.0, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "down": size * rng.normal(size=(WIDE, 4)),
        "up": rng.normal(size=(4, 384)),
        "bias": np.zeros(384),
    }


def tower_weights(width=20, depth=2):
    torch = pytest.importorskip("torch")
    from isthmus.encode.shapes.networks import PatchTransformer

    torch.manual_seed(0)
    net = PatchTransformer(384, width, depth, heads=5)
    return net, {name: x.detach().numpy() for name, x in net.state_dict().items()}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installed package of weights: a head that adds nothing, and an untrained tower."""
    for name, file, arrays in (
        ("mini_renders", "head.npz", head()),
        ("mini_points", "tower.npz", tower_weights()[1]),
    ):
        (tmp_path / name).mkdir()
        np.savez(tmp_path / name / file, **arrays)
    monkeypatch.setattr(mini_shapes, "data_folder", lambda name: tmp_path / name)
    return tmp_path


def test_numpy_agrees_with_torch():
    torch = pytest.importorskip("torch")
    net, weights = tower_weights()
    patches, centres = grouped(sampled(RED, 700))
    with torch.inference_mode():
        wanted = net(torch.from_numpy(patches)[None], torch.from_numpy(centres)[None])[0].numpy()
    np.testing.assert_allclose(transformed(weights, 5, patches, centres), wanted, atol=2e-6)


def test_the_point_tower_keeps_the_contract_of_encoders():
    space = isthmus.load("mini")["text"].space
    clouds = [sampled(RED, 300, seed) for seed in range(3)]
    check_encoder(PointTower(space, tower_weights()[1]), clouds)


def test_without_the_package_shapes_are_seen_as_pictures(monkeypatch):
    monkeypatch.setattr(mini_shapes, "data_folder", lambda name: None)
    mini = isthmus.load("mini")
    own = {name: mini[name] for name in ("image", "text")}
    assert not mini["image"].by_view
    assert list(roads(own, "mesh")) == [
        "renders",
        "upright",
        *(f"{one}+{two}" for one in ("surface", "standing") for two in ("splats", "depth")),
    ]
    assert next(iter(roads(own, "voxels"))) == "cells+renders"
    assert isinstance(mini["points"], Road) and mini["points"].road == "splats"


def test_with_it_both_roads_are_named_and_renders_stay_the_default(package):
    mini = isthmus.load("mini")
    own = {name: mini[name] for name in ("image", "text", "points")}
    ways = roads(own, "mesh")
    assert list(ways)[:3] == ["renders", "upright", "surface"] and "standing" in ways
    assert mini["mesh"].road == "renders" and next(iter(roads(own, "points"))) == "direct"
    assert isinstance(mini["points"], PointTower)
    assert (
        "head" in ways["renders"].preprocessing
        and "head" not in ways["surface+depth"].preprocessing
    )
    direct = ways["surface"].encode([RED])
    np.testing.assert_allclose(np.linalg.norm(direct), 1, atol=1e-5)


def test_a_head_that_adds_nothing_changes_nothing_and_another_does(package):
    plain = isthmus.load("mini")["image"]
    picture = views()["renders"].see(RED, "it").parts.payload[:3]
    vectors = plain.encode(picture)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(plain.by_view["renders"].encode(picture), vectors, atol=1e-5)
    np.savez(package / "mini_renders" / "head.npz", **head(1e-3))
    other = isthmus.load("mini")["image"].by_view["renders"]
    assert np.abs(other.encode(picture) - vectors).max() > 1e-3
    assert other.preprocessing != plain.by_view["renders"].preprocessing
    check_encoder(other, picture)
