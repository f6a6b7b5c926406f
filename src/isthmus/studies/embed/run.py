"""Embed the items of a source, or take vectors that are there, and keep them as saved sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isthmus.lab import export_set
from isthmus.report import visible
from isthmus.studies.embed.request import EmbedRequest
from isthmus.studies.shared import Collection, Resolved, RunResult, remarks, resolve, run_folder
from isthmus.types import EmbeddingSet, Links, RequestError


@dataclass(frozen=True, eq=False, kw_only=True)
class EmbedResult(RunResult):
    """The sets by modality, how much was encoded now, and remarks on items that were used."""

    sets: Mapping[str, EmbeddingSet]
    items: int
    encoded: int
    """Items encoded now; the others were there already."""
    notes: Mapping[str, str] = field(default_factory=dict[str, str])
    exported: Sequence[Path] = ()
    """Files or folders for other tools."""

    @property
    def written(self) -> list[Path]:
        """The run folder's files, and what was exported."""
        return [*super().written, *self.exported]

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
    if request.export is not None and request.export.suffix not in ("", ".parquet", ".csv"):
        raise RequestError(
            f"--export wants a folder, .parquet or .csv, not {request.export.suffix!r}."
        )
    resolved = resolve(request.space, request.source)
    with run_folder(request, "embed") as folder:
        return _embedded(request, resolved, folder)


def _embedded(request: EmbedRequest, resolved: Resolved, folder: Path) -> EmbedResult:
    found = resolved.collect(folder, request.common)
    exported = _export(found.sets, request.export)
    notes = remarks(found.world, found.sets.values(), found.faults)
    faults = {name: why for name, why in found.world.faults.items() if name not in notes}
    result = EmbedResult(
        sets=found.sets,
        items=sum(map(len, found.sets.values())) + len(found.faults),
        encoded=found.encoded,
        notes=notes,
        exported=exported,
        faults={**faults, **found.faults},
    )
    return result.write(folder, found.sets, _links(found))


def _export(sets: Mapping[str, EmbeddingSet], path: Path | None) -> list[Path]:
    if path is None:
        return []
    many = path.suffix and len(sets) > 1
    return [
        export_set(some, path.with_stem(f"{path.stem}-{modality}") if many else path)
        for modality, some in sets.items()
    ]


def _links(found: Collection) -> tuple[Links, tuple[str, str]] | None:
    """One pair of modalities; the other pairs follow from the world."""
    if found.links is not None:
        a, b = list(found.sets)[:2]
        return found.links, (a, b)
    pairs = found.world.links.items()
    return next(((links, pair) for pair, links in pairs if set(pair) <= set(found.sets)), None)
