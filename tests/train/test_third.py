"""A third modality: matched as well, or taking turns with the others; recipes made of it."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (isthmus[train])")

import isthmus  # noqa: E402
from isthmus.encode import ENCODERS  # noqa: E402
from isthmus.lab import embed  # noqa: E402
from isthmus.measure.statistics import Pair  # noqa: E402
from isthmus.studies.fit.request import FitRequest  # noqa: E402
from isthmus.studies.fit.run import run  # noqa: E402
from isthmus.train.batches import drawn  # noqa: E402
from isthmus.train.checkpoints import Progress  # noqa: E402
from isthmus.train.loop import Task, Training, learn, packed  # noqa: E402
from isthmus.train.model import initial_model  # noqa: E402
from isthmus.train.recipe import Recipe  # noqa: E402
from isthmus.train.towers import Towers  # noqa: E402
from isthmus.types import Common, RequestError, Source  # noqa: E402
from isthmus.worlds import WORLDS, load  # noqa: E402
from tests.train.runs import KilledError, killed_after  # noqa: E402

WORLD = load("babel", n=24, groups=1, size=64)
NAMED = ("points", "text", "image")
SPACE = "shapes:pointnet?beside=prompted:toy"
QUICK = {"modalities": NAMED, "head": "none", "freeze": ("text",), "pairs": 8, "patience": 99}


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    monkeypatch.setitem(ENCODERS, "toy", "tests.encode.image_transformer:load")
    monkeypatch.setitem(WORLDS, "few", "tests.train.test_third:few_world")


def few_world():
    """Scenes enough for three parts."""
    return replace(load("babel", n=80, groups=1, size=64), split={})


def task(towers=("points", "image"), **how):
    encoders = isthmus.load(SPACE, device="cpu")
    points, text, image = (embed(encoders[name], WORLD.items[name]) for name in NAMED)
    rows = np.stack([np.arange(len(points))] * 2, axis=1)
    recipe = Recipe(**{**QUICK, "towers": towers, "tower_rate": 2e-3, "epochs": 4, **how})
    pairs, third = Pair(points, text, rows), Pair(points, image, rows)
    trained = Towers(encoders, WORLD.items, towers)
    return Task(pairs, pairs, recipe, towers=trained, further=(third,))


def started(job):
    arrays, shape = packed(initial_model(job.recipe, job.sides, 0))
    arrays |= {f"tower.{name}": x for name, x in job.towers.start.items()}
    return Training(job, shape, Progress.start(arrays))


def stepped(job, count):
    """What of the whole module and of the heads has moved in each step."""
    from isthmus.train.batches import batches

    training, module = started(job), job.towers.trained["points"].module
    batch = next(batches(job.pairs, job.recipe, 0, 0))
    for number in range(count):
        named = {**module.state_dict(), **training.parameters.tensors}
        before = {name: x.detach().clone() for name, x in named.items()}
        terms = training._step(batch, number, None)
        yield {name for name, x in before.items() if not torch.equal(x, named[name])}, terms


def test_prompts_move_in_odd_steps_only_the_point_tower_in_even_ones_and_nothing_else_ever():
    for number, (moved, terms) in enumerate(stepped(task(), 4)):
        parts = {name.removeprefix("tower.").partition(".")[0] for name in moved}
        if number % 2:
            assert parts == {"beside"} and all("prompts.prompts" in name for name in moved)
            assert set(terms) == {"info_nce of image"}
        else:
            assert parts == {"points", "log_scale"}
            assert set(terms) == {"info_nce", "info_nce of points and image"}


def test_terms_are_symmetric_cross_entropies_of_the_three_modalities():
    job = task(temperature="fixed", scale=10.0)
    training, towers = started(job), job.towers
    rows = np.arange(8)
    from isthmus.train.batches import Batch

    batch = Batch(np.stack([rows, rows], 1), rows, np.zeros(8, bool))
    ids = job.pairs.a.ids[:8]
    p, i = (towers.unit(name, ids).detach() for name in ("points", "image"))
    t = torch.tensor(job.pairs.b.unit[:8])

    def loss(a, b):
        logits, own = 10 * a @ b.T, torch.arange(8)
        two = (logits, logits.T)
        return sum(torch.nn.functional.cross_entropy(x, own) for x in two).item() / 2

    whole = slice(0, 8)
    even, odd = (training._terms(batch, whole, done) for done in (0, 1))
    assert even["info_nce"].item() == pytest.approx(loss(p, t), rel=1e-4)
    assert even["info_nce of points and image"].item() == pytest.approx(loss(p, i), rel=1e-4)
    assert odd["info_nce of image"].item() == pytest.approx(loss(i, t), rel=1e-4)


def test_a_further_modality_has_a_head_unless_it_is_frozen():
    job = task(head="linear", freeze=("text", "image"))
    model = initial_model(job.recipe, job.sides, 0)
    assert [*model.own] == ["text", "points", "image"]
    assert model.own["text"] == model.own["image"] == () != model.own["points"]
    free = initial_model(task(head="linear").recipe, job.sides, 0)
    assert free.own["text"] == () and len(free.own["image"]) == len(free.own["points"]) > 0


def test_without_its_tower_among_the_trained_the_third_stays_and_every_step_has_all_terms():
    job = task(("points",))
    for moved, terms in stepped(job, 2):
        assert set(terms) == {"info_nce", "info_nce of points and image"}
        assert not any("beside" in name for name in moved)


def test_the_loss_falls_and_a_training_that_was_killed_goes_on_to_the_same_bytes(tmp_path):
    whole = learn(task(epochs=8), tmp_path / "whole")
    rows = whole.log
    for name in ("loss", "info_nce", "info_nce of points and image", "info_nce of image"):
        assert rows[-1][name] < rows[0][name] - 0.01, name
    short = learn(task(epochs=3), tmp_path / "short")  # three steps an epoch: it stops in a turn
    with pytest.raises(KilledError):
        learn(task(epochs=3), tmp_path / "killed", killed_after(1))
    went_on = learn(task(epochs=3), tmp_path / "killed")
    assert went_on.log == short.log
    assert all(np.array_equal(x, went_on.weights[name]) for name, x in short.weights.items())
    files = [(tmp_path / name / "checkpoint.safetensors") for name in ("short", "killed")]
    from isthmus.store import read_tensors

    one, other = (read_tensors(file)[0] for file in files)
    assert all(np.array_equal(x, other[name]) for name, x in one.items())


def test_an_item_of_the_third_modality_is_drawn_among_those_that_are_linked():
    pair = task(("points",)).further[0]
    links = np.array([[2, 5], [0, 1], [2, 7], [1, 3], [2, 6]])
    some = drawn(Pair(pair.a, pair.b, links), np.array([2] * 90 + [0, 1]), np.random.default_rng(0))
    counts = np.bincount(some[:90], minlength=8)
    assert set(some[:90]) == {5, 6, 7} and counts[5:].min() > 15
    assert some[90:].tolist() == [1, 3]


def request(space, out, **how):
    recipe = Recipe(**{**QUICK, "epochs": 1, "tower_rate": 1e-3, **how})
    common = Common(device="cpu", quiet=True)
    return FitRequest(space, source=Source(world="few"), recipe=recipe, out=out, common=common)


@pytest.mark.parametrize(
    ("space", "how"),
    [
        (SPACE, {"towers": ("points", "image")}),  # CLIP Goes 3D
        ("shapes:pointmlp", {"towers": ("points",)}),  # ULIP, OpenShape
        ("shapes", {"towers": ("points",), "loss": "multi_positive", "per_object": 2}),  # HOLA
        (
            "shapes:patches?beside=toy",  # Text2Shape
            {
                "modalities": ("points", "text"), "towers": ("points", "text"), "freeze": (),
                "loss": "text2shape",
            },
        ),
    ],
)  # fmt: skip
def test_each_recipe_is_one_command(tmp_path, space, how):
    found = run(request(space, tmp_path / "run", **how))
    again = isthmus.load(f"mended:{tmp_path / 'run'}", device="cpu")
    named = how.get("modalities", NAMED)
    assert set(named) <= set(again) and again["points"].space == found.mended.space
    assert f"of {' '.join(named)}" in found.chosen
    some = list(few_world().items["points"])[:2]
    assert np.isfinite(again["points"].encode(some)).all()


def test_a_point_tower_stands_beside_a_space_that_was_mended(tmp_path):
    run(request("toy", tmp_path / "one", modalities=("image", "text"), towers=("image",)))
    folder = tmp_path / "one"
    found = isthmus.load(f"shapes:pointnet?beside=mended:{folder}", device="cpu")
    plain, some = isthmus.load(f"mended:{folder}", device="cpu"), ["a", "red ball"]
    assert len({found[name].space for name in NAMED}) == 1 != plain["text"].space.dim
    np.testing.assert_array_equal(found["text"].encode(some), plain["text"].encode(some))
    assert found["image"].preprocessing == plain["image"].preprocessing
    with pytest.raises(RequestError, match="stands behind corrections"):
        isthmus.load(f"prompted:mended:{folder}", device="cpu")


def test_what_cannot_be_trained_together_is_said(tmp_path):
    for wrong, word in (
        ({"modalities": ("points",)}, "two different ones or more"),
        ({"modalities": ("points", "points")}, "two different ones or more"),
        ({"towers": ("voxels",)}, "--towers names some of"),
    ):
        with pytest.raises(RequestError, match=word):
            Recipe(**{**QUICK, **wrong}).check()
    with pytest.raises(RequestError, match=r"no torch module for image.*ONNX"):
        run(request("shapes:pointnet", tmp_path, towers=("points", "image")))
    with pytest.raises(RequestError, match="--modalities names 'smell'"):
        run(
            request("shapes:pointnet", tmp_path, modalities=("points", "smell"), towers=("points",))
        )
    with pytest.raises(RequestError, match="are frozen"):
        run(request(SPACE, tmp_path, towers=("points", "text"), freeze=(), head="none"))
