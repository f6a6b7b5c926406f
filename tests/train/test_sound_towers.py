"""A sound tower that knows nothing learns against frozen texts, and against frozen pictures."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (isthmus[train])")

import isthmus  # noqa: E402
from isthmus.encode.roads import roads  # noqa: E402
from isthmus.encode.sounds.fresh import MOST  # noqa: E402
from isthmus.encode.tuned import trainable  # noqa: E402
from isthmus.lab import embed  # noqa: E402
from isthmus.measure.statistics import Pair  # noqa: E402
from isthmus.testing import check_encoder  # noqa: E402
from isthmus.train.loop import Task, learn  # noqa: E402
from isthmus.train.recipe import Recipe  # noqa: E402
from isthmus.train.towers import Towers  # noqa: E402
from isthmus.types import RequestError  # noqa: E402
from isthmus.worlds import load  # noqa: E402

WORLD = load("babel-sound", n=24, groups=1, style="flat")
RECIPE = {"head": "none", "pairs": 24, "epochs": 6, "patience": 9, "tower_rate": 2e-3}


@pytest.mark.parametrize("other", ["text", "image"])
def test_a_tower_learns_against_what_is_frozen(other):
    encoders = isthmus.load("sounds", device="cpu")
    ids = WORLD.items["audio"].ids
    items = {kind: WORLD.items[kind] for kind in ("audio", other)}
    towers = Towers(encoders, items, ("audio",))
    sets = (embed(encoders[kind], some) for kind, some in items.items())
    pair = Pair(*sets, np.stack([np.arange(len(ids))] * 2, axis=1))
    before = towers.weights()
    recipe = Recipe(**RECIPE, freeze=(other,), towers=("audio",))
    found = learn(Task(pair, pair, recipe, towers=towers))
    ranks = [row["held-out reciprocal rank"] for row in found.log]
    assert ranks[-1] > max(ranks[0], 0.25)
    assert all((found.weights[key] != before[key]).any() for key in before)


def test_the_tower_is_an_encoder_beside_those_of_mini():
    encoders = isthmus.load("sounds:logmel/3", device="cpu")
    waves = [
        (0.2 * np.sin(np.arange(n) / 9).astype(np.float32), 16_000) for n in (9_000, 60_000, 30_000)
    ]
    check_encoder(encoders["audio"], waves)
    inputs = encoders["audio"].inputs(waves[:2])
    assert inputs["patches"].shape == (2, MOST, 96, 64)
    assert inputs["there"].sum(dim=1).tolist() == [1, 7]
    padded = {name: array.clone() for name, array in inputs.items()}
    padded["patches"][0, 1:] = 5.0  # what is not there is not heard
    torch.testing.assert_close(encoders["audio"].vectors(padded), encoders["audio"].vectors(inputs))
    mini = isthmus.load("mini")["text"]
    np.testing.assert_array_equal(encoders["text"].encode(["a cow"]), mini.encode(["a cow"]))
    assert encoders["text"].space == encoders["audio"].space != mini.space
    assert isthmus.load("sounds:logmel/4", device="cpu")["audio"].space != encoders["audio"].space
    with pytest.raises(RequestError, match="Fresh towers are sounds:logmel, with a seed"):
        isthmus.load("sounds:small")


def test_every_way_into_the_space_ends_in_it_and_another_space_may_stand_beside():
    for name in ("sounds", "sounds:logmel?beside=fresh"):
        encoders = isthmus.load(name, device="cpu")
        ways = [way for modality in encoders for way in roads(encoders, modality).values()]
        assert {way.space for way in ways} == {encoders["audio"].space}
    fresh = isthmus.load("fresh", device="cpu")["text"]
    np.testing.assert_array_equal(encoders["text"].encode(["a cow"]), fresh.encode(["a cow"]))
    assert set(trainable(encoders, ["audio", "text", "image"])) == {"audio", "text", "image"}
