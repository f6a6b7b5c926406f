"""Rows of the page on texts read out of vectors."""

from collections.abc import Iterator, Sequence
from statistics import mean

from benchmarks.page_rows import RESULTS, Row, mark, read

CHOSEN = {
    "imitated": "imitated from held-out captions; settings were chosen on these, which flatters"
}
"""What has to be said of a set of photographs."""


def ends(three: Sequence[float], digits: int = 1, scale: float = 1.0) -> str:
    """Value and interval of three numbers."""
    value, low, high = (f"{scale * x:.{digits}f}" for x in three[:3])
    return f"{value} [{low}, {high}]"


def of_real_captions() -> Iterator[Row]:
    """Captions of 500 photographs by CLIP's own vectors."""
    record, script = read("real_captions"), "`benchmarks.real_captions`"
    rows = {name.replace(" (leave one out)", ""): one for name, one in record["rows"].items()}
    treated = {name.removeprefix("nearest caption, "): one for name, one in rows.items()
               if name.startswith("nearest caption, ")}  # fmt: skip
    others = ", ".join(
        f"{name.replace(' (leave one out; upper bound)', '')} {one['CIDEr'][0]:.1f}"
        for name, one in rows.items()
        if not name.startswith("nearest caption, ")
    )
    plain = treated.pop("none")
    yield Row(
        f"CIDEr of the nearest caption of another picture (leave one out) to each of "
        f"{record['n']} photographs, vectors of CLIP ViT-B/16 ({others})",
        ends(plain["CIDEr"]),
        "reported",
        script,
    )
    for name, one in sorted(treated.items(), key=lambda x: -x[1]["CIDEr"][0]):
        yield Row(
            f"the same after {name} (BLEU-4 {one['BLEU-4'][0]:.1f}, ROUGE-L "
            f"{one['ROUGE-L'][0]:.1f}), and its gain over no treatment",
            f"{ends(one['CIDEr'])}; {ends(one['CIDEr over no treatment'])}",
            "reported",
            script,
        )


def of_arithmetic() -> Iterator[Row]:
    """Sums of pictures and texts."""
    record, script = read("arithmetic"), "`benchmarks.arithmetic`"
    first, *others = record["rows"].items()
    beside = ", ".join(f"{name} {one['all'][0]:.0%}" for name, one in others)
    right = first[1]["all"]
    yield Row(
        f"sums of a picture and texts said exactly, {record['n']} items of unseen pairs, "
        f"{first[0]} ({beside})",
        ends(right, 1, 100) + " %" + mark(right[0] >= 0.7),
        "≥ 70 %",
        script,
    )
    by = ", ".join(f"{name} {one[0]:.0%}" for name, one in first[1].items() if name != "all")
    yield Row("the same by kind, operation and number of facts", by, "reported", script)


def of_audits() -> Iterator[Row]:
    """Planted wrong facts."""
    record, script = read("audits"), "`benchmarks.audits`"
    for name, one in record["rows"].items():
        met = one["recall"][0] >= 0.8 and one["false alarms"][0] <= 0.05
        yield Row(
            f"one wrong fact planted in each of {record['captions']} captions, flagged by {name}: "
            "recall; false alarms among right ones",
            f"{ends(one['recall'], 1, 100)} %; {ends(one['false alarms'], 1, 100)} %{mark(met)}",
            "≥ 80 % at ≤ 5 %",
            script,
        )
    ours, *_, rule = (ends(one["auc"], 3) for one in record["auc"].values())
    words = next(iter(record["auc"].values()))["words"]
    yield Row(
        f"the same, area under the curve within each of {words} words, averaged (rule of the "
        f"rarest word {rule})",
        ours,
        "reported",
        script,
    )


def of_names() -> Iterator[Row]:
    """How often captions name the thing."""
    script = "`benchmarks.captioning`"
    for kind, one in read("captioning")["rows"].items():
        ours, nearest = one["captioner"], one["nearest"]
        yield Row(
            f"captions of {one['n']} unseen {kind} that name the thing (nearest sentence of the "
            f"memory {nearest['share']:.0%}, best constant {one['constant']:.0%})",
            ends([ours["share"], ours["low"], ours["high"]], 0, 100) + " %",
            "reported",
            script,
        )


def of_photographs() -> Iterator[Row]:
    """Captions of photographs."""
    for kind, one in read("captioning_photographs")["rows"].items():
        constant = one["best constant"][0]
        met = one["share"] >= 0.5 and one["share"] - constant >= 0.2
        met = met and one["most given"] <= 0.05 and one["most words"] <= 15
        met = met and one["most nouns"] <= 4
        yield Row(
            f"captions of {one['n']} photographs ({CHOSEN.get(kind, kind)}) that share a noun "
            f"with a reference, person words aside (best constant {constant:.0%}, picked on the "
            f"same; the most given caption {one['most given']:.1%}; at most {one['most words']} "
            f"words, {one['most nouns']} nouns)",
            ends([one["share"], one["low"], one["high"]], 0, 100) + f" %{mark(met)}",
            "≥ 50 %, 20 points over the constant",
            "`tools.decoder.evaluate`",
        )


def of_kept() -> Iterator[Row]:
    """Captions that a blind judge kept."""
    for kind, one in read("captions_kept")["rows"].items():
        what = "of six kinds" if kind == "all" else f"of {kind}"
        yield Row(
            f"captions {what} that a blind judge (a language model that reads the truth in "
            f"words) kept, {one['items']} items (captions of other "
            f"items {ends(one['other'], 0, 100)} %)",
            ends(one["own"], 0, 100) + " %",
            "reported",
            "`benchmarks.captions_kept`",
        )


def of_retention() -> Iterator[Row]:
    """What text-only decoders keep of their twins' CIDEr, by finished cells."""
    record = read("captioning_study")
    for space, cells in record["cells"].items():
        for modality, cell in cells.items():
            name, row = max(cell["rows"].items(), key=lambda one: one[1]["retention"][0])
            best = row["retention"]
            yield Row(
                "share of its twin's CIDEr that a decoder trained on texts alone keeps, "
                f"{modality} items of unseen pairs in `{space}` (n = {cell['n']}, "
                f"{record['seeds']} seeds), the best of {len(cell['rows'])} treatments ({name}); "
                f"CIDEr {mean(row['CIDEr']):.0f}, twin {cell['twin'][0]:.0f}, caption of the "
                f"nearest training item {cell['rule'][0]:.0f}",
                f"{ends(best, 0)} %{mark(best[0] >= 85)}" if row["told"] else "cannot tell",
                "≥ 85 %",
                "`benchmarks.captioning_study`",
            )


def of_corrections() -> Iterator[Row]:
    """The same after the correction of ``mend`` that does best, by finished cells."""
    for space, cells in read("captioning_uses")["cells"].items():
        for modality, cell in cells.items():
            some = cell["corrections"]
            name = max(some, key=lambda one: some[one]["retention"][0])
            best, pairs = some[name]["retention"], " on pairs" if some[name]["pairs"] else ""
            yield Row(
                f"the same, {modality} items in `{space}` after `{name}`, fitted{pairs}, and no "
                f"treatment (R@1 of texts {some['none']['R@1']:.0%} to {some[name]['R@1']:.0%}), "
                "one seed",
                f"{ends(best, 0)} %{mark(best[0] >= 85)}",
                "≥ 85 %",
                "`benchmarks.captioning_uses`",
            )


def of_speaking() -> Iterator[Row]:
    """All that has been measured of these."""
    for name, rows in (("captioning_photographs", of_photographs), ("captioning", of_names),
                       ("captions_kept", of_kept), ("real_captions", of_real_captions),
                       ("arithmetic", of_arithmetic), ("audits", of_audits),
                       ("captioning_study", of_retention),
                       ("captioning_uses", of_corrections)):  # fmt: skip
        if (RESULTS / f"{name}.json").is_file():
            yield from rows()
