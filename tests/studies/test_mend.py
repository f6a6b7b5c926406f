"""The referee on data whose answer is known, and the command around it."""

import numpy as np
import pytest

from isthmus.encode.mended import read_mended
from isthmus.registry import UnknownPartError
from isthmus.studies.evaluate.cross_validation import Case, refereed
from isthmus.studies.evaluate.rows import RAW, rows_of
from isthmus.studies.mend.choose import honest, pareto, recommended
from isthmus.studies.mend.request import MendRequest
from isthmus.studies.mend.run import mend
from isthmus.studies.shared.dataset import About, Dataset
from isthmus.types import EmbeddingSet, Links, RequestError
from tests.transform.clouds import pair_sets

FEW = ("mean_removal", "score_standardised", "symmetric_normalised+match_odds", "asif")


def two_sided(n=80, views=2, noise=0.8):
    """Objects of two images and a text each, across a wide gap, in two classes."""
    a, b, links = pair_sets(n=n, views=views, noise=noise, gap=3.0)
    labels = {name: f"class {int(name.split('/')[0]) % 2}" for name in (*a.ids, *b.ids)}
    return Dataset(a, b, links, About(labels=labels))


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


def test_queries_that_a_large_gallery_leaves_out_stay_unscored(monkeypatch):
    monkeypatch.setattr("isthmus.measure.retrieval.galleries.MOST_SCORES", 3_000)
    case = Case.of(two_sided())
    found = refereed(case, ("score_standardised",), 40, splits=2)
    tally = found.tallies[""]
    asked, hit = (tally.counts[name].sum() for name in ("mixed nDCG@10 image", "hit@1 image→text"))
    assert 0 < asked < hit == 2 * 80  # hits ask every held-out image
    assert 0 < rows_of(found)["score_standardised"].of_ceiling.value <= 1


def test_large_data_are_cut_to_a_sample_of_whole_objects(monkeypatch):
    monkeypatch.setattr("isthmus.studies.evaluate.cross_validation.SAMPLE", 50)
    given = two_sided(n=80)
    case = Case.of(given)
    assert case.offered == {"image": 160, "text": 80}
    assert len(case.a) == 2 * len(case.b) == 50
    assert [*Case.of(given).a.ids] == [*case.a.ids]
    assert [*Case.of(given, seed=1).a.ids] != [*case.a.ids]


def test_unlinked_items_are_left_out_and_counted():
    given = two_sided(n=40)
    few = Links(list(given.links)[:60])  # thirty objects
    case = Case.of(Dataset(given.a, given.b, few))
    assert (len(case.a), len(case.b), case.n) == (60, 30, 30)
    assert case.offered == {"image": 80, "text": 40}


def test_shares_of_the_ceiling_by_query_average_to_the_whole(found):
    row = rows_of(found)["mean_removal"]
    for name, one in row.shares.items():
        mixed = row.each[f"mixed nDCG@10 {name}"].value
        assert one.value == pytest.approx(mixed / found.bounds.mean(f"ceiling {name}"))
        assert one.interval.low <= one.value <= one.interval.high


def test_links_that_mean_nothing_are_not_mended():
    given = two_sided()
    shuffled = np.random.default_rng(0).permutation(given.b.ids)
    other = dict(zip(given.b.ids, shuffled, strict=True))
    links = Links((a, other[b]) for a, b in given.links)
    done = mend(
        Dataset(given.a, given.b, links), None, MendRequest(remedies=FEW, calibrate=(40,), splits=3)
    )
    assert done.recommended == ""
    assert "Nothing to mend" in done.words[0]
    assert len(done.words) == 1


def test_chance_is_what_a_random_order_earns():
    given = two_sided(n=80)
    noise = np.random.default_rng(1).normal(size=(2, 200, 24)).astype(np.float32)
    a, b = (
        EmbeddingSet(noise[side][: len(some)], some.ids, some.modality, some.space)
        for side, some in enumerate((given.a, given.b))
    )
    found = refereed(Case.of(Dataset(a, b, given.links)), ("mean_removal",), 40, splits=20)
    for name in ("image", "text"):
        mixed = found.tallies[""].mean(f"mixed nDCG@10 {name}")
        assert found.bounds.mean(f"chance {name}") == pytest.approx(mixed, abs=0.03)
    hits = found.tallies[""].mean("hit@1 image→text")
    assert found.bounds.mean("chance of hits image") == pytest.approx(1 / 40)
    assert found.bounds.mean("chance of hits text") == pytest.approx(2 / 80)
    assert hits == pytest.approx(1 / 40, abs=0.03)


def test_scores_move_no_vector(found):
    rows = rows_of(found)
    assert rows["score_standardised"].numbers["gap"] == rows[""].numbers["gap"]
    assert rows["mean_removal"].numbers["gap"].value < 0.3 * rows[""].numbers["gap"].value


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mend")
    how = MendRequest(remedies=FEW, calibrate=(40, 12), splits=3)
    return folder, mend(two_sided(), folder / "a", how), mend(two_sided(), folder / "b", how)


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
        mend(two_sided(), None, MendRequest(remedies=("mean_removel",)))
    with pytest.raises(RequestError, match="8 linked objects or more"):
        mend(two_sided(n=10), None, MendRequest(remedies=FEW))


def test_a_correction_that_cannot_be_fitted_is_listed_and_the_rest_goes_on():
    found = refereed(Case.of(two_sided()), ("csls+mean_removal", "mean_removal"), 40, splits=2)
    assert "maps must stand before" in found.faults["csls+mean_removal"]
    assert set(found.tallies) == {"", "mean_removal"}


def test_identical_pairs_are_left_as_they_are(tmp_path):
    a, _, _ = pair_sets(n=40)
    twins = EmbeddingSet(a.vectors, a.ids, "text", a.space)
    done = mend(
        Dataset(a, twins),
        tmp_path,
        MendRequest(remedies=("mean_removal",), calibrate=(20,), splits=2),
    )
    assert done.recommended == ""
    assert "leave the space as it is" in done.page
    back, _ = read_mended(tmp_path)
    assert np.array_equal(back(a).vectors, a.vectors)


def test_equal_vectors_are_listed_as_faults_not_crashes():
    a, b, links = pair_sets(n=40)
    flat = [EmbeddingSet(np.ones_like(some.vectors), some.ids, some.modality, some.space)
            for some in (a, b)]  # fmt: skip
    found = refereed(Case.of(Dataset(*flat, links)), ("mean_removal", "csls"), 20, splits=2)
    assert "leaves nothing" in found.faults["mean_removal"]
    assert set(found.tallies) == {"", "csls"}


@pytest.mark.slow
def test_real_clip_pairs_reach_the_bar_and_the_known_starting_points(shared_data):
    from isthmus.studies.shared.resolver import arrays_dataset

    given = arrays_dataset(shared_data / "clip_vitb16_coco500_pairs" / "pairs.npz")
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
