"""Each rule fires exactly where its condition holds, and names the numbers that fired it."""

from dataclasses import replace

import pytest

from isthmus.studies.study import advice, summary
from isthmus.studies.study.advice import RULES, advise
from isthmus.studies.study.evidence import Evidence
from isthmus.studies.study.verdict import Cause, at_chance, cause, symptom, verdict

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
    "near_duplicates_a": 0.0,
    "near_duplicates_b": 0.004,
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
    "matched": 0.3,
    "unmatched": 0.1,
    "intra_a": 0.5,
    "intra_b": 0.4,
    "hubness_ab": 0.4,
    "hubness_ba": 0.5,
    "hubness_chance_ab": 0.3,
    "hubness_chance_ba": 0.3,
    "linear_probe": 0.8,
    "zero_shot": 0.75,
}


def healthy(**changed):
    """The evidence of a space that needs no advice, but for what is changed."""
    return Evidence(**{**HEALTHY, **changed})


LOST = {"recall_ab": 0.0003, "recall_ab_low": 0.0, "recall_ab_high": 0.0008,
        "recall_ba": 0.0004, "recall_ba_low": 0.0, "recall_ba_high": 0.0009}  # fmt: skip

EDGES = {
    "an interval wider than ten points": (
        advice.few_items,
        {"recall_ab_low": 0.55, "recall_ab_high": 0.66},
        {"recall_ab_low": 0.55, "recall_ab_high": 0.65},
        ("With 5,000 objects", "between 55.0% and 66.0%", "About 6,100 objects"),
    ),
    "near-duplicates of a": (
        advice.near_duplicates,
        {"near_duplicates_a": 0.011},
        {"near_duplicates_a": 0.01},
        ("Up to 1.1% of the items",),
    ),
    "near-duplicates of b": (
        advice.near_duplicates,
        {"near_duplicates_b": 0.02},
        {"near_duplicates_b": 0.0099},
        ("Up to 2.0% of the items",),
    ),
    "near-duplicates in a cone that is not narrow": (
        advice.near_duplicates,
        {"near_duplicates_b": 0.02, "intra_a": 0.899, "intra_b": 0.899},
        {"near_duplicates_b": 0.02, "intra_b": 0.9},
        ("Up to 2.0% of the items",),
    ),
    "cut texts": (
        advice.cut_texts,
        {"truncated_share": 0.0101},
        {"truncated_share": 0.01},
        ("1.0% of the texts were cut",),
    ),
    "a gap of one and a half floors": (
        advice.gap_is_noise,
        {"gap": 0.075},
        {"gap": 0.0751},
        ("The gap of 0.075", "(0.050)"),
    ),
    "half of the ceiling": (
        advice.blocked_mix,
        {"mixed": 0.374},
        {"mixed": 0.375},
        ("nDCG@10 is 0.374", "alone it is 0.750"),
    ),
    "retrieval that carries nothing to lose": (
        advice.blocked_mix,
        {"mixed": 0.1, "chance": 0.299},
        {"mixed": 0.1, "chance": 0.3},
        ("nDCG@10 is 0.100",),
    ),
    "half of the gap in few coordinates": (
        advice.few_coordinates,
        {"gap_top_share": 0.51},
        {"gap_top_share": 0.5},
        ("51% of the gap", "in 2 of 512 coordinates"),
    ),
    "few coordinates of a gap that is noise": (
        advice.few_coordinates,
        {"gap_top_share": 0.7, "gap": 0.101},
        {"gap_top_share": 0.7, "gap": 0.1},
        ("70% of the gap",),
    ),
    "what centring leaves": (
        advice.more_than_a_shift,
        {"rest": 0.161},
        {"rest": 0.16},
        ("still differ by 0.161", "modality: 0.080"),
    ),
    "modalities that a probe confuses": (
        advice.more_than_a_shift,
        {"rest": 0.4, "probe": 0.91},
        {"rest": 0.4, "probe": 0.9},
        ("still differ by 0.400",),
    ),
    "hubs of a asked of b": (
        advice.popular_answers,
        {"hubness_ab": 1.31},
        {"hubness_ab": 1.3},
        ("skewness 1.310, chance 0.300",),
    ),
    "hubs of b asked of a, above its own chance": (
        advice.popular_answers,
        {"hubness_ba": 2.4, "hubness_chance_ba": 0.2, "hubness_ab": 2.5, "hubness_chance_ab": 2.0},
        {"hubness_ba": 1.2, "hubness_chance_ba": 0.2, "hubness_ab": 2.5, "hubness_chance_ab": 2.0},
        ("skewness 2.400, chance 0.200",),
    ),
    "hubs where one direction has room": (
        advice.popular_answers,
        {"hubness_ba": 2.4, "recall_ab": 0.96, "recall_ba": 0.94,
         "recall_ab_low": 0.93, "recall_ab_high": 0.98, "recall_ba_low": 0.92,
         "recall_ba_high": 0.96},
        {"hubness_ba": 2.4, "recall_ab": 0.96, "recall_ba": 0.95,
         "recall_ab_low": 0.93, "recall_ab_high": 0.98, "recall_ba_low": 0.92,
         "recall_ba_high": 0.96},
        ("skewness 2.400",),
    ),
    "a that is found better": (
        advice.lopsided,
        {"recall_ab": 0.65, "recall_ab_low": 0.611, "recall_ab_high": 0.69},
        {"recall_ab": 0.65, "recall_ab_low": 0.61, "recall_ab_high": 0.69},
        ("hit@1 is 65.0% in one direction and 59.0%",),
    ),
    "b that is found better": (
        advice.lopsided,
        {"recall_ba": 0.65, "recall_ba_low": 0.621, "recall_ba_high": 0.69},
        {"recall_ba": 0.65, "recall_ba_low": 0.62, "recall_ba_high": 0.69},
        ("hit@1 is 60.0% in one direction and 65.0%",),
    ),
    "prompts that miss the classes": (
        advice.idle_labels,
        {"zero_shot": 0.69},
        {"zero_shot": 0.7 + 1e-9},
        ("right for 80.0%", "prompts for 69.0%"),
    ),
}  # fmt: skip
"""By name: a rule, evidence just beyond its threshold, just before it, and what it then says."""


def test_a_healthy_space_gets_no_advice():
    assert advise(healthy()) == ()


def test_every_rule_has_an_edge():
    assert {rule for rule, *_ in EDGES.values()} == set(RULES)


@pytest.mark.parametrize("name", EDGES)
def test_a_rule_fires_alone_beyond_its_threshold_and_not_before_it(name):
    rule, beyond, before, says = EDGES[name]
    (found,) = advise(healthy(**beyond))
    assert [found] == [*rule(healthy(**beyond))]
    for words in says:
        assert words in f"{found.because} {found.do}"
    assert advise(healthy(**before)) == ()


def test_faults_of_the_data_come_before_traits_of_the_space():
    found = advise(healthy(gap=0.01, truncated_share=0.5))
    assert [one.title.split()[0] for one in found] == ["Shorten", "Leave"]


CAUSES = {
    Cause.CONSTANT: {"intra_b": 0.9999},
    Cause.COLLAPSED: {"intra_b": 0.75},
    Cause.COORDINATES: {"mutual": 0.13, "mutual_chance": 0.03, "intra_a": 0.749},
    Cause.NOISE: {"structure_p_a": 0.011, "structure_p_b": 0.5},
    Cause.LINKS: {
        "structure_p_a": 0.01,
        "structure_p_b": 0.5,
        "mutual": 0.129,
        "mutual_chance": 0.03,
    },
}
"""Evidence at chance, just at the threshold of each cause."""


@pytest.mark.parametrize("kind", Cause)
def test_at_chance_only_what_may_be_the_reason_is_advised(kind):
    traits = {"near_duplicates_a": 0.9, "hubness_ab": 9.0, "gap": 0.01, "mixed": 0.001,
              "truncated_share": 0.5, "linear_probe": 0.9, "zero_shot": 0.1}  # fmt: skip
    lost = healthy(**LOST, **{**traits, **CAUSES[kind]})
    assert cause(lost) is kind
    first, second = advise(lost, ("image", "text"))
    assert first.title == advice.REMEDIES[kind][0]
    assert symptom(lost, "image", "text") in first.because
    assert second.title == "Shorten the long texts"
    assert verdict(lost, "image", "text").startswith("Retrieval is at chance: the linked text")
    assert symptom(lost, "image", "text") in verdict(lost, "image", "text")
    for words in ("loses most", "near-duplicates of", "popular"):
        assert words not in verdict(lost, "image", "text")


@pytest.mark.parametrize(
    ("changed", "lost"),
    [
        ({}, True),
        ({"recall_ba_low": 0.0002}, True),
        ({"recall_ba_low": 0.00021}, False),
        ({"recall_ab_low": 0.00021}, False),
        ({"recall_ab_low": None}, False),
        ({"chance": None}, False),
    ],
)
def test_one_direction_above_chance_disproves_it(changed, lost):
    assert at_chance(healthy(**{**LOST, **changed})) == lost


def test_the_verdict_says_whether_retrieval_works():
    works = verdict(healthy(), "image", "text")
    assert works == (
        "Retrieval works: the linked text comes first for 60.0% of the image queries and the "
        "linked image for 59.0% of the text queries, where luck gives 0.020%."
    )
    for chance, few in ((0.0002, 0.0039), (0.1, 0.499)):
        weak = verdict(healthy(recall_ba=few, chance=chance), "image", "text")
        assert weak.startswith("Retrieval is above chance, but weak:")
        enough = verdict(healthy(recall_ba=few + 0.002, chance=chance), "image", "text")
        assert enough.startswith("Retrieval works:")
    assert "a query of text loses most of that" in verdict(healthy(mixed=0.374), "image", "text")
    assert "loses" not in verdict(healthy(mixed=0.375), "image", "text")
    assert "Was one file given twice?" in verdict(healthy(matched=1.0), "image", "text")
    assert verdict(Evidence(), "image", "text") == ""


def test_without_numbers_there_is_no_advice_and_no_sentence():
    assert advise(Evidence()) == ()
    rules = (getattr(summary, name) for name in SENTENCES)
    assert not any([*rule(Evidence(), "image", "text")] for rule in rules)


@pytest.mark.parametrize("name", HEALTHY)
def test_a_number_that_was_not_measured_silences_only_the_rules_that_need_it(name):
    for rule, beyond, _, _ in EDGES.values():
        whole = healthy(**beyond)
        found = advise(replace(whole, **{name: None}))
        assert set(found) <= set(rule(whole))
        assert bool(found) == (name not in NEEDED[rule])


NEEDED = {
    advice.few_items: {"recall_ab_low", "recall_ab_high", "objects"},
    advice.near_duplicates: {"near_duplicates_a", "near_duplicates_b"},
    advice.cut_texts: {"truncated_share"},
    advice.gap_is_noise: {"gap", "gap_floor"},
    advice.blocked_mix: {"mixed", "mixed_ceiling", "recall_ab", "chance"},
    advice.few_coordinates: {"gap_top_share", "gap", "gap_floor", "gap_top_count", "dim"},
    advice.more_than_a_shift: {"probe", "rest", "rest_floor"},
    advice.popular_answers: {
        "hubness_ab", "hubness_ba", "hubness_chance_ab", "hubness_chance_ba",
        "recall_ab", "recall_ba",
    },
    advice.lopsided: {
        f"recall_{way}{end}" for way in ("ab", "ba") for end in ("", "_low", "_high")
    },
    advice.idle_labels: {"linear_probe", "zero_shot"},
}  # fmt: skip
"""Fields of the evidence that a rule speaks of."""


def test_the_number_of_objects_asked_for_follows_from_the_width():
    # an interval of 0.2 shrinks to 0.1 with four times as many objects
    (found,) = advice.few_items(healthy(recall_ab_low=0.5, recall_ab_high=0.7))
    assert "About 20,000 objects" in found.do


SENTENCES = {
    "gap": [
        ({}, "The centres of image and text stand 0.800 apart, 16.0 times what"),
        ({"gap": 0.101}, "2.0 times what random halves of one modality show (0.050)"),
        ({"gap": 0.1}, "0.100 apart, hardly more than random halves of one modality do (0.050)"),
    ],
    "probe": [
        ({}, "tells image from text almost without mistake"),
        ({"probe": 0.991}, "almost without mistake"),
        ({"probe": 0.99}, "tells image from text for 99.0% of unseen items"),
    ],
    "cosines": [({}, "have cosine 0.300 on average, pairs that are not linked 0.100")],
    "inner": [
        ({}, "closer than that on average (image 0.500, text 0.400)"),
        ({"intra_b": 0.31}, "(image 0.500, text 0.310)"),
        ({"intra_b": 0.3}, ""),
        ({"intra_a": 0.2}, ""),
    ],
}
"""By rule of the summary: evidence, and what its sentence holds; empty for no sentence."""


@pytest.mark.parametrize("name", SENTENCES)
def test_sentences_of_the_summary_follow_from_the_numbers(name):
    for values, says in SENTENCES[name]:
        sentences = [*getattr(summary, name)(healthy(**values), "image", "text")]
        assert len(sentences) == bool(says)
        assert all(says in sentence for sentence in sentences)
