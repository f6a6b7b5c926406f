"""The table of what was built: what two builds are compared by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from isthmus.store import read_table


def report(files: Iterable[Path]) -> str:
    """Rows, bytes and sha256 of each Parquet file, and their sum."""
    lines = [f"{'rows':>6} {'bytes':>10}  {'sha256':64}  file"]
    total = 0
    for path in files:
        rows = len(read_table(path, ["id"])["id"])
        content = path.read_bytes()
        total += len(content)
        digest = hashlib.sha256(content).hexdigest()
        lines.append(f"{rows:>6} {len(content):>10,}  {digest}  {path.parent.name}/{path.name}")
    return "\n".join([*lines, f"{'':>6} {total:>10,}  all"])
