"""The rooms as one drawing, `docs/images/architecture.svg`: `python -m tools.architecture_picture`.

Rows are the layers of the import contract in `pyproject.toml`; what a room answers is the first
sentence of its `__init__.py`; arrows are what the import graph holds, without those that follow
from others.
"""

import ast
import re
import tomllib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import grimp
import matplotlib
from PIL import ImageFont

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "images" / "architecture.svg"

MAPS = {"read": "#1d6996", "view": "#0f8554", "encode": "#b3541e", "link": "#94346e"}
"""The four kinds of map and their colours."""
NODES = ("file", "item", "bag of items", "vector", "vector of another space")
ROOM_OF = {"read": "read", "view": "view", "encode": "encode", "transform": "link"}

WIDTH, LEFT, RIGHT, GAP, LANE = 1000, 20, 850, 30, 16
FONT = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans-Bold.ttf")


@dataclass(frozen=True)
class Room:
    """A folder of the package: what it answers, how many modules and lines it has."""

    name: str
    question: str
    modules: int
    lines: int


@dataclass(frozen=True)
class Row:
    """A layer in the drawing: its rooms side by side, from ``top`` to ``bottom``."""

    rooms: tuple[Room, ...]
    top: float
    bottom: float


def room(path: Path) -> Room:
    """What a folder is and how large."""
    files = sorted(path.rglob("*.py"))
    text = ast.get_docstring(ast.parse((path / "__init__.py").read_text(encoding="utf-8"))) or ""
    found = re.match(r".*?(\?|\.(?=\s|$))", text.replace("\n", " "))
    lines = sum(file.read_text(encoding="utf-8").count("\n") for file in files)
    modules = sum(file.name != "__init__.py" for file in files)
    return Room(path.name, (found[0] if found else text).rstrip("."), modules, lines)


def layers() -> list[list[str]]:
    """The rooms of each layer of the first contract, the highest first; single modules left out."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contract = tomllib.load(file)["tool"]["importlinter"]["contracts"][0]
    split = [[part.strip() for part in layer.split("|")] for layer in contract["layers"]]
    package = ROOT / "src" / "isthmus"
    rows = [[part for part in parts if (package / part).is_dir()] for parts in split]
    return [row for row in rows if row]


def arrows(rows: Sequence[Collection[str]]) -> list[tuple[int, int]]:
    """Which row imports which, without arrows that a chain of others implies."""
    graph = grimp.build_graph("isthmus", cache_dir=None, exclude_type_checking_imports=False)
    place = {name: number for number, row in enumerate(rows) for name in row}
    uses: dict[int, set[int]] = {number: set() for number in range(len(rows))}
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            pair = [place.get(f"{name}.".split(".")[1]) for name in (importer, imported)]
            if None not in pair and pair[0] != pair[1]:
                uses[pair[0]].add(pair[1])
    reached: dict[int, set[int]] = {}
    for number in reversed(range(len(rows))):
        reached[number] = uses[number].union(*(reached[below] for below in uses[number]))
    return [
        (above, below)
        for above in uses
        for below in sorted(uses[above])
        if not any(below in reached[between] for between in uses[above] - {below})
    ]


def wide(text: str, size: float) -> float:
    """Width of a text in pixels, were it bold."""
    return ImageFont.truetype(str(FONT), 100).getlength(text) * size / 100


def wrapped(text: str, size: float, width: float) -> list[str]:
    """A text in lines of at most a width."""
    lines = [""]
    for word in text.replace("``", "").split():
        longer = f"{lines[-1]} {word}".strip()
        if wide(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def text(x: float, y: float, said: str, size: int = 12, style: str = "") -> str:
    """One line of text from its left end, or as ``style`` says."""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" {style}>{escape(said)}</text>'


def line(points: str, colour: str) -> str:
    """A path, with a head at its end."""
    end = f'marker-end="url(#{colour.strip("#")})"'
    return f'<path d="{points}" fill="none" stroke="{colour}" stroke-width="1.6" {end}/>'


def chain() -> Iterator[str]:
    """The four kinds of map from a file to a vector of another space."""
    size, y = 13, 52
    space = (WIDTH - 2 * LEFT - sum(wide(node, size) + 12 for node in NODES)) / len(MAPS)
    x = float(LEFT)
    for node, kind in zip(NODES, [*MAPS, None], strict=True):
        yield text(x, y, node, size, 'font-weight="bold"')
        x += wide(node, size) + 12
        if kind:
            yield line(f"M{x:.1f} {y - 5} H{x + space - 16:.1f}", MAPS[kind])
            style = f'fill="{MAPS[kind]}" text-anchor="middle"'
            yield text(x + space / 2 - 8, y - 12, kind, size, style)
            x += space


def boxes(row: Row) -> Iterator[str]:
    """The rooms of a row: name, question, size."""
    width = (RIGHT - LEFT + 12) / len(row.rooms) - 12
    for number, one in enumerate(row.rooms):
        x = LEFT + number * (width + 12)
        kind = ROOM_OF.get(one.name)
        colour = MAPS[kind] if kind else "#888888"
        yield (
            f'<rect x="{x:.1f}" y="{row.top}" width="{width:.1f}" height="{row.bottom - row.top}" '
            f'rx="5" fill="#fafaf7" stroke="{colour}" stroke-width="{2 if kind else 1}"/>'
        )
        yield text(x + 10, row.top + 20, one.name, 15, 'font-weight="bold" class="room"')
        if kind:
            style = f'fill="{colour}" text-anchor="end"'
            yield text(x + width - 10, row.top + 20, f"map: {kind}", 12, style)
        y = row.top + 38
        for part in wrapped(one.question, 12, width - 20):
            yield text(x + 10, y, part)
            y += 15
        count = f"{one.modules} modules, {one.lines:,} lines"
        yield text(x + 10, row.bottom - 9, count, 11, 'fill="#666666"')


def height(rooms: Sequence[Room]) -> float:
    """What the longest question of a row needs."""
    width = (RIGHT - LEFT + 12) / len(rooms) - 32
    return 50 + 15 * max(len(wrapped(one.question, 12, width)) for one in rooms)


def joints(rows: Sequence[Row], pairs: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Arrows: straight down to the next row, others in lanes on the right, short ones inside."""
    lanes: list[list[tuple[int, int]]] = []
    for above, below in sorted(pairs, key=lambda pair: (pair[1] - pair[0], pair)):
        if below == above + 1:
            yield line(f"M{LEFT + 30} {rows[above].bottom} V{rows[below].top - 2}", "#555555")
            continue
        free = (
            lane for lane in lanes if all(above >= end or below <= start for start, end in lane)
        )
        lane = next(free, None)
        if lane is None:
            lanes.append(lane := [])
        lane.append((above, below))
        x = RIGHT + LANE * (lanes.index(lane) + 1)
        start, stop = rows[above].bottom - 10, rows[below].top + 12
        yield line(f"M{RIGHT} {start} H{x} V{stop} H{RIGHT + 2}", "#555555")


def drawing() -> str:
    """The whole drawing as SVG."""
    names = layers()
    top, rows = 92.0, []
    for some in names:
        rooms = tuple(room(ROOT / "src" / "isthmus" / name) for name in some)
        rows.append(Row(rooms, top, top + height(rooms)))
        top = rows[-1].bottom + GAP
    heads = "".join(
        f'<marker id="{colour.strip("#")}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="{colour}"/></marker>'
        for colour in (*MAPS.values(), "#555555")
    )
    note = (
        "An arrow: imports. Those that follow from others are left out; none goes up or sideways."
    )
    alone = sorted(path.stem for path in (ROOT / "src" / "isthmus").glob("[a-z]*.py"))
    last = f"Below {names[-1][0]} stand single modules that all may use: {', '.join(alone)}."
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top + 30:.0f}" '
        'font-family="DejaVu Sans, Verdana, sans-serif" fill="#222222">',
        "<title>The rooms of isthmus and the four kinds of map</title>",
        f'<defs>{heads}</defs><rect width="100%" height="100%" fill="#ffffff"/>',
        text(LEFT, 20, "Everything is a path of four kinds of map:", 12, 'fill="#666666"'),
        *chain(),
        *(part for row in rows for part in boxes(row)),
        *joints(rows, arrows(names)),
        text(LEFT, top, note, 12, 'fill="#666666"'),
        text(LEFT, top + 17, last, 12, 'fill="#666666"'),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    OUT.write_text(drawing(), encoding="utf-8")
    print(f"{OUT.relative_to(ROOT)}: {len(layers())} layers")
