"""The optimiser: which parameters learn, decay and warm up, and what a restart brings back."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (isthmus[train])")

from isthmus.store import packed  # noqa: E402
from isthmus.train import loop  # noqa: E402
from isthmus.train.checkpoints import Progress, read_checkpoint, write_checkpoint  # noqa: E402
from isthmus.train.loop import learn  # noqa: E402
from isthmus.train.model import initial_model  # noqa: E402
from isthmus.train.parameters import Parameters  # noqa: E402
from isthmus.train.recipe import Recipe  # noqa: E402
from isthmus.train.towers import Towers  # noqa: E402
from tests.train.spaces import task  # noqa: E402

QUICK = {"pairs": 48, "rate": 0.02, "epochs": 2}


def parameters(progress=None, **how):
    recipe = Recipe(**how)
    arrays, shape = packed(initial_model(recipe, task(**how).sides, 0))
    return Parameters(recipe, None, shape, progress or Progress.start(arrays), torch.device("cpu"))


def rates(some, steps):
    found = []
    for done in range(steps):
        some.schedule(done, steps)
        found.append(some.optimiser.param_groups[0]["lr"])
    return found


def test_the_learning_rate_rises_for_a_twentieth_and_falls_to_nothing():
    found = rates(parameters(rate=0.5), 200)
    assert np.allclose(found[:10], 0.05 * np.arange(1, 11), rtol=0.02)
    assert max(found) == pytest.approx(0.5, rel=0.01) and np.argmax(found) in (9, 10)
    assert (np.diff(found[10:]) < 0).all()
    assert found[100] == pytest.approx(0.25) and found[-1] < 1e-4


def test_towers_have_a_rate_of_their_own():
    matrix, towers = torch.zeros(2, 2, requires_grad=True), Towers.__new__(Towers)
    towers.parameters, towers.reached = {"matrix": matrix}, {}
    recipe = Recipe(rate=0.5, tower_rate=0.001, decay=0.3)
    arrays, shape = packed(initial_model(recipe, task().sides, 0))
    progress = Progress.start({**arrays, "tower.matrix": np.full((2, 2), 7.0)})
    some = Parameters(recipe, towers, shape, progress, torch.device("cpu"))
    by_rate = {group["most"]: group["params"] for group in some.optimiser.param_groups}
    assert by_rate[0.001] == [matrix]
    assert (matrix == 7).all()


def test_matrices_decay_and_vectors_do_not():
    some = parameters(decay=0.3)
    decays = {
        id(x): group["weight_decay"]
        for group in some.optimiser.param_groups
        for x in group["params"]
    }
    assert {x.ndim for x in some.trained.values()} == {1, 2}
    for name, x in some.trained.items():
        assert decays[id(x)] == (0.3 if x.ndim == 2 else 0), name


def test_decay_makes_matrices_smaller():
    norms = []
    for decay in (0.0, 5.0):
        learned = learn(task(**QUICK, decay=decay))
        matrices = [x for x in packed(learned.model)[0].values() if x.ndim == 2]
        norms.append(float(np.linalg.norm(np.concatenate([x.ravel() for x in matrices]))))
    assert norms[1] < 0.95 * norms[0]


@pytest.mark.parametrize(
    ("how", "learn_them"),
    [
        ({}, {"log_scale", "own.text.0.matrix", "own.image.0.matrix"}),
        ({"temperature": "fixed"}, {"own.text.0.matrix"}),
        ({"loss": "sigmoid"}, {"bias", "log_scale"}),
        ({"freeze": ("image",)}, {"own.text.0.bias"}),
    ],
)
def test_only_what_is_to_learn_learns(how, learn_them):
    trained = set(parameters(standardise=True, **how).trained)
    assert learn_them <= trained
    assert not any(name.startswith("fixed") for name in trained)
    assert ("log_scale" in trained) == (how.get("temperature") != "fixed")
    assert ("bias" in trained) == (how.get("loss") == "sigmoid")
    assert any(name.startswith("own.image") for name in trained) == ("freeze" not in how)


def test_a_scheduled_temperature_goes_from_one_end_to_the_other():
    some = parameters(temperature="scheduled", scale=2.0, last_scale=50.0)
    found = []
    for done in range(5):
        some.schedule(done, 5)
        found.append(float(some.model.log_scale.detach().exp()))
    assert found == pytest.approx([2 * 25 ** (share / 4) for share in range(5)], rel=1e-5)


def test_a_learned_temperature_stays_below_its_most():
    some = parameters(scale=4.0, last_scale=5.0)
    for _ in range(40):
        some.schedule(0, 1)
        (-some.model.log_scale.sum()).backward()
        some.optimiser.param_groups[-1]["lr"] = 0.1
        some.step()
    assert float(some.model.log_scale.detach().exp()) == pytest.approx(5.0, rel=1e-6)
    fixed = learn(task(**QUICK, temperature="fixed", scale=7.0)).log
    assert [row["scale"] for row in fixed] == pytest.approx([7.0, 7.0], rel=1e-6)
    free = learn(task(**QUICK, scale=7.0)).log
    assert abs(free[-1]["scale"] - 7) > 0.01


def test_logits_are_scaled_similarities_with_a_bias():
    job = task(**QUICK)
    model = initial_model(Recipe(loss="sigmoid", scale=3.0), job.sides, 0)
    a, b = np.eye(4)[:2] * 2, np.eye(4)[:3]
    assert model.logits(a, b) == pytest.approx(3 * np.eye(4)[:2, :3] - 10)


def test_the_loss_is_of_logits_at_the_temperature_of_the_recipe():
    blunt, sharp = (
        learn(task(pairs=48, epochs=1, rate=1e-9, scale=s)).log[0]["loss"] for s in (1e-4, 8.0)
    )
    assert blunt == pytest.approx(np.log(48), abs=1e-3)
    assert sharp > blunt + 1  # two rotations that nobody has undone yet


def test_a_restart_brings_back_the_moments_and_the_count_of_steps(tmp_path):
    some = parameters(**QUICK)
    for _ in range(3):
        sum((x + x**2).sum() for x in some.trained.values()).backward()
        some.step()
    progress = Progress({**some.arrays(), "best": some.arrays()["now"]}, 1, 3)
    write_checkpoint(progress, tmp_path, "key")
    again = parameters(read_checkpoint(tmp_path, "key"), **QUICK)
    for name, x in some.trained.items():
        old, new = some.optimiser.state[x], again.optimiser.state[again.trained[name]]
        assert float(old["step"]) == float(new["step"]) == 3
        for moment in ("exp_avg", "exp_avg_sq"):
            assert torch.equal(old[moment], new[moment]) and float(new[moment].abs().sum()) > 0
        assert torch.equal(x, again.trained[name])


def test_training_stops_when_nothing_gets_better_for_long_enough():
    still = {"pairs": 48, "rate": 1e-9, "epochs": 9}
    for patience in (1, 3):
        learned = learn(task(**still, patience=patience))
        assert len(learned.log) == patience and learned.epoch == 0
    assert len(learn(task(**QUICK, patience=9)).log) == QUICK["epochs"]


def test_a_score_that_gets_better_gives_new_patience():
    learned = learn(task(pairs=48, rate=0.02, epochs=12, patience=2, scale=5.0))
    scores = [row["held-out reciprocal rank"] for row in learned.log]
    best = int(np.argmax(scores))
    assert len(scores) == min(12, best + 1 + 2) and learned.epoch == best + 1


def test_gradients_of_heads_are_summed_over_processes_and_others_are_not(monkeypatch):
    seen = []
    monkeypatch.setattr(loop, "summed", lambda some: seen.append(len(list(some))))
    job = task(**QUICK, similarity="bilinear", shared=True)
    learn(job)
    # two heads and a trunk of a matrix and a bias each; the temperature and the similarity see all
    assert set(seen) == {6}


def test_angles_of_the_schedule_are_those_of_a_cosine():
    found = rates(parameters(rate=1.0), 100)
    expected = [(1 + math.cos(math.pi * done / 100)) / 2 for done in range(10, 100)]
    assert found[10:] == pytest.approx(expected)
