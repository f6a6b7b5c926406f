"""Embed the items of a source, or take vectors that are there, and keep them as saved sets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isthmus.lab import export_set
from isthmus.report import visible
from isthmus.studies.embed.request import EmbedRequest
from isthmus.studies.shared import Collection, RunResult, remarks, resolve, run_folder
from isthmus.types import EmbeddingSet, Links


@dataclass(frozen=True, eq=False, kw_only=True)
class EmbedResult(RunResult):
    """The sets by modality, how much was encoded now, and remarks on items that were used."""

    sets: Mapping[str, EmbeddingSet]
    items: int
    encoded: int
    """Items encoded now; the others were there already."""
    notes: Mapping[str, str] = field(default_factory=dict[str, str])

    def __str__(self) -> str:
        kept = self.items - self.encoded
        lines = [
            *map(str, self.sets.values()),
            f"{self.items} items: {self.encoded} encoded now, {kept} kept",
            *(f"skipped {visible(name)}: {visible(why)}" for name, why in self.faults.items()),
            *(f"remark on {visible(name)}: {visible(why)}" for name, why in self.notes.items()),
        ]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "folder": str(self.folder),
            "faults": dict(self.faults),
            "items": self.items,
            "encoded": self.encoded,
        }


def run(request: EmbedRequest) -> EmbedResult:
    """Embed a source's items into a folder, resumably, and save the sets.

    Raises:
        RequestError: a source that would not be used, or nothing to embed.
    """
    resolved = resolve(request.space, request.source)
    folder = run_folder(request.out, "embed")
    found = resolved.collect(folder, request.common)
    _export(found.sets, request.export)
    notes = remarks(found.world, found.sets.values(), found.faults)
    faults = {name: why for name, why in found.world.faults.items() if name not in notes}
    result = EmbedResult(
        sets=found.sets,
        items=sum(map(len, found.sets.values())) + len(found.faults),
        encoded=found.encoded,
        notes=notes,
        faults={**faults, **found.faults},
    )
    return result.write(folder, found.sets, _links(found))


def _export(sets: Mapping[str, EmbeddingSet], path: Path | None) -> None:
    if path is None:
        return
    for modality, some in sets.items():
        many = path.suffix and len(sets) > 1
        export_set(some, path.with_stem(f"{path.stem}-{modality}") if many else path)


def _links(found: Collection) -> tuple[Links, tuple[str, str]] | None:
    """One pair of modalities; the other pairs follow from the world."""
    if found.links is not None:
        a, b = list(found.sets)[:2]
        return found.links, (a, b)
    pairs = found.world.links.items()
    return next(((links, pair) for pair, links in pairs if set(pair) <= set(found.sets)), None)
