"""The request of ``isthmus embed``."""

from dataclasses import field
from pathlib import Path

from tyro.conf import Positional

from isthmus.records import dataclass
from isthmus.types import Common, Source


@dataclass(frozen=True)
class EmbedRequest:
    """Turn items into vectors, shard by shard; run it again to go on after an interruption."""

    space: Positional[str]
    """Space, such as mini; arrays:PATH keeps vectors that are there in isthmus' format."""
    out: Positional[Path]
    """Folder of the job."""
    source: Source = field(default_factory=Source)
    export: Path | None = None
    """Also write the sets here: a folder (clip-retrieval's layout), .parquet or .csv."""
    common: Common = field(default_factory=Common)
