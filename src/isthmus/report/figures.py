"""Results as drawings: each draws itself on matplotlib axes, which become inline SVG."""

import io
import warnings
from typing import Any

from isthmus.report.blocks import Figure
from isthmus.report.numbers import reading
from isthmus.report.svg import CYCLE, page_svg
from isthmus.types import Result

SIZE = (5.6, 3.5)
"""Inches at 72 units each: letters of 12 units stay legible on a phone 390 px wide."""

MANY = 1500
"""Points from which on a curve or cloud is drawn as pixels, so that a page stays small."""

INK = "#222222"
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a class name may hold a dollar sign
    "font.size": 12,
    "axes.labelsize": 12,
    "axes.titlesize": 12,
    "xtick.labelsize": 11.5,
    "ytick.labelsize": 11.5,
    "legend.fontsize": 11.5,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888888",
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": "#888888",
    "ytick.color": "#888888",
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.linewidth": 0.9,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
}


def figure(result: Result, key: str) -> Figure:
    """The drawing of a result with its sentence and numbers; ``key`` makes its ids distinct."""
    alt = f"{result.name}. {result.about}"
    svg, rules = page_svg(drawn(result, key), key, alt)
    return Figure(result.name, svg, alt, result.about, reading(result), result.cite(), rules=rules)


def drawn(result: Result, key: str) -> str:
    """What ``result.plot`` draws, as an SVG document; equal input gives equal text."""
    from cycler import cycler
    from matplotlib import rc_context
    from matplotlib.figure import Figure as Canvas

    style: Any = STYLE | {"svg.hashsalt": key, "axes.prop_cycle": cycler(color=CYCLE)}
    # letters that the layout font lacks are drawn by the reader's browser
    with rc_context(style), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        canvas = Canvas(figsize=SIZE, layout="constrained")
        axes = canvas.subplots()
        result.plot(axes)
        _thin(axes)
        _legend_above(axes)
        text = io.StringIO()
        canvas.savefig(text, format="svg", metadata={"Date": None}, dpi=144)
    return text.getvalue()


def _thin(axes: Any) -> None:
    for artist in axes.collections:
        if len(artist.get_offsets()) > MANY:
            artist.set_rasterized(True)
    for line in axes.lines:
        if len(line.get_xdata()) > MANY and line.get_marker() not in ("", "None", None):
            line.set_rasterized(True)


def _legend_above(axes: Any) -> None:
    """Legends stand above the drawing, where they hide nothing."""
    legend = axes.get_legend()
    if legend is None:
        return
    labels = [text.get_text() for text in legend.get_texts()]
    title = legend.get_title().get_text()
    room = 44 // (4 + max(map(len, labels), default=1))
    axes.legend(
        legend.legend_handles,
        labels,
        title=title or None,
        alignment="left",
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=max(1, min(len(labels), room)),
        borderaxespad=0.2,
        borderpad=0.1,
        columnspacing=1.4,
        handlelength=1.4,
    )
