"""End to end: towers learn, go on after a kill, travel with the space, and are given back."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (isthmus[train])")

import isthmus  # noqa: E402
from isthmus.encode.tuned import FILE as WEIGHTS  # noqa: E402
from isthmus.encode.tuned import trainable, tune, tuning  # noqa: E402
from isthmus.engine.processes import process_group  # noqa: E402
from isthmus.store import read_tensors, write_tensors  # noqa: E402
from isthmus.studies.fit.run import fit  # noqa: E402
from isthmus.studies.fit.training import TrainingData, reembedded  # noqa: E402
from isthmus.train import towers as room  # noqa: E402
from isthmus.train.checkpoints import FILE as CHECKPOINT  # noqa: E402
from isthmus.train.loop import Task, learn  # noqa: E402
from isthmus.train.recipe import Recipe  # noqa: E402
from isthmus.train.towers import Towers  # noqa: E402
from isthmus.types import Items, RequestError, SpaceMismatchError  # noqa: E402
from tests.train.pictures import parts, world  # noqa: E402
from tests.train.runs import KilledError, call_as_torchrun, free_port, killed_after  # noqa: E402

BOTH = ("image", "text")
QUICK = {"head": "none", "pairs": 20, "epochs": 4, "patience": 9, "tower_rate": 1e-3}


def opened(trained=BOTH, name="fresh"):
    encoders = isthmus.load(name, device="cpu")
    return TrainingData(parts(encoders), Towers(encoders, world().items, trained))


def task(trained=BOTH, **how):
    whole = opened(trained)
    recipe = Recipe(**{**QUICK, "towers": trained, **how})
    return Task(whole.splits.train.pair, whole.splits.val.pair, recipe, towers=whole.towers)


def test_towers_learn_from_the_start_and_the_space_travels(tmp_path):
    job = opened()
    before = job.towers.weights()
    recipe = Recipe(**{**QUICK, "towers": BOTH, "epochs": 25, "patience": 25})
    found = fit(job, [recipe], tmp_path / "run", origin="fresh")
    row = found.rows[found.chosen]
    assert row.hits.value > 0.35 > 0.2 > found.rows[""].hits.value
    assert all(np.array_equal(x, before[name]) for name, x in job.towers.weights().items())
    moved = (tmp_path / "run").rename(tmp_path / "elsewhere")
    again = isthmus.load(f"mended:{moved}", device="cpu")
    assert again["text"].space == found.mended.space
    assert [step.verb for step in again["text"].space.chain] == ["tune", "fit"]
    images = world().items["image"]
    vectors = [one["image"].encode(list(images)) for one in (again, isthmus.load("fresh"))]
    assert not np.allclose(*vectors, atol=0.05)
    scores = again["text"].encode(list(world().items["text"])) @ vectors[0].T
    assert (scores.argmax(axis=1) == np.arange(len(images))).mean() > 0.1


def test_all_that_is_judged_is_embedded_by_the_trained_towers():
    job = opened()
    weights = {name: x * np.float32(1.5) for name, x in job.towers.start.items()}
    own = reembedded(job, weights)
    fresh = isthmus.load("fresh", device="cpu")
    assert np.allclose(
        job.splits.test.about.classes.vectors,
        fresh["text"].encode(list(job.splits.test.about.prompted)),
    )
    step = tune(fresh, weights)
    for some, known in ((own.test.a, "image"), (own.test.b, "text")):
        items = list(world().items[known].take(some.ids))
        assert np.allclose(some.vectors, fresh[known].encode(items), rtol=1e-4, atol=1e-4)
        assert some.space == job.splits.test.a.space.then(step)
    classes = own.test.about.classes
    assert np.allclose(classes.vectors, fresh["text"].encode(list(own.test.about.prompted)))
    assert classes.space == own.val.a.space
    assert job.towers.step == tuning(job.towers.start)


def test_weights_of_another_training_or_damaged_ones_are_refused(tmp_path):
    fit(opened(), [Recipe(**{**QUICK, "towers": BOTH, "epochs": 1})], tmp_path, origin="fresh")
    kept = read_tensors(tmp_path / WEIGHTS)[0]
    write_tensors(tmp_path / WEIGHTS, {name: x + 1 for name, x in kept.items()}, {})
    with pytest.raises(SpaceMismatchError):
        isthmus.load(f"mended:{tmp_path}")
    write_tensors(tmp_path / WEIGHTS, {name: x[..., :1] for name, x in kept.items()}, {})
    with pytest.raises(RequestError, match="no weight"):
        isthmus.load(f"mended:{tmp_path}")
    (tmp_path / WEIGHTS).unlink()
    with pytest.raises(RequestError, match="does not hold"):
        isthmus.load(f"mended:{tmp_path}")


def test_a_fit_of_heads_leaves_no_weights_of_towers_behind(tmp_path):
    job = opened()
    fit(job, [Recipe(**{**QUICK, "towers": BOTH, "epochs": 1})], tmp_path, origin="fresh")
    heads = replace(job, towers=None)
    fit(heads, [Recipe(**{**QUICK, "head": "linear", "epochs": 1})], tmp_path, origin="fresh")
    assert not (tmp_path / WEIGHTS).exists()
    isthmus.load(f"mended:{tmp_path}")


def test_a_training_that_was_killed_goes_on_to_the_same_bytes(tmp_path):
    whole = learn(task(head="linear"), tmp_path / "whole")
    with pytest.raises(KilledError):
        learn(task(head="linear"), tmp_path / "killed", killed_after(2))
    went_on = learn(task(head="linear"), tmp_path / "killed")
    assert went_on.log == whole.log
    assert all(np.array_equal(x, whole.weights[name]) for name, x in went_on.weights.items())


def test_one_tower_learns_while_the_other_is_locked():
    """Source of the setting: Zhai et al. 2022, LiT."""
    job = task(("text",), freeze=("image",))
    towers = job.towers
    names = set(towers.parameters)
    assert names and not any(name.startswith(("blocks", "seen")) for name in names)
    learned = learn(job)
    mended = learned.model.mended(
        job.held.a.space.then(tuning(learned.weights)), job.recipe, job.pairs.n
    )
    towers.take(learned.weights)
    image, text = (towers.embedded(some, towers.step) for some in (job.held.a, job.held.b))
    assert np.allclose(mended(image).unit, job.held.a.unit, atol=1e-6)
    assert not np.allclose(mended(text).unit, job.held.b.unit, atol=0.05)


def test_activations_that_are_computed_again_give_the_same_slopes(monkeypatch):
    gradients = []
    for at_once in (64, 5):
        monkeypatch.setattr(room, "AT_ONCE", at_once)
        towers = Towers(isthmus.load("fresh", device="cpu"), world().items, BOTH)
        a, b = (towers.unit(m, list(towers.items[m])[:17]) for m in BOTH)
        torch.logsumexp(5 * a @ b.T, dim=1).sum().backward()
        gradients.append({name: x.grad for name, x in towers.parameters.items()})
    for name, x in gradients[0].items():
        assert torch.allclose(x, gradients[1][name], rtol=1e-3, atol=1e-5), name


def test_more_items_than_memory_holds_are_read_again(monkeypatch):
    monkeypatch.setattr(room, "KEPT", 50_000)
    small = task(epochs=1)
    monkeypatch.setattr(room, "KEPT", 2 << 30)
    large = task(epochs=1)
    assert learn(small).log == learn(large).log
    assert 0 < len(small.towers.prepared) < len(large.towers.prepared)


def test_what_cannot_be_trained_is_said():
    with pytest.raises(RequestError, match="no torch module"):
        trainable(isthmus.load("mini"), ("image",))
    with pytest.raises(RequestError, match="not 'sound'"):
        trainable(isthmus.load("fresh"), ("sound",))
    for wrong in (
        {"head": "none"}, {"head": "none", "towers": BOTH, "dim": 8},
        {"towers": ("text",), "freeze": ("text",)}, {"towers": BOTH, "tower_rate": 0.0},
    ):  # fmt: skip
        with pytest.raises(RequestError):
            Recipe(**wrong).check()
    with pytest.raises(RequestError, match="number"):
        isthmus.load("fresh:often")


def test_fresh_towers_keep_an_encoders_contract_and_differ_by_seed():
    from isthmus.testing import check_model

    some = {m: list(world().items[m])[:4] for m in BOTH}
    fresh = isthmus.load("fresh")
    check_model({modality: fresh[modality] for modality in BOTH}, some)
    ids = {isthmus.load(name)["text"].space.id for name in ("fresh", "fresh:0", "fresh:1")}
    assert len(ids) == 2
    long = Items("text", ("long",), ["word " * 80])
    assert isthmus.load("fresh")["text"].truncated([*long, "short"]) == [True, False]


def slopes_of_one_step(folder):
    """The gradients of a step over all objects, as AdamW's first moment keeps them."""
    learn(task(epochs=1, head="linear", pairs=62), folder)
    arrays = read_tensors(folder / CHECKPOINT)[0]
    return {name: 10 * x for name, x in arrays.items() if name.startswith("first/tower.")}


def work(rank, port, folder):
    call_as_torchrun(rank, port)
    with process_group():
        learn(task(epochs=1, head="linear", pairs=62), folder)


@pytest.mark.slow
def test_two_processes_train_towers_as_one(tmp_path):
    torch.multiprocessing.spawn(work, (free_port(), tmp_path / "two"), nprocs=2)
    arrays = read_tensors(tmp_path / "two" / CHECKPOINT)[0]
    alone = slopes_of_one_step(tmp_path / "one")
    apart = [np.linalg.norm(10 * arrays[name] - x) for name, x in alone.items()]
    size = np.linalg.norm([np.linalg.norm(x) for x in alone.values()])
    assert np.linalg.norm(apart) <= 1e-6 * size
