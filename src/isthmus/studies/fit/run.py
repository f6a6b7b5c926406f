"""How do I learn a better space? From a request to parts of the data, training, and a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isthmus.encode.torch_towers import torch_device
from isthmus.encode.tuned import trainable
from isthmus.lab import save_mended
from isthmus.report import html
from isthmus.studies.evaluate import Evaluation, K, Row, split_dataset, with_interval
from isthmus.studies.fit.page import fit_page
from isthmus.studies.fit.request import FitRequest, Grid, SweepRequest
from isthmus.studies.shared import (
    EVERYTHING,
    Resolved,
    RunResult,
    job_options,
    resolve,
    run_folder,
    versions,
)
from isthmus.studies.shared.collection import embed_world, linked
from isthmus.train.recipe import Recipe
from isthmus.transform.mended import Mended
from isthmus.types import Common, EmbeddingSet, Encoder, ExtraMissingError, Links, RequestError

if TYPE_CHECKING:
    from isthmus.studies.fit.training import TrainingData


@dataclass(frozen=True, eq=False, kw_only=True)
class FitResult(RunResult):
    """Every trained space with what it earned, and the one that was kept."""

    rows: Mapping[str, Row]
    """By variant; the empty name is the space as it is."""
    chosen: str
    """The variant with the best score on the objects that training was stopped by."""
    mended: Mended
    """The kept space, of the first seed."""
    curves: Mapping[str, Sequence[dict[str, Any]]]
    """The log of each training."""

    drawn = ("R@1", "R@1 low", "R@1 high", "")

    def table_rows(self) -> list[dict[str, Any]]:
        """A variant each."""
        rows = self.rows.values()
        return [{"variant": row.name, **row.numbers(), "seconds": row.seconds} for row in rows]

    def lines(self) -> list[str]:
        """Where the trained space is, and a line a variant, the kept one first."""
        width = max(len(row.name) for row in self.rows.values())
        ordered = [self.rows[name] for name in dict.fromkeys(("", self.chosen, *self.rows))]
        return [
            *([f"The trained space: mended:{self.folder}"] if self.folder else []),
            f"{'':<{width}}  R@1                     mixed nDCG@{K}          seconds",
            *(
                f"{row.name:<{width}}  {with_interval(row.hits)}  {with_interval(row.mixed)}  "
                f"{row.seconds:7.1f}"
                for row in ordered
            ),
        ]


def run(request: FitRequest) -> FitResult | None:
    """Gather the linked items, train one recipe, score it, keep it.

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
        from isthmus.studies.fit.training import TrainingData
        from isthmus.train.towers import Towers
    except ModuleNotFoundError as error:
        raise ExtraMissingError("torch", "train") from error
    recipes, common = grid.recipes(request.recipe), request.common
    found = resolve(request.space, request.source)
    if found.arrays is None and not found.source.split:  # all of a world: it is cut in parts here
        found = replace(found, source=replace(found.source, split=EVERYTHING))
    device, named = torch_device(common.loading), request.recipe.modalities
    with (
        process_group(device.type) as (rank, _),  # which gives each process a device of its own
        run_folder(request, study, *found.names, first=not rank) as folder,
    ):
        encoders = None
        if request.recipe.towers or named:
            trains = "--towers trains encoders"
            why = trains if request.recipe.towers else "--modalities names them"
            encoders = found.encoders(common, why)
            trainable(encoders, request.recipe.towers)  # refused before anything is embedded
            chosen(encoders, named)
        if rank:
            barrier()  # until the first process has embedded everything
        data = found.dataset(folder, common, encoders and chosen(encoders, named[:2]))
        further = tuple[tuple[EmbeddingSet, Links], ...]()
        if encoders:
            further = embedded_further(found, encoders, named, folder, common)
        split = {} if found.arrays else found.world().split
        if not rank:
            barrier()
        trained = request.recipe.towers
        towers = Towers(encoders, data.about.items, trained) if encoders and trained else None
        splits = split_dataset(data, split, common.seed)
        parts = TrainingData(splits, towers, further, str(device))
        seeds = range(common.seed, common.seed + grid.seeds)
        result = fit(
            parts, recipes, folder, seeds=seeds, origin=found.origin, progress=common.progress
        )
        if result and request.tensorboard:
            from isthmus.train.checkpoints import write_events

            for name, log in result.curves.items():
                safe = "".join(c if c.isalnum() else "-" for c in name)
                write_events(log, folder / "tensorboard" / safe)
        return result


def chosen(encoders: Mapping[str, Encoder], named: Sequence[str]) -> Mapping[str, Encoder]:
    """The encoders of these modalities; of none named, all.

    Raises:
        RequestError: the space has none for one of them.
    """
    if missing := [name for name in named if name not in encoders]:
        raise RequestError(
            f"The space encodes {', '.join(encoders)}, and --modalities names {missing[0]!r}."
        )
    return {name: encoders[name] for name in named or encoders}


def embedded_further(
    found: Resolved,
    encoders: Mapping[str, Encoder],
    named: Sequence[str],
    folder: Path,
    common: Common,
) -> tuple[tuple[EmbeddingSet, Links], ...]:
    """The modalities after the second, each with its links from the first.

    Raises:
        RequestError: the world has none, nothing links the two, or it was seen before.
    """
    if not named[2:]:
        return ()
    world, some = found.world(), chosen(encoders, named[2:])
    links = {name: linked(world, named[0], name)[0] for name in some}
    found.check_unseen(world, some, some)
    sets = embed_world(some, world, folder / "jobs", job_options(common, folder)).sets
    return tuple((sets[name], links[name]) for name in some)


def fit(
    data: "TrainingData",
    recipes: Sequence[Recipe],
    out: Path | None = None,
    *,
    seeds: Sequence[int] = (0,),
    origin: str = "",
    progress: bool = False,
) -> FitResult | None:
    """Train every recipe with every seed, score on test objects, keep the best on held-out ones.

    Args:
        data: linked vectors of one space, cut by whole objects.
        recipes: what is trained; a single one is ``isthmus fit``, several ``isthmus sweep``.
        out: run folder for checkpoints, logs, the page and the kept space; None writes nothing.
        seeds: of heads and batches; the first also of what is drawn in scoring.
        origin: the name that the space is loaded by, for ``mended:FOLDER``.
        progress: show a bar on the terminal.

    Returns:
        The result; None in all but the first of several processes.

    Raises:
        RequestError: a recipe or objects that cannot be trained on, or a foreign checkpoint.
    """
    from isthmus.engine.processes import rank_and_size
    from isthmus.studies.fit.training import evaluate_all, train_all

    variants = train_all(data, recipes, seeds, out, progress)
    if rank_and_size()[0]:
        return None
    found = evaluate_all(data.splits, variants, seeds[0], progress)
    chosen = max(variants, key=lambda name: sum(x.score for x in variants[name]))
    kept, splits, logs = variants[chosen][0], data.splits, _logs(variants, seeds)
    page = fit_page(found, logs, chosen, kept.epoch, splits)
    result = FitResult(
        rows=found.rows,
        chosen=chosen,
        mended=kept.mended,
        curves=logs,
        page=html(page),
        verdict=page.verdict,
        todo=page.todo,
        record=_record(found, chosen, splits.drawn, seeds),
        seconds={row.name: row.seconds for row in found.rows.values()},
        faults=splits.test.about.faults,
    )
    if out is not None:
        save_mended(kept.mended, out, origin or kept.mended.parent.name, kept.weights)
    return result.write(out)


def _logs(variants: Mapping[str, Sequence[Any]], seeds: Sequence[int]) -> dict[str, Any]:
    """The log of each training by recipe and seed."""
    return {
        f"{name}, seed {seed}": one.log
        for name, some in variants.items()
        for seed, one in zip(seeds, some, strict=True)
    }


def _record(found: Evaluation, chosen: str, drawn: bool, seeds: Sequence[int]) -> dict[str, Any]:
    return {
        "space": found.data.a.space.to_dict(),
        "seeds": list(seeds),
        "versions": versions(),
        "trained_on": found.fitted_on,
        "judged_on": found.held_out,
        "parts_drawn": drawn,
        "chosen": chosen,
        "variants": {row.name: row.to_dict() for row in found.rows.values()},
        "bounds": found.bounds_to_dict(),
    }
