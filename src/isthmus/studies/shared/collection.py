"""Vectors by modality with what is known of their items: embedded, or read from arrays."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path

import numpy as np

from isthmus.arrays import fingerprint
from isthmus.lab import JobOptions, JobReport, embed, embed_into
from isthmus.read import pictured, spoken
from isthmus.read.text import read_templates
from isthmus.read.vectors.bundles import ArrayBundle
from isthmus.records import dataclass
from isthmus.store import read_tensors, readable
from isthmus.studies.shared.dataset import About, Dataset, world_dataset
from isthmus.types import (
    Credit,
    EmbeddingSet,
    Encoder,
    Items,
    Links,
    RequestError,
    Source,
    Step,
    World,
    all_parts,
)
from isthmus.version import __version__
from isthmus.view.prompts import prompt_bags
from isthmus.worlds.bundled import DATA
from isthmus.worlds.drafts import FLAG

TEMPLATES = ("{}", "a picture of {}", "a photo of a {}", "a drawing of a {}")


@dataclass(frozen=True, eq=False)
class Collection:
    """Sets of one space, one a modality."""

    sets: Mapping[str, EmbeddingSet]
    world: World
    """The items as far as they are at hand, with links, factors, splits and credits."""
    links: Links | None = None
    """Links of arrays between the first two modalities; None: those of the world, or equal ids."""
    kept: bool = False
    """Whether the vectors were there already, so that nothing was embedded."""
    faults: Mapping[str, str] = field(default_factory=dict[str, str])
    """Items that could not be encoded, with the reason, by id."""
    encoded: int = 0
    """Items encoded now; the others were there already."""
    truncated: tuple[str, ...] = ()
    """Texts that the tokenizer cut at its limit."""
    seen: tuple[str, ...] = ()
    """What of the space was chosen on these items."""
    moved: tuple[str, ...] = ()
    """What of the maps that made vectors which were there already was chosen on these items."""


def embed_world(
    encoders: Mapping[str, Encoder], world: World, folder: Path, options: JobOptions | None = None
) -> Collection:
    """Embed every modality of a world that the space has an encoder for, resumably.

    Vectors that were shipped with isthmus are taken as they are.

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
        modality: _shipped(world, encoders[modality])
        or embed_into(folder / modality, encoders[modality], world.items[modality], options)
        for modality in shared
    }
    return Collection(
        sets={modality: report.embedded for modality, report in reports.items()},
        world=world,
        faults={name: why for report in reports.values() for name, why in report.faults.items()},
        encoded=sum(report.encoded for report in reports.values()),
        truncated=tuple(
            name
            for modality in shared
            for name in truncated_ids(
                encoders[modality], world.items[modality], reports[modality].embedded.ids
            )
        ),
    )


def shipped_vectors(world: World, encoder: Encoder) -> EmbeddingSet | None:
    """Vectors that came with isthmus, of just these items by just these weights, if there are."""
    path = DATA / world.name / f"{encoder.space.name}-{encoder.modality}.safetensors"
    if not path.is_file():
        return None
    arrays, about = read_tensors(path)
    if about["space"] != encoder.space.id or about["world"] != world_hash(world, encoder.modality):
        return None
    step = Step("encode", {"space": encoder.space.name, "kept as": "float16"}, __version__)
    ids, vectors = world.items[encoder.modality].ids, arrays["vectors"].astype(np.float32)
    return EmbeddingSet(vectors, ids, encoder.modality, encoder.space, (step,))


def world_hash(world: World, modality: str) -> str:
    """Which items of which world: what vectors that ship with isthmus are known by."""
    return fingerprint(world.name, modality, world.items[modality].ids)


def _shipped(world: World, encoder: Encoder) -> JobReport | None:
    """What there is to embed, if it was embedded before isthmus was shipped."""
    found = shipped_vectors(world, encoder)
    return JobReport(found, faults={}, encoded=0, reused=len(found)) if found else None


def collection_of_bundle(bundle: ArrayBundle, path: Path) -> Collection:
    """Embeddings that somebody already has, with the captions and pictures beside them."""
    items: dict[str, Items] = {}
    if bundle.captions:
        captions = bundle.captions
        items[spoken()] = Items(spoken(), tuple(captions), list(captions.values()))
    if bundle.pictures:
        from isthmus.read.image import Picture

        pictures = bundle.pictures
        items[pictured()] = Items(pictured(), tuple(pictures), [*map(Picture, pictures.values())])
    first = next(iter(bundle.sets.values()))
    credits = {name: Credit("unknown", path.name) for name in first.ids[:1]}
    return Collection(
        bundle.sets,
        World(readable(path.name), items, credits=credits, faults=bundle.left_out),
        bundle.links,
        kept=True,
    )


def collection_dataset(
    found: Collection, encoders: Mapping[str, Encoder], source: Source
) -> Dataset:
    """The first two linked sets of a collection, with labels and class texts where there are any.

    Raises:
        RequestError: one modality only, or no links.
    """
    if len(found.sets) < 2:
        raise _alone(
            found.world.name,
            found.sets,
            "put both into one file (keys image and text of an .npz) or one folder (image.npy and "
            "text.npy)",
        )
    if found.kept:
        a, b = list(found.sets.values())[:2]
        return Dataset(
            a,
            b,
            found.links,
            About(items=found.world.items, credits=found.world.credits, faults=found.world.faults),
        )
    pair, templates = linked_request(found.world, found.sets, source)
    a, b = (found.sets[modality] for modality in pair)
    labels = labels_of(found.world, (*a.ids, *b.ids))
    prompted = class_items(sorted(set(labels.values())), templates)
    about = About(
        labels=labels,
        classes=class_vectors(prompted, encoders),
        prompted=prompted,
        faults=found.faults,
        truncated=found.truncated,
    )
    return world_dataset(found.world, a, b, about)


def linked_request(
    world: World, known: Iterable[str], source: Source
) -> tuple[tuple[str, str], Sequence[str]]:
    """The two modalities that are compared and the sentences for class names, before any work.

    Args:
        world: the items.
        known: modalities that the space encodes.
        source: names the sentences, if the user has own ones.

    Raises:
        RequestError: one modality only, no links, or sentences that cannot be used.
    """
    shared = [modality for modality in world.items if modality in set(known)]
    if len(shared) == 1:
        told = (f"{name} {why}" for name, why in world.faults.items() if FLAG in why)
        missing = next(told, "add captions (--texts FILE) or pictures (--images DIR)")
        if len(world.items) > 1:
            missing = f"the space encodes {', '.join(known)} only"
        raise _alone(world.name, shared, missing)
    pair = next((pair for pair in world.links if set(pair) <= set(shared)), None)
    if shared and pair is None:
        raise RequestError(f"No links join {' and '.join(shared)} of {world.name}.")
    templates = read_templates(source.templates) if source.templates else TEMPLATES
    return pair or ("", ""), templates


def _alone(name: str, known: Iterable[str], missing: str) -> RequestError:
    return RequestError(
        f"A study compares two modalities, but {name} gives only {', '.join(known)}: {missing}."
    )


def truncated_ids(encoder: Encoder, items: Items, encoded: Sequence[str]) -> list[str]:
    """Ids of the encoded items that the encoder cut at its limit, where it can tell."""
    tell = getattr(encoder, "truncated", None)
    if tell is None:
        return []
    return [name for name, cut in zip(encoded, tell(list(items.take(encoded))), strict=True) if cut]


def labels_of(world: World, ids: Iterable[str]) -> dict[str, str]:
    """Class names by item id, where the world has classes."""
    found = ((name, world.factors.get(name, {}).get(world.label)) for name in ids)
    return {name: str(label) for name, label in found if label is not None}


def class_items(classes: list[str], templates: Sequence[str] = TEMPLATES) -> Items | None:
    """Every class name in every template, ids ``class/number``; None of a single class."""
    return None if len(classes) < 2 else all_parts(prompt_bags(classes, templates))


def class_vectors(prompted: Items | None, encoders: Mapping[str, Encoder]) -> EmbeddingSet | None:
    """Vectors of class texts, where there are any and the space takes texts."""
    said = spoken(encoders)
    if prompted is None or not said:
        return None
    return embed(encoders[said], replace(prompted, modality=said))


def linked(world: World, a: str, b: str) -> tuple[Links, str]:
    """The links of two modalities, and the modality by way of which they are, if any.

    Raises:
        RequestError: nothing links the two.
    """
    if found := between(world, a, b):
        return found, ""
    for other in world.items:
        first, second = between(world, a, other), between(world, other, b)
        if first and second:
            on: dict[str, list[str]] = {}
            for name, end in second:
                on.setdefault(name, []).append(end)
            joined = [(name, end) for name, middle in first for end in on.get(middle, ())]
            if joined:
                return Links(joined), other
    raise RequestError(f"No links join {a} and {b} of {world.name}.")


def between(world: World, a: str, b: str) -> Links | None:
    """The links of two modalities, whichever way the world has them."""
    turned = world.links.get((b, a))
    return world.links.get((a, b)) or (turned.reversed if turned else None)
