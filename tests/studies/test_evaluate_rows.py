"""Rows, records, tables and fronts of an evaluation by hand."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from isthmus.studies.evaluate.evaluation import RAW, Measure, chain_name
from isthmus.studies.evaluate.pareto import trade_off, trade_offs, undominated
from isthmus.studies.evaluate.scores import Bounds
from isthmus.studies.evaluate.tables import (
    directions_table,
    geometry_table,
    in_points,
    main_table,
    percents,
    with_interval,
)
from isthmus.studies.shared.dataset import Dataset
from tests.studies.evaluations import N, around, evaluation, sided, space
from tests.transform.clouds import pair_sets


@pytest.fixture(scope="module")
def found():
    return evaluation(
        {
            "": space((0.5, 0.3), (0.2, 0.4), zero_shot=0.9, agreement=0.1),
            "mean_removal": space((0.4, 0.2), (0.5, 0.6), zero_shot=0.7, gap=0.1, agreement=0.3),
            "a_b+c": space((0.6, 0.4), (0.1, 0.2), zero_shot=0.8, gap=0.9, agreement=0.2),
        }
    )


def test_a_row_is_both_directions_and_its_change_against_the_space_as_it_is(found):
    raw, row = found.rows[""], found.rows["mean_removal"]
    assert raw.name == RAW and raw.mixed_change.value == raw.hits_change.value == 0
    assert row.mixed.value == pytest.approx(0.55) and row.hits.value == pytest.approx(0.3)
    assert row.mixed_change.value == pytest.approx(0.25)
    assert row.hits_change.value == pytest.approx(-0.1)
    assert row.of_ceiling.value == pytest.approx(0.55 / 0.805)
    assert [one.value for one in row.shares] == pytest.approx([0.5 / 0.8, 0.6 / 0.81])
    assert row.seconds == 1 and row.scores.forward.hits[1].value == pytest.approx(0.4)


def test_items_of_an_object_count_as_one():
    data = Dataset(*pair_sets(n=N // 2, views=2))
    hits = np.r_[np.ones(2), np.zeros(N - 2)], np.r_[np.nan, np.ones(N // 2 - 1)]
    some = evaluation({"": space(hits, (np.r_[1.0, np.zeros(N - 1)], np.zeros(N // 2)))}, data)
    by_object = some.object_scores[""].hits[1]
    assert np.isnan(by_object[0]) and set(by_object[1:]) == {0.5}
    assert some.object_scores[""].mixed[:2].tolist() == [0.25, 0]
    assert some.several == ("image",) and evaluation({}).several == ()


def test_the_record_names_every_number_but_the_seconds(found):
    record = found.rows["mean_removal"].to_dict()
    assert list(record) == [
        "mixed", "of_ceiling", "hits", "mixed_change", "hits_change", "rule_gain",
        "of_ceiling_by_query", "best_rule", "splits",
        "hit@1 image→text", "hit@5 image→text", "hit@10 image→text", "mixed nDCG@10 image",
        "hit@1 text→image", "hit@5 text→image", "hit@10 text→image", "mixed nDCG@10 text",
        "zero-shot", "gap", "distribution gap", "relative gap", "uniformity", "V-measure",
        "calibration error",
    ]  # fmt: skip
    values = {name: one.get("value") for name, one in record.items() if isinstance(one, dict)}
    assert (record["best_rule"], record["splits"]) == ("other modality first", 4)
    assert values["hit@1 image→text"] == pytest.approx(0.4)
    assert values["hit@1 text→image"] == pytest.approx(0.2)
    assert values["hit@5 text→image"] == pytest.approx(0.6) and values["hit@10 text→image"] == 1
    assert values["mixed nDCG@10 image"] == 0.5 and values["zero-shot"] == pytest.approx(0.7)
    assert [values[name] for name in list(record)[18:]] == [0.1, 0.2, 0.3, -1.0, 0.3, 0.02]
    shares = {name: one["value"] for name, one in record["of_ceiling_by_query"].items()}
    assert shares == pytest.approx({"image": 0.625, "text": 0.6 / 0.81})
    plain = evaluation({"": space(0.5, 0.5)}).rows[""].to_dict()
    assert not {"zero-shot", "V-measure"} & set(plain)


def test_bounds_are_recorded_by_the_modality_that_is_searched_by(found):
    record = found.bounds_to_dict()
    assert len(record) == 14 and record == pytest.approx(
        {
            **record, "rule image": 0.6, "ceiling image": 0.8, "chance image": 0.1,
            "chance of hits image": 0.05, "rule text": 0.61, "ceiling text": 0.81,
            "chance text": 0.11, "chance of hits text": 0.06, "own first text": 0.11,
            "interleaved image": 0.5, "standardised image": 0.55,
        }
    )  # fmt: skip
    assert found.mean_bounds.other_first == pytest.approx(0.605)
    assert found.mean_bounds.ceiling == pytest.approx(0.805)


def bounded(one, **values):
    """A space whose own scores have other bounds."""
    known = {"own_first": 0.0, "other_first": 0.0, "interleaved": 0.0, "standardised": 0.0,
             "ceiling": 1.0, "chance": 0.1, "chance_of_hits": 0.05, **values}  # fmt: skip
    bounds = Bounds(**{name: np.full(N, value) for name, value in known.items()})
    return replace(
        one,
        forward=replace(one.forward, bounds=bounds),
        backward=replace(one.backward, bounds=bounds),
    )


def test_a_share_is_of_the_ceiling_of_the_same_scores_and_never_more_than_all_of_it():
    better = evaluation({"": space(0.5, 0.2), "x": bounded(space(0.6, 0.83), ceiling=0.84)}).rows
    assert better["x"].of_ceiling.value == pytest.approx(0.83 / 0.84)  # 103 % of the raw ceiling
    assert [one.value for one in better["x"].shares] == pytest.approx(2 * [0.83 / 0.84])
    noisy = np.tile([0.5, 1.0], N // 2)
    full = evaluation({"": space(0.5, 0.2), "x": space(0.6, noisy)}, ceiling=0.75).rows["x"]
    assert full.of_ceiling.interval.high == 1


def test_a_remedy_is_credited_with_what_it_earns_over_the_best_rule_of_its_own_or_the_raw_scores():
    spaces = {"": space(0.5, 0.2), "x": space(0.5, 0.7)}
    raw = evaluation(spaces).rows["x"]
    assert raw.rule == "other modality first" and raw.rule_gain.value == pytest.approx(0.095)
    own = evaluation({**spaces, "x": bounded(spaces["x"], standardised=0.75)}).rows["x"]
    assert own.rule == "standardised within each modality by the scores of x"
    assert own.rule_gain.value == pytest.approx(-0.05)
    assert evaluation(spaces, interleaved=0.65).rows["x"].rule == "in turn"
    assert evaluation(spaces).rows[""].rule_gain.value == pytest.approx(0.2 - 0.605)


def test_the_headline_lists_the_best_first_and_what_it_is_read_against():
    both = sided({"": space(0.5, 0.2), "mean_removal": space(0.3, 0.55), "a_b+c": space(0.6, 0.1)})
    table = main_table(both, "remedy")
    rows = {row[0]: row[1:] for row in table.rows}
    assert list(rows) == [
        "mean removal", RAW, "a b + c", "rule: own modality first", "rule: other modality first",
        "rule: in turn", "rule: standardised within each modality",
        "best merging of the space as it is", "chance",
    ]  # fmt: skip
    assert rows["mean removal"] == (
        rows["mean removal"][0], rows["mean removal"][1], rows["mean removal"][2],
        rows["mean removal"][3], rows["mean removal"][4], "0.020",
    )  # fmt: skip
    starts = ("0.550 (0.461 to 0.623)", "−5.5 (", "68.3% (", "0.300 (", "−20.0 (")
    for cell, start in zip(rows["mean removal"], starts, strict=False):
        assert cell.startswith(start)
    assert rows["mean removal"][3].startswith("0.300 (0.") and rows[RAW][4] == "–"
    assert rows["rule: other modality first"] == ("0.605", "–", "–", "–", "–", "–")
    assert rows["rule: own modality first"][0] == "0.105"
    assert rows["rule: in turn"][0] == "0.505"
    assert rows["rule: standardised within each modality"][0] == "0.555"
    assert rows["best merging of the space as it is"][0] == "0.805"
    assert rows["chance"] == ("0.105", "–", "–", "0.055", "–", "–")


def test_where_mixed_search_cannot_tell_the_headline_is_of_hits_and_shows_no_share(found):
    table = main_table(found, "remedy")
    assert table.columns == (
        "remedy", "R@1", "change of R@1, points", "R@10", "calibration error", "gap",
        "mixed nDCG@10",
    )  # fmt: skip
    assert [row[0] for row in table.rows[:3]] == ["a b + c", RAW, "mean removal"]
    assert table.rows[0][1:] == (
        table.rows[0][1], "+10.0 (+1.2 to +17.9)", "1.000", "0.020", "0.900",
        "0.150 (0.137 to 0.224)",
    )  # fmt: skip
    assert table.rows[4] == ("rule: other modality first", *5 * ("–",), "0.605")
    assert not any("%" in cell for row in table.rows for cell in row)
    assert not any("ceiling" in column for column in directions_table(found, "remedy").columns)


def test_a_chain_that_went_out_early_says_in_how_many_splits_it_was_judged(found):
    rows = {**found.rows, "out": replace(found.rows["a_b+c"], chain="out", splits=2)}
    table = main_table(found, "remedy", rows)
    assert table.columns[-1] == "splits"
    assert {row[0]: row[-1] for row in table.rows}["out"] == "2"


def test_each_direction_and_each_number_of_a_space_has_a_column(found):
    table = directions_table(found, "remedy")
    assert table.columns == (
        "remedy", "hit@1 image→text", "hit@10 image→text", "mixed nDCG@10 image",
        "hit@1 text→image", "hit@10 text→image", "mixed nDCG@10 text", "zero-shot",
    )  # fmt: skip
    row = dict(zip(table.columns, table.rows[1], strict=True))
    assert row["hit@1 image→text"].startswith("0.400") and row["hit@10 text→image"][0] == "1"
    both = sided({"": space(0.5, 0.2), "x": space(0.4, (0.5, 0.6))})
    table = directions_table(both, "remedy")
    row = dict(zip(table.columns, table.rows[1], strict=True))
    assert row["of its ceiling, image queries"].startswith("62.5%")
    table = geometry_table(found.rows, "remedy", "seeds")
    assert "middle 95 % of the seeds" in table.caption
    row = dict(zip(table.columns, table.rows[1], strict=True))
    assert row["gap"] == "0.100 (0.000 to 0.200)" and row["V-measure"].startswith("0.300")


def test_estimates_read_as_a_value_and_its_ends():
    one = around(0.25)
    assert with_interval(one) == "0.250 (0.150 to 0.350)"
    assert in_points(one) == "+25.0 (+15.0 to +35.0)"
    assert percents(one) == "15.0% to 35.0%" and percents(one, 2) == "15.00% to 35.00%"
    assert in_points(around(-0.05)) == "−5.0 (−15.0 to +5.0)"
    assert chain_name("a_b+c") == "a b + c" and chain_name("") == RAW


def test_a_front_wants_much_of_some_measures_and_little_of_others(found):
    drawn = {one.measure: one for one in trade_offs(found.rows, "variant")}
    assert list(drawn) == [
        "mixed nDCG@10", "zero-shot", "gap", "distribution gap", "relative gap", "uniformity",
        "V-measure", "calibration error",
    ]  # fmt: skip
    mean, other = "mean removal", "a b + c"
    fronts = {name: one.front for name, one in drawn.items()}
    assert fronts["mixed nDCG@10"] == (mean, RAW, other)
    assert fronts["zero-shot"] == (RAW, other)
    assert fronts["gap"] == fronts["distribution gap"] == (mean, RAW, other)
    assert fronts["V-measure"] == (mean, other)
    assert fronts["calibration error"] == (other,)
    one = drawn["gap"]
    assert one.names == (RAW, mean, other) and one.value == one.n == 3
    assert [*one.hits] == pytest.approx([0.4, 0.3, 0.5]) and [*one.values] == [0.5, 0.1, 0.9]


def test_more_calibration_error_is_worse():
    slow, idle = space(0.6, 0.5, error=0.3), space(0.4, 0.5, error=0.2)
    found = evaluation({"": space(0.5, 0.5), "slow": slow, "idle": idle})
    drawn = {one.measure: one.front for one in trade_offs(found.rows, "variant")}
    assert drawn["calibration error"] == (RAW, "slow")


def test_a_front_is_what_nothing_beats():
    points_of = np.array([[1.0, 5.0], [2.0, 4.0], [2.0, 3.0], [3.0, 1.0], [0.0, 0.0], [3.0, 1.0]])
    assert undominated(points_of).tolist() == [True, True, False, True, False, True]


def test_the_picture_of_a_front_holds_every_space_once(found):
    rows = list(found.rows.values())
    one = trade_off(
        rows[:1] + rows[2:], "remedy", [Measure("gap", around(x), -1) for x in (1.0, 2.0)]
    )
    drawn = trade_off(rows, "remedy", [Measure("mixed", row.mixed) for row in rows], 0.8)
    axes = Figure().subplots()
    drawn.plot(axes)
    lines = {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
    assert set(lines) == {"ceiling", "remedy", "Pareto front", RAW}
    assert lines["remedy"] == [] and lines[RAW] == [[pytest.approx(0.4), pytest.approx(0.3)]]
    assert [x for x, _ in lines["Pareto front"]] == pytest.approx([0.3, 0.4, 0.5])
    assert {y for _, y in lines["ceiling"]} == {0.8}
    assert axes.get_ylabel() == "mixed" and axes.get_xlabel().startswith("R@1")
    axes = Figure().subplots()
    one.plot(axes)
    assert "ceiling" not in {line.get_label() for line in axes.lines}
