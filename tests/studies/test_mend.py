"""Which remedy is recommended, what the page says of it, and the space that is kept."""

import json
from dataclasses import replace

import numpy as np
import pytest

from isthmus.encode.mended import read_mended
from isthmus.registry import UnknownPartError
from isthmus.report import figure as report_figure
from isthmus.scores import SCORE_RULES
from isthmus.studies.evaluate.calibration import (
    CalibrationScore,
    CalibrationScores,
)
from isthmus.studies.evaluate.cross_validation import CrossValidation, cross_validated
from isthmus.studies.evaluate.evaluation import RAW, chain_name
from isthmus.studies.evaluate.splits import linked_sample
from isthmus.studies.mend import run
from isthmus.studies.mend.choose import (
    Judged,
    choice,
)
from isthmus.studies.mend.page import Said, mend_page, usage
from isthmus.studies.mend.request import REMEDIES, MendRequest
from isthmus.studies.mend.run import mend
from isthmus.studies.shared.dataset import About, Dataset
from isthmus.transform import CORRECTIONS
from isthmus.transform.mended import Fits
from isthmus.types import EmbeddingSet, Links, RequestError
from tests.studies.evaluations import N, around, sided, space
from tests.transform.clouds import pair_sets

FEW = ("mean_removal", "score_standardised", "symmetric_normalised+match_odds")


def two_sided(n=60, views=2, noise=0.8):
    """Objects of two images and a text each, across a wide gap, in two classes."""
    a, b, links = pair_sets(n=n, views=views, noise=noise, gap=3.0)
    labels = {name: f"class {int(name.split('/')[0]) % 2}" for name in (*a.ids, *b.ids)}
    return Dataset(a, b, links, About(labels=labels))


def chosen(found):
    return choice(Judged((found,))).chain


# the page


def test_the_page_holds_every_table_and_the_picture_its_ceiling(monkeypatch):
    pictures = []

    def figure(key, title, results, sentence):
        pictures.append((key, *results))
        return report_figure(key, title, results, sentence)

    monkeypatch.setattr("isthmus.studies.mend.page.figure", figure)
    found = sided({"": space(0.5, 0.2), "mean_removal": space(0.6, 0.4)})
    score = CalibrationScore("cosine", 0.25, around(0.011), around(0.123), 0.1875)
    rest = replace(score, share=0.5), replace(score, share=0.01)
    kept = CalibrationScores(25, 4, (score, *rest), around(0.2), ((0.25, 0.9, 0.345),))
    data = Dataset(*pair_sets(n=N), About(title="Something", faults={"x": "broken"}))
    tables = [Judged((found,)), Judged((replace(found, fitted_on=12),))]
    words = ("Recommended: this.", "Do this.")
    said = Said(words, usage("mini", "mean_removal", "mean_removal"), ())
    page = mend_page(tables, choice(tables[0]), kept, said, data, 7)
    assert "mended:FOLDER" in page and page.index("Do this.") < page.index("mended:FOLDER")
    assert "isthmus search" in page and '<p class="verdict">Recommended: this.</p>' in page
    page = page.replace('<span class="whole">', "").replace("</span>", "")
    for origin in ("", "arrays:pairs.npz"):  # vectors alone encode no query
        assert "isthmus search" not in "".join(usage(origin, "csls", "csls"))
    assert page.count("rule: other modality first") == page.count("rule: in turn") == 2
    for size in (25, 12):
        assert f"fitted on {size} linked objects" in page
    for caption in (
        "Each remedy by mixed search",
        "Each way by itself",
        "Geometry of held-out items",
    ):
        assert page.count(caption) >= 2
    assert page.count("There is no reason.") == 2 and "<h1>Mend: Something</h1>" in page
    for text in ("Do this.", "0.1230", "0.1875", "25%", "0.345", "20.00% of held-out", "90%"):
        assert text in page, text
    assert "0.011 (−0.089 to 0.111)" in page
    assert [key for key, _ in pictures] == ["pareto-25", "pareto-12"]
    drawn = pictures[0][1]
    assert drawn.ceiling == pytest.approx(0.805) and drawn.front == ("mean removal",)
    assert drawn.measure == "mixed gallery nDCG@10" and drawn.kind == "remedy"


# on data


@pytest.fixture(scope="module")
def found():
    return cross_validated(linked_sample(two_sided()), FEW, 30, splits=3)


def test_a_gap_hides_the_other_modality_and_remedies_find_it(found):
    rows = found.rows
    assert rows[""].hits.value > 0.5
    # the best of images for images is found, never the text: 1 of 2 and 0 of 2 matches
    assert rows[""].of_ceiling.value < 0.75
    assert rows["mean_removal"].mixed_change.interval.low > 0.05
    assert rows["symmetric_normalised+match_odds"].of_ceiling.value > 0.9
    assert all(row.of_ceiling.value <= 1 for row in rows.values())
    assert chosen(found) != ""


def test_rankings_within_one_modality_bound_what_score_rules_reach(found):
    for row in found.rows.values():
        for scores in row.scores.directions:
            assert scores.bounds.other_first.value <= scores.bounds.ceiling.value + 1e-9
            assert scores.mixed.value <= scores.bounds.ceiling.value + 1e-9


def test_links_that_mean_nothing_are_not_mended():
    data = two_sided()
    shuffled = np.random.default_rng(0).permutation(data.b.ids)
    other = dict(zip(data.b.ids, shuffled, strict=True))
    noise = replace(data, links=Links((a, other[b]) for a, b in data.links))
    done = mend(noise, None, MendRequest(remedies=FEW, calibrate=(30,), splits=3))
    assert done.recommended == "" == done.mended.chain
    assert "Nothing to mend" in done.verdict and done.verdict in done.page
    assert "nothing was mended" in done.page and "is the space after" not in done.page
    assert done.folder is None


WRONG = "csls+mean_removal"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mend")
    how = MendRequest(remedies=(*FEW, WRONG), calibrate=(12, 24), splits=2)
    data = two_sided(n=48)
    some = replace(data, links=Links(list(data.links)[:80]))  # forty objects
    some = replace(some, about=replace(some.about, faults={"broken": "It is empty."}))
    return folder, mend(some, folder / "a", how), mend(some, folder / "b", how)


def test_the_same_input_gives_the_same_bytes(kept):
    folder, *_ = kept
    for name in ("report.html", "report.json"):
        assert (folder / "a" / name).read_bytes() == (folder / "b" / name).read_bytes()


def test_the_recommended_chain_is_kept_fitted_on_everything(kept):
    folder, result, _ = kept
    back, _ = read_mended(folder / "a")
    assert back.chain == result.recommended == result.mended.chain != ""
    assert back.objects == 40 and back.space == result.mended.space


def test_the_record_holds_every_table(kept):
    folder, result, _ = kept
    record = json.loads((folder / "a" / "report.json").read_text())
    assert set(record) == {
        "faults", "space", "seed", "versions", "objects", "several", "recommended", "choice",
        "tables", "match_probabilities",
    }  # fmt: skip
    assert (record["objects"], record["several"]) == (40, ["image"])
    assert record["recommended"] == result.recommended and record["faults"]
    sizes = [(one["calibrated"], one["held_out"], one["splits"]) for one in record["tables"]]
    assert sizes == [(20, 20, 2), (12, 20, 2)]
    for table, rows in zip(record["tables"], result.tables.values(), strict=True):
        assert list(table["remedies"]) == [RAW, *(row.name for row in rows.values())][1:]
        assert list(table["not_fitted"]) == [WRONG] and len(table["bounds"]) == 14
        for row in rows.values():
            assert table["remedies"][row.name]["mixed"]["value"] == row.mixed.value
            assert "V-measure" in table["remedies"][row.name]
    probabilities = record["match_probabilities"]
    assert set(probabilities) == {
        "calibrated", "splits", "found", "alarms", "thresholds", "groups", "offered",
    }  # fmt: skip
    assert probabilities["groups"] == "labels" and probabilities["offered"]
    assert len(probabilities["found"]) == 8 and probabilities["calibrated"] == 20
    assert record["choice"]["best"] and set(record["choice"]["gain"]) == {"value", "interval"}
    assert "seconds" not in record["tables"][0]["remedies"][RAW]
    seconds = json.loads((folder / "a" / "timings.json").read_text())["seconds"]
    assert set(seconds) == {
        f"{row.name}, {size} objects" for size, rows in result.tables.items()
        for row in rows.values()
    }  # fmt: skip


def test_the_page_shows_each_remedy_and_those_that_could_not_be_fitted(kept):
    _, result, _ = kept
    page = result.page
    for size, rows in result.tables.items():
        assert f"Remedies fitted on {size} objects" in page
        for row in rows.values():
            assert f"{row.mixed.value:.3f} <" in page and row.name in page
            assert f"{row.of_ceiling.value:.1%}" in page
    assert "Remedies that could not be fitted" in page and "csls + mean removal" in page
    assert "maps must stand before" in page
    assert all(words in page for words in result.words)
    assert "80 of 96, linked" in page and "40 of 48, linked" in page
    assert "On the front, from mixed search to R@1: " in page
    assert page.count("Mixed search and R@1") >= 2
    for one in result.calibration.found:
        word = "better" if one.brier.value < one.constant else "worse"
        assert f"{one.brier.value:.4f}, {word} than that of a constant" in page
        assert f"{one.constant:.4f}" in page
    assert f"{result.calibration.alarms.value:.2%} of held-out" in page


def test_the_terminal_lists_the_best_first_and_says_where_the_space_is(kept):
    folder, result, _ = kept
    lines = str(result).splitlines()
    assert lines[0] == result.verdict and lines[0].startswith("Recommended: ")
    table = lines.index(next(line for line in lines if line.startswith("fitted on 20 objects")))
    name = chain_name(result.recommended)
    assert lines[table + 1].startswith(name)
    assert f"{result.tables[20][result.recommended].mixed.value:.3f}" in lines[table + 1]
    assert f"mended:{folder / 'a'} is the space after {name}" in str(result) and len(lines) <= 15


def test_the_largest_calibration_decides(monkeypatch):
    real = run.choice

    def by_size(found):
        chain = "mean_removal" if found.final.fitted_on == 12 else ""
        return replace(real(found), best=chain, gain=around(0.5), over_rule=around(0.5))

    monkeypatch.setattr(run, "choice", by_size)
    how = MendRequest(remedies=FEW[:1], calibrate=(8, 12), splits=2)
    done = mend(two_sided(n=24), None, how)
    assert done.recommended == done.mended.chain == "mean_removal" == done.record["recommended"]
    assert "Fitted on 12 objects" in done.words[0]


def test_the_chain_that_is_asked_for_is_kept():
    how = MendRequest(remedies=FEW[:1], calibrate=(12,), splits=2, keep="score_standardised")
    done = mend(two_sided(n=24), None, how)
    assert done.mended.chain == "score_standardised" != done.recommended
    assert "kept as --keep asks and not recommended" in done.page
    assert set(done.tables[12]) == {"", "mean_removal"}


def test_unknown_remedies_and_too_few_objects_are_refused():
    with pytest.raises(UnknownPartError, match="mean_removal"):
        mend(two_sided(), None, MendRequest(remedies=("mean_removel",)))
    with pytest.raises(RequestError, match="8 linked objects or more"):
        mend(two_sided(n=10), None, MendRequest(remedies=FEW))
    with pytest.raises(RequestError, match="2 splits or more"):
        MendRequest(splits=1)
    with pytest.raises(RequestError, match="2 splits or more"):
        cross_validated(two_sided(), (), 20, splits=1)


def test_identical_pairs_are_left_as_they_are(tmp_path):
    a, _, _ = pair_sets(n=40)
    copies = EmbeddingSet(a.vectors, a.ids, "text", a.space)
    how = MendRequest(remedies=("mean_removal",), calibrate=(20,), splits=2)
    done = mend(Dataset(a, copies), tmp_path, how)
    assert done.recommended == ""
    assert "leave the space as it is" in done.page
    for said in (done.page, str(done)):
        assert "No remedy was shown to help, so that nothing was mended" in said
        assert "is the space as it is, unchanged" in said and "is the space after" not in said
    back, _ = read_mended(tmp_path)
    assert np.array_equal(back(a).vectors, a.vectors)


@pytest.mark.slow
def test_real_clip_pairs_reach_the_bar_and_the_known_starting_points(shared_data):
    from isthmus.studies.shared.resolver import arrays_dataset

    data = arrays_dataset(shared_data / "clip_vitb16_coco500_pairs" / "pairs.npz")
    chains = ("mean_removal", "score_standardised", "symmetric_normalised+match_odds")
    for size in (250, 50):
        found = cross_validated(linked_sample(data), chains, size, splits=20)
        texts = {chain: row.scores.backward.mixed.value for chain, row in found.rows.items()}
        if size == 250:
            assert np.nanmean(found.bounds[1].ceiling) == pytest.approx(0.766, abs=0.01)
            assert texts[""] == pytest.approx(0, abs=0.001)
            assert texts["mean_removal"] == pytest.approx(0.23, abs=0.015)
            assert texts["score_standardised"] == pytest.approx(0.695, abs=0.015)
        best_row = found.rows[chains[-1]]
        assert best_row.of_ceiling.interval.high <= 1  # of the same scores
        assert best_row.rule_gain.value <= 1e-9  # one caption: the rule is the ceiling
        assert best_row.hits_change.interval.low > -0.005
        assert best_row.scores.calibration_error.value < 0.03


def test_a_run_that_was_stopped_goes_on_and_ends_in_the_same_bytes(tmp_path, monkeypatch):
    data, how = two_sided(n=24), MendRequest(remedies=FEW, calibrate=(12, 10), splits=3)
    mend(data, tmp_path / "whole", how)
    fits, real = [], Fits.fitted

    def stopped(self, chain):
        fits.append(chain)
        if len(fits) == 9:
            raise KeyboardInterrupt
        return real(self, chain)

    monkeypatch.setattr("os.cpu_count", lambda: 1)
    monkeypatch.setattr(Fits, "fitted", stopped)
    with pytest.raises(KeyboardInterrupt):
        mend(data, tmp_path / "part", how)
    assert list((tmp_path / "part" / "splits").rglob("*.safetensors"))
    mend(data, tmp_path / "part", how)
    assert len([chain for chain in fits[9:] if chain in ("", *FEW)]) < 2 * 3 * 4 + 40
    for name in ("report.html", "report.json"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "part" / name).read_bytes()
    assert not (tmp_path / "part" / "splits").exists()


def test_scores_of_a_split_are_kept_to_the_last_bit_and_other_data_have_another_place(tmp_path):
    data = linked_sample(two_sided(n=24))
    first = CrossValidation(data, 12, kept=tmp_path).scored(FEW, 2)
    ticks = []
    again = CrossValidation(data, 12, kept=tmp_path, tick=ticks.append).scored(FEW, 2)
    assert len(ticks) == 8
    for chain, one in first.object_scores.items():
        assert np.array_equal(one.mixed, again.object_scores[chain].mixed, equal_nan=True)
        assert np.array_equal(one.hits[10], again.object_scores[chain].hits[10], equal_nan=True)
    assert first.rows["mean_removal"].to_dict() == again.rows["mean_removal"].to_dict()
    places = {run.resumable(x, tmp_path, seed) for x, seed in
              ((data, 0), (data, 1), (linked_sample(two_sided(n=25)), 0))}  # fmt: skip
    assert len(places) == 3 and run.resumable(data, None, 0) is None


def test_long_work_is_told_what_it_is_and_the_quick_way(monkeypatch):
    bars, real = [], run.bar

    def seen(total, what, show, quick):
        bars.append((total, what, show, quick))
        return real(total, what, show, quick)

    monkeypatch.setattr(run, "bar", seen)
    data, how = two_sided(n=24), MendRequest(remedies=FEW[:1], calibrate=(12, 10), splits=2)
    mend(data, None, how)
    mend(data, None, replace(how, full=True), progress=True)
    (total, what, show, quick), full = bars
    assert (total, what, show) == (8, "remedies", False) and full[2]
    assert "one of 2 splits, at 12 and 10 objects" in quick and "Stopped, it goes on" in quick
    assert quick.endswith("Fewer --splits take less.")
    assert full[3].endswith("Without --full it takes a fraction.")


def test_remedies_are_made_of_what_is_registered():
    parts = {part for chain in REMEDIES for part in chain.split("+")}
    assert parts == {*CORRECTIONS, *SCORE_RULES}
    assert len(set(REMEDIES)) == len(REMEDIES)
