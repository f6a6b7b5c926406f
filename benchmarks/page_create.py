"""Rows of the page on making things out of words."""

from collections.abc import Iterator

from benchmarks.page_rows import Row, mark, read


def of_creating() -> Iterator[Row]:
    """Views with gradients."""
    found, script = read("soft"), "`benchmarks.soft`"
    for name, row in found["rows"].items():
        goal, value = row["goal"], row["CPU-ms"]
        times = row.get("dense, times")
        dense = f"; every face against every pixel {times:.1f}×" if times else ""
        yield Row(
            f"soft view with its slopes, {name}, one thread{dense}",
            f"{value:.0f} CPU-ms{mark(value <= goal) if goal else ''}",
            f"≤ {goal} CPU-ms" if goal else "reported",
            script,
        )
    least = found["quality"]["least share within 2 of 255, hard"]
    away = found["quality"]["mean difference, soft"]
    yield Row(
        "soft view at softness 0: pixels within 2 of 255 of the plain renderer, the least of six "
        f"meshes (mean difference at the usual softness {away:.3f})",
        f"{least:.1%}{mark(least >= 0.99)}",
        "≥ 99 %",
        script,
    )
