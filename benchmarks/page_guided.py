"""Rows of the page on language models that a space steers."""

from collections.abc import Iterator

import numpy as np

from benchmarks.page_rows import Row, mark, read


def of_guided() -> Iterator[Row]:
    """Speed, constraints, and whether guidance helps."""
    yield from _speed()
    yield from _constraints()
    yield from _guidance()


def _speed() -> Iterator[Row]:
    found, script = read("language"), "`benchmarks.language`"
    loads, speed, scored = (found[key] for key in ("loading", "speed", "prefixes"))
    yield Row(
        "SmolLM2-135M-Instruct from the cache until it answers, a process of its own "
        f"(transformers' loading of the GGUF {np.median(loads['theirs']):.0f} s)",
        f"{np.median(loads['ours']):.1f} s, {loads['ratio']:.1f}×",
        "reported",
        script,
    )
    yield Row(
        f"the same, tokens a second of greedy search, {speed['dtype'].removeprefix('torch.')}, one "
        f"thread (`generate` in float32 {speed['generate']:.1f}); 32 sentences together",
        f"{speed['tokens_a_second']:.1f}, {speed['thirty_two_rows']:.0f}",
        "reported",
        script,
    )
    for name, least in (("trimmed", 5), ("padded", 25)):
        ratio = scored[name]["ratio"]
        yield Row(
            f"{scored['candidates']} candidates behind a prefix in a text tower of 12 layers, "
            f"width 512, against {name} texts (largest difference {scored['difference']:.0e})",
            f"{ratio:.1f}×{mark(ratio >= least)}",
            f"≥ {least}×",
            script,
        )


def _constraints() -> Iterator[Row]:
    for kind, one in read("constraints")["found"].items():
        share = one["met"] / one["n"]
        low, high = one["interval"]
        yield Row(
            f"`tell`, {kind} as asked (n = {one['n']} prompts)",
            f"{share:.3f} [{low:.3f}, {high:.3f}]{mark(share >= 0.95)}",
            "≥ 0.95",
            "`benchmarks.constraints`",
        )


def _guidance() -> Iterator[Row]:
    found = read("guidance")
    yield Row(
        "the name nearest to each picture, no language model (the trivial rule): cycle recall read "
        "by words of names, R@1 and R@10 among 200",
        f"{found['rule']['hit@1']:.3f}, {found['rule']['hit@10']:.3f}",
        "reported",
        "`benchmarks.guidance`",
    )
    for name, one in found.items():
        if not isinstance(one, dict) or "perplexity" not in one:
            continue
        for key, what, asked in (
            ("hit@1", "cycle recall read by words of names, R@1 among 200", "> 0"),
            ("hit@10", "the same, R@10", "> 0"),
            ("mini, hit@1 (optimised)", "R@1 read by `mini`, which steered (optimised)", "none"),
            ("perplexity", "perplexity", "≤ +15 %"),
            ("distinct-2", "distinct-2", "≥ −5 %"),
            ("repeated 4-grams", "repeated 4-grams", "≤ +2 points"),
        ):
            row = one[key]
            low, high = row["interval"]
            met = {
                "> 0": low > 0,
                "≤ +15 %": row["difference"] <= 0.15,
                "≥ −5 %": row["difference"] >= -0.05 * row["unguided"],
                "≤ +2 points": row["difference"] <= 0.02,
            }.get(asked, True)
            yield Row(
                f"guidance by {name}, {what} (n = {one['n']}; without guidance "
                f"{row['unguided']:.3f}): guided, difference",
                f"{row['guided']:.3f}, {row['difference']:+.3f} [{low:+.3f}, {high:+.3f}]"
                f"{mark(met)}",
                asked,
                "`benchmarks.guidance`",
            )
