"""Train recipes, and score what was trained on objects never seen. torch only."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.encode.tuned import tuning
from isthmus.engine.jobs import bar
from isthmus.engine.processes import rank_and_size
from isthmus.measure.statistics import Pair
from isthmus.read import spoken
from isthmus.records import amount, dataclass
from isthmus.studies.evaluate import (
    Evaluation,
    ScoreSums,
    SpaceScores,
    Splits,
    linked_sample,
    match_scores,
    mended_dataset,
    space_scores,
)
from isthmus.studies.shared import About, Dataset
from isthmus.train.loop import Task, learn
from isthmus.train.recipe import Recipe
from isthmus.train.towers import Towers
from isthmus.transform.mended import Mended
from isthmus.types import EmbeddingSet, Links, RequestError, Selection, Step

QUICK = (
    " What is done is kept: stop at any time, and go on with the same command. Fewer --epochs take "
    "less."
)


@dataclass(frozen=True, eq=False)
class TrainingData:
    """What is trained on, and where."""

    splits: Splits
    towers: Towers | None = None
    """What embeds the items, where it is trained end to end."""
    further: tuple[tuple[EmbeddingSet, Links], ...] = ()
    """Further modalities, and their links from the one that they are matched with."""
    device: str = "auto"
    """Where training computes."""


@dataclass(frozen=True, eq=False)
class Variant:
    """One trained space."""

    mended: Mended
    splits: Splits
    """The data as its own towers embed them, where they were trained."""
    seconds: float = 0.0
    """Of training."""
    score: float = 0.0
    """Mean reciprocal rank on the objects that training was stopped by."""
    weights: Mapping[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])
    """Of its towers, where they were trained."""
    log: Sequence[dict[str, Any]] = ()
    """A row an epoch."""
    epoch: int = 1
    """That was best on the objects that training was stopped by; 0 is the start."""


def train_all(
    data: TrainingData,
    recipes: Sequence[Recipe],
    seeds: Sequence[int],
    out: Path | None,
    show: bool,
) -> dict[str, list[Variant]]:
    """Every recipe with every seed.

    Args:
        data: linked vectors of one space, cut by whole objects.
        recipes: what is trained.
        seeds: of heads and batches.
        out: folder of checkpoints and logs; None writes nothing.
        show: whether there is a bar on the terminal.
    """
    for recipe in recipes:
        recipe.check()
    total = sum(recipe.epochs for recipe in recipes) * len(seeds)
    with bar(total, "epochs", show and rank_and_size()[0] == 0, QUICK) as tick:
        return {
            recipe.chain: [_train(data, recipe, seed, out, tick) for seed in seeds]
            for recipe in recipes
        }


def _train(
    data: TrainingData,
    recipe: Recipe,
    seed: int,
    out: Path | None,
    tick: Callable[[int], object],
) -> Variant:
    splits = data.splits
    train, held = splits.train.pair, splits.val.pair
    sides = train.a.modality, train.b.modality
    general = spoken(sides) or sides[0]  # texts say less of more: the left of two unlike sides
    further, further_held = (_further(data, x, recipe) for x in (splits.train, splits.val))
    ends = (further, further_held, general)
    task = Task(train, held, recipe, seed, data.towers, *ends, data.device)
    learned = learn(task, None if out is None else _place(out, task), tick)
    space = train.a.space
    if learned.weights:
        splits, space = reembedded(data, learned.weights), space.then(tuning(learned.weights))
    mended = learned.model.mended(space, recipe, task.pairs.n)
    sets = (train.a, train.b, held.a, held.b, *(x.b for x in (*further, *further_held)))
    mended = replace(mended, selection=Selection.on(f"the training of {recipe.chain}", sets))
    found = Variant(mended, splits, learned.seconds, learned.score, learned.weights, learned.log)
    return replace(found, epoch=learned.epoch)


def _further(data: TrainingData, part: Dataset, recipe: Recipe) -> tuple[Pair, ...]:
    """The further modalities of a part of the data, linked from the first one."""
    first = part.a
    if data.further and part.a.modality != recipe.modalities[0]:
        first = part.b
    return tuple(_linked(first, items, links) for items, links in data.further)


def _linked(first: EmbeddingSet, items: EmbeddingSet, links: Links) -> Pair:
    rows = links.rows(first, items)
    if missing := sorted({*range(len(first))} - {*rows[:, 0].tolist()}):
        raise RequestError(
            f"{amount(len(missing), f'{first.modality} item')} of {len(first):,}, such as "
            f"{first.ids[missing[0]]!r}, have no {items.modality} item to be matched with: name "
            "another further modality, or none."
        )
    used, renumbered = np.unique(rows[:, 1], return_inverse=True)
    rows = np.stack([rows[:, 0], renumbered], axis=1)
    return Pair(first, items.take(items.ids[row] for row in used), rows)


def _place(out: Path, task: Task) -> Path:
    """Where a training keeps its checkpoint and log: another recipe has another folder."""
    safe = "".join(c if c.isalnum() else "-" for c in task.recipe.chain)
    return out / "variants" / f"{safe}-seed-{task.seed}-{task.key[:6]}"


def reembedded(data: TrainingData, weights: Mapping[str, np.ndarray]) -> Splits:
    """What training is stopped by and scored on, as towers of these weights embed it.

    The towers have their first weights again afterwards; what was trained on stays as it was.
    """
    towers = data.towers
    if towers is None:
        return data.splits
    towers.take(weights)
    step = tuning(weights)
    val, test = (_embedded(some, towers, step) for some in (data.splits.val, data.splits.test))
    towers.take(towers.start)
    return replace(data.splits, val=val, test=test)


def _embedded(data: Dataset, towers: Towers, step: Step) -> Dataset:
    a, b = (towers.embedded(some, step) for some in (data.a, data.b))
    return replace(data, a=a, b=b, about=_about(data.about, towers, step))


def _about(about: About, towers: Towers, step: Step) -> About:
    """Class texts, too; they are left out where their tower moved and they are not known."""
    if not isinstance(about.classes, EmbeddingSet):
        return replace(about, classes=None)
    vectors = about.classes.vectors
    if about.classes.modality in towers.trained:
        if about.prompted is None:
            return replace(about, classes=None)
        vectors = towers.encoded(about.prompted)
    return replace(about, classes=about.classes.then(step, vectors))


def evaluate_all(
    splits: Splits, variants: Mapping[str, Sequence[Variant]], seed: int, show: bool = False
) -> Evaluation:
    """What every variant earns on the test objects, averaged over its seeds.

    Probabilities of a match are fitted on the objects that training was stopped by.
    """
    data, trained_on = linked_sample(splits.test, seed), splits.train.pair.n
    everything = np.arange(len(data.a)), np.arange(len(data.b))
    repeats = max(len(some) for some in variants.values())
    raw = Variant(Mended(data.a.space, "", (), None, trained_on), splits)
    sums = {chain: ScoreSums(data.pair) for chain in ("", *variants)}
    with bar(repeats * len(sums), "variants", show) as tick:
        for chain, some in {"": [raw] * repeats, **variants}.items():
            for number, variant in enumerate(some):
                rng = np.random.default_rng([seed, number, *b"judge"])
                test = linked_sample(variant.splits.test, seed)
                held, val = (mended_dataset(x, variant.mended) for x in (test, variant.splits.val))
                found = space_scores(held, match_scores(val.pair), rng, variant.seconds)
                sums[chain].add(everything, *vars(found).values())
                tick(1)
    means = {chain: SpaceScores(*some.means) for chain, some in sums.items()}
    return Evaluation(data, trained_on, data.pair.n, repeats, means)
