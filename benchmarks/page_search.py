"""Rows of the page on search in an index."""

from collections.abc import Iterator

from benchmarks.page_rows import Row, mark, read, within


def of_search() -> Iterator[Row]:
    """Exact search beside Faiss Flat, and inverted lists beside exact search."""
    found, script = read("exact_search"), "`benchmarks.exact_search`"
    size = f"{found['rows']:,} × {found['dim']}"
    for threads in (1, 2):
        batches = [found[f"threads {threads}"][f"batch {batch}"] for batch in (1, 64)]
        ratios = [one["of the faster"] for one in batches]
        each = [f"{one['of the faster']:.2f}× [{one['ratios'][0]:.2f}, {one['ratios'][-1]:.2f}]"
                for one in batches]  # fmt: skip
        yield Row(
            f"exact search of {size} against the faster of Faiss Flat's two ways, threads: "
            f"{threads}; one query; 64 (least and most of {len(batches[0]['ratios'])} turns)",
            f"{'; '.join(each)}{mark(min(ratios) >= 0.9)}",
            "≥ 0.9×",
            script,
        )
    found, script = read("approximate_search"), "`benchmarks.approximate_search`"
    how, build = found["recipe"], found["build"]
    yield Row(
        f"inverted lists of {size} made of {found['real vectors']:,} pictures of `glyphs` and "
        f"`babel` in `mini` (intrinsic dimension {how['before']:.1f} before, "
        f"{found['dimension of the rows']:.1f} after), {found['threads']} thread: seconds "
        "to build; MB of the file; MB of memory",
        f"{build['seconds']:.0f}; {build['file MB']:.0f}; {build['peak anonymous MB']}",
        "reported",
        script,
    )
    for kind in ("pictures", "texts"):
        one = found[kind]
        near = one["recall@10"]
        yield Row(
            f"the same, held-out {kind} of unseen objects: recall@10 against exact search "
            f"(n = {near['n']:,})",
            within(near) + mark(near["value"] >= 0.98),
            "≥ 0.98",
            script,
        )
        ratios = [one[f"batch {batch}"]["ratio"] for batch in (1, 64)]
        yield Row(
            f"the same, held-out {kind}: times as fast as exact search, one query; 64 at once",
            f"{ratios[0]:.0f}×; {ratios[1]:.0f}×{mark(min(ratios) >= 15)}",
            "≥ 15×",
            script,
        )


def of_serving() -> Iterator[Row]:
    """Searches a second of a served index."""
    found = read("serving")
    rate, slow = found["a second"], found["p99 ms"]
    yield Row(
        f"`isthmus serve`, {found['items']:,} × 384, {found['clients']} clients on two cores, "
        f"distinct queries in words (n = {found['queries']:,}), text tower included: queries a "
        "second; 99 % answered within",
        f"{rate:.0f}; {slow:.0f} ms{mark(rate >= 50 and slow <= 250)}",
        "≥ 50; ≤ 250 ms",
        "`benchmarks.serving`",
    )
    answers = ", ".join(f"{many} × {code}" for code, many in found["flood"]["answers"].items())
    yield Row(
        "the same, flood of 64 clients and broken uploads: answers; it stands afterwards",
        f"{answers}; {'yes' if found['flood']['stands'] else 'no'}{mark(found['flood']['stands'])}",
        "yes",
        "`benchmarks.serving`",
    )
