"""What the commands ``study`` and ``embed`` do, as functions: from names to a finished folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isthmus.lab import JobOptions, export_set, load, save, save_links
from isthmus.report import amount
from isthmus.studies.shared.dataset import StudyInput, remarks
from isthmus.studies.shared.result import StudyResult
from isthmus.studies.shared.source import (
    Source,
    arrays_input,
    embed_world,
    open_source,
    study_input,
)
from isthmus.studies.shared.spaces import ARRAYS, MENDED, mended_arrays, of_arrays
from isthmus.studies.study.run import run
from isthmus.types import LoadOptions, RequestError

DEFAULT_SPACE = "mini"
OURS = (
    "jobs",
    "embeddings",
    "report.json",
    "variants",
    "targets.safetensors",
)
"""One of these is in every folder that isthmus has written to."""


@dataclass(frozen=True)
class Asked:
    """What the user asked for."""

    spaces: Sequence[str] = ()
    """One space to study, or two to compare; the default model if none is named."""
    source: Source = field(default_factory=Source)
    arrays: Path | None = None
    """Embeddings that the user has; then no space is loaded."""
    model: str = ""
    """What made the arrays."""
    out: Path | None = None

    def folder(self, name: str) -> Path:
        """The run folder: the one asked for, or one named after space and source."""
        if self.out:
            return self.out
        safe = "".join(c if c.isalnum() or c in "-._" else "-" for c in name).strip("-")
        return Path("runs") / f"study-{safe}"


@dataclass(frozen=True, eq=False)
class Done:
    """A finished command: where everything is, and what was skipped."""

    folder: Path
    text: str
    """What the terminal shows."""
    record: Mapping[str, Any]
    """What ``--json`` prints."""
    faults: Mapping[str, str]

    @property
    def page(self) -> Path:
        """The page, where the command wrote one."""
        return self.folder / "report.html"

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"folder": str(self.folder), "faults": dict(self.faults), **self.record}


def own_folder(folder: Path) -> Path:
    """The folder, if it is new, empty, or was written by isthmus.

    Raises:
        RequestError: it holds files that are somebody else's.
    """
    if folder.exists() and not folder.is_dir():
        raise RequestError(f"Results are written to a folder, but {folder} is a file.")
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set[str]()
    if there and there.isdisjoint(OURS):
        raise RequestError(
            f"{folder} holds files that isthmus did not write, such as {min(there)}: choose a new "
            "or an empty folder."
        )
    return folder


def study(asked: Asked, job: JobOptions, how: LoadOptions, seed: int) -> Done:
    """Measure a space on a source, or on arrays, and write its page.

    Raises:
        RequestError: more than two spaces, spaces beside arrays, or nothing to study.
    """
    if asked.arrays:
        given = _of_arrays(asked)
        folder = own_folder(asked.folder(f"{asked.arrays.stem}"))
        return _done(run(given, folder, seed=seed, progress=job.progress), given, folder)
    names = tuple(asked.spaces) or (DEFAULT_SPACE,)
    if len(names) > 2:
        raise RequestError(f"One space is studied or two are compared, not {len(names)}.")
    source = () if all(map(of_arrays, names)) else (asked.source.name,)
    folder = own_folder(asked.folder("-".join((*names, *source))))
    inputs = [
        _input(name, asked.source, folder / "jobs" / str(number), job, how)
        for number, name in enumerate(names)
    ]
    if len(inputs) == 2:
        from isthmus.studies.compare.run import compare

        result = compare(inputs[0], inputs[1], folder, seed=seed, progress=job.progress)
    else:
        result = run(inputs[0], folder, seed=seed, progress=job.progress)
    return _done(result, inputs[0], folder)


def _of_arrays(asked: Asked) -> StudyInput:
    """The user's arrays as they are, or through the one mended space that was named."""
    assert asked.arrays is not None
    if not asked.spaces:
        return arrays_input(asked.arrays, asked.model)
    if len(asked.spaces) > 1 or not asked.spaces[0].startswith(MENDED):
        raise RequestError(
            "Arrays are already vectors of a space: name either arrays or spaces, or one "
            "mended:FOLDER that was fitted for them."
        )
    return mended_arrays(asked.spaces[0], asked.arrays, asked.model)


def _input(
    name: str, source: Source, folder: Path, job: JobOptions, how: LoadOptions
) -> StudyInput:
    """Items embedded in a space, or the vectors that ``arrays:PATH`` already holds."""
    if of_arrays(name):
        return mended_arrays(name)
    if name.startswith(ARRAYS):
        path, _, model = name.removeprefix(ARRAYS).partition("?model=")
        return arrays_input(Path(path), model)
    return study_input(name, source, folder, job, how)[0]


def _done(result: StudyResult, given: StudyInput, folder: Path) -> Done:
    faults = given.about.faults
    skipped = f"\n{amount(len(faults), 'item')} skipped; report.json names all." if faults else ""
    text = f"{result}{skipped}\n\nThe page: {folder / 'report.html'}"
    return Done(folder, text, {"report": dict(result.record)}, faults)


def embed(asked: Asked, job: JobOptions, how: LoadOptions, export: Path | None) -> Done:
    """Embed a source's items into a folder, resumably, and save the sets.

    Raises:
        RequestError: no folder or no space was named, or nothing to embed.
    """
    if asked.out is None or not asked.spaces:
        raise RequestError("Embedding needs a space and a folder to write to.")
    if asked.arrays:
        raise RequestError("Arrays are embedded already; open them with: isthmus study --arrays.")
    own_folder(asked.out)
    encoders = load(asked.spaces[0], device=how.device, workers=how.workers)
    world = open_source(asked.source)
    embedded = embed_world(encoders, world, asked.out / "jobs", job)
    for modality, some in embedded.sets.items():
        save(some, asked.out / "embeddings" / modality)
        if export:
            many = export.suffix and len(embedded.sets) > 1
            target = export.with_stem(f"{export.stem}-{modality}") if many else export
            export_set(some, target)
    for pair, links in world.links.items():
        if set(pair) <= set(embedded.sets):
            save_links(links, asked.out / "embeddings", pair)
            break  # one file; the other pairs follow from the world
    items = sum(map(len, embedded.sets.values())) + len(embedded.faults)
    notes = remarks(world, embedded.sets.values(), embedded.faults)
    faults = {name: why for name, why in world.faults.items() if name not in notes}
    faults |= embedded.faults
    lines = [str(some) for some in embedded.sets.values()]
    lines += [f"{items} items: {embedded.encoded} encoded now, {items - embedded.encoded} kept"]
    lines += [f"skipped {name}: {why}" for name, why in faults.items()]
    lines += [f"remark on {name}: {why}" for name, why in notes.items()]
    counts = {"items": items, "encoded": embedded.encoded}
    return Done(asked.out, "\n".join(lines), counts, faults)
