"""How an index is kept and searched, as it is asked for."""

from typing import Literal

from isthmus.records import dataclass

Searches = Literal["auto", "exact", "ivf"]
Stores = Literal["files", "lance"]


@dataclass(frozen=True)
class Layout:
    """How an index is kept and searched; what is encoded does not depend on it."""

    search: Searches = "auto"
    """Exactly, by inverted lists (Faiss), or by these where a modality has over a million items."""
    store: Stores = "files"
    """Plain files, or Lance."""
