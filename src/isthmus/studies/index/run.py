"""Index a folder: a file of vectors a modality, brought up to date by content."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from isthmus.indexes.building import SHARD, build
from isthmus.report import Advice, amount
from isthmus.studies import command_of, request_type
from isthmus.studies.index.request import IndexRequest
from isthmus.studies.shared import RunResult, job_options, resolve
from isthmus.types import World
from isthmus.worlds import load


@dataclass(frozen=True, eq=False, kw_only=True)
class IndexResult(RunResult):
    """Files by modality: all, those encoded now, and what was left out with its reason."""

    path: Path
    space: str
    items: Mapping[str, int]
    encoded: Mapping[str, int]

    drawn = ("items", "", "", "")

    def table_rows(self) -> list[dict[str, Any]]:
        """A modality each."""
        return [
            {"modality": name, "items": count, "encoded now": self.encoded.get(name, 0)}
            for name, count in self.items.items()
        ]

    @property
    def written(self) -> list[Path]:
        """The index."""
        return [self.path]

    def lines(self) -> list[str]:
        """A modality each."""
        width = max(map(len, self.items))
        return [
            f"{name:<{width}}  {count:>9,}  {self.encoded.get(name, 0):>9,} encoded now"
            for name, count in self.items.items()
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "index": str(self.path),
            "space": self.space,
            "items": dict(self.items),
            "encoded": dict(self.encoded),
            "skipped": dict(self.faults),
        }


def known_pairs(name: str) -> World:
    """The validation split of a world; all of one that has none.

    Raises:
        RequestError: no such world.
    """
    world = load(name)
    return world.part("val") if "val" in world.split.values() else world


def run(request: IndexRequest) -> IndexResult:
    """Bring the index of a folder up to date.

    Raises:
        RequestError: nothing to index, an index of another space, or a full disk.
    """
    common = request.common
    encoders = resolve(request.space).encoders(common, "an index is of files")
    out = request.out or Path(f"{request.folder.resolve().name}.index")
    options = replace(job_options(common), shard_size=SHARD, wait=False, replace=request.replace)
    world = known_pairs(request.odds) if request.odds else None
    report = build(request.folder, encoders, out, options, request.space, world)
    index = report.index
    look = request_type("search")("a red fruit", str(out))
    left = f", {amount(len(index.skipped), 'file')} left out" if index.skipped else ""
    return IndexResult(
        path=out,
        space=request.space,
        items=index.counts()["items"],
        encoded=report.encoded,
        verdict=f"{amount(len(index), 'file')} of {request.folder} can be found in {request.space}"
        f"{left}.",
        todo=[Advice("Search in it", "", "", command_of("search", look))],
        faults=index.skipped,
    )
