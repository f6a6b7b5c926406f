"""Two spaces on the same items: paired differences with known answers, and who answers what."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from isthmus.lab import load_set
from isthmus.measure import SPACES
from isthmus.measure.statistics.inputs import as_pair
from isthmus.report import Album, number, span
from isthmus.studies.compare.contrasts import contrasts
from isthmus.studies.compare.page import strips
from isthmus.studies.compare.run import aligned, calls_of_spaces, compare
from isthmus.studies.evaluate.differences import differences
from isthmus.studies.shared import measuring
from isthmus.types import Interval, RequestError, Space
from tests.report.test_page import HOSTILE, Reader
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
        assert row.interval.low <= row.value <= row.interval.high
    assert there["hit@1, image → text"].interval.high < 0


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


def turned(data, noise=0.0, seed=3):
    """The same items in a rotated space of another name, with noise of its own."""
    rng = np.random.default_rng(seed)
    d = data.a.space.dim
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    space = Space("turned", "turned-id", d)
    sets = [
        toy_set(
            some.vectors @ turn + noise * rng.normal(size=some.vectors.shape),
            some.modality,
            some.ids,
            space,
        )
        for some in (data.a, data.b)
    ]
    return replace(data, a=sets[0], b=sets[1])


def test_a_rotated_space_arranges_the_items_alike(few):
    found = compare(small_world(), turned(small_world()))
    alike = found.record["alike"]
    assert set(alike) == {f"{name}[{of}]" for name in SPACES for of in ("image", "text")}
    for name, row in alike.items():
        assert row["value"] == pytest.approx(1, abs=1e-4), name
        assert row["null"]["mean"] < 0.9
        assert found[name].value == row["value"]


def test_the_page_says_how_alike_the_spaces_are_of_each_modality(few):
    blurred = replace(small_world(), b=turned(small_world(), 3.0).b, a=turned(small_world()).a)
    page = compare(small_world(), blurred).page
    section = page.split('<section id="alike"')[1].split("</section>")[0]
    rows = re.findall(r"<tr><th[^>]*>([^<]*)</th>(.*?)</tr>", section)
    cells = {
        (name, *re.findall(r"<td[^>]*>([^<]*)</td>", rest)[:1]): re.findall(
            r"<td[^>]*>([^<]*)</td>", rest
        )
        for name, rest in rows[1:]
    }
    assert len(cells) == 2 * len(SPACES)
    assert float(cells["RSA", "image"][1]) == pytest.approx(1, abs=1e-3)
    assert float(cells["RSA", "text"][1]) < 0.7
    assert "Kriegeskorte" in cells["RSA", "text"][-1]
    found = compare(small_world(), blurred)["procrustes[text]"]
    shown = cells["Procrustes fit", "text"]
    assert shown[1:4] == [number(found.value), span(found.interval), number(found.null.mean)]


def test_spaces_that_share_few_items_say_what_was_not_measured(few):
    first = small_world(9)
    second = turned(small_world())
    found = compare(first, second)
    for key in ("rsa[image]", "svcca[text]"):
        assert "ten shared items or more, not 9" in found.missing[key]
    assert found.record["alike"] == {}
    assert "ten shared items or more, not 9" in found.page
    calls = calls_of_spaces(first, replace(second, a=first.a))
    assert {call.key for call in calls} == {
        f"{name}[{of}]" for name in SPACES for of in ("image", "text")
    }


def test_who_wins_and_who_loses_is_told_the_right_way_round(few):
    first, second = small_world(), worse(small_world())
    forward = contrasts(first, second)[0]
    assert forward.only_first > forward.only_second > 0
    pair = as_pair(second.a, second.b, second.links)
    for example, margin in forward.lost:  # right in the first space, wrong in the second
        row = second.a.row[example.query]
        cosines = pair.y @ pair.x[row]
        assert example.answers[0].id == second.b.ids[int(cosines.argmax())]
        own = first.b.unit @ first.a.unit[first.a.row[example.query]]
        right = first.b.row[dict(first.links)[example.query]]
        assert margin == pytest.approx(own[right] - np.delete(own, right).max(), abs=1e-4)
    margins = [margin for _, margin in forward.lost]
    assert margins == sorted(margins, reverse=True)
    lost, won = strips(forward, first, Album(), ("good", "bad"))
    assert lost.title == "image → text: right in good only"
    assert lost.sentence.endswith("comes first in good; the row shows what bad answers instead.")
    assert won.title == "image → text: right in bad only"
    assert won.sentence.endswith("comes first in bad; the row shows what good answers instead.")
    assert [one.query.name for one in lost.strips] == [one.query for one, _ in forward.lost]
    assert lost.strips[0].sentence.endswith(f"in good it comes first, margin {number(margins[0])}.")
    assert won.strips[0].sentence.count("; in bad it comes first") == 1


def test_the_summary_and_the_figures_say_what_the_differences_are(few):
    first, second = small_world(), worse(small_world())
    found = compare(first, second)
    rows = by_name(first, second)
    apart = sum(row.differs for row in rows.values())
    assert f"Of {len(rows)} differences, {apart} have a 95 % interval" in found.page
    for family in ("retrieval", "geometry"):
        some = [row for row in rows.values() if row.family == family]
        differs = sum(row.differs for row in some)
        assert f"{differs} of {len(some)} leave out zero and are in colour." in found.page
    forward = contrasts(first, second)[0]
    assert (
        f"{forward.both} find their text first in both, {forward.only_first} only in toy space, "
        f"{forward.only_second} only in worse, {forward.neither} in neither."
    ) in found.page
    hit = rows["hit@1, image → text"]
    assert f"from {number(hit.first)} to {number(hit.second)}" in found.page
    assert "worse minus the other" in found.page


def test_a_difference_counts_where_its_interval_leaves_out_zero():
    row = by_name(small_world(), worse(small_world()))["hit@1, image → text"]
    for low, high, differs in ((-0.2, -0.1, True), (-0.2, 0.0, False), (0.1, 0.2, True)):
        one = replace(row, interval=Interval(low, high, "made"))
        assert one.differs == differs
        assert ("does not differ" in one.about) == (not differs)
    assert not replace(row, interval=None).differs


def test_spaces_with_hostile_names_stay_text(few):
    other = worse(small_world(captions=[HOSTILE] * 60), name=HOSTILE)
    page = compare(small_world(captions=[HOSTILE] * 60), other).page
    tags = [tag for tag, _ in Reader(page).elements]
    assert tags.count("script") == 1
    assert not [name for _, found in Reader(page).elements for name in found if name[:2] == "on"]
