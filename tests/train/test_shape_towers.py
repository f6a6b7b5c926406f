"""Point and voxel towers learn against a frozen space in the one training loop."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (isthmus[train])")

import isthmus  # noqa: E402
from isthmus.encode.tuned import trainable  # noqa: E402
from isthmus.lab import embed  # noqa: E402
from isthmus.measure.statistics import Pair  # noqa: E402
from isthmus.train.loop import Task, learn  # noqa: E402
from isthmus.train.recipe import Recipe  # noqa: E402
from isthmus.train.towers import Towers  # noqa: E402
from isthmus.types import RequestError  # noqa: E402
from isthmus.worlds import load  # noqa: E402

WORLD = load("primitives", each=1)
QUICK = {"head": "none", "freeze": ("text",), "pairs": 16, "epochs": 3, "patience": 9}


def pair(encoders, modality, ids):
    items = {kind: WORLD.items[kind].take(ids) for kind in (modality, "text")}
    shapes, texts = (embed(encoders[kind], some) for kind, some in items.items())
    return Pair(shapes, texts, np.stack([np.arange(len(ids))] * 2, axis=1))


@pytest.mark.parametrize(
    ("name", "modality", "loss"),
    [
        ("shapes:pointnet", "points", "multi_positive"),
        ("shapes:pointmlp", "points", "multi_positive"),
        ("shapes:patches", "points", "info_nce"),
        ("shapes:patches/1", "voxels", "text2shape"),
    ],
)
def test_a_tower_learns_against_frozen_texts(name, modality, loss):
    encoders = isthmus.load(name, device="cpu")
    ids = WORLD.items["text"].ids[:: 756 // 32][:32]
    items = {kind: WORLD.items[kind].take(ids) for kind in (modality, "text")}
    towers = Towers(encoders, items, (modality,))
    recipe = Recipe(**QUICK, loss=loss, towers=(modality,), tower_rate=2e-3)
    pairs = pair(encoders, modality, ids)
    before = towers.weights()
    found = learn(Task(pairs, pairs, recipe, towers=towers))
    log = found.log
    assert log[-1]["held-out reciprocal rank"] > 0.18
    assert set(found.weights) == set(before)
    assert all(name.startswith(modality) for name in before), "Only this tower is trained."
    assert any((found.weights[key] != before[key]).any() for key in before)


def test_the_space_of_fresh_towers_is_that_of_its_frozen_texts():
    encoders = isthmus.load("shapes", device="cpu")
    assert set(encoders) >= {"image", "text", "points", "voxels", "mesh"}
    assert len({one.space for one in encoders.values()}) == 1
    text = isthmus.load("mini")["text"]
    np.testing.assert_array_equal(encoders["text"].encode(["a cone"]), text.encode(["a cone"]))
    assert encoders["text"].space != text.space
    assert isthmus.load("shapes:patches/2")["text"].space != encoders["text"].space
    trainable(encoders, ["points", "voxels"])
    with pytest.raises(RequestError, match="Fresh towers are shapes:patches or"):
        isthmus.load("shapes:pointconv")
