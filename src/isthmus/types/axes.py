"""Axes: what a result draws itself on. Only this file knows that they are matplotlib's.

Who draws has matplotlib; measuring never loads it, so that outside of type checks the name stands
for anything.
"""

import base64
import io
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from isthmus.records import brief

__all__ = ["Axes", "axes_or_new", "dots", "drawn", "picture_of"]

MOST = 24
"""Rows that are drawn below each other at most."""

if TYPE_CHECKING:
    from matplotlib.axes import Axes
else:
    Axes: TypeAlias = Any


def axes_or_new(ax: Axes | None) -> Axes:
    """These axes, or those of a new figure of pyplot, which a notebook shows by itself."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.figure(figsize=(5.6, 3.5), layout="constrained").subplots()


def drawn(names: Iterable[str]) -> list[str]:
    """Names as they stand in a drawing: on a line, and cut.

    A name of a million letters would take matplotlib half an hour.
    """
    return [brief("".join(c if c.isprintable() else " " for c in name), 40) for name in names]


def dots(rows: Sequence[tuple[str, Sequence[float]]], ax: Axes) -> Axes:
    """Values below each other, each with its interval and, as a dash, what chance gives.

    Args:
        rows: a name with value, low, high and chance, not a number where there is none.
        ax: to draw on.
    """
    first = rows[:MOST]
    for place, (_, (value, low, high, chance)) in enumerate(first):
        ax.plot([low, high], [place, place], color="C0", lw=3, alpha=0.5)
        ax.plot([value], [place], "o", color="C0")
        ax.plot([chance], [place], "|", color="0.3", ms=12)
    ax.set_yticks(range(len(first)), drawn(name for name, _ in first), fontsize="small")
    ax.set_title(f"the first {MOST} of {len(rows)}" if len(rows) > MOST else "", fontsize="small")
    ax.invert_yaxis()
    return ax


def picture_of(plot: Callable[[Axes], Any], alt: str) -> str:
    """What ``plot(axes)`` draws as an ``<img>`` that carries its own pixels; ``alt`` is escaped."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure, pixels = Figure(figsize=(5.6, 3.5), layout="constrained"), io.BytesIO()
    axes = figure.subplots()
    # a name may hold a dollar sign; letters that the font lacks become boxes
    with rc_context({"text.parse_math": False}), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        plot(axes)
        if axes.get_legend() is None and len(axes.get_legend_handles_labels()[1]) > 1:
            axes.legend(frameon=False, fontsize="small")
        figure.savefig(pixels, format="png", dpi=120)
    data = base64.b64encode(pixels.getvalue()).decode("ascii")
    return f'<img alt="{alt}" src="data:image/png;base64,{data}">'
