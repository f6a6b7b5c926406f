"""What training gives back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from isthmus.studies.evaluate.rows import Row
from isthmus.studies.shared.result import RunResult
from isthmus.transform.mended import Mended


@dataclass(frozen=True, eq=False, kw_only=True)
class FitResult(RunResult):
    """Every trained space with what it earned, and the one that was kept."""

    rows: Mapping[str, Row]
    """By variant; the empty name is the space as it is."""
    chosen: str
    """The variant with the best score on the objects that training was stopped by."""
    mended: Mended
    """The kept space, of the first seed."""
    curves: Mapping[str, Sequence[dict[str, Any]]]
    """The log of each training."""

    def lines(self) -> list[str]:
        """A line a variant, and what the chosen one changes."""
        width = max(len(row.name) for row in self.rows.values())
        lines = [f"{'':<{width}}  R@1                    mixed nDCG@10          seconds"]
        for row in self.rows.values():
            hits, mixed = (f"{x.value:.3f} {x.interval}" for x in (row.hits, row.mixed))
            lines.append(f"{row.name:<{width}}  {hits}   {mixed}   {row.seconds:7.1f}")
        own = self.rows[self.chosen]
        change = f"{own.hits_change.value:+.3f} {own.hits_change.interval}"
        lines += ["", f"R@1 of {self.chosen}, less the space as it is: {change}"]
        return [*lines, f"The trained space: mended:{self.folder}"] if self.folder else lines
