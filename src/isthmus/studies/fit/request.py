"""What the commands ``fit`` and ``sweep`` do: from a space and data, or arrays, to a new space."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from isthmus.encode.torch_towers import torch_device
from isthmus.encode.tuned import trainable
from isthmus.lab import JobOptions, load
from isthmus.studies.evaluate.splits import parted
from isthmus.studies.shared.dataset import StudyInput
from isthmus.studies.shared.source import EVERYTHING, Source, arrays_input, open_source, study_input
from isthmus.studies.shared.spaces import ARRAYS
from isthmus.studies.study.request import DEFAULT_SPACE, own_folder
from isthmus.train.recipe import Recipe
from isthmus.types import Encoder, ExtraMissingError, LoadOptions, RequestError

if TYPE_CHECKING:
    from isthmus.studies.fit.run import FitResult


@dataclass(frozen=True)
class Grid:
    """What a sweep crosses; empty parts are those of the recipe."""

    losses: tuple[str, ...] = ()
    """Losses to cross (default: that of --loss)."""
    similarities: tuple[str, ...] = ()
    """Similarities to cross."""
    heads: tuple[str, ...] = ()
    """Heads to cross."""
    seeds: int = 1
    """Seeds of each variant, from --seed on."""

    def recipes(self, base: Recipe) -> list[Recipe]:
        """Every combination.

        Raises:
            RequestError: no seed, or a combination that cannot be trained.
        """
        if self.seeds < 1:
            raise RequestError(f"--seeds wants 1 or more, not {self.seeds}.")
        ways = (self.losses or (base.loss,), self.similarities or (base.similarity,))
        crossed = itertools.product(*ways, self.heads or (base.head,))
        found = [replace(base, loss=x, similarity=y, head=z) for x, y, z in crossed]
        for recipe in found:
            recipe.check()
        return list({recipe.chain: recipe for recipe in found}.values())


@dataclass(frozen=True)
class FitAsked:
    """What the user asked for."""

    space: str = ""
    source: Source = field(default_factory=Source)
    arrays: Path | None = None
    model: str = ""
    recipe: Recipe = field(default_factory=Recipe)
    grid: Grid = field(default_factory=Grid)
    tensorboard: bool = False
    out: Path | None = None


def run_fit(asked: FitAsked, job: JobOptions, how: LoadOptions, seed: int) -> "FitResult | None":
    """Gather the linked items, train, judge, keep.

    Several processes that ``torchrun`` started train as one; the first one embeds and writes.

    Returns:
        The result; None in all but the first of several processes.

    Raises:
        RequestError: spaces beside arrays, no data, or a recipe that cannot be trained.
        ExtraMissingError: torch is not installed.
    """
    try:
        from isthmus.engine.processes import barrier, process_group
        from isthmus.studies.fit.run import fit
        from isthmus.train.towers import Towers
    except ModuleNotFoundError as error:
        raise ExtraMissingError("torch", "train") from error
    recipes = asked.grid.recipes(asked.recipe)
    if asked.arrays is not None and asked.space:
        raise RequestError("Arrays are already vectors of a space: name either arrays or a space.")
    encoders = _encoders(asked, how) if asked.recipe.towers else None
    kind = "fit" if asked.grid == Grid() else "sweep"
    folder = own_folder(asked.out or Path("runs") / f"{kind}-{_name(asked)}")
    device = torch_device(how)
    with process_group(device.type) as (rank, _):
        if rank:
            barrier()  # until the first process has embedded everything
        given, split, origin = _gathered(asked, folder, job, how)
        if not rank:
            barrier()
        parts = replace(parted(given, split, seed), device=str(device))
        if encoders:
            towers = Towers(encoders, given.about.items, asked.recipe.towers)
            parts = replace(parts, towers=towers)
        seeds = range(seed, seed + asked.grid.seeds)
        found = fit(parts, recipes, folder, seeds=seeds, origin=origin, progress=job.progress)
        if found and asked.tensorboard:
            from isthmus.train.checkpoints import write_events

            for name, log in found.curves.items():
                safe = "".join(c if c.isalnum() else "-" for c in name)
                write_events(log, folder / "tensorboard" / safe)
        return found


def _encoders(asked: FitAsked, how: LoadOptions) -> Mapping[str, Encoder]:
    """The encoders whose towers are to be trained; refused before anything is embedded."""
    if asked.arrays is not None:
        raise RequestError("Arrays hold vectors, not items: --towers wants a space and its data.")
    encoders = load(asked.space or DEFAULT_SPACE, device=how.device, workers=how.workers)
    trainable(encoders, asked.recipe.towers)
    return encoders


def _name(asked: FitAsked) -> str:
    space = asked.space or DEFAULT_SPACE
    name = asked.arrays.stem if asked.arrays else f"{space}-{asked.source.name}"
    return "".join(c if c.isalnum() or c in "-._" else "-" for c in name).strip("-")


def _gathered(
    asked: FitAsked, folder: Path, job: JobOptions, how: LoadOptions
) -> tuple[StudyInput, Mapping[str, str], str]:
    """The data, the split of each item, and the name that the space is loaded by."""
    if asked.arrays is not None:
        model = f"?model={asked.model}" if asked.model else ""
        origin = f"{ARRAYS}{asked.arrays.resolve()}{model}"
        return arrays_input(asked.arrays, asked.model), {}, origin
    source = asked.source if asked.source.split else replace(asked.source, split=EVERYTHING)
    space = asked.space or DEFAULT_SPACE
    given = study_input(space, source, folder / "jobs", job, how)[0]
    return given, open_source(source).split, space
