"""Which trained space is kept, what it is compared with, and what the page says."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (isthmus[train])")

from isthmus.encode.mended import read_mended  # noqa: E402
from isthmus.studies.evaluate import in_points, with_interval  # noqa: E402
from isthmus.studies.evaluate.evaluation import RAW  # noqa: E402
from isthmus.studies.evaluate.scores import mended_dataset, space_scores  # noqa: E402
from isthmus.studies.evaluate.splits import split_dataset  # noqa: E402
from isthmus.studies.fit import training  # noqa: E402
from isthmus.studies.fit.page import verdict  # noqa: E402
from isthmus.studies.fit.run import fit  # noqa: E402
from isthmus.studies.fit.training import TrainingData, Variant, evaluate_all  # noqa: E402
from isthmus.studies.shared.dataset import Dataset  # noqa: E402
from isthmus.train.recipe import Recipe  # noqa: E402
from isthmus.transform.mended import fit_mended  # noqa: E402
from isthmus.types import Calibration  # noqa: E402
from tests.studies.evaluations import evaluation, space  # noqa: E402
from tests.transform.clouds import pair_sets  # noqa: E402

LOG = [
    {"loss": loss, "held-out reciprocal rank": 0.5, "held-out gap": 0.5, "scale": 9.0}
    for loss in (1.5, 1.0)
]


@pytest.fixture(scope="module")
def splits():
    return split_dataset(Dataset(*pair_sets(n=100, views=2, noise=0.8, gap=3.0)), {}, 0)


def variant(splits, chain, **known):
    train = splits.train
    fitted = Calibration.of(train.a, train.b, train.links)
    return Variant(fit_mended(chain, fitted, train.a.space), splits, log=LOG, **known)


@pytest.fixture(scope="module")
def found(splits):
    """A good variant whose seeds differ, and a useless one."""
    good = [variant(splits, "mean_removal", seconds=2.0), variant(splits, "", seconds=4.0)]
    return evaluate_all(splits, {"good": good, "idle": [variant(splits, "")] * 2}, 0)


def test_seeds_are_averaged_and_compared_with_the_space_as_it_is(splits, found):
    assert (found.fitted_on, found.held_out, found.repeats) == (70, 20, 2)
    raw, good, idle = (found.rows[name] for name in ("", "good", "idle"))
    assert idle.mixed == raw.mixed and idle.mixed_change.value == 0
    test = mended_dataset(splits.test, variant(splits, "mean_removal").mended)
    rng = np.random.default_rng(0)
    some = (np.array([0.9, 0.8]), np.array([0.1, 0.2]))
    own = [space_scores(x, some, rng, 0.0).backward.mixed.mean() for x in (test, splits.test)]
    assert good.scores.backward.mixed.value == pytest.approx(np.mean(own))
    assert own[0] > own[1] and good.mixed_change.value > 0
    assert (good.seconds, raw.seconds) == (3.0, 0.0)
    gap = good.scores.geometry.gap
    assert gap.interval.low < gap.value < raw.scores.geometry.gap.value
    assert np.nanmean(found.bounds[0].ceiling) > 0.9


def test_probabilities_are_fitted_on_the_objects_that_training_was_stopped_by(splits, found):
    shuffled = np.random.default_rng(0).permutation(len(splits.val.b))
    val = splits.val
    wrong = replace(val, b=replace(val.b, vectors=val.b.vectors[shuffled]))
    other = replace(splits, val=wrong)
    spoilt = evaluate_all(other, {"idle": [variant(other, "")] * 2}, 0)
    errors = [x.rows["idle"].scores.calibration_error.value for x in (found, spoilt)]
    assert errors[0] + 0.05 < errors[1], errors
    assert spoilt.rows["idle"].hits == found.rows["idle"].hits


def kept(splits, monkeypatch, out=None, **scores):
    """What ``fit`` makes of trainings that ended with these scores on held-out objects."""
    chains = {"first": "", "second": "mean_removal", "third": "score_standardised"}
    variants = {
        name: [variant(splits, chains[name], score=score) for score in some]
        for name, some in scores.items()
    }
    monkeypatch.setattr(training, "train_all", lambda *_: variants)
    data = TrainingData(splits)
    return fit(data, [Recipe()], out, seeds=range(5, 7), origin="nowhere")


def test_the_best_on_held_out_objects_is_kept_not_the_best_on_test_objects(
    splits, monkeypatch, tmp_path
):
    done = kept(
        splits, monkeypatch, tmp_path, first=(0.5, 0.6), second=(0.9, 0.1), third=(0.2, 0.2)
    )
    assert (
        done.chosen == "first" and done.rows["second"].mixed.value > done.rows["first"].mixed.value
    )
    assert read_mended(tmp_path)[0].chain == done.mended.chain == ""
    again = kept(splits, monkeypatch, first=(0.5, 0.5), second=(0.9, 0.2), third=(0.2, 0.2))
    assert again.chosen == "second" and again.mended.chain == "mean_removal"
    assert again.folder is None
    own = again.rows["second"]
    assert f"its R@1 is {with_interval(own.hits)}" in again.page
    assert in_points(own.hits_change) in again.verdict and str(own.hits.interval) not in again.page
    assert f"{own.of_ceiling.value:.1%} of the ceiling" in again.page


@pytest.mark.parametrize(
    ("hits", "epoch", "says"),
    [
        (0.4, 0, "Training did not help; the start is kept"),
        (0.6, 3, "Training helped: R@1 changes by +10.0"),
        (0.4, 3, "Training did harm: R@1 changes by −10.0"),
        (0.5, 3, "Training did not help R@1 for sure: R@1 changes by +0.0"),
    ],
)
def test_whether_training_helped_is_said_plainly(hits, epoch, says):
    found = evaluation({"": space(0.5, 0.2), "own": space(hits, 0.2)})
    assert verdict(found, "own", epoch).startswith(says)


def test_a_training_without_a_better_epoch_says_that_the_start_is_kept(splits, monkeypatch):
    idle = replace(variant(splits, ""), epoch=0)
    monkeypatch.setattr(training, "train_all", lambda *_: {"only": [idle]})
    done = fit(TrainingData(splits), [Recipe()])
    assert str(done).startswith("Training did not help; the start is kept")
    assert done.verdict in done.page


def test_the_first_seed_is_kept(splits, monkeypatch):
    several = [variant(splits, chain) for chain in ("score_standardised", "mean_removal")]
    monkeypatch.setattr(training, "train_all", lambda *_: {"only": several})
    done = fit(TrainingData(splits), [Recipe()], seeds=(0, 1))
    assert done.mended.chain == "score_standardised"


def test_a_variant_is_scored_on_the_items_as_its_own_towers_embed_them(splits):
    noise = np.random.default_rng(0).normal(size=splits.test.b.vectors.shape).astype(np.float32)
    test = replace(splits.test, b=replace(splits.test.b, vectors=noise))
    own = replace(variant(splits, ""), splits=replace(splits, test=test))
    found = evaluate_all(splits, {"lost": [own] * 2}, 0)
    assert found.rows["lost"].hits.value < 0.2 < 0.5 < found.rows[""].hits.value


def test_the_record_and_the_page_hold_every_variant(splits, monkeypatch):
    done = kept(splits, monkeypatch, first=(0.5, 0.6), second=(0.9, 0.1), third=(0.2, 0.2))
    record = done.record
    assert set(record) == {
        "space", "seeds", "versions", "trained_on", "judged_on", "parts_drawn", "chosen",
        "variants", "bounds",
    }  # fmt: skip
    assert (record["trained_on"], record["judged_on"], record["seeds"]) == (70, 20, [5, 6])
    assert record["parts_drawn"] and record["chosen"] == "first" and len(record["bounds"]) == 14
    assert list(record["variants"]) == [RAW, "first", "second", "third"]
    assert set(done.seconds) == set(record["variants"])
    assert list(done.curves) == [
        f"{name}, seed {seed}" for name in ("first", "second", "third") for seed in (5, 6)
    ]
    page = done.page
    for row in done.rows.values():
        assert f"{row.mixed.value:.3f} <" in page and row.name in page
    own = done.rows["first"]
    assert "first had the best score" in page and f"R@1 is {own.hits.value:.3f}" in page
    assert "isthmus sweep" in page and "2 seeds averaged" in page and "drawn at random" in page
    assert (
        "variants that none beats" in page
        and "R@1 and calibration error" in page
        and "seconds of" not in page
    )
    assert "20 image items" in page  # ten objects to stop by
    lines = str(done).splitlines()
    assert [line.split("  ")[0] for line in lines[2:6]] == [RAW, "first", "second", "third"]
    assert with_interval(own.hits) in lines[3] and lines[0] == done.verdict


def test_one_training_has_no_fronts(splits, monkeypatch):
    variants = {"only": [variant(splits, "mean_removal", score=0.5)]}
    monkeypatch.setattr(training, "train_all", lambda *_: variants)
    done = fit(TrainingData(replace(splits, drawn=False)), [Recipe()])
    assert "Fronts" not in done.page and "isthmus fit" in done.page
    assert "as the data say" in done.page and not done.record["parts_drawn"]


def test_options_of_fit_need_no_torch():
    words = "import sys; from isthmus.studies import request_type; request_type('sweep')"
    check = f"{words}; request_type('fit'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
