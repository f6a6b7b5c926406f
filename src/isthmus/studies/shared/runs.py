"""What every study gives back, where it is written, and what its numbers rest on.

Run folders have one writer.
"""

import math
import platform
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from isthmus.lab import save, save_links
from isthmus.measure.retrieval.rankings import Direction, RankingResult
from isthmus.records import brief, dataclass
from isthmus.registry import UnknownPartError
from isthmus.report import PLACE, Advice, amount, signed, visible
from isthmus.store import mark, write_json, write_text
from isthmus.types import (
    Axes,
    EmbeddingSet,
    Links,
    Named,
    RequestError,
    Result,
    Tabled,
    picture_of,
    plain,
)
from isthmus.version import __version__

NAMED = TOLD = 2
"""Skipped items that the terminal names, and commands to type next."""
LINES = 15
"""Lines that a run is shown in, where not every number is wanted."""
PACKAGES = ("numpy", "scipy", "scikit-learn", "matplotlib", "pillow")
"""What computes the numbers, beside Python and isthmus."""

Found = TypeVar("Found", bound="RunResult")


@dataclass(frozen=True, eq=False, kw_only=True)
class RunResult(Tabled):
    """A finished run: its page, its numbers, its seconds, and what was left out.

    A study's own result adds what it found, its main table in ``table_rows``; ``__str__`` is what
    the terminal shows, ``to_dict`` what ``--json`` prints.
    """

    verdict: str = ""
    """What came of it, in words."""
    todo: Sequence[Advice] = ()
    """What to try next."""
    verbose: bool = False
    """Whether the terminal shows every number."""
    most: int = LINES
    """Lines that it shows otherwise."""
    page: str = ""
    """The page as HTML; empty where the question has none."""
    pages: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further pages by their path in the run folder."""
    record: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Every number on the page, as written to ``report.json``."""
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    faults: Mapping[str, str] = field(default_factory=dict[str, str])
    """Items that were skipped, with the reason, by id."""
    folder: Path | None = None
    """Run folder, where one was asked for."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "__repr__" not in vars(cls):  # a plain dataclass would print the page
            cls.__repr__ = cls.__repr__

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__}:", *str(self).split("\n")]
        if len(lines) > LINES:
            lines[LINES - 1 :] = [f"... print() shows {len(lines) - LINES + 1} more lines"]
        return "\n".join(map(brief, lines))

    def _repr_html_(self) -> str:
        """For notebooks: what the terminal shows, what it is best drawn by, and the page."""
        drawn, page = "", self.page_shown()
        with suppress(RequestError):  # there is nothing to draw
            drawn = picture_of(self.plot, escape(brief(str(self))))
        frame = f'<iframe srcdoc="{escape(page)}" style="width:100%;height:40em"></iframe>'
        return f"<pre>{escape(str(self))}</pre>{drawn}{frame if page else ''}"

    def page_shown(self) -> str:
        """The page as a notebook shows it."""
        return self.page

    def lines(self) -> list[str]:
        """Everything that was found, in lines for the terminal."""
        return []

    def key_lines(self) -> list[str]:
        """What of it is shown first; as much as there is room for."""
        return self.lines()

    def __str__(self) -> str:
        first = [*self.faults.items()][: None if self.verbose else NAMED]
        named = [f"skipped {visible(name)}: {visible(why)}" for name, why in first]
        count = f"{amount(len(self.faults), 'item')} skipped (--verbose names all)."
        place = shlex.quote(str(self.folder))
        typed = {x.title: x.command.replace(PLACE, place) for x in self.todo if x.command}
        paths = [path for path in self.written if path != self.page_path]
        after = [
            *([*named, count] if named else []),
            *([f"The page: {visible(str(self.page_path))}"] if self.page_path else []),
            *([f"Written: {', '.join(visible(str(path)) for path in paths)}"] if paths else []),
            *[f"next: {title}: {command}" for title, command in typed.items()][:TOLD],
        ]
        found = self.lines() if self.verbose else self.key_lines()
        room = len(found) if self.verbose else self.most - bool(self.verdict) - len(after)
        if len(found) > room:
            found = [*found[: room - 1], f"{len(found) - room + 1} more lines with --verbose."]
        return "\n".join([*filter(None, [self.verdict]), *found, *after])

    @property
    def page_path(self) -> Path | None:
        """Where the page was written."""
        return self.folder / "report.html" if self.folder and self.page else None

    @property
    def written(self) -> list[Path]:
        """Files and folders that were written for the user, by their paths."""
        there = self.folder.iterdir() if self.folder else ()
        return sorted(path for path in there if not path.name.startswith("."))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "folder": None if self.folder is None else str(self.folder),
            "faults": dict(self.faults),
            "report": plain(dict(self.record)),
        }

    def write(
        self: Found,
        folder: Path | None,
        sets: Mapping[str, EmbeddingSet] | None = None,
        links: tuple[Links, tuple[str, str]] | None = None,
    ) -> Found:
        """Write the run folder, and return the result with it; None writes nothing.

        The folder gets ``report.html``, further pages, ``report.json``, ``timings.json``, and the
        vectors with their links in ``embeddings/``. Everything but the seconds is byte-equal for
        equal input, seed and versions.
        """
        if folder is None:
            return self
        mark(folder)
        self._write_pages(folder)
        if self.record:
            skipped = {"faults": dict(self.faults)} if self.faults else {}
            write_json(folder / "report.json", {**skipped, **self.record})
        if self.seconds:
            seconds = {key: round(value, 3) for key, value in self.seconds.items()}
            write_json(folder / "timings.json", {"seconds": seconds})
        for name, some in (sets or {}).items():
            save(some, folder / "embeddings" / name)
        if links is not None:
            save_links(links[0], folder / "embeddings", links[1])
        return replace(self, folder=folder)

    def _write_pages(self, folder: Path) -> None:
        """The pages; further ones of an earlier run that are gone now are removed."""
        pages = {folder / name: page for name, page in self.pages.items()}
        for inside in {path.parent for path in pages if not path.parent.is_symlink()}:
            for path in set(inside.glob("*.html")) - pages.keys():
                path.unlink()
        for path, page in {**pages, folder / "report.html": self.page}.items():
            if page:
                write_text(path, page)


@dataclass(frozen=True, eq=False, kw_only=True)
class MeasuredResult(RunResult, Mapping[str, Result]):
    """A run that measured something: a mapping from names to results, and what did not apply."""

    results: Mapping[str, Result]
    """By name; ``name[modality]`` for measures of one set."""
    missing: Mapping[str, str]
    """Measures that did not apply or failed, with the reason."""
    key: Sequence[str] = ()
    """The few numbers that the terminal shows first."""

    figure: ClassVar[str] = ""
    """The result whose plot stands for the run; without it the first one's, if it draws more than
    its value, or else the values of all."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "results", Named(self.results))
        object.__setattr__(self, "missing", Named(self.missing))

    def __getitem__(self, key: str) -> Result:
        name = str(key)
        if name in self.missing and name not in self.results:
            raise UnknownPartError(f"{name} was not measured: {self.missing[name]}")
        return self.results[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(
                f"A {type(self).__name__} has no attribute {name!r}; results are asked for in "
                f"brackets, as in found[{name!r}]."
            )

    def table_rows(self) -> list[dict[str, Any]]:
        """A measure each, of retrieval a direction each."""
        return [
            {"measure": name, **vars(numbers_of(one)), "p": one.null.p}
            for key, result in self.results.items()
            for name, one in _directions(key, result)
        ]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the result that stands for the run, or the values of all."""
        one = self.results.get(self.figure) or next(iter(self.results.values()), None)
        if one is None or type(one).plot is Result.plot:
            return super().plot(ax)
        return one.plot(ax)

    def lines(self) -> list[str]:
        """The few numbers, a line a result, then what was not measured."""
        return [
            *self.key,
            *(_line(key, result) for key, result in self.results.items()),
            *_unmeasured(self.missing),
        ]

    def key_lines(self) -> list[str]:
        """The few numbers, what failed, and how many there are in all."""
        failed = {key: why for key, why in self.missing.items() if why.startswith("failed")}
        count = f"{amount(len(self.results), 'number')} in all (--verbose shows them)"
        others = len(self.missing) - len(failed)
        more = f", {others} did not apply" if others else ""
        return [*self.key, *_unmeasured(failed)[:1], f"{count}{more}."]


def _unmeasured(missing: Mapping[str, str]) -> list[str]:
    grouped = by_reason(missing).items()
    return [f"not measured: {', '.join(keys)} ({reason})" for reason, keys in grouped]


@dataclass(frozen=True)
class Numbers:
    """A value with what it is read against; NaN where there is no such number."""

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    chance: float = math.nan
    floor: float = math.nan


def numbers_of(measured: Result | Direction | None) -> Numbers:
    """The numbers of a result, or of one direction of it."""
    if measured is None:
        return Numbers()
    interval, floor = measured.interval, measured.floor if isinstance(measured, Result) else None
    return Numbers(
        value=measured.value,
        low=interval.low if interval else math.nan,
        high=interval.high if interval else math.nan,
        chance=measured.null.mean,
        floor=math.nan if floor is None else floor,
    )


def _directions(key: str, result: Result) -> list[tuple[str, Result | Direction]]:
    """A result under its name; of a ranking, both directions under names of their own."""
    if not isinstance(result, RankingResult):
        return [(key, result)]
    return [(f"{key}, {one.query} → {one.gallery}", one) for one in result.directions]


def _line(key: str, result: Result) -> str:
    """The line of a result, after the modality or direction where its name does not tell."""
    of = qualifier(key)
    return signed(str(result) if of in result.name else f"{of}: {result}")


def measure_of(key: str) -> str:
    """The measure's name in a key such as ``uniformity[image]``."""
    return key.partition("[")[0]


def qualifier(key: str) -> str:
    """The modality or direction in a key such as ``uniformity[image]``; empty if it has none."""
    return key.partition("[")[2].rstrip("]")


def by_reason(missing: Mapping[str, str]) -> dict[str, list[str]]:
    """Keys that share a reason, together."""
    grouped: dict[str, list[str]] = {}
    for key, reason in missing.items():
        grouped.setdefault(reason, []).append(key)
    return grouped


def versions() -> dict[str, str]:
    """Versions of isthmus, Python and what computes the numbers."""
    return {
        "isthmus": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


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
