"""Checkpoints: a killed training goes on as if nothing had happened. safetensors, never pickle."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.records import dataclass
from isthmus.store import atomic, read_described, write_tensors
from isthmus.types import ExtraMissingError, RequestError

FILE = "checkpoint.safetensors"
FORMAT = "isthmus-checkpoint/1"
PARTS = ("now", "best", "first", "second")
"""Parameters as they are and as they were best, and AdamW's two moments of their gradients."""
NUMBERS = ("epoch", "step", "best", "best_epoch", "log", "seconds")
"""What is kept beside the arrays, by the names of ``Progress``."""


@dataclass
class Progress:
    """Where a training stands after a whole epoch."""

    arrays: dict[str, dict[str, np.ndarray]]
    """By part, then by parameter."""
    epoch: int = 0
    """Epochs that are done."""
    step: int = 0
    """Steps that are done."""
    best: float = -np.inf
    """Best held-out score."""
    best_epoch: int = 0
    log: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """A row an epoch."""
    seconds: float = 0.0
    """Of all epochs so far, those before a restart included."""

    @classmethod
    def start(cls, arrays: Mapping[str, np.ndarray]) -> "Progress":
        """Before the first step: the parameters are also the best ones, and moments are zero."""
        zero = {name: np.zeros_like(x) for name, x in arrays.items()}
        return cls({"now": dict(arrays), "best": dict(arrays), "first": zero, "second": zero})


def write_checkpoint(progress: Progress, folder: Path, key: str) -> None:
    """Write a checkpoint, whole or not at all."""
    about = {"format": FORMAT, "key": key, **{name: getattr(progress, name) for name in NUMBERS}}
    flat = {f"{part}/{k}": x for part in PARTS for k, x in progress.arrays[part].items()}
    write_tensors(folder / FILE, flat, {"isthmus": json.dumps(about)})


def _parsed(document: str, _: str) -> Any:
    """JSON in which scores may be infinite or NaN."""
    try:
        return json.loads(document)
    except RecursionError as error:
        raise ValueError("its metadata are too deep") from error


def read_checkpoint(folder: Path, key: str) -> Progress | None:
    """The checkpoint in a folder; None where there is none.

    Args:
        folder: where it would be.
        key: hash of recipe and data: a checkpoint of another training is refused.

    Raises:
        RequestError: it is of another training or of a newer version, or damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        flat, about = read_described(path, FORMAT, _parsed)
        arrays = {part: below(f"{part}/", flat) for part in PARTS}
        progress = Progress(arrays, **{name: about[name] for name in NUMBERS})
        known = about["key"]
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise RequestError(
            f"{path} is not a whole checkpoint ({error}); delete it to start again."
        ) from error
    if known != key:
        raise RequestError(
            f"{path} is of a training with another recipe, seed or data: train into another "
            "folder, or delete this one to start again."
        )
    return progress


def below(start: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays whose names begin so, by the rest of their names."""
    return {name.removeprefix(start): x for name, x in arrays.items() if name.startswith(start)}


def write_log(log: Sequence[dict[str, Any]], folder: Path) -> None:
    """``log.csv``: a row an epoch, written whole each time."""
    with atomic(folder / "log.csv") as part, part.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(dict.fromkeys(name for row in log for name in row)))
        table.writeheader()
        table.writerows(log)


def write_events(log: Sequence[dict[str, Any]], folder: Path) -> None:
    """All epochs as TensorBoard's events in a folder, in place of older ones.

    Raises:
        ExtraMissingError: tensorboardX is not installed.
    """
    try:
        from tensorboardX import SummaryWriter
    except ImportError as error:
        raise ExtraMissingError("tensorboardX", "train") from error
    for old in folder.glob("events.*"):
        old.unlink()
    with SummaryWriter(str(folder)) as writer:
        for row in log:
            for name, value in row.items():
                if name not in ("epoch", "step"):
                    writer.add_scalar(name, value, int(row["step"]))
