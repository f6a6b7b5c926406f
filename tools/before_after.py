"""The README's figure of mixed search before and after mending, from the recorded numbers.

    python -m benchmarks.mixed_search --arrays pairs.npz     # measures
    python -m tools.before_after                             # draws

A test holds the drawing to the record.
"""

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

RECORD = Path("benchmarks/results/mixed_search.json")
OUT = Path("docs/images/mixed_search.svg")

WAYS = {
    "as it is": ("before", "#9a3b26"),
    "mended": ("after mend", "#1f6f8b"),
    "interleaved by rank": ("rule: interleave", "#b9b9b9"),
    "other modality first": ("rule: other first", "#b9b9b9"),
}
PANELS = {
    "other modality among the first 10": "Share of the other modality",
    "match among the first 10": "Match among the first 10",
    "R@1": "R@1, other modality alone",
}
WIDTH, ROW, LEFT, BAR = 880, 30, 128, 190


def drawn(record: Mapping[str, Any]) -> str:
    """The whole drawing."""
    high = 76 + ROW * len(WAYS) + 44
    parts = [_text(20, 24, f"Searching {record['pairs']} pictures and captions together", 15, 600)]
    for number, (key, title) in enumerate(PANELS.items()):
        left = LEFT + number * (BAR + 62)
        parts.append(_text(left, 56, title, 12, 600))
        for row, (way, (name, colour)) in enumerate(WAYS.items()):
            at = 70 + row * ROW
            if number == 0:
                parts.append(_text(LEFT - 8, at + 15, name, 12, 400, "end"))
            parts += _bar(left, at, record["ways"][way][key], colour)
    said = f"{record['data']}; fitted on {record['fitted on']} pairs, searched among the others."
    parts.append(_text(20, high - 16, said, 11, 400))
    told = escape(alt(record))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {high}" role="img" '
        f'aria-label="{told}" font-family="Helvetica, Arial, sans-serif" fill="#222">'
        f"<title>{told}</title>"
        f'<rect width="{WIDTH}" height="{high}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def alt(record: Mapping[str, Any]) -> str:
    """The drawing in words."""
    rows = (
        f"{name}: " + ", ".join(f"{record['ways'][way][key]['value']:.1%}" for key in PANELS)
        for way, (name, _) in WAYS.items()
    )
    return f"{', '.join(title.lower() for title in PANELS.values())}. {'; '.join(rows)}."


def _bar(left: int, at: int, found: Mapping[str, float], colour: str) -> list[str]:
    long = BAR * found["value"]
    ends = [left + BAR * found[end] for end in ("low", "high")]
    parts = [
        f'<rect x="{left}" y="{at}" width="{BAR}" height="20" fill="#f3f3f3"/>',
        f'<rect x="{left}" y="{at}" width="{long:.1f}" height="20" fill="{colour}"/>',
        _text(left + BAR + 6, at + 15, f"{found['value']:.1%}", 12, 400),
    ]
    if ends[1] - ends[0] > 1:
        line = f'x1="{ends[0]:.1f}" x2="{ends[1]:.1f}" y1="{at + 10}" y2="{at + 10}"'
        parts.append(f'<line {line} stroke="#111" stroke-width="2"/>')
    return parts


def _text(x: int, y: int, text: str, size: int, weight: int, anchor: str = "start") -> str:
    style = f'font-size="{size}" font-weight="{weight}" text-anchor="{anchor}"'
    return f'<text x="{x}" y="{y}" {style}>{escape(text)}</text>'


if __name__ == "__main__":
    OUT.write_text(drawn(json.loads(RECORD.read_text("utf-8"))), encoding="utf-8")
    print(OUT)
