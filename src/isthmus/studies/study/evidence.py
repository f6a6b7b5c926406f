"""The numbers that summary, cards and advice speak of, picked from the results."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from isthmus.measure.geometry.gaps import TOP
from isthmus.measure.retrieval.galleries import MixedResult
from isthmus.measure.retrieval.rankings import RankingResult
from isthmus.read import known
from isthmus.report import Card
from isthmus.studies.pages.common import number_card, record
from isthmus.studies.pages.data_section import DataFacts
from isthmus.studies.shared import Numbers, numbers_of
from isthmus.types import Result


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Numbers of a study, of its modalities a and b; None where one was not measured."""

    gap: float | None = None
    gap_floor: float | None = None
    gap_top_share: float | None = None
    probe: float | None = None
    rest: float | None = None
    """What is left of the difference once both are centred."""
    rest_floor: float | None = None
    matched: float | None = None
    unmatched: float | None = None
    intra_a: float | None = None
    intra_b: float | None = None
    recall_ab: float | None = None
    """hit@1 of a asked of b, with the ends of its interval."""
    recall_ab_low: float | None = None
    recall_ab_high: float | None = None
    recall_ba: float | None = None
    recall_ba_low: float | None = None
    recall_ba_high: float | None = None
    chance: float | None = None
    """Of hit@1."""
    mixed: float | None = None
    """nDCG@10 of b asked of both, and what its two rankings would allow."""
    mixed_ceiling: float | None = None
    hubness_ab: float | None = None
    hubness_ba: float | None = None
    hubness_chance_ab: float | None = None
    hubness_chance_ba: float | None = None
    linear_probe: float | None = None
    zero_shot: float | None = None
    gap_top_count: float | None = None
    """Coordinates that ``gap_top_share`` is the share of."""
    dim: float | None = None
    objects: float | None = None
    near_duplicates_a: float | None = field(default=None, metadata={"key": "twin_share_a"})
    """Share of the items with a near-duplicate in another object."""
    near_duplicates_b: float | None = field(default=None, metadata={"key": "twin_share_b"})
    truncated_share: float | None = None
    mutual: float | None = None
    """Share of neighbours that both modalities name."""
    mutual_chance: float | None = None
    structure_p_a: float | None = None
    """p of as few directions in use among random ones."""
    structure_p_b: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """The numbers that there are."""
        return {key: value for key, value in record(self).items() if value is not None}


def evidence(results: Mapping[str, Result], counted: DataFacts) -> Evidence:
    """The numbers that these results and counts hold."""
    a, b = counted.items

    def of(key: str) -> Numbers:
        return numbers_of(results.get(key))

    def p_of(key: str) -> float:
        return results[key].null.p if key in results else math.nan

    gap, rest, mixed = of("centroid_gap"), of("distribution_gap"), results.get("mixed_gallery")
    hubs_ab, hubs_ba = of(f"cross_hubness[{a} to {b}]"), of(f"cross_hubness[{b} to {a}]")
    texts = sum(n for name, n in counted.items.items() if known(name).spoken)
    found = Evidence(
        gap=gap.value,
        gap_floor=gap.floor,
        gap_top_share=of("gap_concentration").value,
        probe=of("modality_probe").value,
        rest=rest.value,
        rest_floor=rest.floor,
        matched=of("matched_cosine").value,
        unmatched=of("unmatched_cosine").value,
        intra_a=of(f"intra_cosine[{a}]").value,
        intra_b=of(f"intra_cosine[{b}]").value,
        **_recalls(results.get("hit_at_k")),
        mixed=both_ways(mixed)[1].value,
        mixed_ceiling=mixed.ceiling[1] if isinstance(mixed, MixedResult) else math.nan,
        hubness_ab=hubs_ab.value,
        hubness_ba=hubs_ba.value,
        hubness_chance_ab=hubs_ab.chance,
        hubness_chance_ba=hubs_ba.chance,
        linear_probe=of(f"linear_probe[{a}]").value,
        zero_shot=of(f"zero_shot[{a}]").value,
        gap_top_count=float(TOP),
        dim=float(counted.dim),
        objects=float(counted.objects),
        near_duplicates_a=counted.near_duplicates[a] / counted.compared[a],
        near_duplicates_b=counted.near_duplicates[b] / counted.compared[b],
        truncated_share=counted.truncated / texts if texts else math.nan,
        mutual=of("mutual_knn").value,
        mutual_chance=of("mutual_knn").chance,
        structure_p_a=p_of(f"effective_rank[{a}]"),
        structure_p_b=p_of(f"effective_rank[{b}]"),
    )
    return replace(found, **{key: None for key, x in vars(found).items() if not math.isfinite(x)})


def _recalls(hits: Result | None) -> dict[str, float]:
    """hit@1 of both directions with their intervals, and its chance."""
    forward, backward = both_ways(hits)
    return {
        "recall_ab": forward.value,
        "recall_ab_low": forward.low,
        "recall_ab_high": forward.high,
        "recall_ba": backward.value,
        "recall_ba_low": backward.low,
        "recall_ba_high": backward.high,
        "chance": forward.chance,
    }


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
        found.append(number_card(f"hit@1, {a} → {b}", hits.forward))
        found.append(number_card(f"hit@1, {b} → {a}", hits.backward))
    if isinstance(mixed, RankingResult):
        found.append(number_card(f"nDCG@10 of {b} in a gallery of both", mixed.backward))
    return tuple(card for some in found for card in some)
