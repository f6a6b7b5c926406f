"""Rows of the page on sounds and on links between spaces."""

from collections.abc import Iterator

from benchmarks.page_rows import Row, mark, read, within


def of_sounds() -> Iterator[Row]:
    """What ``mini`` hears."""
    found, script = read("sounds"), "`benchmarks.sounds`"
    named, speed = found["by name"], found["speed"]["every 0.48 s"]["seconds of 10 s"]
    for key, least, words in (
        ("unseen pitches, 128 names", 0.6, "notes of `orchestra` at unseen pitches, 128 names"),
        (
            "unseen instruments, family of the nearest known name",
            0.5,
            "notes of unseen instruments, one of sixteen families",
        ),
    ):
        one = named[key]
        yield Row(
            f"`mini`, {words} (n = {one['n']} of {one['objects']} instruments; chance "
            f"{one['chance']:.3f})",
            within(one) + mark(one["value"] >= least),
            f"{least:.2f}",
            script,
        )
    for what, words in (
        ("explore_farm_animals", "farm animals"),
        ("instruments", "instruments"),
    ):
        one = found["GCompris"][f"{what}, direct"]
        yield Row(
            f"`mini`, recordings of GCompris, {words} by name (n = {one['n']}; opened thrice, see "
            "the card)",
            within(one),
            "reported",
            script,
        )
    yield Row(
        "`mini`, ten seconds of sound to vector on one core",
        f"{speed:.3f} s{mark(speed <= 0.3)}",
        "≤ 0.3 s",
        script,
    )


def of_links() -> Iterator[Row]:
    """What joins spaces without retraining."""
    found, script = read("links"), "`benchmarks.links`"
    took = [one["seconds"] for one in found["speed"].values() if isinstance(one, dict)]
    judged = [one for one in found["trust"].values() if isinstance(one, dict)]
    judged += [one for part, one in found.items() if part.startswith("trust of ")]
    true, wrong = min(one["true"] for one in judged), max(one["shuffled"] for one in judged)
    yield Row(
        f"links of 100,000 × 512 pairs fitted and judged, {len(took)} kinds, slowest on one thread",
        f"{max(took):.0f} s{mark(max(took) <= 60)}",
        "≤ 60 s",
        script,
    )
    yield Row(
        f"links of 600 pairs that are trusted, {len(judged)} kinds: of 20 true ones at least, of "
        "20 fitted on shuffled pairs at most",
        f"{true}, {wrong}{mark(true >= 19 and wrong == 0)}",
        "≥ 19, 0",
        script,
    )
    (way,) = (key for key in found["names"] if key.startswith("mini to"))
    best, letters = found["names"][way]["procrustes"], found["names"]["nearest name by letters"]
    yield Row(
        f"`{way}`, class names of unseen head words, Procrustes, hit@1 (n = {best['n']}; the "
        f"nearest name by letters {letters['hit@1']['value']:.3f})",
        within(best["hit@1"]),
        "reported",
        script,
    )
    for to in ("A image to B text", "A image to B image"):
        joined = found["babel"][to]["joined by texts, cmcr"]
        share = joined["of the best with pairs"]
        yield Row(
            f"`babel`, spaces joined by texts alone (C-MCR), {to}, R@1 (n = {joined['n']}); share "
            "of the best link with pairs",
            f"{within(joined)}, {share:.0%}{mark(share >= 0.8)}",
            "≥ 80 %",
            script,
        )


def of_texts() -> Iterator[Row]:
    """What scores captions."""
    found, script = read("text_metrics"), "`benchmarks.text_metrics`"
    one = found["made"]
    took, apart = one["ours, words and intervals too"]["seconds"], one["largest difference"]
    yield Row(
        f"{one['items']:,} captions × {one['references'] // one['items']} references: words, "
        "BLEU-1 to 4, ROUGE-L, CIDEr and intervals on one core",
        f"{took:.1f} s{mark(took <= 15)}",
        "≤ 15 s",
        script,
    )
    yield Row(
        "the same scores beside `pycocoevalcap`, largest difference on the scale of 100",
        f"{apart:.0e}{mark(apart <= 1e-6)}",
        "≤ 1e-6",
        script,
    )
    held = [
        one["intervals"][name]["intervals that hold the value"]
        for one in (found["made"], found["COCO val2017"])
        for name in ("BLEU-4", "ROUGE-L", "CIDEr")
    ]
    yield Row(
        "intervals of BLEU-4, ROUGE-L and CIDEr on 100 items that hold the value of 5,000, made "
        "sentences and COCO's captions, least and most (400 samples each)",
        f"{min(held):.1%} to {max(held):.1%}{mark(min(held) >= 0.91 and max(held) <= 0.98)}",
        "91 to 98 %",
        script,
    )
