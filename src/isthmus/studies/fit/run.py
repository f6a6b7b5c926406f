"""How do I learn a better space? From a request to parts of the data, and on to the training."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from isthmus.encode.torch_towers import torch_device
from isthmus.encode.tuned import trainable
from isthmus.studies.evaluate.splits import parted
from isthmus.studies.fit.request import FitRequest, Grid, SweepRequest
from isthmus.studies.fit.result import FitResult
from isthmus.studies.shared.resolver import EVERYTHING, Resolved, resolve
from isthmus.studies.shared.run_folder import run_folder
from isthmus.types import Encoder, ExtraMissingError
from isthmus.types.requests import Common


def run(request: FitRequest) -> FitResult | None:
    """Gather the linked items, train one recipe, judge, keep.

    Several processes that ``torchrun`` started train as one; the first one embeds and writes.

    Returns:
        The result; None in all but the first of several processes.

    Raises:
        RequestError: a source that would not be used, no data, or a recipe that cannot be trained.
        ExtraMissingError: torch is not installed.
    """
    return _run(request, Grid(), "fit")


def run_sweep(request: SweepRequest) -> FitResult | None:
    """The same for a grid of recipes."""
    return _run(request, request.grid, "sweep")


def _run(request: FitRequest | SweepRequest, grid: Grid, study: str) -> FitResult | None:
    try:
        from isthmus.engine.processes import barrier, process_group
        from isthmus.studies.fit.training import fit
        from isthmus.train.towers import Towers
    except ModuleNotFoundError as error:
        raise ExtraMissingError("torch", "train") from error
    recipes, common = grid.recipes(request.recipe), request.common
    source = request.source
    if source.arrays is None and not source.split:
        source = replace(source, split=EVERYTHING)
    found = resolve(request.space, request.source)
    encoders = _encoders(found, request.recipe.towers, common)
    folder = run_folder(request.out, study, *found.names)
    device = torch_device(common.loading)
    with process_group(device.type) as (rank, _):
        if rank:
            barrier()  # until the first process has embedded everything
        whole = found if found.arrays else replace(found, source=source)
        data = whole.dataset(folder, common)
        split = {} if found.arrays else whole.world().split
        if not rank:
            barrier()
        parts = replace(parted(data, split, common.seed), device=str(device))
        if encoders:
            towers = Towers(encoders, data.about.items, request.recipe.towers)
            parts = replace(parts, towers=towers)
        seeds = range(common.seed, common.seed + grid.seeds)
        result = fit(
            parts, recipes, folder, seeds=seeds, origin=found.origin, progress=common.progress
        )
        if result and request.tensorboard:
            _write_events(result.curves, folder)
        return result


def _encoders(
    found: Resolved, towers: Sequence[str], common: Common
) -> Mapping[str, Encoder] | None:
    """The encoders whose towers are to be trained; refused before anything is embedded."""
    if not towers:
        return None
    encoders = found.encoders(common, "--towers trains encoders")
    trainable(encoders, towers)
    return encoders


def _write_events(curves: Mapping[str, Sequence[dict[str, Any]]], folder: Path) -> None:
    from isthmus.train.checkpoints import write_events

    for name, log in curves.items():
        safe = "".join(c if c.isalnum() else "-" for c in name)
        write_events(log, folder / "tensorboard" / safe)
