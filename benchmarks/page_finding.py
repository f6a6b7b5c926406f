"""Rows of the page on lists of several modalities, and on finding something in an item."""

from collections.abc import Iterator
from typing import Any

from benchmarks.page_rows import Row, mark, read, within

KINDS = {
    "audio": "seconds of what is named in recordings of 30 s with three events",
    "video": "seconds of what is named in videos of 30 s with three events",
    "mesh": "faces of what is named in meshes of two things",
}


def of_lists() -> Iterator[Row]:
    """One list of four modalities in a space fitted on babel."""
    found, script = read("lists"), "`benchmarks.lists`"
    fair, worst = found["lists"]["odds, made fair"], found["worst"]
    ((over, gain),) = ((key, one) for key, one in fair.items() if key.startswith("over "))
    rule = over.removeprefix("over ")
    known = found["lists"][rule]["nDCG@10"]["value"]
    yield Row(
        f"one list of texts, pictures, point clouds and sounds of {found['scenes']} unseen `babel` "
        f"scenes, nDCG@10 ({fair['nDCG@10']['value']:.3f}) less that of the best trivial rule "
        f"({rule}, {known:.3f}; {gain['n']:,} queries)",
        within(gain, "+.3f") + mark(gain["low"] > 0),
        "> 0",
        script,
    )
    shares = fair["share error, points"]
    yield Row(
        "the same, share of a modality in the first ten less its share of what is relevant, the "
        f"most (raw cosines {found['lists']['raw cosine']['share error, points']:.1f} points)",
        f"{shares:.1f} points{mark(shares <= 5)}",
        "≤ 5 points",
        script,
    )
    least = 100 * worst["R@1 change"]
    yield Row(
        "the same, R@1 of an ordered pair of modalities in the list less that by cosines, the "
        "least of 16",
        f"{least:+.1f} points{mark(least >= -0.5)}",
        "≥ −0.5 points",
        script,
    )
    error, constant, raw = (
        worst[key] for key in ("ECE", "Brier over the constant", "Brier over the raw cosine's")
    )
    better = found["Brier below the raw cosine's"]
    yield Row(
        "probabilities of a match, 16 ordered pairs at 1:1 and 1:99: calibration error, the most",
        f"{error:.3f}{mark(error <= 0.05)}",
        "≤ 0.05",
        script,
    )
    yield Row(
        "the same, Brier score less that of a constant, the most; pairs and shares at which it is "
        "below a logistic of the raw cosine",
        f"{constant:+.4f}, {better} of 32{mark(constant < 0 and raw < 0)}",
        "< 0, 32",
        script,
    )


def of_places() -> Iterator[Row]:
    """Is it there, and where."""
    found, script = read("finding_babel"), "`benchmarks.finding babel`"
    ours, others = found["rows"]["isthmus find"], dict(found["rows"])
    del others["isthmus find"]
    beside = ", ".join(f"{name} {one['AP50']:.2f}" for name, one in others.items())
    yield Row(
        f"`find` on `babel`, a colour and a shape in {found['scenes']} scenes of two groups with "
        "unseen pairs, as many asked that are not there, AP50 of "
        f"{ours['things']:,} things ({beside})",
        f"{ours['AP50']:.3f}{mark(ours['AP50'] >= 0.6)}",
        "≥ 0.60",
        script,
    )
    for rate, one in found["by rate"].items():
        near, recall = one["false alarms, near misses"], one["recall"]
        good = near["value"] <= 0.05 and recall["value"] >= 0.8
        yield Row(
            f"the same, presence, set to {float(rate):.1%} of false alarms on near misses of "
            f"scenes with seen pairs: false alarms on near misses (n = {near['n']}), recall (n = "
            f"{recall['n']})",
            f"{within(near)}, {within(recall)}{mark(good)}",
            "≤ 0.05, ≥ 0.80",
            script,
        )
    yield from _overlaps(read("finding_places"))


def _overlaps(found: Any) -> Iterator[Row]:
    for kind, words in KINDS.items():
        one = found[kind]
        chance = one["the place of any of its things"]["value"]
        yield Row(
            f"`{found['space']}`, {words}, intersection over union (n = {one['things']}; any of "
            f"its things {chance:.2f})",
            within(one["IoU"]) + mark(one["IoU"]["value"] >= 0.5),
            "≥ 0.50",
            "`benchmarks.finding places`",
        )
