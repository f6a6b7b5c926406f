"""Results: what every measurement returns, frozen, printing, plotting and saving itself."""

from collections.abc import Mapping, Sequence
from dataclasses import field, fields, is_dataclass
from html import escape
from itertools import takewhile
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from isthmus.records import brief, dataclass
from isthmus.store import Columns
from isthmus.types.axes import Axes, axes_or_new, dots, picture_of
from isthmus.types.errors import RequestError


@dataclass(frozen=True)
class Interval:
    """A 95 % confidence interval and the name of the method that gave it."""

    low: float
    high: float
    method: str
    """``Wilson, one score an object``, ``jackknife``, ``U-statistic``, ``subsampling``, ..."""
    level: float = 0.95

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"[{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class Null:
    """What the measure gives when there is nothing to find.

    ``kind`` says what was made meaningless: ``pairing`` (links permuted), ``label`` (modality
    swapped within pairs), ``reference law`` (same n and d, isotropic), or ``none`` with the
    reason in ``note``.
    """

    kind: str
    mean: float = float("nan")
    low: float = float("nan")
    """2.5 % quantile under the null."""
    high: float = float("nan")
    """97.5 % quantile under the null."""
    p: float = float("nan")
    """(1 + b)/(1 + B); NaN where the null is a closed form without a law."""
    draws: int = 0
    note: str = ""

    def __str__(self) -> str:
        if self.kind == "none":
            return f"no null ({self.note})"
        p = "" if np.isnan(self.p) else f", p {self.p:.3g}"
        return f"chance {self.mean:.3f} ({self.kind}{p})"


@dataclass(frozen=True, eq=False)
class Result:
    """A measured value with its interval, its null and its noise floor.

    Subclasses add fields (every plotted number is one), draw themselves in ``plot``, name their
    paper in ``paper`` and say in ``sentence`` what the value means.
    """

    name: str
    """What was measured, as the page prints it."""
    value: float
    n: int
    """Objects that the value rests on (the exchangeable unit)."""
    interval: Interval | None = None
    null: Null = field(default_factory=lambda: Null("none", note="not declared"))
    floor: float | None = None
    """Noise floor: the value between random halves of one modality."""
    corrected: float | None = None
    """The value with the bias of a finite sample taken out; where it is given, the interval is its
    interval, which may leave out the plain value."""

    paper: ClassVar[str] = ""
    """Source: paper and equation."""
    sentence: ClassVar[str] = "{self}"
    """What ``about`` says of the fields of ``self``, as a format string."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "__repr__" not in vars(cls):  # a plain dataclass would print every array
            cls.__repr__ = cls.__repr__

    def __repr__(self) -> str:
        return brief(f"{type(self).__name__}({self})")

    def _repr_html_(self) -> str:
        """For notebooks: the value, what it means, and its plot."""
        said = f"<p><b>{escape(str(self))}</b></p><p>{escape(self.about)}</p>"
        return said + picture_of(self.plot, escape(str(self)))

    def __str__(self) -> str:
        interval = f" {self.interval}" if self.interval else ""
        if self.corrected is not None:
            interval = f" (bias-corrected {self.corrected:.3f}{interval})"
        floor = "" if self.floor is None else f", floor {self.floor:.3f}"
        return f"{self.name} {self.value:.3f}{interval}, {self.null}{floor} (n={self.n})"

    @property
    def about(self) -> str:
        """One sentence that reads the value for a newcomer."""
        return self.sentence.format(self=self)

    def cite(self) -> str:
        """The paper and equation that define this measure."""
        return self.paper

    def to_dict(self) -> dict[str, Any]:
        """Every field as plain JSON values; NaN becomes None."""
        return plain(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw value, interval and null on one line; subclasses draw what they measured.

        On axes of its own where none are given, which a notebook shows.
        """
        ax = axes_or_new(ax)
        if not np.isnan(self.null.low):
            ax.axvspan(self.null.low, self.null.high, color="0.85", label="chance")
        if self.interval:
            ax.plot([self.interval.low, self.interval.high], [0, 0], lw=3, alpha=0.5)
        ax.plot([self.value], [0], "o", label=self.name)
        ax.set_yticks([])
        return ax


class Tabled:
    """What has a main table: it becomes one of pandas, polars or Arrow, and is drawn."""

    drawn: ClassVar[tuple[str, str, str, str]] = ("value", "low", "high", "chance")
    """Columns of the numbers that are drawn; texts before the first of them name the row."""

    def table_rows(self) -> Sequence[Mapping[str, Any]]:
        """The main table, a mapping from column to value for each row."""
        return ()

    def to_table(self) -> Columns:
        """The main table by columns, as pandas, polars and Arrow take them."""
        rows = self.table_rows()
        names = dict.fromkeys(name for row in rows for name in row)
        return Columns((name, [row.get(name) for row in rows]) for name in names)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the main table: a line a row, with its value, its interval and what chance gives.

        On axes of its own where none are given, which a notebook shows.

        Raises:
            RequestError: the table holds no numbers.
        """
        rows, value = self.table_rows(), self.drawn[0]
        if not any(value in row for row in rows):
            raise RequestError(f"A {type(self).__name__} has nothing to draw; see to_table().")
        numbers = np.array([[row.get(one) for one in self.drawn] for row in rows], np.float64)
        names = [_named(row, value) for row in rows]
        axes = dots([*zip(names, numbers.tolist(), strict=True)], axes_or_new(ax))
        axes.set_xlabel(value)
        return axes


def _named(row: Mapping[str, Any], value: str) -> str:
    return ", ".join(str(row[name]) for name in takewhile(lambda name: name != value, row))


def plain(value: Any) -> Any:
    """Plain JSON values of anything that a result or a request holds; paths as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value
