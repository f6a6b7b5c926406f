"""What the data are like before any measuring: counts, twins, cut texts, faults."""

import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from isthmus.arrays import Vectors, blocks
from isthmus.report import Block, Section, Table, amount
from isthmus.studies.pages.neighbours import MOST
from isthmus.studies.shared.dataset import StudyInput, whole_objects
from isthmus.types import EmbeddingSet, Items, Links, objects_of
from isthmus.version import __version__
from isthmus.worlds.near_duplicates import near_copies

TWIN = 0.98
"""Cosine from which two items of one modality count as near-duplicates."""
LOOKED_AT = 2000
"""Pictures that are compared as pictures at most: decoding takes some milliseconds each."""


@dataclass(frozen=True)
class DataFacts:
    """What was counted in the data of a study."""

    items: Mapping[str, int]
    """Vectors by modality."""
    dim: int
    """Coordinates of the space."""
    links: int
    dangling: int
    """Links of which an end is missing."""
    objects: int
    """Connected components of the links: the exchangeable unit."""
    unlinked: Mapping[str, int]
    """Items without a link, by modality."""
    twins: Mapping[str, int]
    """Items with a near-duplicate in another object, by modality."""
    twins_of: Mapping[str, int]
    """Items that were looked at for it."""
    alike: Mapping[str, str]
    """Pictures that look like an earlier one of another object to the eye, with its id, by id."""
    alike_of: int
    """Pictures that were looked at for it; 0 where no pictures are at hand."""
    truncated: int
    faults: Mapping[str, int]
    """Skipped items by reason."""


def twins(x: Vectors, objects: np.ndarray) -> int:
    """Rows of unit vectors with a near-duplicate (cosine >= ``TWIN``) in another object."""
    found = 0
    for start, part in blocks(x, 1024):
        close = part @ x.T >= TWIN
        close &= objects[start : start + len(part), None] != objects[None, :]
        found += int(close.any(axis=1).sum())
    return found


def looked_at(images: Items | None, names: Sequence[str]) -> Items:
    """The pictures of these names that are at hand, at most ``LOOKED_AT``."""
    known = set(images.ids if images else ())
    wanted = [name for name in names if name in known][:LOOKED_AT]
    return images.take(wanted) if images else Items("image", (), [])


def alike(images: Items, objects: Mapping[str, int]) -> dict[str, str]:
    """Which pictures look like an earlier one of another object; ``objects`` is keyed by id.

    A space need not see it: a small copy of a picture can lie far from it.
    """
    pairs = near_copies(images)
    return {name: twin for name, twin in pairs.items() if objects[name] != objects[twin]}


def reasons(faults: Mapping[str, str]) -> dict[str, int]:
    """Faults counted by reason, most frequent first; the item's own name is left out of it."""
    counted = Counter(reason.replace(name, "the item") for name, reason in faults.items())
    return dict(counted.most_common())


_PACKAGES = ("numpy", "scipy", "scikit-learn", "matplotlib", "pillow")


def facts(given: StudyInput, seed: int) -> DataFacts:
    """What is counted in the data before any measuring; ``seed`` draws the sample of large sets."""
    rng = np.random.default_rng([seed, *b"facts"])
    a, b = given.a, given.b
    rows = Links.between(a, b, given.links)
    objects = len(np.unique(objects_of(rows, len(a), len(b))[0][rows[:, 0]]))
    small_a, small_b, small = whole_objects(a, b, rows, MOST, rng)
    left, right = objects_of(small, len(small_a), len(small_b))
    sides = ((small_a, left), (small_b, right))
    pictures, owners = next((side for side in sides if side[0].modality == "image"), sides[0])
    seen = looked_at(given.about.items.get("image"), pictures.ids)
    return DataFacts(
        items={a.modality: len(a), b.modality: len(b)},
        dim=a.space.dim,
        links=len(rows),
        dangling=_dangling(given),
        objects=objects,
        unlinked={
            a.modality: len(a) - len(np.unique(rows[:, 0])),
            b.modality: len(b) - len(np.unique(rows[:, 1])),
        },
        twins={some.modality: twins(some.unit, of) for some, of in sides},
        twins_of={a.modality: len(small_a), b.modality: len(small_b)},
        alike=alike(seen, dict(zip(pictures.ids, owners.tolist(), strict=True))),
        alike_of=len(seen.ids),
        truncated=len(given.about.truncated),
        faults=reasons(given.about.faults),
    )


def _dangling(given: StudyInput) -> int:
    """Links of which an end is missing, because it was skipped or never there."""
    ends = given.links or ()
    return sum(one not in given.a.row or other not in given.b.row for one, other in ends)


def versions() -> dict[str, str]:
    """Versions of isthmus, Python and what computes the numbers."""
    found = {"isthmus": __version__, "python": platform.python_version()}
    return found | {name: version(name) for name in _PACKAGES}


def described(some: EmbeddingSet) -> dict[str, Any]:
    """One set: what it is, its space, its history and the hash of its content."""
    return {
        "modality": some.modality,
        "n": len(some),
        "dim": some.space.dim,
        "space": some.space.to_dict(),
        "history": [step.to_dict() for step in some.history],
        "fingerprint": some.fingerprint,
    }


def licences(given: StudyInput) -> dict[str, int]:
    """Items by licence and source, most frequent first; empty where nobody said."""
    shown = {*given.a.ids, *given.b.ids}
    counted = Counter(
        f"{credit.licence}, {credit.source}"
        for name, credit in given.about.credits.items()
        if name in shown
    )
    return dict(counted.most_common())


def section(given: StudyInput, counted: DataFacts, seed: int) -> Section:
    """Data and provenance as a part of the page."""
    lead = (
        "What was measured, with what, and what was left out. The same input and seed give this "
        "page and report.json again byte for byte; the seconds of this run are in timings.json."
    )
    blocks: list[Block] = [
        Table("Data", ("what", "count"), tuple(_counts(counted)), ("count",)),
        Table("Origin", ("what", "value"), tuple(_origin(given, seed))),
    ]
    if counted.alike:
        some = tuple([*counted.alike.items()][:20])
        caption = "Pictures that look like one of another object (the first 20)"
        blocks.append(Table(caption, ("picture", "looks like"), some))
    if counted.faults:
        rows = tuple((reason, f"{count:,}") for reason, count in [*counted.faults.items()][:20])
        more = len(counted.faults) - len(rows)
        caption = "Items that were skipped, by reason" + (f" ({more} more)" if more > 0 else "")
        blocks.append(Table(caption, ("reason", "items"), rows, ("items",)))
        named = tuple([*given.about.faults.items()][:20])
        blocks.append(Table("Items that were skipped (the first 20)", ("item", "reason"), named))
    if given.about.notes:
        remarks = tuple([*given.about.notes.items()][:20])
        caption = f"Remarks on {len(given.about.notes):,} items that were used (the first 20)"
        blocks.append(Table(caption, ("item", "remark"), remarks))
    if found := licences(given):
        rows = tuple((name, f"{count:,}") for name, count in [*found.items()][:20])
        blocks.append(Table("Licences and sources", ("licence", "items"), rows, ("items",)))
    return Section("data", "Data and provenance", lead, tuple(blocks))


def _counts(counted: DataFacts) -> list[tuple[str, str]]:
    rows = [(f"{name} items", f"{count:,}") for name, count in counted.items.items()]
    rows += [("links", f"{counted.links:,}"), ("linked objects", f"{counted.objects:,}")]
    if counted.dangling:
        rows.append(("links that name an item that is not here", f"{counted.dangling:,}"))
    rows += [(f"{name} items without a link", f"{n:,}") for name, n in counted.unlinked.items()]
    rows += [
        (
            f"{name} items with a near-duplicate in another object (cosine ≥ {TWIN})",
            f"{n:,} of {counted.twins_of[name]:,} looked at",
        )
        for name, n in counted.twins.items()
    ]
    if counted.alike_of:
        looks = f"{len(counted.alike):,} of {counted.alike_of:,} looked at"
        rows.append(("pictures that look like one of another object", looks))
    rows.append(("texts cut at the token limit", f"{counted.truncated:,}"))
    rows.append(("items skipped", f"{sum(counted.faults.values()):,}"))
    return rows


def _origin(given: StudyInput, seed: int) -> list[tuple[str, str]]:
    space = given.a.space
    rows = [
        ("space", f"{space.name} ({amount(space.dim, 'coordinate')}, id {space.id})"),
        ("scale and bias of its logits", f"{space.scale:g} and {space.bias:g}"),
    ]
    rows += [(f"hash of the {some.modality} set", some.fingerprint) for some in (given.a, given.b)]
    for some in (given.a, given.b):
        steps = "; ".join(
            " ".join([step.verb, *(f"{k}={v}" for k, v in step.parameters.items() if v)])
            for step in some.history
        )
        if steps:
            rows.append((f"history of the {some.modality} set", steps))
    rows += list(given.about.context.items())
    rows.append(("seed", str(seed)))
    rows.append(("versions", ", ".join(f"{k} {v}" for k, v in versions().items())))
    return rows
