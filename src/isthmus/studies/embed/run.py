"""Embed the items of a source, or take vectors that are there, and keep them as saved sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isthmus.lab import export_set
from isthmus.report import Advice, amount, visible
from isthmus.studies import command_of, request_type
from isthmus.studies.embed.request import EmbedRequest
from isthmus.studies.shared import Collection, Resolved, RunResult, remarks, resolve, run_folder
from isthmus.types import EmbeddingSet, Links, RequestError, Source


@dataclass(frozen=True, eq=False, kw_only=True)
class EmbedResult(RunResult):
    """The sets by modality, how much was encoded now, and remarks on items that were used."""

    sets: Mapping[str, EmbeddingSet]
    items: int
    """With those that were skipped."""
    encoded: int
    """Items encoded now; the others were there already, or skipped."""
    notes: Mapping[str, str] = field(default_factory=dict[str, str])
    exported: Sequence[Path] = ()
    """Files or folders for other tools."""

    drawn = ("items", "", "", "")

    def table_rows(self) -> list[dict[str, Any]]:
        """A modality each."""
        return [
            {"modality": name, "items": len(some), "coordinates": some.space.dim}
            for name, some in self.sets.items()
        ]

    @property
    def written(self) -> list[Path]:
        """The run folder's files, and what was exported."""
        return [*super().written, *self.exported]

    def lines(self) -> list[str]:
        """The sets, how much was encoded now, and remarks."""
        kept = self.items - self.encoded - len(self.faults)
        done = f"{self.encoded:,} encoded now, {kept:,} kept"
        return [
            *map(str, self.sets.values()),
            f"{amount(self.items, 'item')}: {done}, {len(self.faults):,} skipped",
            *(f"remark on {visible(name)}: {visible(why)}" for name, why in self.notes.items()),
        ]

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
    notes, faults = remarks(found.world, found.sets.values(), found.faults)
    items = sum(map(len, found.sets.values()))
    result = EmbedResult(
        sets=found.sets,
        items=items + len(faults),
        verdict=f"{amount(items, 'vector')} of {resolved.title}, "
        f"{amount(len(faults), 'item') if faults else 'nothing'} left out.",
        todo=todo(request, resolved, found),
        encoded=found.encoded,
        notes=notes,
        exported=exported,
        faults=faults,
    )
    return result.write(folder, found.sets, _links(found))


def todo(request: EmbedRequest, resolved: Resolved, found: Collection) -> list[Advice]:
    """A study where two modalities are linked, else a search in what can be searched by words."""
    if len(found.sets) > 1 and (resolved.arrays or _links(found)):
        whole = request_type("study")(source=Source(arrays=request.out))
        return [Advice("Measure the space", "", "", command_of("study", whole))]
    search = request_type("search")("a red fruit", str(request.out), space=resolved.space)
    return [] if resolved.arrays else [Advice("Search in it", "", "", command_of("search", search))]


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
