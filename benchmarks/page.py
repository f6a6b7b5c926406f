"""Writes ``docs/benchmarks.md`` and the README's headline figures from the records.

    python -m benchmarks.page

No figure is typed here: each comes from a file of ``benchmarks/results``. A test holds both pages
to what this writes.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from benchmarks.cluster_cost import of_cluster
from benchmarks.page_create import of_creating
from benchmarks.page_finding import of_lists, of_places
from benchmarks.page_guided import of_guided
from benchmarks.page_modalities import of_links, of_sounds, of_texts
from benchmarks.page_rows import (
    Row,
    mark,
    of_arrays,
    of_crashes,
    of_dimensions,
    of_first_use,
    of_mini,
    of_remedies,
    of_speed,
    of_statistics,
    of_styles,
    of_training,
    read,
    within,
)
from benchmarks.page_search import of_search, of_serving
from benchmarks.page_speak import of_speaking

ROOT = Path(__file__).parents[1]
PAGE, README = ROOT / "docs/benchmarks.md", ROOT / "README.md"
START, END = "<!-- figures: python -m benchmarks.page -->\n", "<!-- end of figures -->"


def of_mending() -> Iterator[Row]:
    """Mixed search and probabilities, on pairs with one caption a picture."""
    record, script = read("mixed_search"), "`benchmarks.mixed_search`"
    ways = record["ways"]
    rules = ("as it is", "interleaved by rank", "other modality first")
    key = "match among the first 10"
    others = ", ".join(f"{way} {ways[way][key]['value']:.1%}" for way in rules)
    yield Row(
        f"mixed search, match among the first 10 of both modalities, {record['pairs']} pairs "
        f"({record['data']}), {record['chain'].replace('_', ' ')} fitted on {record['fitted on']} "
        f"({others}: with one partner an item a remedy cannot be told from a rule by this)",
        within(ways["mended"][key], ".1%"),
        "reported",
        script,
    )
    yield Row(
        f"R@1 of both ways, gained by it (as it is {ways['as it is']['R@1']['value']:.3f})",
        within(record["R@1 gained by mending"], "+.1%"),
        "≥ −0.5 %",
        script,
    )
    commands = read("commands")
    one = commands["probability of a match"]
    for odds in ("1:1", "1:99"):
        error, brier = one[f"error {odds}"], one[f"Brier {odds}"]
        plain, constant = one[f"cosine {odds}"], one[f"constant {odds}"]
        met = error <= 0.03 and brier < constant and brier <= plain
        yield Row(
            f"probability of a match, read from {one['offered']} scores, of random halves and "
            f"held-out groups the worse ({one[f'held out {odds}']}), matches {odds}: debiased "
            f"calibration error; Brier score (logistic of the cosine {plain}, constant {constant})",
            f"{error}; {brier}{mark(met)}",
            "≤ 0.03; below both",
            f"`{one['command']}`",
        )
    glyphs = commands["mend glyphs"]
    rule, ceiling = within(glyphs["gain over the best rule"]), glyphs["share of own ceiling"]
    yield Row(
        f"mixed search two-sided, `{glyphs['recommended']}` on held-out objects of "
        f"{glyphs['objects']:,} glyphs: nDCG@10 gained over the best trivial rule "
        f"({glyphs['best rule']}); share of the ceiling of the same scores",
        f"{rule.replace('0.', '+0.', 1)}; {ceiling['value']:.1%}"
        f"{mark(ceiling['value'] >= 0.95 and glyphs['gain over the best rule']['low'] > 0)}",
        "> 0; ≥ 95 %",
        f"`{glyphs['command']}`",
    )


def of_claims() -> Iterator[Row]:
    """Published claims, reported whichever way they fall."""
    laws, drop, gap = read("laws"), read("imbalance"), read("gap_study")
    rows, planes = laws["temperature"]["rows"], laws["planes"]
    yield Row(
        "claim: the gap grows with the inverse temperature (8 levels × 3 seeds, "
        f"{laws['scenes']:,} babel scenes, mlp heads; {rows[0]['gap']:.2f} at "
        f"{rows[0]['scale']:g}, {rows[-1]['gap']:.2f} at {rows[-1]['scale']:g})",
        f"Spearman {laws['temperature']['spearman']['all runs']:.3f}",
        "a claim",
        "`benchmarks.laws`",
    )
    off = planes["largest error, degrees"]
    yield Row(
        "claim: matched pairs kept in two planes end as far apart as the planes, largest error",
        f"{off:.1f}°{mark(off <= 3)}",
        "within 3°",
        "`benchmarks.laws`",
    )
    for name, record, script in (
        ("small towers trained from the start, temperature fixed", drop["imbalance, fixed"], ""),
        ("the same, temperature learned", drop["imbalance, learned"], ""),
        ("heads on frozen towers of `mini`, temperature fixed", laws["imbalance, fixed"], "laws"),
    ):
        found = record["spearman"]
        levels = within([found["level means"], found["low"], found["high"]])
        yield Row(
            f"claim: the gap grows with the number of facts that captions drop, {name}",
            f"{found['all runs']:.3f} over runs{mark(found['all runs'] >= 0.9)}, {levels} over "
            "level means",
            "≥ 0.9",
            f"`benchmarks.{script or 'imbalance'}`",
        )
    tables = gap["tables"]
    explained = {
        name: max(one["both"]["r2"] for one in table.values()) for name, table in tables.items()
    }
    said = "; ".join(f"{name[0].lower()}{name[1:]} {r2:.2f}" for name, r2 in explained.items())
    yield Row(
        "claim: the distribution gap explains nearly all of task quality "
        "([docs/studies/gap.md](studies/gap.md)); most of any outcome that both parts explain",
        f"R² {said}{mark(max(explained.values()) >= 0.986)}",
        "0.986",
        "`benchmarks.gap_study --data DIR`",
    )


def of_edits() -> Iterator[Row]:
    """Edits of one picture's vector."""
    record, glyphs = read("edits"), read("edits_glyphs")["fitted on glyphs"]
    ours = record["fitted on babel"]["edits"]["chosen by fact"]
    there = record["mini"]["edits"]["chosen by fact"]
    chosen = next(one for name, one in glyphs["edits"].items() if name.startswith("chosen"))
    yield Row(
        f"edits of {record['sources']} unseen `babel` scenes in a space fitted on babel "
        f"({record['scenes']:,} scenes; {record['gallery']:,} unseen ones as gallery): the nearest "
        f"other scene has the requested value (in `mini` itself {within(there['hit'], '.1%')})",
        within(ours["hit"], ".1%") + mark(ours["hit"][0] >= 0.9),
        "≥ 90 %",
        "`benchmarks.edits`",
    )
    yield Row(
        "the same: share of the other facts that change, less that at strength 0",
        within(ours["drift"], ".1%") + mark(ours["drift"][0] <= 0.05),
        "≤ 5 %",
        "`benchmarks.edits`",
    )
    yield Row(
        f"edits of the style of {chosen['sources']:,} pictures of unseen glyph objects, in a space "
        f"fitted on captions that state the style (a probe reads it in {glyphs['probe']:.1%} only)",
        within(chosen["hit"], ".1%") + mark(chosen["hit"][0] >= 0.9),
        "≥ 90 %",
        "`benchmarks.edits_glyphs`",
    )
    yield Row(
        "the same: share that show another object, less that at strength 0",
        within(chosen["drift"], ".1%") + mark(chosen["drift"][0] <= 0.05),
        "≤ 5 %",
        "`benchmarks.edits_glyphs`",
    )


GROUPS = (
    *(
        of_mini,
        of_sounds,
        of_links,
        of_lists,
        of_places,
        of_texts,
        of_speaking,
        of_guided,
        of_creating,
        of_search,
        of_serving,
        of_first_use,
        of_arrays,
        of_speed,
        of_statistics,
        of_styles,
        of_dimensions,
        of_training,
    ),
    *(of_remedies, of_mending, of_edits, of_claims, of_crashes, of_cluster),
)


def table() -> str:
    """Every row, as Markdown."""
    lines = ["| what | measured | asked | script |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for group in GROUPS for row in group()]
    return "\n".join(lines) + "\n"


def headline() -> str:
    """The README's five figures."""
    mini = read("mini")["figures"]["glyphs test, six styles, R@1"]
    large = read("arrays")["gap profile and spectra of 1,000,000 x 512 x 2"]
    loss = next(r for r in read("tiled")["rows"] if (r["loss"], r["rows"]) == ("info_nce", 32_768))
    rates = [x["coverage"] for x in read("calibration")["measures"].values() if x["coverage"]]
    right = sum(0.91 <= rate <= 0.98 for rate in rates)
    start = read("startup")["milliseconds (median of 15)"]["import isthmus"]
    gain = within(read("mixed_search")["R@1 gained by mending"], "+.1%").replace(" %", " points")
    lines = (
        f"**{right} of {len(rates)}** measures have intervals that cover 91 to 98 % of 400 spaces "
        "whose true value is known",
        f"**{gain}**: R@1 gained by mending CLIP ViT-B/16 on COCO pairs it was not fitted on",
        f"**{large['seconds']:.0f} s and {large['peak anonymous MB']:.0f} MB** for the exact gap "
        "profile and spectra of 1,000,000 pairs × 512",
        f"**1/{loss['memory']:.0f} of the memory, {loss['time']:.2f}× the time** of open_clip's "
        "own loss at a batch of 32,768, the same gradient",
        f"**R@1 {mini['value']:.2f}** among 200 unseen objects for the model inside "
        f"(chance 0.005); `import isthmus` takes {start:.0f} ms",
    )
    return "".join(f"- {line}\n" for line in lines)


def between(text: str, inside: str) -> str:
    """A page with what stands between its two marks replaced."""
    return re.sub(
        f"{re.escape(START)}.*?{re.escape(END)}", f"{START}{inside}{END}", text, flags=re.S
    )


def main() -> None:
    """Write both pages."""
    for path, inside in ((PAGE, table()), (README, headline())):
        path.write_text(between(path.read_text("utf-8"), inside), encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
