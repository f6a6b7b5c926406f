"""Where a run is written: a folder of its own, named after the question, never somebody else's."""

from pathlib import Path
from typing import Any

from isthmus.store import write_json
from isthmus.store.files import slug
from isthmus.types import RequestError
from isthmus.types.requests import request_to_dict

OURS = ("jobs", "embeddings", "report.json", "variants", "targets.safetensors")
"""One of these is in every folder that isthmus has written to."""


def run_folder(out: Path | None, study: str, *names: str) -> Path:
    """The folder that was asked for, or ``runs/STUDY-NAMES``; new, empty, or written by isthmus.

    Raises:
        RequestError: it holds files that are somebody else's.
    """
    folder = out or Path("runs") / f"{study}-{slug('-'.join(names))}"
    if folder.exists() and not folder.is_dir():
        raise RequestError(f"Results are written to a folder, but {folder} is a file.")
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set[str]()
    if there and there.isdisjoint(OURS):
        raise RequestError(
            f"{folder} holds files that isthmus did not write, such as {min(there)}: choose a new "
            "or an empty folder."
        )
    return folder


def keep_request(request: Any, folder: Path) -> None:
    """Save the resolved request beside the results, as ``--config`` takes it."""
    write_json(folder / "config.json", request_to_dict(request))
