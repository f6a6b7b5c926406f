"""How a modality of an index is searched: exactly, or by inverted lists where its rows are many."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from isthmus.arrays import Vectors
from isthmus.indexes.exact import Rows, Search, nearest
from isthmus.indexes.layout import Searches
from isthmus.indexes.lists import approximate, trials
from isthmus.indexes.lists.approximate import Prepared
from isthmus.records import dataclass
from isthmus.types import ExtraMissingError

LARGE = 1_000_000
"""Rows above which exact search takes longer than a reader waits."""
_log = logging.getLogger("isthmus")


@dataclass(frozen=True)
class Kind:
    """A way to search: what it writes beside the vectors, and how that is opened."""

    prepare: Callable[[Path, Rows, Mapping[str, Vectors], Prepared | None], Prepared | None]
    """Of the path without its suffix, unit vectors, kinds of held-out queries, and what the last
    generation says."""
    opened: Callable[[Path, Prepared | None, Rows], Search]
    """Of the folder; raises ValueError where the file is not what was written."""


def _lists(
    stem: Path, rows: Rows, queries: Mapping[str, Vectors], before: Prepared | None
) -> Prepared:
    return trials.prepare(stem.with_suffix(".ivf"), rows, queries, before)


def _open_lists(folder: Path, prepared: Prepared | None, rows: Rows) -> Search:
    assert prepared is not None
    return approximate.opened(folder / prepared.file, prepared, rows)


SEARCHES: dict[str, Kind] = {
    "exact": Kind(lambda stem, rows, queries, before: None, lambda folder, prepared, rows: nearest),
    "ivf": Kind(_lists, _open_lists),
}


def chosen(wanted: Searches, counts: Mapping[str, int]) -> dict[str, str]:
    """How each modality is searched.

    ``auto`` is by inverted lists above a million rows where Faiss is installed, else exactly, which
    is said once. Fewer than 1,024 rows are always searched exactly.

    Args:
        wanted: by the user.
        counts: rows by modality.

    Raises:
        ExtraMissingError: inverted lists are wanted, and Faiss is not installed.
    """
    if wanted == "exact":
        return dict.fromkeys(counts, "exact")
    least = LARGE if wanted == "auto" else approximate.FEW
    many = [name for name, count in counts.items() if count > least]
    if wanted == "auto" and many and not approximate.installed():
        _log.warning("More than %s %s items are searched exactly: pip install faiss-cpu, and index "
                     "again, to search them faster.", f"{LARGE:,}", " and ".join(many))  # fmt: skip
        many = []
    return {name: "ivf" if name in many else "exact" for name in counts}


def check_search(wanted: Searches) -> None:
    """Refuse at once what cannot be done at the end.

    Raises:
        ExtraMissingError: inverted lists are wanted, and Faiss is not installed.
    """
    if wanted == "ivf" and not approximate.installed():
        raise ExtraMissingError("faiss", "faiss")


def search_of(folder: Path, prepared: Prepared | None, rows: Rows) -> Search:
    """The way to search that an index has; exactly, and that is said, where Faiss is missing.

    Raises:
        ValueError: the file of inverted lists is missing, cut short, or of other rows.
    """
    try:
        return SEARCHES["exact" if prepared is None else "ivf"].opened(folder, prepared, rows)
    except ExtraMissingError as error:
        _log.warning("%s is searched exactly, which takes longer. %s", folder, error)
        return nearest
