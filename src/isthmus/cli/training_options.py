"""Options of the commands that train."""

from dataclasses import dataclass, field
from pathlib import Path

from tyro.conf import Positional

from isthmus.cli.shared_options import Common, Source
from isthmus.studies.fit.request import Grid
from isthmus.train.recipe import Recipe


@dataclass(frozen=True)
class Fit:
    """Train heads on a space's vectors, stopped by held-out objects, judged on test objects.

    Killed, it goes on from its last epoch when the same command runs again. The trained space goes
    wherever a space goes: isthmus study mended:FOLDER. Several processes: torchrun -m isthmus fit.
    """

    space: Positional[str] = ""
    """Space whose vectors are trained on (default: mini)."""
    source: Source = field(default_factory=Source)
    recipe: Recipe = field(default_factory=Recipe)
    tensorboard: bool = False
    """Write TensorBoard's events (the table variants/*/log.csv is always there)."""
    out: Path | None = None
    """Folder of the run (default: runs/fit-SPACE-SOURCE)."""
    open: bool = False
    """Open the page in the browser."""
    common: Common = field(default_factory=Common)


@dataclass(frozen=True)
class Sweep:
    """Train a grid of losses, similarities, heads and seeds, and draw what each trades for what.

    Every variant can be gone on with, as in isthmus fit; the one that held-out objects like best
    is kept.
    """

    space: Positional[str] = ""
    """Space whose vectors are trained on (default: mini)."""
    source: Source = field(default_factory=Source)
    grid: Grid = field(default_factory=Grid)
    recipe: Recipe = field(default_factory=Recipe)
    tensorboard: bool = False
    """Write TensorBoard's events, a folder a variant."""
    out: Path | None = None
    """Folder of the run (default: runs/sweep-SPACE-SOURCE)."""
    open: bool = False
    """Open the page in the browser."""
    common: Common = field(default_factory=Common)
