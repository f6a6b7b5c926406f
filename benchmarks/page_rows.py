"""Rows of ``docs/benchmarks.md`` about speed, statistics, styles, dimensions and training."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

RESULTS = Path(__file__).parent / "results"
MISSED = " **✗**"


class Row(NamedTuple):
    """One line of the table."""

    what: str
    measured: str
    asked: str
    script: str


@cache
def read(name: str) -> Any:
    """One record."""
    return json.loads((RESULTS / f"{name}.json").read_text("utf-8"))


def within(found: Any, form: str = ".3f") -> str:
    """A value with its interval, of a mapping or of three numbers."""
    value, low, high = found if isinstance(found, list) else (found[x] for x in WITHIN)
    percent = form.endswith("%")
    ends = [format(x, form).rstrip("%").replace("-", "−") for x in (value, low, high)]
    return f"{ends[0]}{' %' if percent else ''} [{ends[1]}, {ends[2]}]"


WITHIN = ("value", "low", "high")


def mark(met: bool) -> str:
    """Nothing, or the mark of a missed goal."""
    return "" if met else MISSED


def of_mini() -> Iterator[Row]:
    """The model that ships inside."""
    figures = read("mini")["figures"]
    for k, least in ((1, 0.42), (5, 0.68)):
        found = figures[f"glyphs test, six styles, R@{k}"]
        who = (
            "`mini`, text→image among 200 unseen objects, mean of six styles" if k == 1 else "same"
        )
        words = f"{who}, R@{k} (n = {found['n']} objects)" if k == 1 else f"the same, R@{k}"
        met = mark(found["value"] >= least)
        yield Row(words, within(found) + met, f"{least}", "`tools.mini.evaluate`")
    joins = read("mini_photographs")["joins"]
    for name, words in (
        (
            "whole scenes",
            "photographs of whole scenes without labels: nearest of 1,000 class names",
        ),
        ("all", "all photographs without labels (most cut out, on white)"),
    ):
        key = f"agrees with the classifier, {name}"
        found, before, alone = (
            joins[x][key] for x in ("as shipped", "without the gate (before)", "class name alone")
        )
        yield Row(
            f"`mini`, {words}: agrees with the classifier inside (n = {found['n']}; without the "
            f"gate {before['value']:.3f}, the class name alone {alone['value']:.3f})",
            within(found),
            "reported",
            "`tools.mini.photograph_proxies`",
        )
    towers = read("mini_towers")
    for name, least in (("image", 3.0), ("text", 1.2)):
        one = towers[f"{name} tower"]
        off = one["largest difference"]
        yield Row(
            f"`mini` {name} tower against a plain eager torch loop (largest difference {off:.0e})",
            f"{one['ratio']:.2f}×{mark(one['ratio'] >= least)}",
            f"≥ {least:g}×",
            "`benchmarks.mini_towers`",
        )
    path = towers["JPEG path"]
    low, high = path["lowest share"], path["highest share"]
    yield Row(
        "`mini`, JPEG files to vectors, share of what decoding and tower allow (median of 7 runs, "
        f"{low:.0%} to {high:.0%})",
        f"{path['share of bound']:.0%}{mark(path['share of bound'] >= 0.9)}",
        "≥ 90 %",
        "`benchmarks.mini_towers`",
    )


def of_first_use() -> Iterator[Row]:
    """What the README's commands take after the install."""
    record = read("commands")
    for name, words in (
        ("study", "study of the model and the pictures inside, page written, nothing cached"),
        ("search", "search among the 200 glyph objects inside, nothing cached"),
    ):
        seconds, most = record[name]["seconds"], 30 if name == "study" else None
        yield Row(
            words,
            f"{seconds:.1f} s{mark(most is None or seconds <= most)}",
            f"≤ {most} s" if most else "reported",
            f"`{record[name]['command']}`",
        )


def of_arrays() -> Iterator[Row]:
    """Large arrays."""
    record, script = read("arrays"), "`benchmarks.arrays`"
    study = record["study of 5,000 x 512 pairs"]["seconds"]
    large = record["gap profile and spectra of 1,000,000 x 512 x 2"]
    ratio, memory = large["ratio"], large["peak anonymous MB"]
    seconds = f"{study:.1f} s{mark(study <= 30)}"
    yield Row("calibrated study of 5,000 × 512 pairs", seconds, "≤ 30 s", script)
    yield Row(
        "exact gap profile and spectra of 1,000,000 × 512 × 2 from disk, against the unavoidable "
        "reading and products",
        f"{ratio:.2f}×{mark(ratio <= 3)}",
        "≤ 3×",
        script,
    )
    yield Row("anonymous memory of it", f"{memory:.0f} MB{mark(memory <= 1000)}", "≤ 1 GB", script)
    for beside in ("", ", ids, captions and paths"):
        whole = record[f"isthmus study --arrays, 1,000,000 x 512 x 2{beside}"]
        memory = whole["peak anonymous MB"]
        yield Row(
            f"anonymous memory of `isthmus study --arrays` on 1,000,000 × 512 × 2{beside}, page "
            f"and vectors written ({whole['seconds']:.0f} s)",
            f"{memory:.0f} MB{mark(memory <= 1000)}",
            "≤ 1 GB",
            script,
        )
    moments = {k: x["ratio"] for k, x in read("moments").items() if k in ("one set", "links")}
    yield Row(
        "second moments about the mean against float32 products about zero: one set, links",
        f"{', '.join(f'{x:.2f}×' for x in moments.values())}{mark(max(moments.values()) <= 1.1)}",
        "≤ 1.10×",
        "`benchmarks.moments`",
    )


def of_speed() -> Iterator[Row]:
    """Foreign towers, second runs, start-up, installation."""
    captions, images, again = read("captions"), read("images"), read("second_run")
    yield Row(
        "captions through `isthmus.embed` and an open_clip text tower, against open_clip's own "
        f"loop (largest difference {captions['largest difference (of vectors at length 1)']:.0e})",
        f"{captions['ratio']:.1f}×{mark(captions['ratio'] >= 4)}",
        "≥ 4×",
        "`benchmarks.captions`",
    )
    for key, words, least in (
        ("web", "web JPEGs through an open_clip image tower, against its own loop", 0.98),
        ("12 megapixels", "12-megapixel JPEGs", 1.7),
    ):
        one = images[key]
        cosine = one["smallest cosine to the library's"]
        measured = f"{one['ratio']:.2f}×{mark(one['ratio'] >= least)}"
        words = f"{words} (smallest cosine {cosine:.5f})"
        yield Row(words, measured, f"≥ {least}×", "`benchmarks.images`")
    yield Row(
        f"embedding stage of a second run over {again['images']:,} JPEGs (first run "
        f"{again['first run seconds']:.0f} s; {again['encoded in the second run']} encodes)",
        f"{again['times faster']:,.0f}× faster{mark(again['times faster'] >= 50)}",
        "≥ 50×",
        "`benchmarks.second_run`",
    )
    yield from _of_start()


def _of_start() -> Iterator[Row]:
    start, install = read("startup")["milliseconds (median of 15)"], read("install")
    empty, numpy = start["python (empty)"], start["import numpy"]
    own, page = start["import isthmus"], start["isthmus --help"] - empty
    yield Row(
        f"`import isthmus` (NumPy alone: {numpy:.0f} ms)",
        f"{own:.0f} ms{mark(own <= 300)}",
        "≤ 300 ms",
        "`benchmarks.startup`",
    )
    yield Row(
        "`isthmus --help` over an empty Python (`isthmus study --help`, which reads the study's "
        f"code: {start['isthmus study --help'] - empty:.0f} ms)",
        f"{page:.0f} ms{mark(page <= 250)}",
        "≤ 250 ms",
        "`benchmarks.startup`",
    )
    yield Row(
        "base install in a fresh environment, without its pip and setuptools (with them "
        f"{install['MB with pip']:.0f} MB)",
        f"{install['MB']:.0f} MB, {install['seconds']:.0f} s{mark(install['MB'] <= 600)}",
        "≤ 600 MB, 3 min",
        "`benchmarks.install`",
    )


def of_statistics() -> Iterator[Row]:
    """What intervals and chance levels are worth."""
    script = "`benchmarks.calibration.sweep`"
    measures = read("calibration")["measures"].values()
    for discrete, most in ((False, 0.07), (True, 0.075)):
        rates = [x["false positives"] for x in measures if x["discrete"] is discrete]
        rates = [rate for rate in rates if rate is not None]
        kind = "discrete" if discrete else "continuous"
        yield Row(
            f"false positives over 1,000 draws of the declared null, {len(rates)} {kind} measures",
            f"{100 * min(rates):.1f} to {100 * max(rates):.1f} %{mark(max(rates) <= most)}",
            "≤ 7.5 %" if discrete else "3 to 7 %",
            script,
        )
    covered = [x["coverage"] for x in measures if x["coverage"] is not None]
    right = [x for x in covered if 0.91 <= x <= 0.98]
    yield Row(
        "coverage of the intervals over 400 constructed spaces, measures within 91 to 98 % (of all "
        f"{len(covered)}: {100 * min(covered):.1f} to {100 * max(covered):.1f} %)",
        f"{len(right)} of {len(covered)}{mark(len(right) == len(covered))}",
        "all",
        script,
    )

    shares = read("proportions")
    yield Row(
        "coverage of the intervals of proportions and of their paired changes, lowest of "
        f"{len(shares['rows'])} cells (shares from 0 to 1, 12 to 2,000 objects, alike or not)",
        f"{shares['lowest']:.1%}{mark(shares['lowest'] >= 0.93)}",
        "≥ 93 %",
        "`benchmarks.calibration.proportions`",
    )


def of_styles() -> Iterator[Row]:
    """Objects from all sides and in other styles."""
    atlas, record = read("atlas")["rows"], read("commands")
    page, kept = (atlas[f"{x} to page"]["seconds"] for x in ("renders", "kept vectors"))
    meshes = atlas["meshes to page"]["seconds"]
    yield Row(
        f"atlas of 200 objects × 24 views with `mini`, from GLB files to page (from renders: "
        f"{page:.0f} s)",
        f"{meshes:.0f} s{mark(meshes <= 240)}",
        "≤ 4 min",
        "`benchmarks.atlas`",
    )
    yield Row(
        "the same from kept vectors",
        f"{kept:.1f} s{mark(kept <= 20)}",
        "≤ 20 s",
        "`benchmarks.atlas`",
    )
    for name, items in (
        ("glyphs", "200 unseen glyph objects, six styles"),
        ("furniture", "161 unseen objects of `furniture`, five drawing styles"),
        ("babel", "200 unseen scenes of `babel` as meshes, five drawing styles"),
    ):
        one = record[f"styles {name}"]
        yield Row(
            f"style change R@1, best of ten decompositions, chosen on training objects ({items}; "
            f"doing nothing {one['nothing']:.3f})",
            f"{within(one)}{mark(one['value'] >= 0.8)}",
            "0.80",
            f"`{one['command']}`",
        )


def of_remedies() -> Iterator[Row]:
    """What `isthmus mend` takes, and whether the quick protocol chooses as the full one does."""
    record, script = read("mend_speed"), "`benchmarks.mend_speed`"
    for name, most in (("1126", 60), ("5000", 300)):
        one = record["speed"][name]
        yield Row(
            f"`isthmus mend` on {int(name):,} × 512 × 2 (peak {one['peak MB']:,} MB)",
            f"{one['seconds']:.0f} s{mark(one['seconds'] <= most)}",
            f"≤ {most} s",
            script,
        )
    found = record["choice"]
    same = sum(one["full"] == one["quick"] for one in found.values())
    good, apart = (
        sum(one["good"] for one in found.values()),
        max(one["ends apart"] for one in found.values()),
    )
    yield Row(
        f"quick against full protocol on {len(found)} data sets ({', '.join(found)}): same winner "
        f"({same}) or one whose paired interval to it holds zero; interval ends at most "
        f"{100 * apart:.1f} points apart",
        f"{good} of {len(found)}{mark(good == len(found))}",
        "all; ≤ 0.5 points",
        script,
    )


def of_crashes() -> Iterator[Row]:
    """Runs that were killed."""
    record = read("crashes")
    points, faults = sum(record["crashes"].values()), len(record["faults"])
    yield Row(
        f"runs of {len(record['crashes'])} commands, killed at a change of a file and run again: "
        "the same bytes, nothing left over",
        f"{points - faults} of {points}{mark(not faults)}",
        "all",
        "`benchmarks.crashes`",
    )


def of_dimensions() -> Iterator[Row]:
    """Intrinsic dimension."""
    rows = read("dimensions")["rows"]
    families = dict.fromkeys(row["manifold"] for row in rows)
    worst = {x: max(r["error"] for r in rows if r["manifold"] == x) for x in families}
    groups = {
        "within 10 % at every dimension": [x for x in families if worst[x] <= 0.1],
        "not within 10 %": [x for x in families if worst[x] > 0.1],
    }
    for name, some in groups.items():
        errors = [row["error"] for row in rows if row["manifold"] in some]
        yield Row(
            f"intrinsic dimension, median error over 20 draws, n = {read('dimensions')['n']}, "
            f"families {name}: {'; '.join(some)}",
            f"{100 * min(errors):.1f} to {100 * max(errors):.1f} %{mark(max(errors) <= 0.1)}",
            "≤ 10 %",
            "`benchmarks.dimensions`",
        )


def of_training() -> Iterator[Row]:
    """Tiled losses and heads."""
    rows = [row for row in read("tiled")["rows"] if row["rows"] == 32_768]
    for row in rows:
        met = row["memory"] >= 20 and row["time"] <= 1.15
        against = "open_clip's own `ClipLoss`" if row["loss"] == "info_nce" else "the plain formula"
        yield Row(
            f"`{row['loss']}` of 32,768 × {read('tiled')['dim']} in tiles, forward and backward: "
            f"memory above the inputs, and time, against {against} (extrapolated from 16,384 rows)",
            f"1/{row['memory']:.0f} ({row['tiled']['MB'] / 1000:.2f} GB), {row['time']:.2f}×"
            f"{mark(met)}",
            "≤ 1/20, ≤ 1.15×",
            "`benchmarks.tiled`",
        )
    sweep, fit = read("commands")["sweep"], read("commands")["fit"]
    yield Row(
        "twelve heads trained on `mini`'s vectors of 1,295 glyph objects (six losses, linear and "
        "mlp, three seeds): R@1 among 338 unseen ones, change of the best on validation objects "
        f"(as it is {sweep['as it is']:.3f})",
        f"{sweep['value']:.3f}, {within(sweep['gain'], '+.3f')}",
        "reported",
        f"`{sweep['command']}`",
    )
    yield Row(
        "one variant on glyphs, from pictures to page",
        f"{fit['seconds']} s{mark(fit['seconds'] <= 300)}",
        "≤ 5 min",
        f"`{fit['command']}`",
    )
