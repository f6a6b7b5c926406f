"""What the command ``mend`` does: from a space and data, or arrays, to a mended space."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from isthmus.lab import JobOptions
from isthmus.studies.mend.chains import REMEDIES
from isthmus.studies.mend.run import CALIBRATE, Court, MendResult, mend
from isthmus.studies.shared.source import Source, arrays_input, study_input
from isthmus.studies.shared.spaces import ARRAYS
from isthmus.studies.study.request import DEFAULT_SPACE, own_folder
from isthmus.types import LoadOptions, RequestError


@dataclass(frozen=True)
class MendAsked:
    """What the user asked for."""

    space: str = ""
    source: Source = field(default_factory=Source)
    arrays: Path | None = None
    model: str = ""
    remedies: tuple[str, ...] = REMEDIES
    calibrate: tuple[int, ...] = CALIBRATE
    splits: int = 20
    keep: str = ""
    out: Path | None = None


def run_mend(asked: MendAsked, job: JobOptions, how: LoadOptions, seed: int) -> MendResult:
    """Gather the linked items, referee, keep.

    Raises:
        RequestError: spaces beside arrays, no data, or numbers that mean nothing.
    """
    if asked.splits < 2 or not asked.calibrate or min(asked.calibrate) < 1 or not asked.remedies:
        raise RequestError(
            "Remedies are judged in 2 splits or more, fitted on 1 object or more: wanted such "
            f"numbers, got {asked.splits} splits and {list(asked.calibrate)} objects."
        )
    court = Court(asked.remedies, asked.calibrate, asked.splits, asked.keep)
    arrays = asked.arrays
    if arrays is None and asked.space.startswith(ARRAYS):
        path, _, model = asked.space.removeprefix(ARRAYS).partition("?model=")
        asked, arrays = replace(asked, space="", model=model or asked.model), Path(path)
    elif arrays is not None and asked.space:
        raise RequestError("Arrays are already vectors of a space: name either arrays or a space.")
    space = asked.space or DEFAULT_SPACE
    name = arrays.stem if arrays else f"{space}-{asked.source.name}"
    safe = "".join(c if c.isalnum() or c in "-._" else "-" for c in name).strip("-")
    folder = own_folder(asked.out or Path("runs") / f"mend-{safe}")
    if arrays is not None:
        given = arrays_input(arrays, asked.model)
        model = f"?model={asked.model}" if asked.model else ""
        origin = f"{ARRAYS}{arrays.resolve()}{model}"
    else:
        given = study_input(space, asked.source, folder / "jobs", job, how)[0]
        origin = space
    return mend(given, folder, court, origin=origin, seed=seed, progress=job.progress)
