"""The referee on data whose answer is known, and the command around it."""

import json

import numpy as np
import pytest

from isthmus.cli import main
from isthmus.encode.mended import read_mended
from isthmus.registry import UnknownPartError
from isthmus.studies.given import About, StudyInput
from isthmus.studies.mend import Court, mend
from isthmus.studies.mend_choices import honest, pareto, recommended
from isthmus.studies.mend_rows import RAW, rows_of
from isthmus.studies.referee import Case, refereed
from isthmus.types import RequestError
from tests.transform.clouds import pair_sets

FEW = ("mean_removal", "score_standardised", "symmetric_normalised+match_odds", "asif")


def two_sided(n=80, views=2, noise=0.8):
    """Objects of two images and a text each, across a wide gap, in two classes."""
    a, b, links = pair_sets(n=n, views=views, noise=noise, gap=3.0)
    labels = {name: f"class {int(name.split('/')[0]) % 2}" for name in (*a.ids, *b.ids)}
    return StudyInput(a, b, links, About(labels=labels))


@pytest.fixture(scope="module")
def found():
    return refereed(Case.of(two_sided()), FEW, 40, splits=4)


def test_a_gap_hides_the_other_modality_and_remedies_find_it(found):
    rows = rows_of(found)
    assert rows[""].hits.value > 0.5
    # the best of images for images is found, never the text: 1 of 2 and 0 of 2 matches
    assert rows[""].of_ceiling.value < 0.75
    assert rows["mean_removal"].mixed_change.interval.low > 0.05
    assert rows["symmetric_normalised+match_odds"].of_ceiling.value > 0.95
    assert recommended(found) != ""


def test_the_space_as_it_is_is_its_own_reference(found):
    raw = rows_of(found)[""]
    assert raw.name == RAW
    assert raw.mixed_change.value == raw.hits_change.value == 0
    assert (raw.hits_change.interval.low, raw.hits_change.interval.high) == (0, 0)


def test_rankings_within_one_modality_bound_what_score_rules_reach(found):
    rows = rows_of(found)
    for modality in ("image", "text"):
        top = found.bounds.mean(f"ceiling {modality}")
        value = rows["score_standardised"].each[f"mixed nDCG@10 {modality}"].value
        assert value <= top + 1e-9
        assert found.bounds.mean(f"rule {modality}") <= top + 1e-9


def test_held_out_objects_are_whole_and_were_not_fitted_on():
    case = Case.of(two_sided())
    for seed in range(5):
        split = case.split(40, np.random.default_rng(seed))
        for side in (0, 1):
            inside = set(case.objects[side][split.fitted[side]])
            outside = set(case.objects[side][split.held[side]])
            assert not inside & outside
            counted = np.isin(case.objects[side], [*outside]).sum()
            assert len(split.held[side]) == counted  # no object is cut


def test_a_score_is_an_items_mean_over_the_splits_that_hold_it_out(found):
    tally = found.tallies[""]
    counts = tally.counts["hit@1 text→image"]
    assert counts.sum() == found.held * found.splits
    items = tally.items("hit@1 text→image")
    assert np.isnan(items[counts == 0]).all()
    assert np.nanmax(items) <= 1


def test_the_front_is_beaten_by_none(found):
    rows = rows_of(found)
    drawn = pareto(found, rows)
    best = max(row.mixed.value for row in rows.values())
    assert best in [row.mixed.value for row in rows.values() if row.name in drawn.front]
    for row in rows.values():
        beaten = any(
            other.hits.value > row.hits.value and other.mixed.value > row.mixed.value
            for other in rows.values()
        )
        assert not (beaten and row.name in drawn.front)


def test_the_rule_chosen_elsewhere_earns_no_more_than_the_best(found):
    best = rows_of(found)[recommended(found)]
    assert honest(found).value <= best.mixed.value + 1e-9


def test_scores_move_no_vector(found):
    rows = rows_of(found)
    assert rows["score_standardised"].numbers["gap"] == rows[""].numbers["gap"]
    assert rows["mean_removal"].numbers["gap"].value < 0.3 * rows[""].numbers["gap"].value


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mend")
    court = Court(FEW, (40, 12), 3)
    return folder, mend(two_sided(), folder / "a", court), mend(two_sided(), folder / "b", court)


def test_the_same_input_gives_the_same_bytes(kept):
    folder, *_ = kept
    for name in ("report.html", "report.json"):
        assert (folder / "a" / name).read_bytes() == (folder / "b" / name).read_bytes()


def test_the_recommended_chain_is_kept_fitted_on_everything(kept):
    folder, result, _ = kept
    back, _ = read_mended(folder / "a")
    assert back.chain == result.recommended
    assert back.objects == 80
    assert back.space == result.mended.space


def test_every_number_on_the_page_is_in_the_record(kept):
    _, result, _ = kept
    tables = result.record["tables"]
    assert [table["calibrated"] for table in tables] == [40, 12]
    assert set(tables[0]["remedies"]) == {
        RAW, "mean removal", "score standardised", "symmetric normalised + match odds", "asif",
    }  # fmt: skip
    assert "V-measure" in tables[0]["remedies"][RAW]
    assert len(result.record["match_probabilities"]["found"]) == 4
    assert result.recommended.replace("_", " ").split("+")[0] in result.page


def test_unknown_remedies_and_too_few_objects_are_refused():
    with pytest.raises(UnknownPartError, match="mean_removal"):
        mend(two_sided(), None, Court(("mean_removel",)))
    with pytest.raises(RequestError, match="8 linked objects or more"):
        mend(two_sided(n=10), None, Court(FEW))


def test_a_correction_that_cannot_be_fitted_is_listed_and_the_rest_goes_on():
    found = refereed(Case.of(two_sided()), ("csls+mean_removal", "mean_removal"), 40, splits=2)
    assert "maps must stand before" in found.faults["csls+mean_removal"]
    assert set(found.tallies) == {"", "mean_removal"}


@pytest.fixture
def arrays(tmp_path):
    a, b, _ = pair_sets(n=60, noise=0.5)
    path = tmp_path / "pairs.npz"
    np.savez(path, image=a.vectors, text=b.vectors)
    return path


def mend_command(arrays, folder, *more):
    words = ["mend", "--arrays", str(arrays), "--out", str(folder), "--splits", "2", "--quiet"]
    return main([*words, "--calibrate", "30", "--remedies", *FEW, *more])


def test_a_mended_space_goes_where_a_space_goes(arrays, tmp_path, capsys):
    folder = tmp_path / "mended"
    assert mend_command(arrays, folder, "--keep", "mean_removal") == 0
    assert "mended:" in capsys.readouterr().out
    out = tmp_path / "study"
    assert main(["study", f"mended:{folder}", "--out", str(out), "--quiet"]) == 0
    study = json.loads((out / "report.json").read_text())
    assert study["results"]["centroid_gap"]["value"] < 0.2
    assert main(["spaces", f"mended:{folder}"]) == 0
    assert "mean_removal" in capsys.readouterr().out


def test_arrays_of_another_model_are_refused(arrays, tmp_path, capsys):
    folder = tmp_path / "mended"
    assert mend_command(arrays, folder, "--model", "one") == 0
    other = ["study", f"mended:{folder}", "--arrays", str(arrays), "--quiet"]
    assert main([*other, "--model", "two", "--out", str(tmp_path / "x")]) == 2
    assert "Cannot compare vectors" in capsys.readouterr().err
    assert main([*other, "--model", "one", "--out", str(tmp_path / "y")]) == 0


def test_arrays_beside_a_plain_space_are_refused(arrays, tmp_path, capsys):
    assert main(["mend", "mini", "--arrays", str(arrays), "--out", str(tmp_path / "z")]) == 2
    assert "either arrays or a space" in capsys.readouterr().err


@pytest.mark.slow
def test_glyphs_are_mended_and_searched(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "glyphs"
    words = ["mend", "--world", "glyphs", "--split", "val", "--out", str(folder), "--quiet"]
    assert main([*words, "--splits", "2", "--calibrate", "80", "--remedies", FEW[2]]) == 0
    capsys.readouterr()
    run, space = tmp_path / "run", f"mended:{folder}"
    assert main(["embed", space, str(run), "--world", "glyphs", "--split", "val", "--quiet"]) == 0
    capsys.readouterr()
    query = ["search", "glasses", "--space", space, "--in", str(run), "--quiet", "--top", "3"]
    assert main(query) == 0
    assert "1F453" in capsys.readouterr().out
    assert main([*query[:2], "--space", "mini", "--in", str(run), "--quiet"]) == 2
    assert "Cannot compare vectors" in capsys.readouterr().err


@pytest.mark.slow
def test_real_clip_pairs_reach_the_bar_and_the_known_starting_points(shared_data):
    from isthmus.studies.sources import arrays_input

    given = arrays_input(shared_data / "clip_vitb16_coco500_pairs" / "pairs.npz")
    chains = ("mean_removal", "score_standardised", "symmetric_normalised+match_odds")
    for size in (250, 50):
        found = refereed(Case.of(given), chains, size, splits=20)
        rows = rows_of(found)
        texts = {chain: row.each["mixed nDCG@10 text"].value for chain, row in rows.items()}
        if size == 250:
            assert found.bounds.mean("ceiling text") == pytest.approx(0.766, abs=0.01)
            assert texts[""] == pytest.approx(0, abs=0.001)
            assert texts["mean_removal"] == pytest.approx(0.23, abs=0.015)
            assert texts["score_standardised"] == pytest.approx(0.695, abs=0.015)
        best = rows[chains[-1]]
        assert best.of_ceiling.interval.low > 0.95
        assert best.hits_change.interval.low > -0.005
        assert best.numbers["calibration error"].value < 0.03
