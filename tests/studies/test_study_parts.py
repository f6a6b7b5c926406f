"""The map, the counts, the sample of whole objects and the adjusted p-values."""

from dataclasses import replace

import numpy as np
import PIL.Image
import pytest
from scipy.stats import false_discovery_control

from isthmus.measure import LABELLED, ONE_SET, SHAPES, TWO_SETS, WORDS
from isthmus.measure.retrieval.galleries import RULES, MixedResult
from isthmus.measure.retrieval.hits import hit_at_k
from isthmus.measure.retrieval.rankings import Direction, RankingResult
from isthmus.studies.pages.all_numbers import COLUMNS, adjusted, numbers_section, rows
from isthmus.studies.pages.data_section import (
    DataFacts,
    alike,
    near_duplicates,
    pictures_of,
    reasons,
)
from isthmus.studies.pages.map_figure import project
from isthmus.studies.shared.dataset import whole_objects
from isthmus.studies.shared.measuring import Measured
from isthmus.studies.study.evidence import cards, evidence
from isthmus.studies.study.layout import AFTER_MAP, BEFORE_MAP
from isthmus.studies.study.readings import blocks, heading, numbers, sentence
from isthmus.types import Interval, Items, Null, Result, objects_of
from tests.toys import toy_set


def test_the_map_shows_a_plane_without_loss():
    rng = np.random.default_rng(0)
    angles = rng.uniform(0, 6, size=(2, 50))
    plane = np.linalg.qr(rng.normal(size=(9, 2)))[0]
    flat = [np.stack([np.cos(t), np.sin(t)], 1) @ plane.T for t in angles]
    a, b = toy_set(flat[0]), toy_set(flat[1], "text")
    found = project(a, b)
    assert sum(found.shares) == pytest.approx(1.0, abs=1e-6)
    between = np.linalg.norm(a.unit[:, None] - b.unit[None], axis=2)
    drawn = np.linalg.norm(found(a)[:, None] - found(b)[None], axis=2)
    np.testing.assert_allclose(drawn, between, atol=1e-5)


def test_the_map_does_not_depend_on_the_axes_nor_the_size_of_a_set():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(30, 6)) + 1, rng.normal(size=(30, 6)) - 1
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    first, second, spun = toy_set(x), toy_set(y, "text"), toy_set(x @ turn)
    plain, turned = project(first, second), project(spun, toy_set(y @ turn, "text"))
    assert turned.shares == pytest.approx(plain.shares, abs=1e-6)
    np.testing.assert_allclose(turned(spun)[:, 0], plain(first)[:, 0], atol=1e-5)
    line = project(toy_set(x[:, :1]), toy_set(y[:, :1], "text"))
    assert line.shares == (pytest.approx(1.0), 0.0) and not line(toy_set(x[:, :1]))[:, 1].any()
    twice = project(toy_set(np.vstack([x, x])), toy_set(y, "text"))
    assert twice.shares == pytest.approx(plain.shares, abs=1e-6)
    assert plain(first)[:, 0].mean() < plain(second)[:, 0].mean()


def test_near_duplicates_count_only_across_objects():
    x = np.eye(6, dtype=np.float32)
    x[1] = x[0]
    x[3] = x[2]
    assert near_duplicates(x, np.array([0, 0, 1, 2, 3, 4])) == 2
    assert near_duplicates(x, np.arange(6)) == 4


def test_faults_of_one_kind_count_together():
    faults = {"a.jpg": "a.jpg is empty (0 bytes).", "b.jpg": "b.jpg is empty (0 bytes).", "c": "x"}
    assert reasons(faults) == {"the item is empty (0 bytes).": 2, "x": 1}


def test_a_sample_keeps_objects_whole_and_links_right():
    rng = np.random.default_rng(0)
    rows = np.array([(i, 3 * i + j) for i in range(40) for j in range(3)])
    ids = [f"b{i}" for i in range(130)]  # ten without a link
    a, b = toy_set(rng.normal(size=(40, 4))), toy_set(rng.normal(size=(130, 4)), "text", ids)
    small_a, small_b, small = whole_objects(a, b, rows, 50, np.random.default_rng(3))
    assert len(small_a) > 5
    assert max(len(small_a), len(small_b)) <= 50
    for i, j in small:
        assert int(small_b.ids[j][1:]) // 3 == int(small_a.ids[i])
    linked = [name for name in small_b.ids if int(name[1:]) < 120]
    assert len(linked) == 3 * len(small_a) == len(small)
    left, right = objects_of(small, len(small_a), len(small_b))
    assert len(np.unique(left)) == len(small_a)
    assert set(left) <= set(right)


def test_a_small_set_is_not_sampled():
    a, b = toy_set(np.eye(3)), toy_set(np.eye(3), "text")
    rows = np.repeat(np.arange(3)[:, None], 2, axis=1)
    assert whole_objects(a, b, rows, 3, np.random.default_rng(0))[0] is a


def test_adjusted_p_values_agree_with_scipy():
    p = np.random.default_rng(0).uniform(0, 0.2, size=23)
    results = {
        str(number): Result("r", 0.0, 1, null=Null("label", p=float(value)))
        for number, value in enumerate(p)
    }
    results["without"] = Result("r", 0.0, 1)
    found = adjusted(results)
    assert "without" not in found
    np.testing.assert_allclose(list(found.values()), false_discovery_control(p), atol=1e-12)
    assert adjusted({"without": results["without"]}) == {}


def test_both_directions_of_a_ranking_are_adjusted():
    rng = np.random.default_rng(0)
    a, b = toy_set(rng.normal(size=(40, 5))), toy_set(rng.normal(size=(40, 5)), "text")
    found = hit_at_k(a, b)
    p = adjusted({"hit_at_k": found})
    assert set(p) == {"hit_at_k", "hit_at_k backward"}
    assert max(p.values()) == pytest.approx(max(found.forward.null.p, found.backward.null.p))


def test_pictures_alike_are_named_across_objects_only():
    rng = np.random.default_rng(0)
    scene = PIL.Image.fromarray(rng.integers(0, 255, (9, 9, 3), dtype=np.uint8)).resize((90, 90))
    other = PIL.Image.fromarray(rng.integers(0, 255, (9, 9, 3), dtype=np.uint8)).resize((90, 90))
    images = Items("image", tuple("abcd"), [scene, other, scene.resize((60, 60)), scene])
    objects = {"a": 0, "b": 1, "c": 2, "d": 0}
    assert alike(images, objects) == {"c": "a"}
    assert pictures_of(images, ["c", "elsewhere", "b"]).ids == ("c", "b")
    assert pictures_of(None, ["a"]).ids == ()


def test_adjusted_p_values_of_a_table_worked_by_hand():
    # sorted: 0.005 * 4 / 1, 0.01 * 4 / 2, 0.03 * 4 / 3, 0.04 * 4 / 4; each at most the next
    p = {"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}
    found = adjusted(
        {key: Result(key, 0.0, 1, null=Null("label", p=one)) for key, one in p.items()}
    )
    assert found == pytest.approx({"a": 0.02, "b": 0.04, "c": 0.04, "d": 0.02})
    # 0.5 * 3 / 1 and 0.6 * 3 / 2 are above 0.9, and nothing is above 1
    p = {"a": 0.5, "b": 0.6, "c": 0.9}
    found = adjusted(
        {key: Result(key, 0.0, 1, null=Null("label", p=one)) for key, one in p.items()}
    )
    assert found == pytest.approx({"a": 0.9, "b": 0.9, "c": 0.9})
    assert adjusted({"a": Result("a", 0.0, 1, null=Null("label", p=0.7))}) == {"a": 0.7}


def way(query, gallery, value, p=0.25):
    return Direction(
        query, gallery, value, Interval(value - 0.1, value + 0.2, "made"),
        Null("pairing", value / 10, p=p), 40, 30,
    )  # fmt: skip


def ranking(kind=RankingResult, forward=0.3, backward=0.5, **fields):
    there, back = way("image", "text", forward), way("text", "image", backward, 0.75)
    interval = there.interval
    return kind(
        name="hit@1", value=forward, n=30, interval=interval, null=there.null,
        forward=there, backward=back, **fields,
    )  # fmt: skip


def test_the_table_of_all_numbers_has_a_row_a_direction():
    there, back = rows("hit_at_k", ranking(), {"hit_at_k": 0.5, "hit_at_k backward": 0.8})
    assert there == (
        "hit@1, image → text", "0.300", "–", "0.200 to 0.500", "0.030", "pairing", "–", "40",
        "0.250", "0.500",
    )  # fmt: skip
    assert back[0] == "hit@1, text → image" and back[-2:] == ("0.750", "0.800")
    null = Null("label", 0.125, p=0.5)
    one = Result("spread", 0.4, 1200, Interval(0.1, 0.2, "made"), null, 0.03, 0.15)
    assert rows("spread[text]", one, {"spread[text]": 1.0}) == [
        ("spread (text)", "0.400", "0.150", "0.100 to 0.200", "0.125", "label", "0.030", "1,200",
         "0.500", "1.000")
    ]  # fmt: skip
    assert len(there) == len(COLUMNS)


def test_the_section_of_numbers_counts_those_with_a_p_and_groups_what_is_missing():
    found = Measured(
        results={"hit_at_k": ranking()}, missing={"a": "no labels", "b": "broke", "c": "no labels"}
    )
    section = numbers_section(found, {"hit_at_k": 0.5, "hit_at_k backward": 0.8})
    assert section.lead.startswith("2 of these numbers have a p-value.")
    tables = {table.caption: table.rows for table in section.blocks}
    assert len(tables["Every measure"]) == 2
    assert tables["Not measured"] == (("no labels", "a, c"), ("broke", "b"))


def counted(**changes):
    facts = DataFacts(
        items={"image": 40, "text": 50},
        dim=16,
        links=60,
        dangling=0,
        objects=30,
        unlinked={},
        near_duplicates={"image": 2, "text": 10},
        compared={"image": 20, "text": 40},
        alike={},
        alike_of=0,
        truncated=5,
        faults={},
    )
    return replace(facts, **changes)


def single(value, floor=None, chance=float("nan")):
    return Result("r", value, 9, None, Null("label", chance), floor)


def test_evidence_is_picked_from_the_results_it_names():
    found = evidence(
        {
            "centroid_gap": single(0.8, floor=0.1),
            "distribution_gap": single(0.6, floor=0.2),
            "gap_concentration": single(0.55),
            "modality_probe": single(0.97),
            "matched_cosine": single(0.31),
            "unmatched_cosine": single(0.11),
            "intra_cosine[image]": single(0.51),
            "intra_cosine[text]": single(0.41),
            "hit_at_k": ranking(),
            "mixed_gallery": ranking(
                MixedResult, 0.61, 0.71, relevant="linked", other_first=(0.1, 0.2),
                own_first=(0.0, 0.0), interleaved=(0.0, 0.0), standardised=(0.0, 0.0),
                ceiling=(0.81, 0.91),
            ),
            "cross_hubness[image to text]": single(1.5, chance=0.15),
            "cross_hubness[text to image]": single(2.5, chance=0.25),
            "linear_probe[image]": single(0.85),
            "linear_probe[text]": single(0.95),
            "zero_shot[image]": single(0.65),
        },
        counted(),
    )  # fmt: skip
    assert found.to_dict() == pytest.approx(
        {
            "gap": 0.8, "gap_floor": 0.1, "gap_top_share": 0.55, "probe": 0.97, "rest": 0.6,
            "rest_floor": 0.2, "matched": 0.31, "unmatched": 0.11, "intra_a": 0.51,
            "intra_b": 0.41, "recall_ab": 0.3, "recall_ab_low": 0.2, "recall_ab_high": 0.5,
            "recall_ba": 0.5, "recall_ba_low": 0.4, "recall_ba_high": 0.7, "chance": 0.03,
            "mixed": 0.71, "mixed_ceiling": 0.91, "hubness_ab": 1.5, "hubness_ba": 2.5,
            "hubness_chance_ab": 0.15, "hubness_chance_ba": 0.25, "linear_probe": 0.85,
            "zero_shot": 0.65, "gap_top_count": 2.0, "dim": 16.0, "objects": 30.0,
            "twin_share_a": 0.1, "twin_share_b": 0.25, "truncated_share": 0.1,
        }
    )  # fmt: skip


def test_evidence_leaves_out_what_was_not_measured():
    broken = {"centroid_gap": single(float("nan"), floor=0.1), "hit_at_k": single(0.5)}
    found = evidence(broken, counted(items={"image": 40, "mesh": 50},
        near_duplicates={"image": 0, "mesh": 0}, compared={"image": 1, "mesh": 1}))  # fmt: skip
    assert found.gap_floor == 0.1
    # there are no texts
    assert found.gap is found.recall_ab is found.truncated_share is None
    assert found.to_dict().keys().isdisjoint({"gap", "recall_ab", "truncated_share"})


def test_the_cards_of_a_study_name_the_direction_that_they_show():
    mixed = ranking(
        MixedResult, relevant="linked", ceiling=(1.0, 1.0), **dict.fromkeys(RULES, (0.0, 0.0))
    )
    results = {"hit_at_k": ranking(), "mixed_gallery": mixed, "matched_cosine": single(0.31)}
    found = {card.label: card for card in cards(results, counted())}
    assert {label: card.value for label, card in found.items()} == {
        "Cosine of linked pairs": "0.310",
        "hit@1, image → text": "0.300",
        "hit@1, text → image": "0.500",
        "nDCG@10 of text in a gallery of both": "0.500",
    }
    card = found["hit@1, text → image"]
    assert (card.low, card.high, card.chance) == pytest.approx((0.4, 0.7, 0.05))
    assert card.detail == "0.400 to 0.700, chance 0.050"


def test_every_measure_of_a_study_has_one_place_on_the_page():
    places = [name for part in (*BEFORE_MAP, *AFTER_MAP) for name in part.names]
    assert len(places) == len(set(places))
    assert set(places) == {*ONE_SET, *TWO_SETS, *LABELLED, *SHAPES, *WORDS}


def test_readings_name_the_modality_where_there_are_several():
    some = {"spread[image]": single(0.4, 0.1, 0.2), "spread[text]": single(0.6)}
    assert heading(some) == "R"
    assert sentence(some).startswith("Image: ") and "Text: " in sentence(some)
    assert sentence({"spread[text]": some["spread[text]"]}).startswith("r 0.600")
    assert numbers(some) == (
        ("image", "0.400 (chance 0.200, noise floor 0.100)"),
        ("text", "0.600 (chance –)"),
        ("n", "9"),
    )
    assert numbers({"hit_at_k": ranking()})[:2] == (
        ("image → text", "0.300 (0.200 to 0.500, chance 0.030)"),
        ("text → image", "0.500 (0.400 to 0.700, chance 0.050)"),
    )


def test_facts_beyond_the_first_three_are_folded_under_their_names():
    results = {name: replace(single(0.5), name=name) for name in ONE_SET}
    part = replace(AFTER_MAP[0], drawn=(), listed=tuple(ONE_SET))
    shown, folded = blocks(part, results)
    assert len(shown.facts) == 3 and len(folded.facts) == len(ONE_SET) - 3
    assert folded.folded.startswith(f"{len(ONE_SET) - 3} more: ")
    assert blocks(part, {}) == ()
