"""Curves with their points, drawn straight as SVG: for pages by the hundred."""

from dataclasses import dataclass

import numpy as np

from isthmus.report.blocks import Figure
from isthmus.report.text import escaped

WIDTH, HEIGHT = 420.0, 280.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 12.0, 12.0, 46.0
TICKS = 4


@dataclass(frozen=True, eq=False)
class Curve:
    """Points joined in their order; the k-th curve has the page's k-th colour."""

    name: str
    points: np.ndarray
    """(n, 2), x and y."""
    labels: tuple[str, ...] = ()
    """What each point says when it is pointed at; a curve without labels has no dots."""
    joined: bool = True


def line_figure(
    title: str,
    curves: tuple[Curve, ...],
    axes: tuple[str, str],
    sentence: str,
    numbers: tuple[tuple[str, str], ...] = (),
    *,
    equal: bool = False,
) -> Figure:
    """Curves on one pair of axes, whose names are ``axes``; ``equal``: one scale for both."""
    every = np.concatenate([curve.points for curve in curves])
    low, high = every.min(axis=0), every.max(axis=0)
    low, high = _wide(low, high, equal)
    scale = np.array([WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM]) / (high - low)

    def placed(points: np.ndarray) -> np.ndarray:
        moved = (points - low) * scale
        return np.stack([LEFT + moved[:, 0], HEIGHT - BOTTOM - moved[:, 1]], axis=1)

    inside = _frame(low, high, axes)
    for number, curve in enumerate(curves):
        inside += _drawn(number, curve, placed(curve.points))
    keys = "".join(
        f'<span class="key k{number}">{escaped(curve.name)}</span>'
        for number, curve in enumerate(curves)
    )
    alt = f"{title}. {sentence}"
    svg = (
        f'<p class="keys">{keys}</p><svg class="plot" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" '
        f'role="img" aria-label="{escaped(alt)}">{inside}</svg>'
    )
    return Figure(title, svg, alt, sentence, numbers)


def _wide(low: np.ndarray, high: np.ndarray, equal: bool) -> tuple[np.ndarray, np.ndarray]:
    """The ends of the axes: a little room, and no axis of length zero."""
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-9)
    if equal:
        room = np.array([WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM])
        half = room * (half / room).max()
    return middle - 1.06 * half, middle + 1.06 * half


def _frame(low: np.ndarray, high: np.ndarray, axes: tuple[str, str]) -> str:
    floor, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    said = (
        f'<path class="axis" d="M{LEFT:g} {TOP:g}V{floor:g}H{right:g}"/>'
        f'<text class="name" text-anchor="middle" x="{(LEFT + right) / 2:g}" '
        f'y="{HEIGHT - 8:g}">{escaped(axes[0])}</text>'
        f'<text class="name" text-anchor="middle" transform="translate(13 '
        f'{(TOP + floor) / 2:g}) rotate(-90)">{escaped(axes[1])}</text>'
    )
    for tick in _ticks(low[0], high[0]):
        at = LEFT + (tick - low[0]) / (high[0] - low[0]) * (right - LEFT)
        said += f'<text class="tick" text-anchor="middle" x="{at:.1f}" y="{floor + 15:g}">{tick:g}'
        said += "</text>"
    for tick in _ticks(low[1], high[1]):
        at = floor - (tick - low[1]) / (high[1] - low[1]) * (floor - TOP)
        said += f'<text class="tick" text-anchor="end" x="{LEFT - 6:g}" y="{at + 4:.1f}">{tick:g}'
        said += "</text>"
    return said


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between the ends."""
    raw = (high - low) / TICKS
    power = 10.0 ** np.floor(np.log10(raw))
    step = power * next(round_ for round_ in (1, 2, 2.5, 5, 10) if round_ * power >= raw)
    first = int(np.ceil(low / step - 1e-9))
    last = int(np.floor(high / step + 1e-9))
    return [float(round(number * step, 10)) for number in range(first, last + 1)]


def _drawn(number: int, curve: Curve, places: np.ndarray) -> str:
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    line = f'<polyline class="curve m{number}" points="{joined}"/>' if curve.joined else ""
    return line + "".join(
        f'<circle class="dot m{number}" cx="{x:.1f}" cy="{y:.1f}" r="3.4">'
        f"<title>{escaped(label)}</title></circle>"
        for (x, y), label in zip(places, curve.labels, strict=False)
    )
