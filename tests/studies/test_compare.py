"""Two spaces on the same items: paired differences with known answers, and who answers what."""

import json
from dataclasses import replace

import numpy as np
import pytest

from isthmus.lab import load_set
from isthmus.measure.statistics.inputs import as_pair
from isthmus.studies.compare.contrasts import contrasts
from isthmus.studies.compare.differences import differences
from isthmus.studies.compare.run import aligned, compare
from isthmus.studies.shared import measure_all as measuring
from isthmus.types import RequestError, Space
from tests.report.test_page import Reader
from tests.studies.worlds import small_world
from tests.toys import toy_set

FEW = {
    "hit_at_k": measuring.TWO_SETS["hit_at_k"],
    "centroid_gap": "isthmus.measure.geometry.gaps:centroid_gap",
}


def worse(data, noise=4.0, name="worse", seed=5):
    """The same items, texts blurred by noise."""
    rng = np.random.default_rng(seed)
    space = Space(name, f"{name}-id", data.a.space.dim)
    blurred = data.b.vectors + noise * rng.normal(size=data.b.vectors.shape)
    a = toy_set(data.a.vectors, "image", data.a.ids, space)
    return replace(data, a=a, b=toy_set(blurred, "text", data.b.ids, space))


def by_name(first, second, seed=0):
    pairs = [as_pair(data.a, data.b, data.links) for data in (first, second)]
    return {row.name: row for row in differences(*pairs, seed)}


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(measuring, "TWO_SETS", FEW)
    monkeypatch.setattr(measuring, "ONE_SET", {})
    monkeypatch.setattr(measuring, "LABELLED", {})


def test_a_space_does_not_differ_from_itself():
    for row in by_name(small_world(), small_world()).values():
        assert row.value == 0
        assert row.first == row.second
        assert not row.differs


def test_the_difference_is_that_of_the_two_measures(few):
    first, second = small_world(), worse(small_world())
    found = by_name(first, second)
    gap, hit = found["centroid gap, noise taken out"], found["hit@1, image → text"]
    for data, side in ((first, "first"), (second, "second")):
        values = measuring.measure_all(data, 0).results
        assert getattr(hit, side) == pytest.approx(values["hit_at_k"].value)
        assert getattr(gap, side) == pytest.approx(values["centroid_gap"].corrected, rel=0.02)
    assert hit.differs
    assert hit.value < -0.1
    assert hit.value == pytest.approx(hit.second - hit.first)


def test_pairing_makes_the_interval_narrower_than_two_separate_ones(few):
    first, second = small_world(200), worse(small_world(200), 0.3)
    row = by_name(first, second)["hit@10, image → text"]
    alone = measuring.measure_all(first, 0).results["hit_at_k"].interval
    assert row.interval.high - row.interval.low < alone.high - alone.low


def test_swapping_the_spaces_turns_the_signs():
    first, second = small_world(), worse(small_world())
    there, back = by_name(first, second), by_name(second, first)
    for name, row in there.items():
        assert back[name].value == pytest.approx(-row.value, abs=1e-9)


@pytest.mark.slow
def test_paired_intervals_cover_no_difference():
    """Two spaces of equal noise differ by nothing: 95 % of the intervals hold zero."""
    held = []
    for seed in range(60):
        data = small_world(80, seed=seed)
        pair = (worse(data, 1.0, "one", 2 * seed), worse(data, 1.0, "two", 2 * seed + 1))
        held += [not row.differs for row in by_name(*pair).values() if "cosine" in row.name]
    assert 0.88 <= np.mean(held) <= 1.0


def test_items_that_only_one_space_holds_are_left_out():
    first, second = small_world(), worse(small_world())
    short = replace(second, a=second.a.take(second.a.ids[5:]), b=second.b.take(second.b.ids[::-1]))
    one, other = aligned(first, short)
    assert one.a.ids == other.a.ids == first.a.ids[5:]
    assert one.b.ids == other.b.ids == first.b.ids
    np.testing.assert_array_equal(other.b.vectors, second.b.vectors)


def test_spaces_without_common_items_are_refused():
    first = small_world()
    other = replace(first, a=toy_set(first.a.vectors, "image", space=first.a.space))
    with pytest.raises(RequestError, match="share no image item"):
        compare(first, other)
    with pytest.raises(RequestError, match="not on image and text"):
        compare(first, replace(first, a=first.b, b=first.a))


def test_contrasts_count_every_query_once():
    first, second = small_world(), worse(small_world())
    for found in contrasts(first, second):
        assert found.both + found.neither + found.only_first + found.only_second == 60
        assert found.only_first > found.only_second
        for example, margin in found.lost:
            assert not example.answers[0].linked
            assert margin > 0


def test_the_comparison_is_written_whole_and_equal_twice(few, tmp_path):
    for name in ("one", "two"):
        compare(small_world(), worse(small_world()), tmp_path / name)
    for name in ("report.html", "report.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    record = json.loads((tmp_path / "one" / "report.json").read_text())
    assert record["spaces"] == ["toy space", "worse"]
    assert record["differences"]["hit@1, image → text"]["value"] < 0
    kept = load_set(tmp_path / "one" / "embeddings" / "2-text")
    np.testing.assert_array_equal(kept.vectors, worse(small_world()).b.vectors)


def test_the_page_of_a_comparison_shows_pictures_and_both_names(few):
    page = compare(small_world(), worse(small_world())).page
    reader = Reader(page)
    assert reader.named("img")
    assert "right in toy space only" in page
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_both_maps_show_the_same_items(few):
    page = compare(small_world(), worse(small_world())).page
    section = page.split('<section id="maps"')[1].split("</section>")[0]
    titles = [part.split("<title>")[1:] for part in section.split("<svg")[1:]]
    named = [sorted(text.split("</title>")[0] for text in part) for part in titles]
    assert len(named) == 2
    assert len(named[0]) == 120
    assert named[0] == named[1]
