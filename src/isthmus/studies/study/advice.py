"""What to try next: rules on the numbers, each with the numbers that fired it.

A rule that needs a number that was not measured says nothing: its pattern does not match.
"""

# pyright: reportMatchNotExhaustive=false

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

from isthmus.report import Advice, number
from isthmus.studies.pages.common import next_steps
from isthmus.studies.shared import About
from isthmus.studies.study.evidence import Evidence
from isthmus.studies.study.verdict import Cause, at_chance, cause, narrow, symptom

MEND, FIT = "isthmus mend {data}", "isthmus fit {data}"
"""Commands to type; ``{data}`` stands for the words that name this space and its data."""


def advise(numbers: Evidence, names: tuple[str, str] = ("a", "b")) -> tuple[Advice, ...]:
    """The advice of every rule that fires, faults of the data before traits of the space.

    Where retrieval is at chance only what may be the reason is advised. ``names`` are the
    modalities.
    """
    if at_chance(numbers):
        return (chance_advice(numbers, names), *cut_texts(numbers))
    return tuple(advice for rule in RULES for advice in rule(numbers))


CHANGED = Advice(
    "See what the remedy changed",
    "This is a mended space. Its own page (isthmus mend) says what the remedy earns on objects "
    "that it was not fitted on; on those that it was fitted on, the numbers of this page flatter "
    "it.",
    "Put it beside the space that it was made of, on the same items.",
    "isthmus compare {base} {space} {options}",
)
CONTROL = Advice(
    "Run a control that is known to work",
    "Chance may come from the items, from the links or from the model.",
    "If the control finds its items, what it does not share with this study is at fault.",
    "isthmus study",
)
JUDGED = Advice(
    "Let the remedies be judged all the same",
    "No number here asks for one.",
    "Whether one would earn something is judged on pairs that it was not fitted on.",
    MEND,
)


CARD = Advice(
    "See every pair of modalities",
    "The space reaches more modalities of these data than the two that are studied.",
    "Gap, retrieval and geometry of every pair, by every road there is.",
    "isthmus card {data}",
)


def steps(found: tuple[Advice, ...], e: Evidence, about: About, ranked: bool) -> tuple[Advice, ...]:
    """The advice with what to type, which there is whatever fired.

    Args:
        found: of ``advise``.
        e: the numbers.
        about: what commands call the space and its data.
        ranked: whether the space has a score rule, so that it cannot be mended again.
    """
    space = about.words.get("space", "")
    own = space.partition(":")[0] not in ("", "mini", "arrays", "mended")
    control = replace(CONTROL, command="isthmus study mini {options}") if own else CONTROL
    if not any(one.command for one in found):
        found = (*found, control if at_chance(e) else JUDGED)
    if ranked:
        found = tuple(replace(x, command="") if x.command in (MEND, FIT) else x for x in found)
    found = (*found, CARD) if about.more else found
    return next_steps((CHANGED, *found) if space.startswith("mended:") else found, about)


REMEDIES = {
    Cause.CONSTANT: (
        "Embed these items again",
        "Look whether the encoder was given the items at all (blank pictures, empty texts, one "
        "file read for all), and whether its weights were loaded.",
    ),
    Cause.COLLAPSED: (
        "Look at the items and the weights first",
        "Noise, blank pictures and empty texts get one vector from a trained tower too. Make sure "
        "that the checkpoint's weights were loaded into both towers: names of weights that did not "
        "fit are often skipped without a word.",
    ),
    Cause.COORDINATES: (
        "Embed both modalities with one checkpoint",
        "Make sure that both towers come from one checkpoint, or train a head that joins the two "
        "spaces.",
    ),
    Cause.NOISE: (
        "Look at what is in the arrays first",
        "Make sure that these are the vectors of a trained model and not its untrained weights, "
        "padding or random numbers.",
    ),
    Cause.LINKS: (
        "Check the links and the preprocessing first",
        "Compare ten links by hand (is one file sorted otherwise, or of other items?), and make "
        "sure that both towers come from one trained checkpoint with its own preprocessing and "
        "tokenizer.",
    ),
}
"""What to do about each cause of retrieval at chance: a title and what to try."""


def chance_advice(e: Evidence, names: tuple[str, str]) -> Advice:
    """Retrieval that its interval cannot tell from chance: what may be the reason."""
    title, do = REMEDIES[cause(e)]
    because = (
        f"{symptom(e, *names)} All other numbers describe vectors whose pairing carries nothing: "
        "read no gap, hub or near-duplicate off them."
    )
    return Advice(title, because, do, FIT if cause(e) is Cause.COORDINATES else "")


def few_items(e: Evidence) -> Iterator[Advice]:
    """An interval of hit@1 wider than ten points."""
    match e:
        case Evidence(
            recall_ab_low=float(low), recall_ab_high=float(high), objects=float(objects)
        ) if high - low > 0.1:
            wanted = math.ceil(objects * ((high - low) / 0.1) ** 2 / 100) * 100
            yield Advice(
                "Measure more items before comparing",
                f"With {objects:,.0f} objects, hit@1 is known only to lie between {low:.1%} and "
                f"{high:.1%}.",
                f"About {wanted:,} objects would narrow the interval to ten points; to compare two "
                "spaces, compare them on the same items: isthmus compare A B.",
            )


def near_duplicates(e: Evidence) -> Iterator[Advice]:
    """More than one item in a hundred has a near-duplicate."""
    match e:
        case Evidence(near_duplicates_a=float(a), near_duplicates_b=float(b)) if max(
            a, b
        ) > 0.01 and not narrow(e):
            yield Advice(
                "Mind the near-duplicates",
                f"Up to {max(a, b):.1%} of the items of one modality have a near-duplicate in "
                "another object (cosine of 0.98 or more). Retrieval counts these as mistakes, "
                "though a person would not.",
                "Drop them or link them as one object; until then read hit@1 as a lower bound.",
            )


def cut_texts(e: Evidence) -> Iterator[Advice]:
    """More than one text in a hundred was cut at the token limit."""
    match e:
        case Evidence(truncated_share=float(share)) if share > 0.01:
            yield Advice(
                "Shorten the long texts",
                f"{share:.1%} of the texts were cut at the tokenizer's limit; what stands behind "
                "the cut is not in the vectors.",
                "Put the telling words first, split long texts into several linked ones, or use a "
                "model with a longer limit.",
            )


def gap_is_noise(e: Evidence) -> Iterator[Advice]:
    """A gap no larger than between random halves of one modality."""
    match e:
        case Evidence(gap=float(gap), gap_floor=float(floor)) if gap <= 1.5 * floor:
            yield Advice(
                "Leave the centroid gap alone",
                f"The gap of {number(gap)} is what two random halves of one modality show "
                f"({number(floor)}).",
                "Shifting or centring has nothing to remove; look at what differs after centring "
                "instead.",
            )


def blocked_mix(e: Evidence) -> Iterator[Advice]:
    """Good search in each modality, but the other modality loses in a common gallery."""
    match e:
        case Evidence(
            mixed=float(mixed),
            mixed_ceiling=float(ceiling),
            recall_ab=float(recall),
            chance=float(chance),
        ) if mixed < 0.5 * ceiling and recall > 2 * chance:
            yield Advice(
                "Standardise the scores before mixing modalities",
                f"In a gallery of both modalities nDCG@10 is {number(mixed)}; with the other "
                f"modality alone it is {number(ceiling)}. Items of the query's own modality crowd "
                "out its linked items.",
                "Subtract each modality's mean score and divide by its spread before merging; "
                "centring the vectors is the weaker remedy. Judge either on items that it was not "
                "fitted on.",
                MEND,
            )


def few_coordinates(e: Evidence) -> Iterator[Advice]:
    """Most of the squared gap in a handful of coordinates."""
    match e:
        case Evidence(
            gap_top_share=float(share),
            gap=float(gap),
            gap_floor=float(floor),
            gap_top_count=float(count),
            dim=float(dim),
        ) if share > 0.5 and gap > 2 * floor:
            yield Advice(
                "Look at the few coordinates that hold the gap",
                f"{share:.0%} of the gap's squared length lies in {count:.0f} of {dim:.0f} "
                "coordinates.",
                "Drop them and measure again: what the gap does to retrieval and mixed search is "
                "then a matter of two runs.",
                MEND,
            )


def more_than_a_shift(e: Evidence) -> Iterator[Advice]:
    """Modalities that a probe tells apart although the centroid gap is small or removed."""
    match e:
        case Evidence(probe=float(probe), rest=float(rest), rest_floor=float(floor)) if (
            probe > 0.9 and rest > 2 * floor
        ):
            yield Advice(
                "Do not expect centring to make the modalities alike",
                f"After both means are taken away, the two clouds still differ by {number(rest)} "
                f"(random halves of one modality: {number(floor)}).",
                "Compare their spectra: a map that matches covariances changes more than a shift "
                "can.",
                MEND,
            )


def popular_answers(e: Evidence) -> Iterator[Advice]:
    """Hubs, k-occurrence more skewed than chance allows, where retrieval has room to improve."""
    match e:
        case Evidence(
            hubness_ab=float(ab),
            hubness_chance_ab=float(luck_ab),
            hubness_ba=float(ba),
            hubness_chance_ba=float(luck_ba),
            recall_ab=float(recall_ab),
            recall_ba=float(recall_ba),
        ) if min(recall_ab, recall_ba) < 0.95 and max(ab - luck_ab, ba - luck_ba) > 1.0:
            worst, luck = max((ab, luck_ab), (ba, luck_ba), key=lambda pair: pair[0] - pair[1])
            yield Advice(
                "Correct for popular answers",
                "Some items are among the nearest of far too many queries (skewness "
                f"{number(worst)}, chance {number(luck)}).",
                "Subtract from each candidate its mean similarity to a bank of queries, or "
                "normalise over such a bank (inverted softmax), and compare hit@1 on other "
                "queries.",
                MEND,
            )


def lopsided(e: Evidence) -> Iterator[Advice]:
    """One direction of retrieval better than the other beyond both intervals."""
    match e:
        case Evidence(
            recall_ab_low=float(low_ab),
            recall_ab=float(ab),
            recall_ab_high=float(high_ab),
            recall_ba_low=float(low_ba),
            recall_ba=float(ba),
            recall_ba_high=float(high_ba),
        ) if low_ab > high_ba or low_ba > high_ab:
            yield Advice(
                "Ask why one direction is harder",
                f"hit@1 is {ab:.1%} in one direction and {ba:.1%} in the other, and the intervals "
                "do not meet.",
                "Compare the hubs and the number of links of both sides: several items of one for "
                "each of the other, or vague ones, make the two tasks differ in difficulty.",
            )


def idle_labels(e: Evidence) -> Iterator[Advice]:
    """Labels that a linear probe reads far better than zero-shot prompts."""
    match e:
        case Evidence(linear_probe=float(probe), zero_shot=float(prompts)) if probe - prompts > 0.1:
            yield Advice(
                "Work on the prompts",
                f"A linear probe on the same vectors is right for {probe:.1%}, zero-shot prompts "
                f"for {prompts:.1%}: the classes are there, but the texts miss them.",
                "Try more templates (--templates FILE, a sentence a line) and the words that "
                "captions of this kind of picture use.",
            )


RULES: tuple[Callable[[Evidence], Iterator[Advice]], ...] = (
    few_items,
    near_duplicates,
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
