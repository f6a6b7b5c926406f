"""Curves and maps of two modalities, drawn straight as SVG: for pages by the hundred."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field

import numpy as np

from isthmus.records import dataclass
from isthmus.report.blocks import Figure
from isthmus.report.elements import keys
from isthmus.report.text import escaped, visible

WIDTH, HEIGHT = 420.0, 280.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 12.0, 12.0, 46.0
TICKS = 4
"""Of curves."""
MAP_WIDTH, MAP_HEIGHT, MARGIN = 620.0, 420.0, 14.0
LABEL = 140
"""Characters of an item's text that a point of a map carries."""


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
    low, high = _wide(every.min(axis=0), every.max(axis=0), equal)
    scale = np.array([WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM]) / (high - low)

    def placed(points: np.ndarray) -> np.ndarray:
        moved = (points - low) * scale
        return np.stack([LEFT + moved[:, 0], HEIGHT - BOTTOM - moved[:, 1]], axis=1)

    inside = _frame(low, high, axes)
    for number, curve in enumerate(curves):
        inside += _curve(number, curve, placed(curve.points))
    alt = f"{title}. {sentence}"
    svg = _drawing([curve.name for curve in curves], (WIDTH, HEIGHT), alt, inside)
    return Figure(title, svg, sentence, numbers)


def _wide(low: np.ndarray, high: np.ndarray, equal: bool) -> tuple[np.ndarray, np.ndarray]:
    """The ends of the axes: a little room, and no axis of length zero."""
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-9)
    if equal:
        room = np.array([WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM])
        half = room * (half / room).max()
    return middle - 1.06 * half, middle + 1.06 * half


def _frame(low: np.ndarray, high: np.ndarray, axes: tuple[str, str]) -> str:
    floor, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    markup = (
        f'<path class="axis" d="M{LEFT:g} {TOP:g}V{floor:g}H{right:g}"/>'
        f'<text class="name" text-anchor="middle" x="{(LEFT + right) / 2:g}" '
        f'y="{HEIGHT - 8:g}">{escaped(axes[0])}</text>'
        f'<text class="name" text-anchor="middle" transform="translate(13 '
        f'{(TOP + floor) / 2:g}) rotate(-90)">{escaped(axes[1])}</text>'
    )
    for tick in _ticks(low[0], high[0]):
        at = LEFT + (tick - low[0]) / (high[0] - low[0]) * (right - LEFT)
        markup += (
            f'<text class="tick" text-anchor="middle" x="{at:.1f}" '
            f'y="{floor + 15:g}">{tick:g}</text>'
        )
    for tick in _ticks(low[1], high[1]):
        at = floor - (tick - low[1]) / (high[1] - low[1]) * (floor - TOP)
        markup += (
            f'<text class="tick" text-anchor="end" x="{LEFT - 6:g}" '
            f'y="{at + 4:.1f}">{tick:g}</text>'
        )
    return markup


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between the ends."""
    raw = (high - low) / TICKS
    power = 10.0 ** np.floor(np.log10(raw))
    step = power * next(round_ for round_ in (1, 2, 2.5, 5, 10) if round_ * power >= raw)
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return [float(round(number * step, 10)) for number in range(first, last + 1)]


def _curve(number: int, curve: Curve, places: np.ndarray) -> str:
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    line = f'<polyline class="curve m{number}" points="{joined}"/>' if curve.joined else ""
    return line + "".join(
        f'<circle class="dot m{number}" cx="{x:.1f}" cy="{y:.1f}" r="3.4">'
        f"<title>{escaped(label)}</title></circle>"
        for (x, y), label in zip(places, curve.labels, strict=False)
    )


@dataclass(frozen=True, eq=False)
class Cloud:
    """Points of one modality on the map and what each is called."""

    modality: str
    points: np.ndarray
    """(k, 2) coordinates."""
    labels: tuple[str, ...]
    pictures: tuple[str, ...] = ()
    """Data URIs that points show when they are pointed at; empty where there is none."""
    factors: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """What the points can be coloured by, a value each; empty where one has none."""


def map_figure(
    title: str,
    clouds: tuple[Cloud, Cloud],
    links: np.ndarray,
    sentence: str,
    alt: str,
    wide: bool = True,
) -> Figure:
    """Both clouds on one map with equal scales; ``links`` (k, 2) are rows of the two clouds.

    A map that is not ``wide`` leaves room for another beside it.
    """
    places = _placed(clouds)
    lines = "".join(
        f'<line class="link" data-pair="{number}" {_ends(places[0][a], places[1][b])}/>'
        for number, (a, b) in enumerate(links)
    )
    pairs = [{int(row): number for number, row in enumerate(links[:, side])} for side in (0, 1)]
    codes, tools = _colouring(clouds)
    dots = "".join(
        _dot(side, places[side][row], label, pairs[side].get(row), _data(cloud, codes, side, row))
        for side, cloud in enumerate(clouds)
        for row, label in enumerate(cloud.labels)
    )
    names, size = [cloud.modality for cloud in clouds], (MAP_WIDTH, MAP_HEIGHT)
    svg = (
        tools
        + _drawing(names, size, alt, lines + dots, kind="plot map")
        + f'<div class="telling"><p class="told" aria-live="polite">{HINT}</p></div>'
    )
    return Figure(title, svg, sentence, wide=wide)


HINT = (
    "Point at or tap a dot to read it. Drag to move, zoom with the buttons or with Ctrl and the "
    "wheel."
)
COLOURS = 6
"""Values of a factor with a colour of their own, the most frequent ones; all others are grey."""


def _colouring(clouds: tuple[Cloud, Cloud]) -> tuple[dict[str, dict[str, int]], str]:
    """Colour numbers of the values of each factor, and the row of controls that chooses one."""
    codes: dict[str, dict[str, int]] = {}
    rows: list[str] = []
    for title in clouds[0].factors:
        counted = Counter(value for cloud in clouds for value in cloud.factors[title] if value)
        common = [value for value, _ in counted.most_common()]
        codes[title] = {value: min(number, COLOURS) for number, value in enumerate(common)}
        names = [*common[:COLOURS], *(["others"] if len(common) > COLOURS else [])]
        rows.append(f'<p class="keys" data-factor="{len(rows)}" hidden>{keys(names)}</p>')
    options = "".join(
        f'<option value="{number}">{escaped(title)}</option>' for number, title in enumerate(codes)
    )
    choice = (
        f'<label>Colour by <select><option value="">modality</option>{options}</select></label>'
    )
    zoom = "".join(
        f'<button type="button" data-zoom="{factor}" aria-label="{name}">{sign}</button>'
        for factor, name, sign in (
            (1.5, "zoom in", "+"),
            (1 / 1.5, "zoom out", "−"),
            (0, "whole map", "⤢"),
        )
    )
    return codes, f'<div class="tools" hidden>{choice if codes else ""}{zoom}</div>{"".join(rows)}'


def _data(cloud: Cloud, codes: Mapping[str, Mapping[str, int]], side: int, row: int) -> str:
    """What the page's script reads of a dot: its picture and its colour by each factor."""
    picture = cloud.pictures[row] if cloud.pictures else ""
    shown = f' data-picture="{picture}"' if picture else ""
    values = (codes[title].get(of[row], COLOURS) for title, of in cloud.factors.items())
    colours = ",".join(map(str, values))
    return shown + (f' data-colours="{colours}"' if colours else "")


def _placed(clouds: tuple[Cloud, Cloud]) -> tuple[np.ndarray, np.ndarray]:
    both = np.concatenate([cloud.points for cloud in clouds])
    low, high = both.min(axis=0), both.max(axis=0)
    room = np.array([MAP_WIDTH, MAP_HEIGHT]) - 2 * MARGIN
    scale = float((room / np.maximum(high - low, 1e-12)).min())
    middle = np.array([MAP_WIDTH, MAP_HEIGHT]) / 2
    flip = np.array([1.0, -1.0])  # pages count downwards
    first, second = (middle + flip * scale * (c.points - (low + high) / 2) for c in clouds)
    return first, second


def _ends(a: np.ndarray, b: np.ndarray) -> str:
    return f'x1="{a[0]:.1f}" y1="{a[1]:.1f}" x2="{b[0]:.1f}" y2="{b[1]:.1f}"'


def _dot(side: int, place: np.ndarray, label: str, pair: int | None, data: str) -> str:
    join = "" if pair is None else f' data-pair="{pair}"'
    return (
        f'<circle class="dot m{side}" cx="{place[0]:.1f}" cy="{place[1]:.1f}" r="3.6"{join}{data}>'
        f"<title>{escaped(visible(label, LABEL))}</title></circle>"
    )


def _drawing(
    names: Sequence[str], size: tuple[float, float], alt: str, inside: str, kind: str = "plot"
) -> str:
    """An SVG element of this size below the names of its colours."""
    return (
        f'<p class="keys">{keys(names)}</p><svg class="{kind}" viewBox="0 0 {size[0]:g} '
        f'{size[1]:g}" role="img" aria-label="{escaped(alt)}">{inside}</svg>'
    )
