"""The request of ``isthmus study``."""

from dataclasses import field
from pathlib import Path

from tyro.conf import Positional

from isthmus.records import dataclass
from isthmus.types import Source, Written


@dataclass(frozen=True)
class StudyRequest(Written):
    """Measure a joint space on linked items and write report.html, report.json and vectors.

    Two spaces are compared side by side on the same items.
    """

    spaces: Positional[tuple[str, ...]] = ()
    """Spaces, such as mini, openclip:ViT-B-32/laion2b_s34b_b79k, hf:FOLDER (default: mini)."""
    space: str = ""
    """The same as one positional space."""
    source: Source = field(default_factory=Source)
    modalities: tuple[str, ...] = ()
    """Modalities to look at, or all: a report card of every pair, by every road (see: isthmus
    card)."""
    objects: Path | None = None
    """Folder of meshes (GLB, OBJ, ...): the same as isthmus atlas --objects."""
    thorough: bool = False
    """Also measure what takes minutes: intrinsic dimension, geodesics, trustworthy maps, and which
    words the vectors are made of."""
