"""The map of two modalities: points that name themselves, linked pairs joined by a line."""

from dataclasses import dataclass

import numpy as np

from isthmus.report.blocks import Figure
from isthmus.report.text import escaped, visible

WIDTH, HEIGHT, MARGIN = 620.0, 420.0, 14.0
LABEL = 140
"""Characters of an item's text that a point carries."""


@dataclass(frozen=True, eq=False)
class Cloud:
    """Points of one modality on the map and what each is called."""

    modality: str
    points: np.ndarray
    """(k, 2) coordinates."""
    labels: tuple[str, ...]


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
    dots = "".join(
        _dot(side, places[side][row], label, pairs[side].get(row))
        for side, cloud in enumerate(clouds)
        for row, label in enumerate(cloud.labels)
    )
    keys = "".join(
        f'<span class="key k{side}">{escaped(cloud.modality)}</span>'
        for side, cloud in enumerate(clouds)
    )
    svg = (
        f'<p class="keys">{keys}</p>'
        f'<svg class="plot map" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" '
        f'aria-label="{escaped(alt)}">{lines}{dots}</svg>'
        '<p class="told" aria-live="polite">Point at or tap a dot to read it.</p>'
    )
    return Figure(title, svg, alt, sentence, wide=wide)


def _placed(clouds: tuple[Cloud, Cloud]) -> tuple[np.ndarray, np.ndarray]:
    both = np.concatenate([cloud.points for cloud in clouds])
    low, high = both.min(axis=0), both.max(axis=0)
    room = np.array([WIDTH, HEIGHT]) - 2 * MARGIN
    scale = float((room / np.maximum(high - low, 1e-12)).min())
    middle = np.array([WIDTH, HEIGHT]) / 2
    flip = np.array([1.0, -1.0])  # pages count downwards
    first, second = (middle + flip * scale * (c.points - (low + high) / 2) for c in clouds)
    return first, second


def _ends(a: np.ndarray, b: np.ndarray) -> str:
    return f'x1="{a[0]:.1f}" y1="{a[1]:.1f}" x2="{b[0]:.1f}" y2="{b[1]:.1f}"'


def _dot(side: int, place: np.ndarray, label: str, pair: int | None) -> str:
    join = "" if pair is None else f' data-pair="{pair}"'
    return (
        f'<circle class="dot m{side}" cx="{place[0]:.1f}" cy="{place[1]:.1f}" r="3.6"{join}>'
        f"<title>{escaped(visible(label, LABEL))}</title></circle>"
    )
