"""What every study gives back, where it is written, and what its numbers rest on.

Run folders have one writer.
"""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from html import escape
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from isthmus.lab import save, save_links
from isthmus.records import dataclass, shown
from isthmus.report import amount, signed, visible
from isthmus.store import mark, write_json, write_text
from isthmus.types import EmbeddingSet, Links, Result, picture_of, plain
from isthmus.version import __version__

NAMED = 3
"""Skipped items that the terminal names."""
PACKAGES = ("numpy", "scipy", "scikit-learn", "matplotlib", "pillow")
"""What computes the numbers, beside Python and isthmus."""

Found = TypeVar("Found", bound="RunResult")


@dataclass(frozen=True, eq=False, kw_only=True)
class RunResult:
    """A finished run: its page, its numbers, its seconds, and what was left out.

    A study's own result adds what it found; ``__str__`` is what the terminal shows, ``to_dict``
    what ``--json`` prints.
    """

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
        return shown(self, "page", "pages", "record", "seconds")

    def _repr_html_(self) -> str:
        """For notebooks: what the terminal shows, what it is best drawn by, and the page."""
        drawn = "".join(picture_of(one.plot, escape(str(one))) for one in self.drawn_by)
        page = self.page_shown()
        frame = f'<iframe srcdoc="{escape(page)}" style="width:100%;height:40em"></iframe>'
        return f"<pre>{escape(str(self))}</pre>{drawn}{frame if page else ''}"

    def page_shown(self) -> str:
        """The page as a notebook shows it."""
        return self.page

    @property
    def drawn_by(self) -> Sequence[Result]:
        """Results whose plots stand for the run in a notebook."""
        return ()

    def lines(self) -> list[str]:
        """What was found, in lines for the terminal."""
        return []

    def __str__(self) -> str:
        first = [*self.faults.items()][:NAMED]
        named = [f"skipped {visible(name)}: {visible(why)}" for name, why in first]
        count = amount(len(self.faults), "item")
        skipped = [*named, f"{count} skipped; report.json names all."] if named else []
        where = [f"The page: {self.page_path}"] if self.page_path else []
        return "\n".join([*self.lines(), *skipped, *where])

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
class MeasuredResult(RunResult):
    """A run that measured something: results by name, and what did not apply."""

    results: Mapping[str, Result]
    """By name; ``name[modality]`` for measures of one set."""
    missing: Mapping[str, str]
    """Measures that did not apply or failed, with the reason."""

    def __getitem__(self, key: str) -> Result:
        return self.results[key]

    @property
    def drawn_by(self) -> Sequence[Result]:
        """The first result that draws more than its value."""
        drawing = (one for one in self.results.values() if type(one).plot is not Result.plot)
        return [*islice(drawing, 1)]

    def lines(self) -> list[str]:
        """A line a result, then what was not measured."""
        return [_line(key, result) for key, result in self.results.items()] + [
            f"not measured: {', '.join(keys)} ({reason})"
            for reason, keys in by_reason(self.missing).items()
        ]


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
