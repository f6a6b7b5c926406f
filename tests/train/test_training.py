"""Training: it learns, it goes on after a kill, it stops at nonsense, several processes are one."""

import csv

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (isthmus[train])")

from isthmus.encode.mended import read_mended  # noqa: E402
from isthmus.engine.processes import process_group  # noqa: E402
from isthmus.lab import save_mended  # noqa: E402
from isthmus.measure.statistics.searches import scores_between  # noqa: E402
from isthmus.store import packed, read_tensors, write_tensors  # noqa: E402
from isthmus.studies.evaluate.splits import split_dataset  # noqa: E402
from isthmus.studies.fit.run import fit  # noqa: E402
from isthmus.studies.fit.training import TrainingData  # noqa: E402
from isthmus.train import HEADS, LOSSES, loop  # noqa: E402
from isthmus.train.checkpoints import (  # noqa: E402
    FILE,
    write_events,
)
from isthmus.train.loop import Task, learn  # noqa: E402
from isthmus.train.recipe import Recipe  # noqa: E402
from isthmus.types import RequestError  # noqa: E402
from tests.train import spaces  # noqa: E402
from tests.train.runs import KilledError, call_as_torchrun, free_port, killed_after  # noqa: E402
from tests.train.spaces import pair, study  # noqa: E402

QUICK = {"pairs": 32, "rate": 0.02, "epochs": 8}


def task(**how):
    return spaces.task(**{**QUICK, **how})


def arrays(learned):
    return packed(learned.model)[0]


@pytest.mark.parametrize("loss", [*LOSSES, "cloob"])
def test_every_loss_learns_to_undo_a_rotation(loss):
    learned = learn(task(loss=loss, epochs=12, scale=5.0))
    start = learn(task(loss=loss, epochs=1, rate=1e-9)).score
    assert start < 0.45 < learned.score


@pytest.mark.parametrize("loss", ["multi_positive", "cloob"])
def test_several_pairs_of_an_object_train_as_matches(loss):
    assert learn(task(loss=loss, per_object=2, epochs=12, scale=5.0)).score > 0.45


@pytest.mark.parametrize("head", [name for name in HEADS if name != "none"])
def test_every_head_learns(head):
    assert learn(task(head=head, hidden=64, epochs=12, scale=5.0)).score > 0.5


@pytest.mark.parametrize(
    "similarity",
    ["angle", "cosine", "dot", "euclidean", "lorentz", "exterior_angle", "bilinear", "mahalanobis"],
)
def test_every_similarity_is_trained_and_kept_with_the_space(similarity, tmp_path):
    job = task(similarity=similarity, scale=5.0, epochs=12)
    learned, parent = learn(job), job.held.a.space
    assert learned.score > 0.45
    mended = learned.model.mended(parent, job.recipe, job.pairs.n)
    save_mended(mended, tmp_path, "nowhere")
    again = read_mended(tmp_path)[0]
    assert again.space == mended.space and again.space.chain[-1].verb == "fit"
    for held in ((job.held.b, job.held.a), (job.held.a, job.held.b)):
        scores = [
            np.concatenate([tile for _, tile in scores_between(one(held[0]), one(held[1])).tiles()])
            for one in (mended, again)
        ]
        assert np.allclose(*scores, atol=1e-6)
    text, image = (again(some) for some in (job.held.b, job.held.a))
    asked = next(scores_between(text, image).tiles())[1]
    turned = next(scores_between(image, text).tiles())[1]
    assert np.allclose(asked, turned.T, atol=1e-4)


def test_a_training_that_was_killed_goes_on_to_the_same_bytes(tmp_path):
    whole = learn(task(patience=20), tmp_path / "whole")
    with pytest.raises(KilledError):
        learn(task(patience=20), tmp_path / "killed", killed_after(3))
    went_on = learn(task(patience=20), tmp_path / "killed")
    assert went_on.log == whole.log and len(whole.log) == 8
    assert all(np.array_equal(x, arrays(whole)[name]) for name, x in arrays(went_on).items())
    table = (tmp_path / "killed" / "log.csv").read_bytes()
    assert table == (tmp_path / "whole" / "log.csv").read_bytes()
    rows = list(csv.DictReader(table.decode().splitlines()))
    assert [int(row["epoch"]) for row in rows] == list(range(1, 9))


def test_the_log_is_written_as_tensorboard_events_once(tmp_path):
    pytest.importorskip("tensorboardX", reason="tensorboardX is not installed (isthmus[train])")
    from tensorboardX.proto.event_pb2 import Event

    log = learn(task(epochs=3)).log
    for _ in range(2):
        write_events(log, tmp_path)
    (file,) = tmp_path.glob("events.*")
    raw, found = file.read_bytes(), {}
    while raw:  # TFRecord: a length, its checksum, the event, its checksum
        size = int.from_bytes(raw[:8], "little")
        event, raw = Event.FromString(raw[12 : 12 + size]), raw[size + 16 :]
        found |= {(one.tag, event.step): one.simple_value for one in event.summary.value}
    for row in log:
        assert found["loss", row["step"]] == pytest.approx(row["loss"], rel=1e-5)
    assert len(found) == 3 * (len(log[0]) - 2)


def test_a_gradient_that_is_not_finite_stops_and_keeps_the_last_good_epoch(tmp_path):
    wild = task(temperature="scheduled", scale=1.0, last_scale=1e39, patience=20, epochs=10)
    with pytest.raises(RequestError, match=r"not finite at step \d+ \(epoch (\d+)") as stop:
        learn(wild, tmp_path)
    assert str(tmp_path / FILE) in str(stop.value)
    kept = read_tensors(tmp_path / FILE)[0]
    assert kept and all(np.isfinite(x).all() for x in kept.values())


def test_a_checkpoint_of_something_else_is_refused(tmp_path):
    learn(task(epochs=1), tmp_path)
    with pytest.raises(RequestError, match="another recipe"):
        learn(task(epochs=2), tmp_path)
    found, meta = read_tensors(tmp_path / FILE)
    newer = meta["isthmus"].replace("isthmus-checkpoint/1", "isthmus-checkpoint/2")
    write_tensors(tmp_path / FILE, found, {"isthmus": newer})
    with pytest.raises(RequestError, match="newer isthmus"):
        learn(task(epochs=1), tmp_path)
    (tmp_path / FILE).write_bytes(b"no checkpoint")
    with pytest.raises(RequestError, match="whole checkpoint"):
        learn(task(epochs=1), tmp_path)


def test_a_frozen_modality_stays_and_the_best_epoch_is_kept():
    job = task(freeze=("image",), epochs=4)
    mended = learn(job).model.mended(job.held.a.space, job.recipe, job.pairs.n)
    assert np.array_equal(mended(job.held.a).vectors, job.held.a.unit)
    assert not np.allclose(mended(job.held.b).vectors, job.held.b.unit, atol=0.01)
    learned = learn(task(epochs=6))
    scores = [row["held-out reciprocal rank"] for row in learned.log]
    assert learned.score == max(scores) == scores[learned.epoch - 1]


def test_alignment_and_spread_centroids_make_the_gap_smaller():
    gaps = [
        learn(task(**how, epochs=6)).log[-1]["held-out gap"]
        for how in ({}, {"regularisers": ("centroid_uniformity=1", "alignment=5")})
    ]
    assert gaps[1] < gaps[0]


def work(rank, port, folder):
    """Plain, and with the logits of all processes in tiles."""
    call_as_torchrun(rank, port)
    with process_group():  # once: a second one on this port may meet the store of the first
        for least in (10**9, 2):
            loop.TILED_FROM = least
            learned = learn(task(similarity="bilinear", swap=0.2, epochs=3))
            write_tensors(folder / f"{rank}-{least}.safetensors", arrays(learned), {})


@pytest.mark.slow
def test_two_processes_train_as_one(tmp_path):
    torch.multiprocessing.spawn(work, (free_port(), tmp_path), nprocs=2)
    alone = arrays(learn(task(similarity="bilinear", swap=0.2, epochs=3)))
    written = list(tmp_path.glob("*.safetensors"))
    assert len(written) == 4
    for path in written:
        found = read_tensors(path)[0]
        for name, x in alone.items():
            assert np.linalg.norm(found[name] - x) <= 1e-5 * max(np.linalg.norm(x), 1e-3)


def test_a_sweep_keeps_what_held_out_objects_like_best(tmp_path):
    parts = TrainingData(split_dataset(study(objects=150), {}, 0))
    recipes = [Recipe(**QUICK, scale=5.0), Recipe(**{**QUICK, "rate": 1e-9}, loss="sigmoid")]
    done = fit(parts, recipes, tmp_path, seeds=(0, 1), origin="nowhere")
    assert done is not None and done.chosen == "info_nce, cosine, linear"
    own, raw = done.rows[done.chosen], done.rows[""]
    assert own.hits.value > raw.hits.value + 0.3 and own.hits_change.interval.low > 0.2
    assert read_mended(tmp_path)[0].space == done.mended.space
    assert len(list(tmp_path.glob("variants/*/log.csv"))) == 4
    page = (tmp_path / "report.html").read_text()
    assert "R@1 and uniformity" in page and "mended:" in str(done)
    again = fit(parts, recipes, tmp_path, seeds=(0, 1), origin="nowhere")
    assert again is not None and again.record == done.record


def test_pairs_that_are_all_alike_train_without_nonsense():
    same = pair(objects=40, views=1)
    flat = type(same)(
        same.a.__class__(np.ones_like(same.a.vectors), same.a.ids, "image", same.a.space),
        same.b.__class__(np.ones_like(same.b.vectors), same.b.ids, "text", same.b.space),
        same.rows,
    )
    learned = learn(Task(flat, flat, Recipe(**QUICK, similarity="lorentz")))
    assert all(np.isfinite(x).all() for x in arrays(learned).values())


def test_what_is_kept_is_of_the_best_epoch_and_not_of_the_last(monkeypatch):
    def kept(*scores):
        left = [score for score in (0.0, *scores) for _ in range(2)]  # before training, and 2 ways
        monkeypatch.setattr(loop, "_reciprocal_rank", lambda _pair: left.pop(0))
        return learn(task(epochs=3))

    first, last = kept(0.9, 0.5, 0.4), kept(0.1, 0.5, 0.9)
    assert (first.score, first.epoch, last.epoch) == (0.9, 1, 3)
    assert [row["held-out reciprocal rank"] for row in first.log] == [0.9, 0.5, 0.4]
    moved = [np.abs(value - arrays(last)[name]).max() for name, value in arrays(first).items()]
    assert max(moved) > 1e-3
