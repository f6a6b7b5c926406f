"""Index a folder: a file of vectors a modality, brought up to date by content."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from isthmus.indexes.building import SHARD, build
from isthmus.indexes.layout import Layout
from isthmus.indexes.lists.approximate import Prepared
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
    lists: Mapping[str, Prepared]
    """Of modalities that are searched by inverted lists."""

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
            f"{_searched(self.lists.get(name))}"
            for name, count in self.items.items()
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "index": str(self.path),
            "space": self.space,
            "items": dict(self.items),
            "encoded": dict(self.encoded),
            "lists": {name: asdict(one) for name, one in self.lists.items()},
            "skipped": dict(self.faults),
        }


def known_pairs(name: str) -> World | None:
    """The validation split of a world, all of one that has none; None where none is named.

    Raises:
        RequestError: no such world.
    """
    if not name:
        return None
    world = load(name)
    return world.part("val") if "val" in world.split.values() else world


def _searched(lists: Prepared | None) -> str:
    """How a modality is searched, if not exactly, and what that was measured to find."""
    if lists is None:
        return ""
    found = [
        f"{min(one.recall.values()):.1%} of the nearest {one.depth} in {one.probed:,} of them"
        f"{' for queries of another kind' if one.far else ''}"
        for one in lists.settings
    ]
    said = ", ".join(found) or "no number of them found enough, so it is searched exactly"
    return f", {lists.lists:,} inverted lists: {said}"


def run(request: IndexRequest) -> IndexResult:
    """Bring the index of a folder up to date.

    Raises:
        RequestError: nothing to index, an index of another space, or a full disk.
    """
    common = request.common
    encoders = resolve(request.space).encoders(common, "an index is of files")
    out = request.out or Path(f"{request.folder.resolve().name}.index")
    options = replace(job_options(common), shard_size=SHARD, wait=False, replace=request.replace)
    layout = Layout(request.search, request.store, known_pairs(request.odds))
    report = build(request.folder, encoders, out, options, name=request.space, layout=layout)
    index = report.index
    look = request_type("search")("a red fruit", str(out))
    left = f", {amount(len(index.skipped), 'file')} left out" if index.skipped else ""
    return IndexResult(
        path=out,
        space=request.space,
        items=index.counts()["items"],
        encoded=report.encoded,
        lists={name: one.lists for name, one in index.record.parts.items() if one.lists},
        verdict=f"{amount(len(index), 'file')} of {request.folder} can be found in {request.space}"
        f"{left}.",
        todo=[Advice("Search in it", "", "", command_of("search", look))],
        faults=index.skipped,
    )
