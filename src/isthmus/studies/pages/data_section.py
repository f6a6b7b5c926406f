"""What the data are like before any measuring: counts, twins, cut texts, faults."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from isthmus.arrays import Vectors, blocks
from isthmus.report import Block, Section, Table, amount
from isthmus.studies.pages.neighbours import MOST
from isthmus.studies.shared.dataset import Dataset, whole_objects
from isthmus.studies.shared.provenance import versions
from isthmus.types import Items, Links, objects_of
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


def facts(data: Dataset, seed: int) -> DataFacts:
    """What is counted in the data before any measuring; ``seed`` draws the sample of large sets."""
    rng = np.random.default_rng([seed, *b"facts"])
    a, b = data.a, data.b
    rows = Links.between(a, b, data.links)
    objects = len(np.unique(objects_of(rows, len(a), len(b))[0][rows[:, 0]]))
    small_a, small_b, small = whole_objects(a, b, rows, MOST, rng)
    left, right = objects_of(small, len(small_a), len(small_b))
    sides = ((small_a, left), (small_b, right))
    pictures, owners = next((side for side in sides if side[0].modality == "image"), sides[0])
    seen = looked_at(data.about.items.get("image"), pictures.ids)
    return DataFacts(
        items={a.modality: len(a), b.modality: len(b)},
        dim=a.space.dim,
        links=len(rows),
        dangling=_dangling(data),
        objects=objects,
        unlinked={
            a.modality: len(a) - len(np.unique(rows[:, 0])),
            b.modality: len(b) - len(np.unique(rows[:, 1])),
        },
        twins={some.modality: twins(some.unit, of) for some, of in sides},
        twins_of={a.modality: len(small_a), b.modality: len(small_b)},
        alike=alike(seen, dict(zip(pictures.ids, owners.tolist(), strict=True))),
        alike_of=len(seen.ids),
        truncated=len(data.about.truncated),
        faults=reasons(data.about.faults),
    )


def _dangling(data: Dataset) -> int:
    """Links of which an end is missing, because it was skipped or never there."""
    ends = data.links or ()
    return sum(one not in data.a.row or other not in data.b.row for one, other in ends)


def licences(data: Dataset) -> dict[str, int]:
    """Items by licence and source, most frequent first; empty where nobody said."""
    shown = {*data.a.ids, *data.b.ids}
    counted = Counter(
        f"{credit.licence}, {credit.source}"
        for name, credit in data.about.credits.items()
        if name in shown
    )
    return dict(counted.most_common())


def data_section(data: Dataset, counted: DataFacts, seed: int) -> Section:
    """Data and provenance as a part of the page."""
    lead = (
        "What was measured, with what, and what was left out. The same input and seed give this "
        "page and report.json again byte for byte; the seconds of this run are in timings.json."
    )
    blocks: list[Block] = [
        Table("Data", ("what", "count"), tuple(_counts(counted)), ("count",)),
        Table("Origin", ("what", "value"), tuple(_origin(data, seed))),
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
        named = tuple([*data.about.faults.items()][:20])
        blocks.append(Table("Items that were skipped (the first 20)", ("item", "reason"), named))
    if data.about.notes:
        remarks = tuple([*data.about.notes.items()][:20])
        caption = f"Remarks on {len(data.about.notes):,} items that were used (the first 20)"
        blocks.append(Table(caption, ("item", "remark"), remarks))
    if found := licences(data):
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


def _origin(data: Dataset, seed: int) -> list[tuple[str, str]]:
    space = data.a.space
    rows = [
        ("space", f"{space.name} ({amount(space.dim, 'coordinate')}, id {space.id})"),
        ("scale and bias of its logits", f"{space.scale:g} and {space.bias:g}"),
    ]
    rows += [(f"hash of the {some.modality} set", some.fingerprint) for some in (data.a, data.b)]
    for some in (data.a, data.b):
        steps = "; ".join(
            " ".join([step.verb, *(f"{k}={v}" for k, v in step.parameters.items() if v)])
            for step in some.history
        )
        if steps:
            rows.append((f"history of the {some.modality} set", steps))
    rows += list(data.about.context.items())
    rows.append(("seed", str(seed)))
    rows.append(("versions", ", ".join(f"{k} {v}" for k, v in versions().items())))
    return rows
