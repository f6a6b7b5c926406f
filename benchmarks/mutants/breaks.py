"""Faults to plant, each where the code would still look plausible; the tests of its area must fail.

``old`` stands once in its file. A break that no test notices needs a test; ``SURVIVES`` names those
that are known to survive, and why.
"""

from benchmarks.mutants.trials import Break

BREAKS = (
    Break(
        "csls without its query term",
        "src/isthmus/scores/hubness.py",
        "2 * scores - _nearest(scores, 1)[:, None] - _nearest(bank, 0)",
        "2 * scores - _nearest(bank, 0)",
        "tests/scores",
    ),
    Break(
        "the content index ignores modification time",
        "src/isthmus/engine/content_index.py",
        "(size, time) != (stat.st_size, stat.st_mtime_ns)",
        "size != stat.st_size",
        "tests/lab",
    ),
    Break(
        "a trade-off wants much of what it should want little",
        "src/isthmus/studies/evaluate/pareto.py",
        "wanted = -values if measure in",
        "wanted = values if measure in",
        "tests/train tests/studies/test_mend.py",
        "torch",
    ),
)

SURVIVES: dict[str, str] = {}
"""Name of a break to the reason why no test of its area notices."""
