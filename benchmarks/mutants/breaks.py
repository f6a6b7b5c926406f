"""Faults to plant, each where the code would still look plausible; the tests of its area must fail.

``old`` stands once in its file. A break that no test notices needs a test; ``SURVIVES`` names those
that are known to survive, and why.
"""

from benchmarks.mutants.breaks_caches import CACHES
from benchmarks.mutants.breaks_numbers import NUMBERS
from benchmarks.mutants.breaks_pages import PAGES
from benchmarks.mutants.trials import Break


def mixed(*lists: tuple[Break, ...]) -> tuple[Break, ...]:
    """All lists as one, in which every stretch has of each list in proportion to its length."""
    placed = [((at + 0.5) / len(some), one) for some in lists for at, one in enumerate(some)]
    return tuple(one for _, one in sorted(placed, key=lambda pair: pair[0]))


BREAKS = mixed(CACHES, PAGES, NUMBERS)

SURVIVES: dict[str, str] = {}
"""Name of a break to the reason why no test of its area notices."""
