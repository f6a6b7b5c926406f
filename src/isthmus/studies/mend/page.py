"""The page: what to do in words, a table of remedies for each size of calibration, a picture."""

from collections.abc import Sequence

import numpy as np

from isthmus.report import Block, Figures, Page, Prose, Section, figure, html, number
from isthmus.studies.evaluate import (
    CalibrationScores,
    Evaluation,
    K,
    Measure,
    chain_name,
    directions_table,
    geometry_table,
    main_table,
    percents,
    points,
    trade_off,
    with_interval,
)
from isthmus.studies.mend.choose import (
    LEARNS_SIDES,
    LOSS,
    hits_by_chance,
    recommended,
    selection_corrected,
)
from isthmus.studies.pages.common import made_section, pairs_table, rows_table
from isthmus.studies.shared import Dataset


def mend_page(
    found: Sequence[Evaluation],
    kept: CalibrationScores,
    words: tuple[str, ...],
    data: Dataset,
    seed: int,
) -> str:
    """The page as HTML.

    Args:
        found: what all remedies earned, the largest calibration first.
        kept: how probabilities of a match came true.
        words: the summary.
        data: what was there, unlinked items included.
        seed: of the run.
    """
    linked = found[0].data
    title = data.about.title or f"{linked.a.space.name}, {linked.pair.n:,} objects"
    facts = {
        "data": title,
        "space": f"{linked.a.space.name} (id {linked.a.space.id})",
        "linked objects": f"{linked.pair.n:,}",
        f"{data.a.modality} items": f"{len(linked.a):,} of {len(data.a):,}, linked",
        f"{data.b.modality} items": f"{len(linked.b):,} of {len(data.b):,}, linked",
        "items skipped": f"{len(data.about.faults):,}",
        "seed": str(seed),
    }
    page = Page(
        title="What mends this space",
        kicker=f"isthmus mend · {title}",
        summary=words,
        cards=(),
        sections=(
            *map(_remedies, found),
            Section("probability", "Probability of a match", _PROBABILITY, _probabilities(kept)),
            made_section(facts, Prose((_PAPERS,))),
        ),
    )
    return html(page)


_LEAD = (
    "Each remedy was fitted on {fitted} linked objects and judged on {held} others, {splits} times "
    "on random halves. Mixed gallery: all items of both modalities but the query; relevant is "
    "every other item of its object. Scores are averaged over the splits in which an item is held "
    "out; intervals are bootstraps over objects, changes are paired to the space as it is. The "
    "ceiling is the best merging of the two rankings that the space itself gives."
)
_PROBABILITY = (
    "A logistic fitted on calibration pairs turns a score into the probability that a text and "
    "another item belong together. Error: debiased expected calibration error on held-out pairs, "
    "0 where probabilities come true. Brier: mean squared error, to be read beside always "
    "answering the share of matches."
)
_PAPERS = "The papers of the remedies stand in their docstrings: isthmus parts corrections."


def summary(found: Evaluation, chosen: str) -> tuple[str, ...]:
    """The recommendation in words, with what it rests on."""
    if hits_by_chance(found):
        return (
            "Nothing to mend: linked items are found by chance only, R@1 "
            f"{with_interval(found.rows[''].hits)} where a random order has "
            f"{number(found.mean_bounds.chance_of_hits)}. Check the links, the model and its "
            "preprocessing first; the table below is of noise.",
        )
    lines = [
        _recommendation(found, chosen),
        f"That is the remedy with the best mixed search among those that cost at most "
        f"{100 * LOSS:.1f} points of R@1. Chosen in the same way on other objects than it is "
        f"scored on, the rule earns {with_interval(selection_corrected(found))}.",
        _which_sides(found),
    ]
    dim = found.data.a.space.dim
    if found.fitted_on < dim:
        lines.append(
            f"There are fewer calibration objects ({found.fitted_on}) than coordinates ({dim}): "
            "covariances are shrunk, maps learnt from pairs suffer."
        )
    return tuple(lines)


def _recommendation(found: Evaluation, chosen: str) -> str:
    best, raw = found.rows[chosen], found.rows[""]
    if not chosen:
        return (
            "Recommended: leave the space as it is. No remedy that keeps R@1 does better in mixed "
            f"search than its nDCG@{K} {with_interval(raw.mixed)}, "
            f"{raw.of_ceiling.value:.1%} of the ceiling."
        )
    return (
        f"Recommended: {best.name}. Fitted on {found.fitted_on} objects it brings mixed "
        f"search from nDCG@{K} {with_interval(raw.mixed)} to {with_interval(best.mixed)}, "
        f"{best.of_ceiling.value:.1%} of the ceiling, and changes R@1 by "
        f"{points(best.hits_change)} points."
    )


def _which_sides(found: Evaluation) -> str:
    """On which side matches lie, and what a remedy earns that does not learn it."""
    if several := found.several:
        return (
            f"Objects have several {' and '.join(several)} items, so matches lie on both sides: "
            f"listing the other modality first earns {found.mean_bounds.rule:.3f}."
        )
    other = found.rows[recommended(found, LEARNS_SIDES)]
    return (
        "Here every object has one item a modality: whatever puts the other modality first "
        f"reaches the ceiling, and {chain_name(LEARNS_SIDES)} learns to. The best remedy that is "
        f"not told so is {other.name}: {with_interval(other.mixed)}, "
        f"{other.of_ceiling.value:.1%} of the ceiling. Judge on data with several items "
        "an object before you search for both."
    )


def _remedies(found: Evaluation) -> Section:
    size, rows = found.fitted_on, list(found.rows.values())
    mixed = [Measure(f"mixed gallery nDCG@{K}", row.mixed) for row in rows]
    drawn = trade_off(rows, "remedy", mixed, float(np.nanmean(found.object_bounds.ceiling)))
    front = f"On the front, from mixed search to R@1: {'; '.join(drawn.front)}."
    faults = ((chain_name(chain), why) for chain, why in found.not_fitted.items())
    blocks = (
        main_table(found, "remedy"),
        Figures((figure(f"pareto-{size}", "Mixed search and R@1", [drawn], front),)),
        directions_table(found, "remedy"),
        geometry_table(found, "remedy", "splits"),
        *pairs_table("Remedies that could not be fitted", ("remedy", "reason"), faults),
    )
    lead = _LEAD.format(fitted=size, held=found.held_out, splits=found.repeats)
    return Section(f"remedies-{size}", f"Remedies fitted on {size} objects", lead, blocks)


def _probabilities(kept: CalibrationScores) -> tuple[Block, ...]:
    scored = (
        {
            "read from": one.score,
            "matches asked": f"{one.share:.0%}",
            "calibration error": with_interval(one.error),
            "Brier": f"{one.brier.value:.4f}",
            "Brier of a constant": f"{one.constant:.4f}",
        }
        for one in kept.found
    )
    levels = (
        {
            "share of matches": f"{share:.0%}",
            "probability": f"{p:.0%}",
            "reached at cosine": number(cosine),
        }
        for share, p, cosine in kept.thresholds
    )
    alarms = (
        "Unpaired data promise a false-alarm rate only. A threshold set to 1 % without any "
        f"links let {kept.alarms.value:.2%} of held-out unlinked pairs pass (splits: "
        f"{percents(kept.alarms, 2)})."
    )
    return (
        rows_table(
            f"Held-out pairs, fitted on {kept.calibrated} objects, {kept.splits} splits",
            scored,
            text=("matches asked",),
        ),
        rows_table("What a cosine means: fitted on all objects", levels, text=("probability",)),
        Prose((alarms,)),
    )
