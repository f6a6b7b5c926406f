"""The numbers that summary, cards and advice speak of, picked from the results."""

import math
from collections.abc import Mapping

from isthmus.measure.geometry.gaps import TOP
from isthmus.measure.retrieval.galleries import MixedResult
from isthmus.measure.retrieval.rankings import RankingResult
from isthmus.report import Card
from isthmus.studies.pages.common import Numbers, number_card, numbers_of
from isthmus.studies.pages.data_section import DataFacts
from isthmus.studies.shared import TEXT
from isthmus.types import Result

Evidence = Mapping[str, float]
"""Numbers of a study, of its modalities a and b, by name; one that was not measured is not there.

``recall`` is hit@1, with the ends of its interval; ``_ab`` is a asked of b. ``rest`` is what is
left of the difference once both are centred, ``mixed`` nDCG@10 of b asked of both, and its ceiling
what its two rankings would allow. ``gap_top_share`` is of ``gap_top_count`` coordinates,
``twin_share`` of the items with a near-duplicate in another object.
"""


def evidence(results: Mapping[str, Result], counted: DataFacts) -> Evidence:
    """The numbers that these results and counts hold."""
    a, b = counted.items

    def of(key: str) -> Numbers:
        return numbers_of(results.get(key))

    gap, rest = of("centroid_gap"), of("distribution_gap")
    forward, backward = both_ways(results.get("hit_at_k"))
    mixed = results.get("mixed_gallery")
    hubs = of(f"cross_hubness[{a} to {b}]"), of(f"cross_hubness[{b} to {a}]")
    texts = counted.items.get(TEXT, 0)
    found = {
        "gap": gap.value,
        "gap_floor": gap.floor,
        "gap_top_share": of("gap_concentration").value,
        "probe": of("modality_probe").value,
        "rest": rest.value,
        "rest_floor": rest.floor,
        "matched": of("matched_cosine").value,
        "unmatched": of("unmatched_cosine").value,
        "intra_a": of(f"intra_cosine[{a}]").value,
        "intra_b": of(f"intra_cosine[{b}]").value,
        "recall_ab": forward.value,
        "recall_ab_low": forward.low,
        "recall_ab_high": forward.high,
        "recall_ba": backward.value,
        "recall_ba_low": backward.low,
        "recall_ba_high": backward.high,
        "chance": forward.chance,
        "mixed": both_ways(mixed)[1].value,
        "mixed_ceiling": mixed.ceiling[1] if isinstance(mixed, MixedResult) else math.nan,
        "hubness_ab": hubs[0].value,
        "hubness_ba": hubs[1].value,
        "hubness_chance_ab": hubs[0].chance,
        "hubness_chance_ba": hubs[1].chance,
        "linear_probe": of(f"linear_probe[{a}]").value,
        "zero_shot": of(f"zero_shot[{a}]").value,
        "gap_top_count": TOP,
        "dim": counted.dim,
        "objects": counted.objects,
        "twin_share_a": counted.near_duplicates[a] / counted.compared[a],
        "twin_share_b": counted.near_duplicates[b] / counted.compared[b],
        "truncated_share": counted.truncated / texts if texts else math.nan,
    }
    return {name: float(value) for name, value in found.items() if math.isfinite(value)}


def both_ways(result: Result | None) -> tuple[Numbers, Numbers]:
    """The numbers of a asked of b, and of b asked of a."""
    if not isinstance(result, RankingResult):
        return Numbers(), Numbers()
    return numbers_of(result.forward), numbers_of(result.backward)


def cards(results: Mapping[str, Result], counted: DataFacts) -> tuple[Card, ...]:
    """The key numbers at the head of the page, those that were measured."""
    a, b = counted.items
    hits, mixed = results.get("hit_at_k"), results.get("mixed_gallery")
    found = [
        number_card("Gap between the centres", results.get("centroid_gap"), (0.0, 2.0)),
        number_card("Cosine of linked pairs", results.get("matched_cosine")),
    ]
    if isinstance(hits, RankingResult):
        found.append(number_card(f"Right {b} first, asked by {a}", hits.forward))
        found.append(number_card(f"Right {a} first, asked by {b}", hits.backward))
    if isinstance(mixed, RankingResult):
        found.append(number_card(f"nDCG@10 of {b} in a gallery of both", mixed.backward))
    return tuple(card for some in found for card in some)
