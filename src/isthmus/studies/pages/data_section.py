"""What the data are like before any measuring: counts, near-duplicates, cut texts, faults."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field

import numpy as np

from isthmus.arrays import Vectors, blocks
from isthmus.measure.statistics import Pair
from isthmus.read import known, pictured
from isthmus.records import dataclass
from isthmus.report import Section, Table, amount
from isthmus.studies.pages.common import pairs_table
from isthmus.studies.pages.neighbours import MOST, SCORES
from isthmus.studies.shared import Dataset, used_ids, versions, whole_objects
from isthmus.types import Items
from isthmus.worlds.near_duplicates import near_copies

NEAR_DUPLICATE = 0.98
"""Cosine from which two items of one modality count as near-duplicates."""
MOST_PICTURES = 2000
"""Pictures that are compared as pictures at most: decoding takes some milliseconds each."""
LISTED = 20
"""Rows of a table of single items, faults or licences."""


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
    near_duplicates: Mapping[str, int] = field(metadata={"key": "twins"})
    """Items with a near-duplicate in another object, by modality."""
    compared: Mapping[str, int] = field(metadata={"key": "twins_of"})
    """Items that were looked at for it."""
    alike: Mapping[str, str]
    """Pictures that look like an earlier one of another object to the eye, with its id, by id."""
    alike_of: int
    """Pictures that were looked at for it; 0 where there are no pictures."""
    truncated: int
    faults: Mapping[str, int]
    """Skipped items by reason."""


def near_duplicates(x: Vectors, objects: np.ndarray) -> int:
    """Rows of unit vectors with a near-duplicate (cosine of 0.98 or more) in another object."""
    found = 0
    for start, part in blocks(x, min(1024, max(64, SCORES // max(1, len(x))))):
        close = part @ x.T >= NEAR_DUPLICATE
        close &= objects[start : start + len(part), None] != objects[None, :]
        found += int(close.any(axis=1).sum())
    return found


def pictures_of(images: Items | None, names: Sequence[str]) -> Items:
    """The pictures that there are of these names, at most ``MOST_PICTURES``."""
    known = set(images.ids if images else ())
    wanted = [name for name in names if name in known][:MOST_PICTURES]
    return images.take(wanted) if images else Items(pictured(), (), [])


def alike(images: Items, objects: Mapping[str, int]) -> dict[str, str]:
    """Which pictures look like an earlier one of another object; ``objects`` is keyed by id.

    A space need not see it: a small copy of a picture can lie far from it.
    """
    return {
        name: other
        for name, other in near_copies(images).items()
        if objects[name] != objects[other]
    }


def reasons(faults: Mapping[str, str]) -> dict[str, int]:
    """Faults counted by reason, most frequent first; the item's own name is left out of it."""
    counted = Counter(reason.replace(name, "the item") for name, reason in faults.items())
    return dict(counted.most_common())


def facts(data: Dataset, seed: int) -> DataFacts:
    """What is counted in the data before any measuring; ``seed`` draws the sample of large sets."""
    rng = np.random.default_rng([seed, *b"facts"])
    a, b, rows = data.a, data.b, data.pair.rows
    sample = Pair(*whole_objects(a, b, rows, MOST, rng))
    sides = [*zip((sample.a, sample.b), sample.objects, strict=True)]
    pictures, owners = next((side for side in sides if known(side[0].modality).pictured), sides[0])
    images = data.about.items.get(pictured(data.about.items))
    seen = pictures_of(images, pictures.ids)
    return DataFacts(
        items={a.modality: len(a), b.modality: len(b)},
        dim=a.space.dim,
        links=len(rows),
        dangling=0 if data.links is None else len(data.links) - len(rows),
        objects=data.pair.n,
        unlinked={
            some.modality: len(some) - len(np.unique(rows[:, side]))
            for side, some in enumerate((a, b))
        },
        near_duplicates={some.modality: near_duplicates(some.unit, of) for some, of in sides},
        compared={some.modality: len(some) for some, _ in sides},
        alike=alike(seen, dict(zip(pictures.ids, owners.tolist(), strict=True))),
        alike_of=len(seen.ids),
        truncated=len(data.about.truncated),
        faults=reasons(data.about.faults),
    )


def licences(data: Dataset) -> dict[str, int]:
    """Items by licence and source, most frequent first; empty where nobody said."""
    used = used_ids(data.about.credits, (data.a, data.b))
    counted = Counter(
        f"{credit.licence}, {credit.source}"
        for name, credit in data.about.credits.items()
        if name in used
    )
    return dict(counted.most_common())


def data_section(data: Dataset, counted: DataFacts, seed: int) -> Section:
    """Data and provenance as a part of the page."""
    lead = (
        "What was measured, with what, and what was left out. The same input and seed give this "
        "page and report.json again byte for byte; the seconds of this run are in timings.json."
    )
    about, more = data.about, len(counted.faults) - LISTED
    tables = (
        Table("Data", ("what", "count"), _counts(counted), ("count",)),
        Table("Origin", ("what", "value"), _origin(data, seed)),
        *_listed(
            f"Pictures that look like one of another object (the first {LISTED})",
            ("picture", "looks like"),
            counted.alike,
        ),
        *_listed(
            "Items that were skipped, by reason" + (f" ({more} more)" if more > 0 else ""),
            ("reason", "items"),
            counted.faults,
        ),
        *_listed(f"Items that were skipped (the first {LISTED})", ("item", "reason"), about.faults),
        *_listed(
            f"Remarks on {amount(len(about.notes), 'item')} that were used (the first {LISTED})",
            ("item", "remark"),
            about.notes,
        ),
        *_listed("Licences and sources", ("licence", "items"), licences(data)),
    )
    return Section("data", "Data and provenance", lead, tables)


def _listed(
    caption: str, columns: tuple[str, str], rows: Mapping[str, str] | Mapping[str, int]
) -> tuple[Table, ...]:
    """The first rows of what was found; no table where nothing was."""
    pairs = ((name, _plain(what)) for name, what in rows.items())
    return pairs_table(caption, columns, pairs, most=LISTED, counts=columns[1] == "items")


def _plain(what: int | str) -> str:
    return f"{what:,}" if isinstance(what, int) else what


def _counts(counted: DataFacts) -> tuple[tuple[str, str], ...]:
    near = f"items with a near-duplicate in another object (cosine ≥ {NEAR_DUPLICATE})"
    lost = {"links that name an item that is not here": counted.dangling}
    seen = f"{len(counted.alike):,} of {counted.alike_of:,} looked at"
    counts: dict[str, int | str] = {
        **{f"{name} items": count for name, count in counted.items.items()},
        "links": counted.links,
        "linked objects": counted.objects,
        **(lost if counted.dangling else {}),
        **{f"{name} items without a link": count for name, count in counted.unlinked.items()},
        **{
            f"{name} {near}": f"{count:,} of {counted.compared[name]:,} looked at"
            for name, count in counted.near_duplicates.items()
        },
        **({"pictures that look like one of another object": seen} if counted.alike_of else {}),
        "texts cut at the token limit": counted.truncated,
        "items skipped": sum(counted.faults.values()),
    }
    return tuple((name, _plain(count)) for name, count in counts.items())


def _origin(data: Dataset, seed: int) -> tuple[tuple[str, str], ...]:
    space, sets = data.a.space, (data.a, data.b)
    steps = {
        f"history of the {some.modality} set": "; ".join(
            " ".join([step.verb, *(f"{k}={v}" for k, v in step.parameters.items() if v)])
            for step in some.history
        )
        for some in sets
    }
    facts = {
        "space": f"{space.name} ({amount(space.dim, 'coordinate')}, id {space.id})",
        "scale and bias of its logits": f"{space.scale:g} and {space.bias:g}",
        **{f"hash of the {some.modality} set": some.fingerprint for some in sets},
        **{name: text for name, text in steps.items() if text},
        **data.about.context,
        "seed": str(seed),
        "versions": ", ".join(f"{k} {v}" for k, v in versions().items()),
    }
    return tuple(facts.items())
