"""The page: what to do in words, a table of remedies for each size of calibration, a picture."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from isthmus.measure.retrieval.galleries import RULES
from isthmus.report import PLACE, Advice, Block, Figures, Page, Prose, Section, figure, html, number
from isthmus.studies.evaluate import (
    CalibrationScore,
    CalibrationScores,
    Evaluation,
    K,
    Measure,
    Row,
    chain_name,
    directions_table,
    geometry_table,
    in_points,
    main_table,
    percents,
    trade_off,
    with_interval,
)
from isthmus.studies.evaluate.calibration import GROUPS, HALVES, SCORES
from isthmus.studies.mend.choose import LOSS, Choice, Judged, passed_over
from isthmus.studies.pages.common import MENDED, made_section, next_steps, pairs_table, rows_table
from isthmus.studies.shared import Dataset


class Said(NamedTuple):
    """What is said: the verdict and what it rests on, what is kept, and what to try next."""

    words: tuple[str, ...]
    use: tuple[str, ...]
    todo: tuple[Advice, ...]


def mend_page(
    found: Sequence[Judged],
    best: Choice,
    kept: CalibrationScores,
    said: Said,
    data: Dataset,
    seed: int,
) -> str:
    """The page as HTML.

    Args:
        found: what all remedies earned, the largest calibration first.
        best: what is recommended.
        kept: how probabilities of a match came true.
        said: what is said of it.
        data: what was there, unlinked items included.
        seed: of the run.
    """
    linked = found[0].final.data
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
        title=f"Mend: {title}",
        kicker=f"isthmus mend · {linked.pair.n:,} linked objects",
        verdict=said.words[0],
        summary=said.words[1:],
        todo=said.todo,
        cards=(),
        sections=(
            Section("kept", "What is kept", _WHERE, (Prose(said.use),)),
            *(_remedies(one, best if one is found[0] else None) for one in found),
            Section("probability", "Probability of a match", _PROBABILITY, _probabilities(kept)),
            made_section(facts, Prose((_PAPERS,))),
        ),
    )
    return html(page)


def usage(origin: str, chain: str, recommended: str) -> tuple[str, ...]:
    """What is kept, and how it is used; it has encoders if its origin has.

    The folder is not named: equal input gives an equal page wherever it is written.
    """
    again = "run this again with --keep NAME, such as --keep mean_removal"
    if not chain:
        return (
            "No remedy was shown to help, so that nothing was mended: mended:FOLDER is the space "
            f"as it is, unchanged. To keep a remedy of the table all the same, {again}.",
        )
    asked = "" if chain == recommended else ", kept as --keep asks and not recommended"
    search = (
        "Search with it: isthmus embed mended:FOLDER RUN --images PICTURES, then isthmus search "
        "QUERY --space mended:FOLDER --in RUN."
    )
    return (
        f"mended:FOLDER is the space after {chain_name(chain)}, fitted on all linked objects"
        f"{asked}; it goes wherever a space goes.",
        *([search] if origin and not origin.startswith("arrays:") else []),
        f"To keep another remedy of the table, {again}. In Python: "
        'isthmus.encode.mended.read_mended("FOLDER")[0] takes a set of the space as it is and '
        "gives the mended one.",
    )


TRAINABLE = 80
"""Linked objects from which on heads can be trained on some of them."""


def todo(best: Choice, chain: str, data: Dataset) -> tuple[Advice, ...]:
    """What to try after mending; ``chain`` is kept."""
    few = best.by_chance or data.pair.n < TRAINABLE
    instead = (_ASK,) if few else (_TRAIN,)
    return next_steps(MENDED if chain and not best.by_chance else instead, data.about)


_ASK = Advice(
    "Look at the space itself",
    "No remedy helps here for sure.",
    "A study says what the numbers of this space point to.",
    "isthmus study {data}",
)
_TRAIN = Advice(
    "Train heads on these pairs",
    "No remedy of closed form was shown to help.",
    "Heads learn more than a shift or a map; they too are judged on objects never seen.",
    "isthmus fit {data}",
)

_LEAD = (
    "Each remedy was fitted on {fitted} linked objects and judged on {held} others, {splits} times "
    "on random halves{early}. Mixed gallery: all items of both modalities but the query; relevant "
    "is every other item of its object. Scores are averaged over the splits in which an item is "
    "held out; intervals are Wilson's over objects, those of changes paired "
    "to the space as it is. A row is of all held-out objects, which chose the best one too: what "
    "choosing earns on objects without a say is the gain at the top of the page. {judged} The "
    "calibration error of a row is of random halves; see the probabilities below for held-out "
    "groups."
)
_TWO_SIDED = (
    "Rules need no remedy: they merge the rankings of the space as it is; a remedy is credited "
    "with what it earns over the best of them, by those scores or by its own. The ceiling of a row "
    "is the best merging of the two rankings that its own scores give."
)
_ONE_SIDED = (
    "Every object has one item a modality, so that listing the other modality first is the best "
    "merging of any scores: mixed search cannot tell a remedy from that rule, and remedies are "
    "judged by R@k, calibration and the gap."
)
_PROBABILITY = (
    "A logistic fitted on calibration pairs turns a score into the probability that two items of "
    "two modalities belong together. Error: debiased expected calibration error on held-out pairs, "
    "0 where probabilities come true. Brier: mean squared error, to be read beside always "
    "answering the share of matches. Held out are random halves and, in turn, whole groups of "
    "objects; the worse of both counts."
)
_WHERE = f"{PLACE} stands for the folder that this page lies in."
_PAPERS = "The papers of the remedies stand in their docstrings: isthmus parts corrections."


def summary(found: Evaluation, best: Choice, kept: CalibrationScores) -> tuple[str, ...]:
    """The recommendation in words, with what it rests on."""
    if best.by_chance:
        return (
            "Nothing to mend: linked items are found by chance only, R@1 "
            f"{with_interval(found.rows[''].hits)} where a random order has "
            f"{number(found.mean_bounds.chance_of_hits)}. Check the links, the model and its "
            "preprocessing first; the table below is of noise.",
        )
    lines = [*_recommendation(found, best), _calibrator(kept)]
    dim = found.data.a.space.dim
    if found.fitted_on < dim:
        lines.append(
            f"There are fewer calibration objects ({found.fitted_on}) than coordinates ({dim}): "
            "covariances are shrunk, maps learnt from pairs suffer."
        )
    return tuple(lines)


_LEAVE = "Recommended: leave the space as it is. "
_SEEN = "on objects that neither the fit nor the choice saw"


def _recommendation(found: Evaluation, best: Choice) -> list[str]:
    """The verdict, what it rests on and, where mixed search cannot tell, that it cannot."""
    row, raw = found.rows[best.best], found.rows[""]
    cannot = () if best.two_sided else (_CANNOT,)
    gains = _gains(best, row)
    if not best.chain:
        tried = f"The best one, {row.name}, {gains}: that is not above zero for sure."
        now = f"mixed nDCG@{K} {with_interval(raw.mixed)}"
        now = now if best.two_sided else f"R@1 {with_interval(raw.hits)}"
        return [
            _LEAVE + (tried if best.best else f"No remedy does better than its {now}."),
            *cannot,
        ]
    earned = _mixed_earned(row, raw) if best.two_sided else _hits_earned(row, raw)
    mixed = (
        f"In the mixed gallery its row has nDCG@{K} {with_interval(row.mixed)}, "
        f"{in_points(row.rule_gain)} points over the best trivial rule ({row.rule})."
    )
    return [
        f"Recommended: {row.name}. It {gains}.{_beaten(best, row)}",
        f"Fitted on {found.fitted_on} objects, its row of the table, which is of all held-out "
        f"objects and so of those that chose it too, goes from {earned}",
        *(f"{one} {mixed}" for one in cannot),
    ]


_CANNOT = (
    "Here every object has one item a modality, so that mixed search cannot tell a remedy from "
    f"the rule {RULES['other_first']}: remedies are judged by R@k, calibration and the gap."
)


def _gains(best: Choice, row: Row) -> str:
    """What choosing it earns over doing nothing and over the best trivial rule."""
    if best.two_sided:
        return (
            f"earns {in_points(best.gain)} points of mixed nDCG@{K} over doing nothing and "
            f"{in_points(best.over_rule)} over the best trivial rule ({row.rule}), {_SEEN}"
        )
    return (
        f"changes R@1 by {in_points(best.gain)} points {_SEEN}; trivial rules leave R@1 as it is, "
        "so that this is what choosing it earns over doing nothing and over the best of them"
    )


def _mixed_earned(row: Row, raw: Row) -> str:
    return (
        f"mixed nDCG@{K} {with_interval(raw.mixed)} to {with_interval(row.mixed)}, "
        f"{row.of_ceiling.value:.1%} of the ceiling of its own two rankings, and from R@1 "
        f"{number(raw.hits.value)} to {number(row.hits.value)}; remedies that cost more than "
        f"{100 * LOSS:.1f} points of R@1 were left out."
    )


def _hits_earned(row: Row, raw: Row) -> str:
    hits = ", ".join(
        f"R@{k} {number(_mean_hits(raw, k))} to {number(_mean_hits(row, k))}" for k in (1, 10)
    )
    gap = " to ".join(number(one.scores.geometry.gap.value) for one in (raw, row))
    return f"{hits}, gap {gap}."


def _beaten(best: Choice, row: Row) -> str:
    """What is to be said of a remedy that a trivial rule may equal, where mixed search can tell."""
    interval = best.over_rule.interval
    if not best.two_sided or interval is None or interval.low > 0:
        return ""
    if interval.high < 0:
        return f" The rule does better than the remedy: use {row.rule}."
    return " It cannot be told from that rule."


def _mean_hits(row: Row, k: int) -> float:
    return float(np.mean([one.hits[k].value for one in row.scores.directions]))


def _calibrator(kept: CalibrationScores) -> str:
    """Which score gives probabilities, how good they are at worst, and on which pairs."""
    name = kept.offered
    even, rare = (kept.worse(name, share) for share in (0.5, 0.01))
    chain = f"{SCORES[name]}+match_odds".lstrip("+")
    trusted = kept.trusted(name)
    if not kept.groups:
        where = "pairs like the calibration pairs (too few objects for held-out groups)"
    elif GROUPS in trusted and HALVES in trusted:
        where = f"pairs like the calibration pairs and pairs of new {kept.groups}"
    elif HALVES in trusted:
        where = f"pairs like the calibration pairs only, not pairs of new {kept.groups}"
    else:
        where = "no pairs: a constant does as well"
    failed = max(
        (one for one in kept.found if one.score == name and one.worst),
        key=lambda one: one.worst_brier / one.constant,
        default=None,
    )
    if failed and failed.worst_brier >= failed.constant and GROUPS in trusted:
        where += (
            f", but not of {failed.worst}: there a constant does better (Brier "
            f"{failed.worst_brier:.4f} at {failed.share:.0%} matches)"
        )
    return (
        f"Probabilities of a match: read them from {name} (--keep {chain}). At worst, on "
        f"{even.held_out}, their calibration error is {number(even.error.value)}; at 1:99 their "
        f"Brier score on {rare.held_out}, {rare.brier.value:.4f}, is {_beside(rare)} of a "
        f"constant, {rare.constant:.4f}. Trust them on {where}."
    )


def _beside(one: CalibrationScore) -> str:
    return f"{'better' if one.brier.value < one.constant else 'worse'} than that"


def _remedies(judged: Judged, best: Choice | None) -> Section:
    """What remedies earned that were fitted on as many objects; ``best`` was chosen by them."""
    found, rows = judged.final, judged.rows
    size, some = found.fitted_on, list(rows.values())
    mixed = [Measure(f"mixed gallery nDCG@{K}", row.mixed) for row in some]
    ceiling = float(np.nanmean(found.object_bounds.ceiling)) if found.several else None
    drawn = trade_off(some, "remedy", mixed, ceiling)
    front = f"On the front, from mixed search to R@1: {'; '.join(drawn.front)}."
    faults = ((chain_name(chain), why) for chain, why in judged.not_fitted.items())
    above = passed_over(judged, best) if best else {}
    whom = chain_name(best.chain if best else "")
    blocks = (
        main_table(found, "remedy", rows),
        *pairs_table(
            f"Why these, which stand above {whom}, are not recommended",
            ("remedy", "reason"),
            ((chain_name(chain), why) for chain, why in above.items()),
        ),
        Figures((figure(f"pareto-{size}", "Mixed search and R@1", [drawn], front),)),
        directions_table(found, "remedy", rows),
        geometry_table(rows, "remedy", "splits"),
        *pairs_table("Remedies that could not be fitted", ("remedy", "reason"), faults),
    )
    early = (
        ", or in the number of splits that the table says: who did worst in a few went no further"
        if len(judged.rounds) > 1
        else ""
    )
    lead = _LEAD.format(
        fitted=size,
        held=found.held_out,
        splits=found.repeats,
        early=early,
        judged=_TWO_SIDED if found.several else _ONE_SIDED,
    )
    return Section(f"remedies-{size}", f"Remedies fitted on {size} objects", lead, blocks)


def _probabilities(kept: CalibrationScores) -> tuple[Block, ...]:
    scored = (
        {
            "read from": one.score,
            "held out": one.held_out,
            "matches asked": f"{one.share:.0%}",
            "calibration error": with_interval(one.error),
            "Brier": f"{one.brier.value:.4f}, {_beside(one)} of a constant",
            "Brier of a constant": f"{one.constant:.4f}",
            "worst group": f"{one.worst}, Brier {one.worst_brier:.4f}" if one.worst else "–",
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
        f"{percents(kept.alarms, 2)}). It is conservative by about half, since without links true "
        "matches are among the pairs that set it."
    )
    return (
        rows_table(
            f"Held-out pairs, fitted on {kept.calibrated} objects, {kept.splits} splits",
            scored,
            text=("held out", "matches asked", "worst group"),
        ),
        Prose((_calibrator(kept),)),
        rows_table("What a cosine means: fitted on all objects", levels, text=("probability",)),
        Prose((alarms,)),
    )
