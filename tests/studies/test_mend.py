"""Remedies cross-validated on data whose answer is known, and what is made of it."""

import numpy as np
import pytest

from isthmus.encode.mended import read_mended
from isthmus.registry import UnknownPartError
from isthmus.studies.evaluate.cross_validation import cross_validated
from isthmus.studies.evaluate.evaluation import RAW
from isthmus.studies.evaluate.pareto import trade_offs
from isthmus.studies.evaluate.splits import halves, linked_sample
from isthmus.studies.mend.choose import recommended, selection_corrected
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
    return cross_validated(linked_sample(two_sided()), FEW, 40, splits=4)


def test_a_gap_hides_the_other_modality_and_remedies_find_it(found):
    rows = found.rows
    assert rows[""].hits.value > 0.5
    # the best of images for images is found, never the text: 1 of 2 and 0 of 2 matches
    assert rows[""].of_ceiling.value < 0.75
    assert rows["mean_removal"].mixed_change.interval.low > 0.05
    assert rows["symmetric_normalised+match_odds"].of_ceiling.value > 0.95
    assert recommended(found) != ""


def test_the_space_as_it_is_is_its_own_reference(found):
    raw = found.rows[""]
    assert raw.name == RAW
    assert raw.mixed_change.value == raw.hits_change.value == 0
    assert (raw.hits_change.interval.low, raw.hits_change.interval.high) == (0, 0)


def test_rankings_within_one_modality_bound_what_score_rules_reach(found):
    row = found.rows["score_standardised"]
    for direction, bounds in zip(row.scores.directions, found.bounds, strict=True):
        top = np.nanmean(bounds.ceiling)
        assert direction.mixed.value <= top + 1e-9
        assert np.nanmean(bounds.rule) <= top + 1e-9


def test_held_out_objects_are_whole_and_were_not_fitted_on():
    data = linked_sample(two_sided())
    for seed in range(5):
        fitted, held = halves(data, 30, np.random.default_rng(seed))
        for objects, inside, outside in zip(data.pair.objects, fitted, held, strict=True):
            assert len(set(objects[inside])) == 30 and len(set(objects[outside])) == 40
            assert not set(objects[inside]) & set(objects[outside])
            # no object is cut
            assert len(outside) == np.isin(objects, objects[outside]).sum()


def test_a_score_is_an_items_mean_over_the_splits_that_hold_it_out(found):
    hits = found.spaces[""].backward.hits[1]
    assert len(hits) == 80 and 0 < np.isnan(hits).sum() < 40
    assert np.nanmax(hits) <= 1
    assert set(np.round(hits[np.isfinite(hits)] * 12) % 1) == {0}  # of one to four splits


def test_the_front_is_beaten_by_none(found):
    drawn = trade_offs(found.rows, "remedy")[0]
    rows = found.rows.values()
    best = max(row.mixed.value for row in rows)
    assert best in [row.mixed.value for row in rows if row.name in drawn.front]
    for row in rows:
        beaten = any(
            other.hits.value > row.hits.value and other.mixed.value > row.mixed.value
            for other in rows
        )
        assert not (beaten and row.name in drawn.front)


def test_the_rule_chosen_elsewhere_earns_no_more_than_the_best(found):
    best = found.rows[recommended(found)]
    assert selection_corrected(found).value <= best.mixed.value + 1e-9


def test_queries_that_a_large_gallery_leaves_out_stay_unscored(monkeypatch):
    monkeypatch.setattr("isthmus.measure.retrieval.galleries.MOST_SCORES", 3_000)
    found = cross_validated(linked_sample(two_sided()), ("score_standardised",), 40, splits=2)
    forward = found.spaces[""].forward
    scored, hit = (np.isfinite(some).sum() for some in (forward.mixed, forward.hits[1]))
    assert 0 < scored < hit
    assert 0 < found.rows["score_standardised"].of_ceiling.value <= 1


def test_large_data_are_cut_to_a_sample_of_whole_objects(monkeypatch):
    monkeypatch.setattr("isthmus.studies.evaluate.splits.SAMPLE", 50)
    data = two_sided(n=80)
    some = linked_sample(data)
    assert len(some.a) == 2 * len(some.b) == 50
    assert [*linked_sample(data).a.ids] == [*some.a.ids]
    assert [*linked_sample(data, seed=1).a.ids] != [*some.a.ids]


def test_unlinked_items_are_left_out_and_counted():
    data = two_sided(n=40)
    few = Links(list(data.links)[:60])  # thirty objects
    done = mend(
        Dataset(data.a, data.b, few), None, MendRequest(remedies=FEW[:1], calibrate=(10,), splits=2)
    )
    assert done.record["objects"] == 30
    assert "60 of 80, linked" in done.page and "30 of 40, linked" in done.page


def test_shares_of_the_ceiling_by_query_average_to_the_whole(found):
    row = found.rows["mean_removal"]
    for one, scores, bounds in zip(row.shares, row.scores.directions, found.bounds, strict=True):
        assert one.value == pytest.approx(scores.mixed.value / np.nanmean(bounds.ceiling))
        assert one.interval.low <= one.value <= one.interval.high


def test_links_that_mean_nothing_are_not_mended():
    data = two_sided()
    shuffled = np.random.default_rng(0).permutation(data.b.ids)
    other = dict(zip(data.b.ids, shuffled, strict=True))
    links = Links((a, other[b]) for a, b in data.links)
    done = mend(
        Dataset(data.a, data.b, links), None, MendRequest(remedies=FEW, calibrate=(40,), splits=3)
    )
    assert done.recommended == ""
    assert "Nothing to mend" in done.words[0]
    assert len(done.words) == 1


def test_chance_is_what_a_random_order_earns():
    data = two_sided(n=80)
    noise = np.random.default_rng(1).normal(size=(2, 200, 24)).astype(np.float32)
    a, b = (
        EmbeddingSet(noise[side][: len(some)], some.ids, some.modality, some.space)
        for side, some in enumerate((data.a, data.b))
    )
    linked = linked_sample(Dataset(a, b, data.links))
    found = cross_validated(linked, ("mean_removal",), 40, splits=20)
    row = found.rows[""]
    for scores, bounds in zip(row.scores.directions, found.bounds, strict=True):
        assert np.nanmean(bounds.chance) == pytest.approx(scores.mixed.value, abs=0.03)
    forward, backward = found.bounds
    assert np.nanmean(forward.chance_of_hits) == pytest.approx(1 / 40)
    assert np.nanmean(backward.chance_of_hits) == pytest.approx(2 / 80)
    assert row.scores.forward.hits[1].value == pytest.approx(1 / 40, abs=0.03)


def test_scores_move_no_vector(found):
    raw, rule, mean = (
        found.rows[chain].scores.geometry for chain in ("", "score_standardised", "mean_removal")
    )
    assert vars(rule) == vars(raw)
    assert mean.gap.value < 0.3 * raw.gap.value


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
    found = cross_validated(
        linked_sample(two_sided()), ("csls+mean_removal", "mean_removal"), 40, splits=2
    )
    assert "maps must stand before" in found.not_fitted["csls+mean_removal"]
    assert set(found.spaces) == {"", "mean_removal"}


def test_identical_pairs_are_left_as_they_are(tmp_path):
    a, _, _ = pair_sets(n=40)
    copies = EmbeddingSet(a.vectors, a.ids, "text", a.space)
    done = mend(
        Dataset(a, copies),
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
    found = cross_validated(
        linked_sample(Dataset(*flat, links)), ("mean_removal", "csls"), 20, splits=2
    )
    assert "leaves nothing" in found.not_fitted["mean_removal"]
    assert set(found.spaces) == {"", "csls"}


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
        best = found.rows[chains[-1]]
        assert best.of_ceiling.interval.low > 0.95
        assert best.hits_change.interval.low > -0.005
        assert best.scores.calibration_error.value < 0.03
