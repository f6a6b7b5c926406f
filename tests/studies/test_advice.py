"""Each rule fires on the numbers it is made for, and on nothing else."""

import pytest

from isthmus.studies.study import advice
from isthmus.studies.study.advice import RULES, advise

HEALTHY = {
    "objects": 5000.0,
    "dim": 512.0,
    "chance": 0.0002,
    "recall_ab": 0.60,
    "recall_ab_low": 0.58,
    "recall_ab_high": 0.62,
    "recall_ba": 0.59,
    "recall_ba_low": 0.57,
    "recall_ba_high": 0.61,
    "twin_share_a": 0.0,
    "twin_share_b": 0.004,
    "truncated_share": 0.0,
    "gap": 0.8,
    "gap_floor": 0.05,
    "gap_top_share": 0.1,
    "gap_top_count": 2.0,
    "mixed": 0.7,
    "mixed_ceiling": 0.75,
    "probe": 1.0,
    "rest": 0.1,
    "rest_floor": 0.08,
    "hubness_ab": 0.4,
    "hubness_ba": 0.5,
    "hubness_chance_ab": 0.3,
    "hubness_chance_ba": 0.3,
    "linear_probe": 0.8,
    "zero_shot": 0.75,
}
ILL = {
    advice.near_chance: {
        **{f"recall_{way}_low": 0.0001 for way in ("ab", "ba")},
        **{f"recall_{way}": 0.0003 for way in ("ab", "ba")},
        **{f"recall_{way}_high": 0.0008 for way in ("ab", "ba")},
    },
    advice.few_items: {"recall_ab_low": 0.5, "recall_ab_high": 0.7},
    advice.twins: {"twin_share_b": 0.02},
    advice.cut_texts: {"truncated_share": 0.3},
    advice.gap_is_noise: {"gap": 0.06},
    advice.blocked_mix: {"mixed": 0.0},
    advice.few_coordinates: {"gap_top_share": 0.7},
    advice.more_than_a_shift: {"rest": 0.4},
    advice.popular_answers: {"hubness_ba": 2.4},
    advice.lopsided: {"recall_ab_low": 0.65, "recall_ab": 0.67, "recall_ab_high": 0.69},
    advice.idle_labels: {"zero_shot": 0.5},
}


def test_a_healthy_space_gets_no_advice():
    assert advise(HEALTHY) == ()


def test_every_rule_is_tried_here():
    assert set(ILL) == set(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_fires_alone_on_what_it_is_made_for(rule):
    (found,) = advise(HEALTHY | ILL[rule])
    assert found == rule(HEALTHY | ILL[rule])


@pytest.mark.parametrize("name", HEALTHY)
def test_a_number_that_was_not_measured_is_not_spoken_of(name):
    for ill in ILL.values():
        known = {key: value for key, value in (HEALTHY | ill).items() if key != name}
        assert len(advise(known)) <= 1
        assert "nan" not in str(advise(known)).split()


def test_hubs_do_not_matter_where_retrieval_is_perfect():
    perfect = {f"recall_{way}{end}": 1.0 for way in ("ab", "ba") for end in ("", "_low", "_high")}
    assert advise(HEALTHY | ILL[advice.popular_answers] | perfect) == ()


def test_without_numbers_there_is_no_advice():
    assert advise({}) == ()


def test_the_number_of_objects_asked_for_follows_from_the_width():
    # an interval of 0.2 shrinks to 0.1 with four times as many objects
    found = advice.few_items(HEALTHY | ILL[advice.few_items])
    assert found is not None
    assert "About 20,000 objects" in found.do
    assert "between 50.0% and 70.0%" in found.because
