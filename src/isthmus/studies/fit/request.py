"""What ``isthmus fit`` and ``isthmus sweep`` may be asked."""

import itertools
from dataclasses import field, replace

from tyro.conf import Positional

from isthmus.records import dataclass
from isthmus.train.recipe import Recipe
from isthmus.types import RequestError, Source, Written


@dataclass(frozen=True)
class Grid:
    """What a sweep crosses; empty parts are those of the recipe."""

    losses: tuple[str, ...] = ()
    """Losses to cross, such as info_nce sigmoid (see: isthmus parts losses; default: that of
    --loss)."""
    similarities: tuple[str, ...] = ()
    """Similarities to cross (see: isthmus parts similarities; default: that of --similarity)."""
    heads: tuple[str, ...] = ()
    """Heads to cross: linear, mlp, residual or none (default: that of --head)."""
    seeds: int = 1
    """Seeds of each variant, 1 or more, from --seed on."""

    def recipes(self, base: Recipe) -> list[Recipe]:
        """Every combination.

        Raises:
            RequestError: no seed, or a combination that cannot be trained.
        """
        if self.seeds < 1:
            raise RequestError(f"--seeds wants 1 or more, not {self.seeds}.")
        choices = (self.losses or (base.loss,), self.similarities or (base.similarity,))
        crossed = itertools.product(*choices, self.heads or (base.head,))
        found = [replace(base, loss=x, similarity=y, head=z) for x, y, z in crossed]
        for recipe in found:
            recipe.check()
        return list({recipe.chain: recipe for recipe in found}.values())


@dataclass(frozen=True)
class FitRequest(Written):
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


@dataclass(frozen=True)
class SweepRequest(Written):
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
