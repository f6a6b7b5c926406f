"""Results as drawings: each draws itself on matplotlib axes, which become inline SVG."""

import io
import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from isthmus.report.blocks import Figure
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


def figure(
    key: str,
    title: str,
    results: Sequence[Result],
    sentence: str,
    numbers: tuple[tuple[str, str], ...] = (),
) -> Figure:
    """Results drawn together on one pair of axes; ``key`` makes the drawing's ids distinct.

    Where they cannot be drawn, their words and numbers stand alone, and say why.
    """
    try:
        svg, rules = page_svg(drawn(results, key), key, f"{title}. {sentence}")
    except Exception as error:  # of a plot of another package, or of matplotlib
        svg, rules = "", ()
        sentence = f"{sentence} (It could not be drawn: {error}.)"
    sources = "; ".join(
        dict.fromkeys(result.cite().rstrip(".") for result in results if result.cite())
    )
    return Figure(title, svg, sentence, numbers, sources, rules=rules)


def drawn(results: Sequence[Result], key: str) -> str:
    """What ``plot`` of the results draws, as an SVG document; equal input gives equal text."""
    from cycler import cycler
    from matplotlib import rc_context
    from matplotlib.figure import Figure as Canvas

    style: Any = STYLE | {"svg.hashsalt": key, "axes.prop_cycle": cycler(color=CYCLE)}
    # letters that the layout font lacks are drawn by the reader's browser
    with rc_context(style), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        canvas = Canvas(figsize=SIZE, layout="constrained")
        axes = canvas.subplots()
        for result in results:
            result.plot(axes)
        _thin(axes)
        _plain_logarithms(axes)
        _cut_to_histograms(axes)
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


def _plain_logarithms(axes: Any) -> None:
    """Ticks of logarithmic axes as 1, 10, 100: powers would be set as mathematics."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() == "log":
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter(NullFormatter())


def _cut_to_histograms(axes: Any) -> None:
    """Leaves out the empty ends of histograms whose bins cover all that is possible."""
    from matplotlib.patches import StepPatch

    steps: list[Any] = [patch.get_data() for patch in axes.patches if isinstance(patch, StepPatch)]
    ends = [
        float(edge)
        for step in steps
        for start, edge in enumerate(step.edges)
        if step.values[max(0, start - 1) : start + 1].any()
    ]
    if ends:
        low, high = min(ends), max(ends)
        axes.set_xlim(low - 0.02 * (high - low), high + 0.02 * (high - low))


def _legend_above(axes: Any) -> None:
    """Names of what is drawn, where there are several, above it where they hide nothing."""
    handles, labels = axes.get_legend_handles_labels()
    legend, title = axes.get_legend(), ""
    if legend is not None:
        handles, labels = legend.legend_handles, [text.get_text() for text in legend.get_texts()]
        title = legend.get_title().get_text()
    named = dict(reversed([*zip(labels, handles, strict=True)]))  # a name that recurs, once
    labels, handles = [*named][::-1], [*named.values()][::-1]
    if legend is None and len(labels) < 2:
        return
    axes.legend(
        handles,
        labels,
        title=title or None,
        alignment="left",
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=_columns(labels),
        borderaxespad=0.2,
        borderpad=0.1,
        columnspacing=1.4,
        handlelength=1.4,
    )


def _columns(labels: Sequence[str]) -> int:
    """The most legend columns that fit beside each other, filled as matplotlib fills them."""
    for count in range(len(labels), 1, -1):
        rows, longer = divmod(len(labels), count)
        sizes = [rows + 1] * longer + [rows] * (count - longer)
        ends = [sum(sizes[:column]) for column in range(count + 1)]
        columns = [labels[start:end] for start, end in pairwise(ends)]
        if sum(6.3 * max(map(len, column)) + 38 for column in columns) <= 345:
            return count
    return 1
