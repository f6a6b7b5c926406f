"""The request of ``isthmus index``."""

from dataclasses import field
from pathlib import Path

from tyro.conf import Positional

from isthmus.indexes.layout import Searches, Stores
from isthmus.records import dataclass
from isthmus.types import Common


@dataclass(frozen=True)
class IndexRequest:
    """Index a folder of files of any modality; run it again to go on, or to take in changes."""

    folder: Positional[Path]
    """Folder with pictures, sounds, videos, shapes, texts and archives of such (.tar, .zip)."""
    out: Path | None = None
    """Folder of the index (default: FOLDER.index here)."""
    space: str = "mini"
    """Space that the files are encoded in (see: isthmus spaces)."""
    odds: str = ""
    """World with linked items (its validation split), such as glyphs, from which it is learned how
    probable a match is: search then ranks by that and says it (see: isthmus worlds)."""
    search: Searches = "auto"
    """How it is searched: exactly, by inverted lists that may miss an item in fifty (ivf, needs
    Faiss), or by these only where a modality has more than a million items."""
    store: Stores = "files"
    """How vectors are kept: in plain files, or in Lance."""
    replace: bool = False
    """Make anew what is an index of another space."""
    common: Common = field(default_factory=Common)
