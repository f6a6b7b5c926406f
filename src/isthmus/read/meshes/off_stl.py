"""OFF and STL files.

Sources: Geomview manual, "OFF: Object File Format"; 3D Systems, "StereoLithography interface
specification", 1989, and the colours that VisCAM and Materialise Magics put into attribute bytes.
"""

import re
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate, chain, pairwise

import numpy as np
from jaxtyping import Int, UInt8

from isthmus.read.meshes.beside import Beside, decoded, shown
from isthmus.read.meshes.surfaces import (
    PLAIN,
    Surface,
    floats,
    limited,
    meshed,
    one_colouring,
    rgba,
    table,
)
from isthmus.read.meshes.triangles import Mesh
from isthmus.types import amount

OFF = re.compile(
    r"(?P<ST>ST)?(?P<C>C)?(?P<N>N)?(?P<four>4)?(?P<n>n)?(?i:OFF[ \t]*(?P<binary>BINARY)?)"
)
"""A header: texture places, colours, normals, a fourth coordinate, dimensions."""
WIDTHS = {"ST": 1, "C": 4, "N": 3, "four": 1}
"""Numbers of a vertex for each letter of the header."""

FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
VERTEX = re.compile(rb"vertex\s+(\S+\s+\S+\s+\S+)")
OPEN = re.compile(rb"(?<!end)(?<!end )facet|loop|vertex")
"""Words of a facet that does not end."""


def read_off(data: bytes, beside: Beside) -> Mesh | None:
    """The faces of an OFF file; None without any.

    Numbers may stand on lines as they like; only the colour of a face ends with its line.

    Raises:
        ValueError: damaged, or of other dimensions; one sentence.
    """
    text = decoded(data).replace("\r\n", "\n").replace("\r", "\n")
    rows = [row for line in text.split("\n") if (row := line.partition("#")[0].strip())]
    first = rows[0].upper() if rows and rows[0][:4].islower() else "".join(rows[:1])
    if (head := OFF.match(first)) is None:
        raise ValueError("it does not begin with OFF")
    if head["binary"]:
        raise ValueError("it is a binary OFF: write it again as text")
    rows[0] = rows[0][head.end() :]
    lines = [row.split() for row in rows]
    words, ends = list(chain.from_iterable(lines)), [*accumulate(map(len, lines))]
    at = 1 if head["n"] else 0
    if at and words[:1] != ["3"]:
        raise ValueError(f"its vertices have {shown(''.join(words[:1]))} dimensions; 3 are read")
    count, faces = (int(word) for word in [*words[at : at + 2], "-1", "-1"][:2])
    line = bisect_left(ends, at + 2)
    no_edges = ends[line : line + 1] == [at + 2] and ends[line + 1 : line + 2] != [at + 3]
    at += 2 if no_edges else 3
    if min(count, faces) < 0 or len(words) < at + 3 * count + faces:
        raise ValueError("it is cut short: it has fewer numbers than it says")
    line = bisect_left(ends, at)
    stops = ends[line : line + count + 1]
    if stops[0] != at or len(ends) <= line + count + faces or min(np.diff(stops), default=3) < 3:
        wide = 3 + sum(len(head[part] or "") * many for part, many in WIDTHS.items())
        stops = [*range(at, at + count * wide + 1, wide)]
    surface = _off_vertices(head, [words[one:two] for one, two in pairwise(stops)], beside)
    sizes, corners, colours = _off_faces(words, ends, (stops[-1], faces), beside)
    surface = replace(surface, corners=corners, sizes=sizes, face_colours=colours)
    return meshed(one_colouring(surface, beside.left_out))


def _off_vertices(head: re.Match[str], rows: Sequence[Sequence[str]], beside: Beside) -> Surface:
    """Vertices and what belongs to them, without faces."""
    vertices = table([" ".join(row) for row in rows], "a vertex", 3)
    points, parts = vertices[:, :3], vertices[:, 3:]
    if head["four"]:
        points, parts = points / parts[:, :1], parts[:, 1:]
    normals, parts = (parts[:, :3], parts[:, 3:]) if head["N"] else (None, parts)
    start = vertices.shape[1] - parts.shape[1]
    uv, parts = (parts[:, -2:], parts[:, :-2]) if head["ST"] else (None, parts)
    width, low = parts.shape[1], np.nan_to_num(parts).min(initial=0)
    coloured = width in (3, 4) and (head["C"] or low >= 0)
    if width and not coloured:
        beside.left_out.append(f"{amount(width, 'more number')} of its vertices")
    full = 255.0 if _whole(word for row in rows for word in row[start : start + width]) else None
    none = np.zeros(0, int)
    return Surface(points, none, none, normals, uv, rgba(parts, full) if coloured else None)


def _whole(words: Iterable[str]) -> bool:
    """Whether a colour is of whole numbers, 0..255; a point or an exponent makes it 0..1."""
    return all(word.lstrip("+-").isdigit() for word in words)


def _off_faces(
    words: Sequence[str], ends: Sequence[int], span: tuple[int, int], beside: Beside
) -> tuple[Int[np.ndarray, " f"], Int[np.ndarray, " c"], UInt8[np.ndarray, "f 4"] | None]:
    """Sizes, corners and colours of so many faces from a word on.

    A colour goes on to the end of its line; of faces that share lines there are none.
    """
    at, count = span
    lines = len(ends) - bisect_right(ends, at) >= count
    sizes, corners = list[int](), list[str]()
    colours = np.full((count, 4), np.nan)
    numbered = 0
    for number in range(count):
        size = int(words[at]) if at < len(words) else 0
        if (end := at + 1 + size) > len(words) or size < 0:
            raise ValueError(f"it is cut short: a face of {size} corners has fewer")
        sizes.append(size)
        corners += words[at + 1 : end]
        at = ends[bisect_left(ends, end)] if lines else end
        more = words[end:at][:4]
        numbered += at - end in (1, 2)
        if len(more) > 2:
            values = np.array(more, float)
            full = 255 if _whole(more) or values.max() > 1 else 1
            colours[number, : len(more)] = values / full
    if numbered:
        beside.left_out.append(
            f"colours of {amount(numbered, 'face')}, which are numbers of a colour map"
        )
    given = ~np.isnan(colours[:, 0])
    return (
        np.array(sizes, int),
        np.array(corners, np.int64),
        rgba(colours, 1.0, PLAIN.colour) if given.any() else None,
    )


def is_stl(data: bytes) -> bool:
    """Whether there are as many facets as a binary STL says, with fewer bytes behind than of them.

    What its header says is free: it may be the beginning of any other format.
    """
    count = struct.unpack_from("<I", data, 80)[0] if len(data) >= 84 else 0
    size = 84 + 50 * count
    if not count or not size < len(data) <= 2 * size or b"endloop" in data.lower():
        return count > 0 and len(data) == size
    some = np.frombuffer(data, FACET, min(count, 1000), 84)["corners"]
    return bool(np.isfinite(some).all() and np.abs(some).max() < 1e30)


def read_stl(data: bytes, beside: Beside) -> Mesh | None:
    """The facets of a binary STL file, flat; None without any.

    Raises:
        ItemError: too many facets.
        ValueError: cut short.
    """
    if len(data) < 84 or len(data) < 84 + 50 * (count := struct.unpack_from("<I", data, 80)[0]):
        raise ValueError("it is cut short")
    limited(count)
    facets = np.frombuffer(data, FACET, count, 84)
    surface = Surface(
        facets["corners"].reshape(-1, 3).astype(float),
        np.arange(3 * count),
        np.full(count, 3),
        face_colours=_stl_colours(data[:80], facets["attribute"].astype(int)),
        flat=True,
    )
    return meshed(one_colouring(surface, beside.left_out))


def _stl_colours(head: bytes, bits: Int[np.ndarray, " f"]) -> UInt8[np.ndarray, "f 4"] | None:
    """Colours in attribute bytes: of Magics, whose header says so, or of VisCAM."""
    marked = (bits & 0x8000) > 0
    rgb = np.stack([bits & 31, bits >> 5 & 31, bits >> 10 & 31], axis=1) / 31
    whole = head.find(b"COLOR=")
    if 0 <= whole <= 70:
        fallback = tuple(byte / 255 for byte in head[whole + 6 : whole + 10])
        own = ~marked & bits.any()
        return rgba(np.where(own[:, None], rgb, np.nan), 1.0, fallback)
    if marked.any() and (marked | (bits == 0)).all():
        return rgba(np.where(marked[:, None], rgb[:, ::-1], np.nan), 1.0, PLAIN.colour)
    return None


def read_stl_text(data: bytes, beside: Beside) -> Mesh | None:
    """The facets of an STL file in text, of one solid or several, flat; None without any.

    Raises:
        ValueError: cut short, or no numbers.
    """
    text = data.lower().replace(b"\0", b" ").replace(b"end loop", b"endloop")
    *loops, rest = text.split(b"endloop")
    if OPEN.search(rest.partition(b"endsolid")[0]):
        raise ValueError("it is cut short")
    found = [VERTEX.findall(loop.rpartition(b"loop")[2]) for loop in loops]
    points = floats(b" ".join(row for loop in found for row in loop), "a vertex").reshape(-1, 3)
    sizes = np.array([len(loop) for loop in found], int)
    return meshed(Surface(points, np.arange(len(points)), sizes, flat=True))
