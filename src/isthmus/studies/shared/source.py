"""From what a user names (a world, a folder, arrays) to vectors of one space, kept in a folder."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from isthmus.arrays import fingerprint
from isthmus.lab import JobOptions, embed_into, load
from isthmus.read.text import read_templates
from isthmus.read.vectors.bundles import open_arrays
from isthmus.studies.shared.dataset import About, StudyInput, of_world
from isthmus.types import (
    Credit,
    EmbeddingSet,
    Encoder,
    Items,
    LoadOptions,
    RequestError,
    World,
    all_parts,
)
from isthmus.view.prompts import prompt_bags
from isthmus.worlds import load as load_world

DEFAULT_WORLD = "glyphs"
EVERYTHING = "all"
"""The split that is every item."""
TEMPLATES = ("{}", "a picture of {}", "a photo of a {}", "a drawing of a {}")


@dataclass(frozen=True)
class Source:
    """What to look at: a world by name and split, or a user's own pictures and captions."""

    world: str = ""
    split: str = ""
    """By default test, which the default model never saw; ``all`` for every item."""
    images: Path | None = None
    texts: Path | None = None
    templates: Path | None = None
    """Sentences that class names are put into; ``TEMPLATES`` if there is no file."""

    @property
    def name(self) -> str:
        """A short name for folders and headings."""
        if self.images or self.texts:
            name = Path(self.images or self.texts or "").name or "here"
        else:
            name = self.world or DEFAULT_WORLD
        return "-".join(filter(None, (name, self.split)))


def open_source(source: Source) -> World:
    """The world that a source names.

    Raises:
        RequestError: nothing readable is there, or a world and own files are both named.
    """
    own = source.images or source.texts
    if own and source.world:
        raise RequestError("Name either a world or your own pictures and captions, not both.")
    if own:
        from isthmus.worlds.open import open_world

        world = open_world(images=source.images, texts=source.texts)
        return world.part(source.split) if source.split not in ("", EVERYTHING) else world
    world = load_world(source.world or DEFAULT_WORLD)
    if source.split == EVERYTHING or not world.split:
        return world
    return world.part(source.split or "test")


@dataclass(frozen=True, eq=False)
class Embedded:
    """The vectors of a world's items in one space, and what happened on the way."""

    sets: Mapping[str, EmbeddingSet]
    faults: Mapping[str, str]
    encoded: int
    """Items encoded now; the others were there already."""
    truncated: tuple[str, ...]
    """Texts that the tokenizer cut at its limit."""


def embed_world(
    encoders: Mapping[str, Encoder], world: World, folder: Path, options: JobOptions | None = None
) -> Embedded:
    """Embed every modality of a world that the space has an encoder for, resumably.

    Raises:
        RequestError: the space has no encoder for any of the world's modalities.
        NothingLeftError: not one item of a modality could be encoded.
    """
    shared = [modality for modality in world.items if modality in encoders]
    if not shared:
        raise RequestError(
            f"World {world.name!r} holds {', '.join(world.items)}, but the space encodes "
            f"{', '.join(encoders)} only."
        )
    reports = {
        modality: embed_into(folder / modality, encoders[modality], world.items[modality], options)
        for modality in shared
    }
    faults = {name: why for report in reports.values() for name, why in report.faults.items()}
    cut = tuple(
        name for modality in shared for name in cut_short(encoders[modality], world.items[modality])
    )
    sets = {modality: report.embedded for modality, report in reports.items()}
    return Embedded(sets, faults, sum(report.encoded for report in reports.values()), cut)


def cut_short(encoder: Encoder, items: Items) -> list[str]:
    """Ids of the items that the encoder cuts at its limit, where it can tell."""
    tell = getattr(encoder, "truncated", None)
    if tell is None:
        return []
    return [name for name, cut in zip(items.ids, tell(list(items)), strict=True) if cut]


def study_input(
    space: str, source: Source, folder: Path, options: JobOptions, how: LoadOptions
) -> tuple[StudyInput, Embedded]:
    """Everything that a study of a space on a source needs, embedded into a folder."""
    templates = read_templates(source.templates) if source.templates else TEMPLATES
    world = open_source(source)
    encoders = load(space, device=how.device, workers=how.workers)
    embedded = embed_world(encoders, world, folder, options)
    if len(embedded.sets) < 2:
        raise RequestError(
            f"A study compares two modalities, but {source.name} gives only "
            f"{', '.join(embedded.sets)}: add captions (--texts FILE) or pictures (--images DIR)."
        )
    a, b = next((pair for pair in world.links if set(pair) <= set(embedded.sets)), ("", ""))
    if not a:
        raise RequestError(f"No links join {' and '.join(embedded.sets)} of {source.name}.")
    labels = labels_of(world, (*embedded.sets[a].ids, *embedded.sets[b].ids))
    prompted = class_items(sorted(set(labels.values())), templates)
    about = About(
        labels=labels,
        classes=class_vectors(prompted, encoders),
        prompted=prompted,
        faults=embedded.faults,
        truncated=embedded.truncated,
    )
    return of_world(world, embedded.sets[a], embedded.sets[b], about), embedded


def labels_of(world: World, ids: Iterable[str]) -> dict[str, str]:
    """Class names by item id, where the world has classes."""
    found = ((name, world.factors.get(name, {}).get(world.label)) for name in ids)
    return {name: str(label) for name, label in found if label is not None}


def class_texts(
    classes: list[str], encoders: Mapping[str, Encoder], templates: Sequence[str] = TEMPLATES
) -> EmbeddingSet | None:
    """Vectors of every class name in every template, ids ``class/number``."""
    return class_vectors(class_items(classes, templates), encoders)


def class_items(classes: list[str], templates: Sequence[str] = TEMPLATES) -> Items | None:
    """Every class name in every template, ids ``class/number``; None of a single class."""
    if len(classes) < 2:
        return None
    return all_parts(prompt_bags(classes, templates))


def class_vectors(prompted: Items | None, encoders: Mapping[str, Encoder]) -> EmbeddingSet | None:
    """Vectors of class texts, where there are any and the space takes texts."""
    if prompted is None or "text" not in encoders:
        return None
    from isthmus.lab import embed

    return embed(encoders["text"], prompted)


def arrays_input(path: Path, model: str = "") -> StudyInput:
    """A study of embeddings that somebody already has.

    Raises:
        RequestError: nothing readable is there, or only one modality.
    """
    bundle = open_arrays(path, model or None)
    if len(bundle.sets) < 2:
        raise RequestError(
            f"A study compares two modalities, but {path} holds only {', '.join(bundle.sets)}: put "
            "both into one file (keys image and text of an .npz) or one folder (image.npy and "
            "text.npy)."
        )
    a, b = list(bundle.sets.values())[:2]
    items: dict[str, Items] = {}
    if bundle.captions:
        items["text"] = Items("text", tuple(bundle.captions), list(bundle.captions.values()))
    if bundle.pictures:
        from isthmus.read.image import Picture

        pictures = [Picture(file) for file in bundle.pictures.values()]
        items["image"] = Items("image", tuple(bundle.pictures), pictures)
    credits = {name: Credit("unknown", path.name) for name in a.ids[:1]}
    return StudyInput(a, b, bundle.links, About(items=items, credits=credits))


def job_key(space: str, source: Source) -> str:
    """A folder name for the vectors of a source in a space."""
    where = [str(path.resolve()) if path else "" for path in (source.images, source.texts)]
    return f"{source.name}-{fingerprint(space, source.world, source.split, where)}"
