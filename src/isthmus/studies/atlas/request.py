"""What the command ``atlas`` does, as a function: from meshes to a finished folder of pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isthmus.lab import JobOptions, embed_into, load
from isthmus.report import amount
from isthmus.studies.atlas.run import AtlasInput, atlas
from isthmus.studies.shared.source import EVERYTHING
from isthmus.studies.study.request import DEFAULT_SPACE, Done, own_folder
from isthmus.types import EmbeddingSet, Encoder, Items, LoadOptions, RequestError, World
from isthmus.view.cameras import RIGS
from isthmus.view.mesh_views import RenderSetup
from isthmus.view.render_jobs import Views, rendered_into, restyled_into
from isthmus.view.styles import DRAWING_STYLES
from isthmus.worlds import load as load_world
from isthmus.worlds.folders import mesh_folder

DEFAULT_WORLD = "furniture"


@dataclass(frozen=True)
class AtlasAsked:
    """What the user asked for."""

    space: str = DEFAULT_SPACE
    objects: Path | None = None
    """A folder of mesh files; else a world."""
    world: str = ""
    """Empty is `DEFAULT_WORLD`, unless there is a folder."""
    split: str = ""
    """Of the world; empty is test, which no bundled model saw."""
    views: int = 24
    rig: str = "turntable"
    up: str = "y"
    styles: tuple[str, ...] = ()
    """Further drawing styles that every view is drawn in, to share the variance with style."""
    limit: int = 0
    """Objects at most, the first ones; 0 is all."""
    words: Path | None = None
    """A vocabulary to name objects with, one text a line; else the names of objects and glyphs."""
    out: Path | None = None

    def folder(self) -> Path:
        """The run folder: the one asked for, or one named after space and objects."""
        of = self.objects.resolve().name if self.objects else self.world or DEFAULT_WORLD
        safe = "".join(c if c.isalnum() or c in "-._" else "-" for c in f"{self.space}-{of}")
        return self.out or Path("runs") / f"atlas-{safe.strip('-')}"


def run_atlas(asked: AtlasAsked, job: JobOptions, how: LoadOptions, seed: int) -> Done:
    """Render, embed, measure, write.

    Raises:
        RequestError: no objects, both a folder and a world, an unknown rig, or a space that
            encodes no images.
        NothingLeftError: not one object can be drawn.
    """
    world = _objects(asked)
    folder = own_folder(asked.folder())
    encoders = load(asked.space, device=how.device, workers=how.workers)
    if "image" not in encoders:
        raise RequestError(f"Renders are images, but {asked.space} encodes {', '.join(encoders)}.")
    setup = RenderSetup(RIGS[asked.rig](asked.views), up=asked.up)
    views = rendered_into(folder / "renders", world, setup, job, how.workers)
    report = embed_into(
        folder / "jobs" / "views", encoders["image"], views.world.items["image"], job
    )
    styled, factors = _styled(asked, world, setup, encoders, folder, job)
    ring = asked.rig == "turntable"
    given = AtlasInput(
        views=report.embedded,
        factors={**views.world.factors, **factors},
        ring=ring,
        symmetry=views.symmetry if ring else {},
        words=_words(asked, views, encoders, folder, job),
        styled=styled,
        pictures=views.world.items["image"],
        faults={**views.world.faults, **report.faults},
        context={
            "objects": str(asked.objects.name if asked.objects else world.name),
            "views": f"{asked.views}, {asked.rig}, {setup.options.side} px",
            "space": asked.space,
        },
    )
    result = atlas(given, folder, seed=seed, progress=job.progress)
    faults = {**views.faults, **report.faults}
    skipped = f"\n{amount(len(faults), 'item')} skipped; report.json names all." if faults else ""
    kept = len(result.record["objects"])
    text = (
        f"{amount(kept, 'object')}: {views.rendered} rendered and {report.encoded} views encoded "
        f"now\n{result}{skipped}\n\nThe page: {folder / 'report.html'}"
    )
    return Done(folder, text, {"report": dict(result.record)}, faults)


def _objects(asked: AtlasAsked) -> World:
    if asked.objects and asked.world:
        raise RequestError("Name either a folder of objects or a world, not both.")
    if asked.rig not in RIGS:
        raise RequestError(f"A rig is one of {', '.join(RIGS)}, not {asked.rig!r}.")
    if unknown := [style for style in asked.styles if style not in DRAWING_STYLES]:
        raise RequestError(
            f"Further styles are some of {', '.join(DRAWING_STYLES)}, not {unknown[0]!r}."
        )
    if asked.views < 10:
        raise RequestError(f"An atlas wants 10 views of each object or more, not {asked.views}.")
    world = (
        mesh_folder(asked.objects) if asked.objects else load_world(asked.world or DEFAULT_WORLD)
    )
    if world.split and asked.split != EVERYTHING:
        world = world.part(asked.split or "test")
    if "mesh" not in world.items:
        raise RequestError(f"World {world.name!r} holds {', '.join(world.items)}, no meshes.")
    meshes = world.items["mesh"]
    if asked.limit and asked.limit < len(meshes):
        from dataclasses import replace

        some = meshes.take(meshes.ids[: asked.limit])
        world = replace(world, items={**world.items, "mesh": some})
    return world


def _styled(
    asked: AtlasAsked,
    world: World,
    setup: RenderSetup,
    encoders: Mapping[str, Encoder],
    folder: Path,
    job: JobOptions,
) -> tuple[EmbeddingSet | None, Mapping[str, Mapping[str, Any]]]:
    """Vectors of the views in further styles, and what is known of them."""
    if not asked.styles:
        return None, {}
    drawn = restyled_into(folder / "styles", world, setup, asked.styles, job)
    report = embed_into(folder / "jobs" / "styles", encoders["image"], drawn.items["image"], job)
    return report.embedded, {name: drawn.factors[name] for name in report.embedded.ids}


def _words(
    asked: AtlasAsked,
    views: Views,
    encoders: Mapping[str, Encoder],
    folder: Path,
    job: JobOptions,
) -> tuple[EmbeddingSet, tuple[str, ...]] | None:
    """Vectors of the vocabulary: the user's, or the names of these objects and of the glyphs."""
    if "text" not in encoders:
        return None
    if asked.words:
        try:
            lines = asked.words.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise RequestError(f"The words in {asked.words} cannot be read: {error}.") from None
        texts = [line.strip() for line in lines if line.strip()]
    else:
        texts = [str(text) for text in load_world("glyphs").items["text"]]
    known = (views.world.factors.get(bag.owner, {}).get("name") for bag in views.bags)
    own = [str(name) for name in known if name]
    said = tuple(dict.fromkeys([*own, *texts]))
    items = Items("text", said, list(said))
    report = embed_into(folder / "jobs" / "words", encoders["text"], items, job)
    return report.embedded, report.embedded.ids
