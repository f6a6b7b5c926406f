"""Logs of a training: a table, and TensorBoard's events where its writer is installed."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from isthmus.store import atomic
from isthmus.types import ExtraMissingError


def write_log(log: Sequence[dict[str, Any]], folder: Path) -> None:
    """``log.csv``: a row an epoch, written whole each time."""
    with atomic(folder / "log.csv") as part, part.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(log[0]))
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
