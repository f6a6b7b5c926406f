"""Train one recipe or a grid of them, judge on objects never seen, keep the best. torch only."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from isthmus.encode.tuned import tuning
from isthmus.engine.jobs import bar
from isthmus.engine.processes import rank_and_size
from isthmus.lab import save_mended
from isthmus.studies.evaluate.cross_validation import Refereed
from isthmus.studies.evaluate.rows import Row, rows_of
from isthmus.studies.evaluate.splits import Parted, pair_of
from isthmus.studies.fit.judge import Variant, judged, retuned
from isthmus.studies.fit.page import fit_page
from isthmus.studies.fit.result import FitResult
from isthmus.studies.shared.provenance import versions
from isthmus.train.loop import Learned, Task, learn
from isthmus.train.recipe import Recipe

GENERAL = "text"
"""The modality that says less of more: the left side of a similarity with two different sides."""


def fit(
    parts: Parted,
    recipes: Sequence[Recipe],
    out: Path | None = None,
    *,
    seeds: Sequence[int] = (0,),
    origin: str = "",
    progress: bool = False,
) -> FitResult | None:
    """Train every recipe with every seed, judge them on test objects, keep the best.

    The best is the recipe with the highest mean score on the objects that training was stopped
    by, never on test objects.

    Args:
        parts: linked vectors of one space, cut by whole objects.
        recipes: what is trained; a single one is ``isthmus fit``, several ``isthmus sweep``.
        out: run folder for checkpoints, logs, the page and the kept space; None writes nothing.
        seeds: of heads and batches; the first also of what is drawn in judging.
        origin: the name that the space is loaded by, for ``mended:FOLDER``.
        progress: show a bar on the terminal.

    Returns:
        The result; None in all but the first of several processes.

    Raises:
        RequestError: a recipe that cannot be trained, too few objects, a gradient that is not
            finite, or a checkpoint of another training.
    """
    for recipe in recipes:
        recipe.check()
    variants, curves = _trained(parts, recipes, seeds, out, progress)
    if rank_and_size()[0]:
        return None
    found = judged(parts, variants, seeds[0])
    rows = rows_of(found)
    chosen = max(variants, key=lambda name: sum(x.score for x in variants[name]))
    kept = variants[chosen][0]
    result = FitResult(
        rows=rows,
        chosen=chosen,
        mended=kept.mended,
        curves=curves,
        page=fit_page(found, rows, curves, chosen, parts),
        record=_record(found, rows, chosen, parts, seeds),
        seconds={row.name: row.seconds for row in rows.values()},
        faults=parts.test.about.faults,
    )
    if out is None:
        return result
    written = result.write(out)
    save_mended(kept.mended, out, origin or kept.mended.parent.name, kept.weights)
    return written


def _trained(
    parts: Parted, recipes: Sequence[Recipe], seeds: Sequence[int], out: Path | None, show: bool
) -> tuple[dict[str, list[Variant]], dict[str, Sequence[dict[str, Any]]]]:
    """Every recipe with every seed, and the log of each."""
    total = sum(recipe.epochs for recipe in recipes) * len(seeds)
    variants: dict[str, list[Variant]] = {}
    curves: dict[str, Sequence[dict[str, Any]]] = {}
    with bar(total, "epochs", show and rank_and_size()[0] == 0) as tick:
        for recipe in recipes:
            for seed in seeds:
                variant, learned = _train(parts, (recipe, seed), out, tick)
                variants.setdefault(recipe.chain, []).append(variant)
                curves[f"{recipe.chain}, seed {seed}"] = learned.log
    return variants, curves


def _train(
    parts: Parted,
    how: tuple[Recipe, int],
    out: Path | None,
    tick: Callable[[int], object],
) -> tuple[Variant, Learned]:
    sides = parts.train.a.modality, parts.train.b.modality
    general = GENERAL if GENERAL in sides else sides[0]
    pairs, held = pair_of(parts.train), pair_of(parts.val)
    task = Task(pairs, held, *how, parts.towers, general, parts.device)
    learned = learn(task, None if out is None else _place(out, task), tick)
    space, own = parts.train.a.space, None
    if learned.weights:
        own, space = retuned(parts, learned.weights), space.then(tuning(learned.weights))
    mended = learned.model.mended(space, task.recipe, task.objects)
    return Variant(mended, learned.seconds, learned.score, own, learned.weights), learned


def _place(out: Path, task: Task) -> Path:
    """Where a training keeps its checkpoint and log: another recipe has another folder."""
    safe = "".join(c if c.isalnum() else "-" for c in task.recipe.chain)
    return out / "variants" / f"{safe}-seed-{task.seed}-{task.key[:6]}"


def _record(
    found: Refereed, rows: Mapping[str, Row], chosen: str, parts: Parted, seeds: Sequence[int]
) -> dict[str, Any]:
    return {
        "space": found.case.a.space.to_dict(),
        "seeds": list(seeds),
        "versions": versions(),
        "trained_on": found.calibrated,
        "judged_on": found.held,
        "parts_drawn": parts.drawn,
        "chosen": chosen,
        "variants": {row.name: row.to_dict() for row in rows.values()},
        "bounds": {name: found.bounds.mean(name) for name in found.bounds.sums},
    }
