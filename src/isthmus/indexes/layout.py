"""How an index is kept and searched, as it is asked for."""

from typing import Literal

from isthmus.records import dataclass
from isthmus.types import World

Searches = Literal["auto", "exact", "ivf"]
Stores = Literal["files", "lance"]


@dataclass(frozen=True, eq=False)
class Layout:
    """How an index is kept, searched and ranked; what is encoded does not depend on it."""

    search: Searches = "auto"
    """Exactly, by inverted lists (Faiss), or by these where a modality has over a million items."""
    store: Stores = "files"
    """Plain files, or Lance."""
    odds: World | None = None
    """Linked items from which it is learned how probable a match is; None keeps what is known."""
