"""Training: batches, the loss and its regularisers, steps of the optimiser, and when to stop.

Everything is on the device of the task. torch only.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from isthmus.arrays import fingerprint
from isthmus.encode.torch_towers import torch_device
from isthmus.engine.processes import gathered, rank_and_size, summed
from isthmus.measure.geometry.gaps import centroid_distance
from isthmus.measure.retrieval.hits import reciprocals
from isthmus.measure.statistics import Pair, ranked, scores_between
from isthmus.records import dataclass
from isthmus.registry import find
from isthmus.store import packed, unpacked
from isthmus.train import LOSSES, REGULARISERS, VECTOR_LOSSES
from isthmus.train.batches import Batch, batches, drawn, steps
from isthmus.train.checkpoints import (
    FILE,
    Progress,
    below,
    read_checkpoint,
    write_checkpoint,
    write_log,
)
from isthmus.train.losses.tiled import TILED, tiled
from isthmus.train.model import MODEL_KINDS, Model, initial_model
from isthmus.train.parameters import TOWER, Parameters
from isthmus.train.recipe import Recipe
from isthmus.train.towers import Towers
from isthmus.types import EmbeddingSet, LoadOptions, RequestError

TILED_FROM = 1024
"""Pairs in a batch from which on logits are made in tiles. On a CPU, in 512 coordinates, forward
and backward take 0.64 of the plain form's time for InfoNCE and 0.95 for the sigmoid loss at
1,024 pairs, 0.35 and 0.6 at 4,096; the plain form holds 1.2 GB at 8,192 (tiles: 0.3 GB). Fewer
pairs take milliseconds in either form."""

PER_PROCESS = ("own", "trunk", TOWER)
"""Parameters whose gradient is a sum over processes; the others see the whole batch in each."""


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be learned: linked vectors of one space, held-out ones, a recipe and a seed."""

    pairs: Pair
    held: Pair
    """Objects that decide when training stops."""
    recipe: Recipe
    seed: int = 0
    towers: Towers | None = None
    """What is trained end to end; None trains on the vectors alone."""
    further: tuple[Pair, ...] = ()
    """Further modalities as b, and as a the side of the pairs that they are matched with, of which
    every item is linked."""
    further_held: tuple[Pair, ...] = ()
    """The same of the objects that decide when training stops."""
    general: str = ""
    """The modality that says less of more, the left side of a similarity with two different sides;
    empty is that of b."""
    device: str = "auto"
    """Where it is trained: ``auto``, ``cpu``, ``cuda`` or ``mps``."""

    @property
    def key(self) -> str:
        """Hash of everything that the result depends on, wherever it is computed."""
        pairs = [self.pairs, self.held, *self.further, *self.further_held]
        sets, rows = (
            [x.fingerprint for one in pairs for x in (one.a, one.b)],
            [x.rows for x in pairs],
        )
        return fingerprint(self.recipe.to_dict(), self.seed, sets, *rows)

    @property
    def sides(self) -> dict[str, EmbeddingSet]:
        """The training vectors by modality, the general one first, further ones last."""
        a, b = self.pairs.a, self.pairs.b
        general = self.general or b.modality
        ordered = (b, a) if b.modality == general else (a, b)
        return {x.modality: x for x in (*ordered, *(pair.b for pair in self.further))}


@dataclass(frozen=True, eq=False)
class Learned:
    """The best model, as arrays, and how it came about."""

    model: Model
    score: float
    """Mean reciprocal rank on held-out objects, in both directions."""
    epoch: int
    seconds: float
    log: list[dict[str, Any]]
    weights: Mapping[str, np.ndarray]
    """Of the towers, where they were trained."""


def learn(task: Task, folder: Path | None = None, tick: Callable[[int], object] = int) -> Learned:
    """Train to the best score on held-out objects: mean reciprocal rank, in both directions.

    Args:
        task: data, recipe, seed and device.
        folder: for checkpoints and ``log.csv``; a checkpoint that is there is gone on with.
        tick: is told of each epoch.

    Raises:
        RequestError: a loss or a gradient that is not finite (says the step; the checkpoint of
            the last whole epoch stays), a checkpoint of another training, too few objects, or a
            device that is not there.
    """
    task.recipe.check()
    arrays, shape = packed(initial_model(task.recipe, task.sides, task.seed))
    if task.towers:
        arrays |= {TOWER + name: x for name, x in task.towers.start.items()}
    known = read_checkpoint(folder, task.key) if folder else None
    training = Training(task, shape, known or Progress.start(arrays))
    if known is None:
        training.validate()
    while training.progress.epoch < task.recipe.epochs and not training.out_of_patience:
        begun = time.perf_counter()
        training.run_epoch(folder)
        training.validate()
        training.progress.seconds += time.perf_counter() - begun
        if folder and rank_and_size()[0] == 0:
            write_log(training.progress.log, folder)  # first: a checkpoint says that both are there
            write_checkpoint(training.progress, folder, task.key)
        tick(1)
    progress = training.progress
    model = unpacked(progress.arrays["best"], shape, MODEL_KINDS)
    ended = (progress.best, progress.best_epoch, progress.seconds, progress.log)
    return Learned(model, *ended, below(TOWER, progress.arrays["best"]))


class Training:
    """One training under way: tensors, their optimiser, and progress at whole epochs."""

    def __init__(self, task: Task, shape: Any, progress: Progress) -> None:
        self.task, self.shape, self.progress = task, shape, progress
        self.device = torch_device(LoadOptions(task.device))
        self.per_epoch = steps(task.pairs, task.recipe)
        self.parameters = Parameters(task.recipe, task.towers, shape, progress, self.device)
        self.model = self.parameters.model
        self.inputs = {m: torch.tensor(x.unit, device=self.device) for m, x in task.sides.items()}

    @property
    def out_of_patience(self) -> bool:
        """Whether held-out objects have not been found better for long enough."""
        return self.progress.epoch - self.progress.best_epoch >= self.task.recipe.patience

    def run_epoch(self, folder: Path | None) -> None:
        """One epoch of steps; ``progress`` changes at its end."""
        recipe, epoch = self.task.recipe, self.progress.epoch
        values: dict[str, list[float]] = {}
        for number, batch in enumerate(batches(self.task.pairs, recipe, self.task.seed, epoch)):
            for name, value in self._step(batch, number, folder).items():
                values.setdefault(name, []).append(value)
        totals = {name: sum(some) / len(some) for name, some in values.items()}
        progress = self.progress
        progress.epoch, progress.step = epoch + 1, progress.step + self.per_epoch
        row = {"epoch": progress.epoch, "step": progress.step, "loss": sum(totals.values())}
        scale, bias = self.model.log_scale.detach().exp(), self.model.bias.detach()
        progress.log.append({**row, **totals, "scale": float(scale), "bias": float(bias)})
        progress.arrays |= self.parameters.arrays()

    def validate(self) -> None:
        """Score held-out objects; the best parameters so far are kept."""
        progress = self.progress
        model: Model = unpacked(progress.arrays["now"], self.shape, MODEL_KINDS)
        pairs = [self._held(model, one) for one in (self.task.held, *self.task.further_held)]
        score = sum(_reciprocal_rank(x) + _reciprocal_rank(x.reversed) for x in pairs)
        score /= 2 * len(pairs)
        if progress.log:
            gap = {"held-out gap": centroid_distance(pairs[0].a.unit, pairs[0].b.unit)}
            progress.log[-1] |= {"held-out reciprocal rank": score, **gap}
        if score > progress.best:
            progress.best, progress.best_epoch = score, progress.epoch
            progress.arrays["best"] = progress.arrays["now"]

    def _held(self, model: Model, held: Pair) -> Pair:
        """Held-out objects as the towers and heads embed them now."""
        if towers := self.task.towers:
            a, b = (towers.embedded(some, towers.step) for some in (held.a, held.b))
            held = Pair(a, b, held.rows)
        mended = model.mended(held.a.space, self.task.recipe, self.task.pairs.n)
        return Pair(mended(held.a), mended(held.b), held.rows)

    def _step(self, batch: Batch, number: int, folder: Path | None) -> dict[str, float]:
        """One step of the optimiser; the value of each term."""
        recipe, (rank, many) = self.task.recipe, rank_and_size()
        done = self.progress.step + number
        self.parameters.schedule(done, self.per_epoch * recipe.epochs)
        share = len(batch.rows) // many
        own = slice(rank * share, (rank + 1) * share)
        used = Batch(*(x[: share * many] for x in (batch.rows, batch.objects, batch.swapped)))
        found = self._terms(used, own, done)
        loss = torch.stack(list(found.values())).sum()
        self.parameters.optimiser.zero_grad()
        loss.backward()
        self.parameters.take_turn(done)
        trained = self.parameters.trained
        summed(x for name, x in trained.items() if name.startswith(PER_PROCESS))
        gradients = [x.grad for x in trained.values() if x.grad is not None]
        # the optimiser squares gradients, so that their squares must be finite too
        if not all(bool(torch.isfinite(x * x).all()) for x in (loss, *gradients)):
            raise RequestError(self._stopped(done, float(loss.detach()), folder))
        self.parameters.step()
        return {name: float(value.detach()) for name, value in found.items()}

    def _terms(self, batch: Batch, own: slice, done: int) -> dict[str, Tensor]:
        """What is made smaller in a step, after so many.

        Args:
            batch: pairs of all processes.
            own: those of this one.
            done: steps before; of odd ones the tower of a third modality has its turn.
        """
        pairs, recipe = self.task.pairs, self.task.recipe
        rows = {pairs.a.modality: batch.rows[:, 0], pairs.b.modality: batch.rows[:, 1]}
        general, other = [*self.model.own][:2]

        def side(modality: str) -> Tensor:
            units = self._units(modality, rows[modality][own])
            return gathered(self.model.side(modality, units))

        rng = np.random.default_rng([self.task.seed, done, *b"third"])
        for third in self.task.further:
            rows[third.b.modality] = drawn(third, rows[third.a.modality], rng)
        if self.parameters.odd and done % 2:
            third = self.task.further[0]
            second = other if third.a.modality == general else general
            ends = {x: side(x) for x in (second, third.b.modality)}
            return {f"{recipe.loss} of {third.b.modality}": self._matched(batch, ends)}
        sides = {general: side(general), other: side(other)}
        found = terms(self.model, recipe, batch, sides[general], sides[other])
        for third in self.task.further:
            name, first = third.b.modality, third.a.modality
            with torch.set_grad_enabled(not self.parameters.odd):
                ends = {first: sides[first], name: side(name)}
            found[f"{recipe.loss} of {first} and {name}"] = self._matched(batch, ends)
        return found

    def _matched(self, batch: Batch, ends: Mapping[str, Tensor]) -> Tensor:
        """The loss between a further modality and another, the more general of the two first."""
        a, b = (ends[name] for name in sorted(ends, key=[*self.model.own].index))
        return _loss(self.model, self.task.recipe, batch, a, b)

    def _units(self, modality: str, rows: np.ndarray) -> Tensor:
        """(n, d) unit vectors of training items, by the towers where they are trained."""
        towers = self.task.towers
        if towers and modality in towers.trained:
            ids = self.task.sides[modality].ids
            return towers.unit(modality, [ids[row] for row in rows]).to(self.device)
        return self.inputs[modality][torch.tensor(rows, device=self.device)]

    def _stopped(self, step: int, loss: float, folder: Path | None) -> str:
        epoch = self.progress.epoch
        where = f" is kept in {folder / FILE}" if folder and epoch else " is the last good one"
        return (
            f"The gradient is not finite at step {step + 1} (epoch {epoch + 1}, loss {loss:g}), so "
            f"training stopped; epoch {epoch}{where}. Try a smaller --rate or --scale."
        )


def terms(
    model: Model, recipe: Recipe, batch: Batch, first: Tensor, second: Tensor
) -> dict[str, Tensor]:
    """The loss and each regulariser by name, weighted; their sum is what is made smaller.

    Args:
        model: the similarity and the temperature are used.
        recipe: loss and regularisers.
        batch: objects, and which pairs are swapped.
        first: (n, e) rows of the general modality, after its head.
        second: (n, e) rows of the other one; row i matches row i.

    Source of swapping: Yaras et al. 2025, Explaining and Mitigating the Modality Gap.
    """
    swapped = torch.tensor(batch.swapped, device=first.device)[:, None]
    a, b = torch.where(swapped, second, first), torch.where(swapped, first, second)
    found = {recipe.loss: _loss(model, recipe, batch, a, b)}
    for name, weight in recipe.weights.items():
        term = find("regularisers", {**REGULARISERS, **VECTOR_LOSSES}, name)
        found[name] = weight * term(a, b)
    return found


def _loss(model: Model, recipe: Recipe, batch: Batch, a: Tensor, b: Tensor) -> Tensor:
    """The loss of a batch; of many pairs in tiles where it has such a form."""
    objects = torch.tensor(batch.objects, device=a.device)
    groups = (objects, objects) if recipe.per_object > 1 else None
    if len(a) >= TILED_FROM and recipe.loss in TILED and (sides := model.factors(a, b)):
        bias = {"bias": model.bias[0]} if recipe.loss == "sigmoid" else {}
        return tiled(recipe.loss)(*sides, model.log_scale.exp(), groups, **bias)
    targets = None if groups is None else (objects[:, None] == objects[None, :]).to(a.dtype)
    if recipe.loss in VECTOR_LOSSES:
        return find("losses", VECTOR_LOSSES, recipe.loss)(a, b, targets)
    scale = {"scale": model.log_scale.exp()} if recipe.loss == "decoupled" else {}
    return find("losses", LOSSES, recipe.loss)(model.logits(a, b), targets, **scale)


def _reciprocal_rank(pair: Pair) -> float:
    """Mean reciprocal rank of the first item of b that is linked to each item of a."""
    links = pair.rows[np.argsort(pair.rows[:, 0], kind="stable")]
    return float(reciprocals(ranked(scores_between(pair.a, pair.b), links)).mean())
