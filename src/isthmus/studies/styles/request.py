"""What the command ``styles`` does: from a world, or labelled vectors, to the study's page."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from isthmus.lab import JobOptions, embed_into, load
from isthmus.studies.shared.labels import labels_of_vectors
from isthmus.studies.study.request import DEFAULT_SPACE, own_folder
from isthmus.studies.styles.run import StylesResult, styles
from isthmus.transform.restyling import StyleGrid
from isthmus.types import EmbeddingSet, LoadOptions, RequestError
from isthmus.view.cameras import Pose
from isthmus.view.mesh_views import RenderSetup
from isthmus.view.render_jobs import restyled_into
from isthmus.worlds import load as load_world

VIEW = Pose(30.0, 20.0)
"""From where meshes are drawn in every style."""


@dataclass(frozen=True)
class StylesAsked:
    """What the user asked for."""

    space: str = DEFAULT_SPACE
    world: str = "glyphs"
    """Its pictures, or its meshes drawn in the styles of ``view.styles``."""
    modality: str = "image"
    arrays: Path | None = None
    """Vectors that the user has, with a table of labels; then no space is loaded."""
    labels: Path | None = None
    """CSV or Parquet with a row a vector: columns of object, style and, if any, split."""
    object_column: str = "object"
    style_column: str = "style"
    fit_on: str = "train"
    """``train``, or ``others``: objects that the space's training did not see either."""
    score: int = 200
    """Objects to score."""
    out: Path | None = None


def run_styles(asked: StylesAsked, job: JobOptions, how: LoadOptions, seed: int) -> StylesResult:
    """Gather the grid, hold objects apart, study.

    Raises:
        RequestError: no grid of objects and styles is there, or too few objects.
    """
    name = asked.arrays.stem if asked.arrays else f"{asked.space}-{asked.world}"
    safe = "".join(c if c.isalnum() or c in "-._" else "-" for c in name).strip("-")
    folder = own_folder(asked.out or Path("runs") / f"styles-{safe}")
    if asked.arrays:
        vectors, factors, split = _arrays(asked)
    else:
        vectors, factors, split = _embedded(asked, folder, job, how)
    known = [factors.get(name, {}) for name in vectors.ids]
    things = [str(some.get(asked.object_column, "")) for some in known]
    kinds = [str(some.get(asked.style_column, "")) for some in known]
    stay = [row for row, kind in enumerate(kinds) if kind and things[row]]
    if not stay:
        raise RequestError(
            f"No item has both a column {asked.object_column!r} and {asked.style_column!r}."
        )
    grid, _ = StyleGrid.of(
        vectors.vectors[stay], [things[row] for row in stay], [kinds[row] for row in stay]
    )
    part = {things[row]: split.get(vectors.ids[row], "") for row in stay}
    fitted, scored = held_apart(grid, part, asked.fit_on, asked.score, seed)
    title = f"{len(grid.objects):,} objects in {len(grid.styles)} styles, {vectors.space.name}"
    return styles(fitted, scored, folder, title=title, seed=seed)


def held_apart(
    grid: StyleGrid, split: Mapping[str, str], fit_on: str, count: int, seed: int
) -> tuple[StyleGrid, StyleGrid]:
    """Objects to fit on and objects to score, ``count`` at most.

    With a split, scored objects are test objects; without, random ones, at most half. To fit on
    ``others`` is to fit on validation objects and the test objects that are not scored.

    Raises:
        RequestError: an unknown way.
    """
    if fit_on not in ("train", "others"):
        raise RequestError(f"Methods are fitted on train or others, not {fit_on!r}.")
    names = np.array(grid.objects)
    parts = np.array([split.get(name, "") for name in names])
    rng = np.random.default_rng([seed, 2])
    if "test" in parts:
        test = rng.permutation(names[parts == "test"])
        scored = test[:count]
        inside = names[parts == "train"]
        others = np.concatenate([names[parts == "val"], test[count:]])
        fitted = inside if fit_on == "train" else others
    else:
        order = rng.permutation(names)
        scored = order[: min(count, len(order) // 2)]
        fitted = order[len(scored) :]
    return grid.part(sorted(fitted.tolist())), grid.part(sorted(scored.tolist()))


def _embedded(
    asked: StylesAsked, folder: Path, job: JobOptions, how: LoadOptions
) -> tuple[EmbeddingSet, Mapping[str, Mapping[str, object]], Mapping[str, str]]:
    world = load_world(asked.world)
    if "mesh" in world.items and asked.modality == "image":
        setup = RenderSetup((VIEW,))
        world = restyled_into(folder / "renders", world, setup, options=job, workers=how.workers)
    encoders = load(asked.space, device=how.device, workers=how.workers)
    if asked.modality not in world.items or asked.modality not in encoders:
        raise RequestError(
            f"World {asked.world!r} holds {', '.join(world.items)} and {asked.space} encodes "
            f"{', '.join(encoders)}: {asked.modality!r} is not in both."
        )
    items = world.items[asked.modality]
    report = embed_into(folder / "jobs" / asked.modality, encoders[asked.modality], items, job)
    return report.embedded, world.factors, world.split


def _arrays(
    asked: StylesAsked,
) -> tuple[EmbeddingSet, Mapping[str, Mapping[str, object]], Mapping[str, str]]:
    from isthmus.read.vectors.bundles import open_arrays

    assert asked.arrays is not None
    if asked.labels is None:
        raise RequestError("Arrays need --labels FILE, a table with an object and a style a row.")
    sets = open_arrays(asked.arrays, None).sets
    if len(sets) > 1 and asked.modality not in sets:
        raise RequestError(f"{asked.arrays} holds {', '.join(sets)}, not {asked.modality}.")
    vectors = sets.get(asked.modality) or next(iter(sets.values()))
    factors = labels_of_vectors(asked.labels, vectors)
    there = next(iter(factors.values()))
    for name in (asked.object_column, asked.style_column):
        if name not in there:
            raise RequestError(f"{asked.labels} has the columns {', '.join(there)}, no {name!r}.")
    split = {name: str(some.get("split", "")) for name, some in factors.items()}
    return vectors, factors, split
