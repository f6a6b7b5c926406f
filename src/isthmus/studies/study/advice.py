"""What to try next: rules on the numbers, each with the numbers that fired it."""

import math
from collections.abc import Callable, Mapping

from isthmus.report import Advice, number

Evidence = Mapping[str, float]
"""Named numbers of a study; a number that was not measured is not there."""


def advise(numbers: Evidence) -> tuple[Advice, ...]:
    """The advice of every rule that fires, faults of the data before traits of the space."""
    found = (_tried(rule, numbers) for rule in RULES)
    return tuple(advice for advice in found if advice is not None)


def _tried(rule: Callable[[Evidence], Advice | None], numbers: Evidence) -> Advice | None:
    try:
        return rule(numbers)
    except KeyError:  # it speaks of a number that was not measured
        return None


def near_chance(e: Evidence) -> Advice | None:
    """Retrieval that its interval cannot tell from chance: broken links or the wrong model."""
    if not (e["recall_ab_low"] <= e["chance"] and e["recall_ba_low"] <= e["chance"]):
        return None
    return Advice(
        "Check the links and the preprocessing first",
        f"The linked item comes first for {e['recall_ab']:.1%} and {e['recall_ba']:.1%} of the "
        f"queries, where luck gives {e['chance']:.1%}. All other numbers describe vectors "
        "whose pairing carries nothing.",
        "Look at the neighbourhoods above, compare ten links by hand, and make sure that both "
        "towers come from one checkpoint with its own preprocessing and tokenizer.",
    )


def few_items(e: Evidence) -> Advice | None:
    """An interval of hit@1 wider than ten points."""
    width = e["recall_ab_high"] - e["recall_ab_low"]
    if not width > 0.1:
        return None
    wanted = math.ceil(e["objects"] * (width / 0.1) ** 2 / 100) * 100
    return Advice(
        "Measure more items before comparing",
        f"With {e['objects']:,.0f} objects, hit@1 is known only to lie between "
        f"{e['recall_ab_low']:.1%} and {e['recall_ab_high']:.1%}.",
        f"About {wanted:,} objects would narrow the interval to ten points; to compare two "
        "spaces, compare them on the same items: isthmus study A B.",
    )


def twins(e: Evidence) -> Advice | None:
    """More than one item in a hundred has a near-duplicate."""
    share = max(e["twin_share_a"], e["twin_share_b"])
    if not share > 0.01:
        return None
    return Advice(
        "Mind the near-duplicates",
        f"Up to {share:.1%} of the items of one modality have a near-duplicate in another object "
        "(cosine of 0.98 or more). Retrieval counts these as mistakes, though a person would not.",
        "Drop them or link them as one object; until then read hit@1 as a lower bound.",
    )


def cut_texts(e: Evidence) -> Advice | None:
    """More than one text in a hundred was cut at the token limit."""
    if not e["truncated_share"] > 0.01:
        return None
    return Advice(
        "Shorten the long texts",
        f"{e['truncated_share']:.1%} of the texts were cut at the tokenizer's limit; what stands "
        "behind the cut is not in the vectors.",
        "Put the telling words first, split long texts into several linked ones, or use a model "
        "with a longer limit.",
    )


def gap_is_noise(e: Evidence) -> Advice | None:
    """A gap no larger than between random halves of one modality."""
    if not e["gap"] <= 1.5 * e["gap_floor"]:
        return None
    return Advice(
        "Leave the centroid gap alone",
        f"The gap of {number(e['gap'])} is what two random halves of one modality show "
        f"({number(e['gap_floor'])}).",
        "Shifting or centring has nothing to remove; look at what differs after centring instead.",
    )


def blocked_mix(e: Evidence) -> Advice | None:
    """Good search in each modality, but the other modality loses in a common gallery."""
    if not (e["mixed"] < 0.5 * e["mixed_ceiling"] and e["recall_ab"] > 2 * e["chance"]):
        return None
    return Advice(
        "Standardise the scores before mixing modalities",
        f"In a gallery of both modalities nDCG@10 is {number(e['mixed'])}; with the other modality "
        f"alone it is {number(e['mixed_ceiling'])}. Items of the query's own modality crowd out "
        "its partners.",
        "Subtract each modality's mean score and divide by its spread before merging; centring "
        "the vectors is the weaker remedy. Judge either on items that it was not fitted on.",
    )


def few_coordinates(e: Evidence) -> Advice | None:
    """Most of the squared gap in a handful of coordinates."""
    if not (e["gap_top_share"] > 0.5 and e["gap"] > 2 * e["gap_floor"]):
        return None
    return Advice(
        "Look at the few coordinates that hold the gap",
        f"{e['gap_top_share']:.0%} of the gap's squared length lies in "
        f"{e['gap_top_count']:.0f} of {e['dim']:.0f} coordinates.",
        "Drop them and measure again: what the gap does to retrieval and mixed search is then a "
        "matter of two runs.",
    )


def more_than_a_shift(e: Evidence) -> Advice | None:
    """Modalities that a probe tells apart although the centroid gap is small or removed."""
    if not (e["probe"] > 0.9 and e["rest"] > 2 * e["rest_floor"]):
        return None
    return Advice(
        "Do not expect centring to make the modalities alike",
        f"After both means are taken away, the two clouds still differ by {number(e['rest'])} "
        f"(random halves of one modality: {number(e['rest_floor'])}).",
        "Compare their spectra: a map that matches covariances changes more than a shift can.",
    )


def popular_answers(e: Evidence) -> Advice | None:
    """Hubs, k-occurrence more skewed than chance allows, where retrieval has room to improve."""
    ways = [(e[f"hubness_{way}"], e[f"hubness_chance_{way}"]) for way in ("ab", "ba")]
    worst, luck = max(ways, key=lambda pair: pair[0] - pair[1])
    room = min(e["recall_ab"], e["recall_ba"]) < 0.95
    if not (room and worst > 1.0 + luck):
        return None
    return Advice(
        "Correct for popular answers",
        f"Some items are among the nearest of far too many queries (skewness {number(worst)}, "
        f"chance {number(luck)}).",
        "Subtract from each candidate its mean similarity to a bank of queries, or normalise "
        "over such a bank (inverted softmax), and compare hit@1 on other queries.",
    )


def lopsided(e: Evidence) -> Advice | None:
    """One direction of retrieval better than the other beyond both intervals."""
    ab, ba = e["recall_ab"], e["recall_ba"]
    apart = e["recall_ab_low"] > e["recall_ba_high"] or e["recall_ba_low"] > e["recall_ab_high"]
    if not apart:
        return None
    return Advice(
        "Ask why one direction is harder",
        f"hit@1 is {ab:.1%} in one direction and {ba:.1%} in the other, and the intervals do not "
        "meet.",
        "Compare the hubs and the number of links of both sides: several texts for each picture, "
        "or vague ones, make the two tasks differ in difficulty.",
    )


def idle_labels(e: Evidence) -> Advice | None:
    """Labels that a linear probe reads far better than zero-shot prompts."""
    if not e["linear_probe"] - e["zero_shot"] > 0.1:
        return None
    return Advice(
        "Work on the prompts",
        f"A linear probe on the same vectors is right for {e['linear_probe']:.1%}, zero-shot "
        f"prompts for {e['zero_shot']:.1%}: the classes are there, but the texts miss them.",
        "Try more templates and the words that captions of this kind of picture use.",
    )


RULES: tuple[Callable[[Evidence], Advice | None], ...] = (
    near_chance,
    few_items,
    twins,
    cut_texts,
    gap_is_noise,
    blocked_mix,
    few_coordinates,
    more_than_a_shift,
    popular_answers,
    lopsided,
    idle_labels,
)
"""In the order of the page."""
