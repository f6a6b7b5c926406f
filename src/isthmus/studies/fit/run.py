"""How do I learn a better space? One recipe or a grid of them, judged on objects never seen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isthmus.encode.tuned import tuning
from isthmus.engine.jobs import bar
from isthmus.engine.processes import rank_and_size
from isthmus.lab import save_mended
from isthmus.store import atomic, write_json
from isthmus.studies.evaluate.cross_validation import Refereed
from isthmus.studies.evaluate.rows import Row, rows_of
from isthmus.studies.evaluate.splits import Parted, pair_of
from isthmus.studies.fit.judge import Variant, judged, retuned
from isthmus.studies.fit.page import assembled
from isthmus.studies.pages import data_section as provenance
from isthmus.train.loop import Learned, Task, learn
from isthmus.train.recipe import Recipe
from isthmus.transform.mended import Mended

GENERAL = "text"
"""The modality that says less of more: the left side of a similarity with two different sides."""


@dataclass(frozen=True, eq=False)
class FitResult:
    """Every trained space with what it earned, and the one that was kept."""

    rows: Mapping[str, Row]
    """By variant; the empty name is the space as it is."""
    chosen: str
    """The variant with the best score on the objects that training was stopped by."""
    mended: Mended
    """The kept space, of the first seed."""
    curves: Mapping[str, Sequence[dict[str, Any]]]
    """The log of each training."""
    page: str
    record: Mapping[str, Any]
    faults: Mapping[str, str]
    folder: Path | None = None

    def __str__(self) -> str:
        width = max(len(row.name) for row in self.rows.values())
        lines = [f"{'':<{width}}  R@1                    mixed nDCG@10          seconds"]
        for row in self.rows.values():
            hits, mixed = (f"{x.value:.3f} {x.interval}" for x in (row.hits, row.mixed))
            lines.append(f"{row.name:<{width}}  {hits}   {mixed}   {row.seconds:7.1f}")
        own = self.rows[self.chosen]
        change = f"{own.hits_change.value:+.3f} {own.hits_change.interval}"
        lines += ["", f"R@1 of {self.chosen}, less the space as it is: {change}"]
        lines += [f"skipped {name}: {why}" for name, why in self.faults.items()]
        if self.folder:
            lines += [
                f"The trained space: mended:{self.folder}",
                f"The page: {self.folder / 'report.html'}",
            ]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "folder": str(self.folder),
            "faults": dict(self.faults),
            "report": dict(self.record),
        }


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
    record = _record(found, rows, chosen, parts, seeds)
    page = assembled(found, rows, curves, chosen, parts)
    if out is not None:
        _write(out, page, record, rows)
        save_mended(kept.mended, out, origin or kept.mended.parent.name, kept.weights)
    return FitResult(rows, chosen, kept.mended, curves, page, record, parts.test.about.faults, out)


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
        "versions": provenance.versions(),
        "trained_on": found.calibrated,
        "judged_on": found.held,
        "parts_drawn": parts.drawn,
        "chosen": chosen,
        "variants": {row.name: row.to_dict() for row in rows.values()},
        "bounds": {name: found.bounds.mean(name) for name in found.bounds.sums},
    }


def _write(out: Path, page: str, record: Mapping[str, Any], rows: Mapping[str, Row]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with atomic(out / "report.html") as part:
        part.write_text(page, encoding="utf-8")
    write_json(out / "report.json", dict(record))
    seconds = {row.name: round(row.seconds, 3) for row in rows.values()}
    write_json(out / "timings.json", {"seconds": seconds})
