"""The numbers that summary, cards and advice speak of, picked from the results."""

import math
from collections.abc import Mapping
from typing import Any

from isthmus.measure.geometry.gaps import TOP
from isthmus.report import Card, number
from isthmus.studies.pages.data_section import DataFacts
from isthmus.types import Interval, Null, Result

SOURCES = {
    "gap": ("centroid_gap", "value"),
    "gap_floor": ("centroid_gap", "floor"),
    "gap_top_share": ("gap_concentration", "value"),
    "probe": ("modality_probe", "value"),
    "rest": ("distribution_gap", "value"),
    "rest_floor": ("distribution_gap", "floor"),
    "matched": ("matched_cosine", "value"),
    "unmatched": ("unmatched_cosine", "value"),
    "intra_a": ("intra_cosine[{a}]", "value"),
    "intra_b": ("intra_cosine[{b}]", "value"),
    "recall_ab": ("hit_at_k", "forward.value"),
    "recall_ab_low": ("hit_at_k", "forward.interval.low"),
    "recall_ab_high": ("hit_at_k", "forward.interval.high"),
    "recall_ba": ("hit_at_k", "backward.value"),
    "recall_ba_low": ("hit_at_k", "backward.interval.low"),
    "recall_ba_high": ("hit_at_k", "backward.interval.high"),
    "chance": ("hit_at_k", "forward.null.mean"),
    "mixed": ("mixed_gallery", "backward.value"),
    "mixed_ceiling": ("mixed_gallery", "ceiling.1"),
    "hubness_ab": ("cross_hubness[{a} to {b}]", "value"),
    "hubness_ba": ("cross_hubness[{b} to {a}]", "value"),
    "hubness_chance_ab": ("cross_hubness[{a} to {b}]", "null.mean"),
    "hubness_chance_ba": ("cross_hubness[{b} to {a}]", "null.mean"),
    "linear_probe": ("linear_probe[{a}]", "value"),
    "zero_shot": ("zero_shot[{a}]", "value"),
}
"""Each number's result and field."""


def evidence(results: Mapping[str, Result], counted: DataFacts) -> dict[str, float]:
    """The named numbers that these results hold; those of missing results are left out."""
    found: dict[str, float] = {}
    first, second = counted.twins
    for name, (key, field) in SOURCES.items():
        value = reached(results.get(key.format(a=first, b=second)), field)
        if isinstance(value, (int, float)) and math.isfinite(value):
            found[name] = float(value)
    found["gap_top_count"], found["dim"] = float(TOP), float(counted.dim)
    found["objects"] = float(counted.objects)
    found["twin_share_a"] = counted.twins[first] / counted.twins_of[first]
    found["twin_share_b"] = counted.twins[second] / counted.twins_of[second]
    if texts := counted.items.get("text", 0):
        found["truncated_share"] = counted.truncated / texts
    return found


def reached(result: Any, field: str) -> Any:
    """The value at a dotted path of fields and positions, None where a step is missing."""
    for name in field.split(".") if field else ():
        if name.isdigit():
            result = result[int(name)] if result is not None else None
        else:
            result = getattr(result, name, None)
    return result


def cards(results: Mapping[str, Result], counted: DataFacts) -> tuple[Card, ...]:
    """The key numbers at the head of the page, those that were measured."""
    a, b = counted.items
    wanted = (
        ("Gap between the centres", "centroid_gap", "", (0.0, 2.0)),
        ("Cosine of linked pairs", "matched_cosine", "", (0.0, 1.0)),
        (f"Right {b} first, asked by {a}", "hit_at_k", "forward", (0.0, 1.0)),
        (f"Right {a} first, asked by {b}", "hit_at_k", "backward", (0.0, 1.0)),
        (f"nDCG@10 of {b} in a gallery of both", "mixed_gallery", "backward", (0.0, 1.0)),
    )
    found = (
        _card(label, reached(results.get(key), way), scale) for label, key, way, scale in wanted
    )
    return tuple(card for card in found if card is not None)


def _card(label: str, measured: Any, scale: tuple[float, float]) -> Card | None:
    value, interval = reached(measured, "value"), reached(measured, "interval")
    null, floor = reached(measured, "null"), reached(measured, "floor")
    if not isinstance(value, float):
        return None
    low = high = chance = math.nan
    said: list[str] = []
    if isinstance(interval, Interval):
        low, high = interval.low, interval.high
        said.append(f"{number(low)} to {number(high)}")
    if isinstance(null, Null) and math.isfinite(null.mean):
        chance = null.mean
        said.append(f"chance {number(chance)}")
    if isinstance(floor, float):
        said.append(f"noise floor {number(floor)}")
    return Card(label, number(value), ", ".join(said), low, high, chance, scale)
