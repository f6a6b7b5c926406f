"""The request of ``isthmus atlas``."""

from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from isthmus.records import dataclass
from isthmus.types import Written


@dataclass(frozen=True)
class AtlasRequest(Written):
    """See every object from all sides and measure what its views span.

    One page for the world and one an object. What did not change is neither rendered nor embedded
    again.
    """

    space: Positional[str] = ""
    """Space that encodes images (default: mini)."""
    objects: Path | None = None
    """Folder of your meshes: GLB, glTF, OBJ, PLY, STL, OFF; subfolders are categories."""
    world: str = ""
    """A world of meshes instead, such as furniture or babel (default: furniture)."""
    split: str = ""
    """Only this split of the world: train, val or test (by default test; all for every object)."""
    views: int = 24
    """Views of every object, 10 or more; what was held out is predicted from fewer."""
    rig: Literal["turntable", "dome", "fibonacci"] = "turntable"
    """Where the cameras stand; pose, loop and interpolation need the turntable."""
    up: Literal["x", "y", "z"] = "y"
    """The axis that points up in your files."""
    styles: tuple[str, ...] = ()
    """Draw every view in these styles too, one or more of: flat, toon, sketch, photo; and share the
    variance between object, view and style."""
    limit: int = 0
    """Objects at most, the first ones: 1 or more; 0 is all."""
    seen: bool = False
    """Also measure objects that the space was fitted or chosen on, which flatter it."""
    words: Path | None = None
    """Vocabulary to name objects with, one text a line (default: their names and the glyphs')."""
