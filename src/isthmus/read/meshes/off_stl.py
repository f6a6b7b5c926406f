"""OFF and STL files.

Sources: Geomview manual, "OFF: Object File Format"; 3D Systems, "StereoLithography interface
specification", 1989, and the colours that VisCAM and Materialise Magics put into attribute bytes.
"""

import re
import struct
from collections.abc import Sequence

import numpy as np
from jaxtyping import Int, UInt8

from isthmus.read.meshes.beside import Beside, decoded, shown
from isthmus.read.meshes.surfaces import (
    MAX_FACES,
    PLAIN,
    Surface,
    floats,
    meshed,
    one_colouring,
    rgba,
    table,
)
from isthmus.read.meshes.triangles import Mesh
from isthmus.types import ItemError

OFF = re.compile(
    r"(?P<ST>ST)?(?P<C>C)?(?P<N>N)?(?P<four>4)?(?P<n>n)?(?i:OFF[ \t]*(?P<binary>BINARY)?)"
)
"""A header: texture places, colours, normals, a fourth coordinate, dimensions."""

FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
SOLID = re.compile(rb"^[ \t]*(?:end)?solid\b[^\n]*", re.MULTILINE)
VERTEX = re.compile(rb"vertex\s+(\S+\s+\S+\s+\S+)")


def read_off(data: bytes, beside: Beside) -> Mesh | None:
    """The faces of an OFF file; None without any.

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
    rows = rows if rows[0].strip() else rows[1:]
    if head["n"]:
        if rows[0].split() != ["3"]:
            raise ValueError(f"its vertices have {shown(rows[0])} dimensions; 3 are read")
        rows = rows[1:]
    counts = [int(word) for word in rows[0].split()[:2]]
    if len(counts) < 2 or min(counts) < 0 or len(rows) < 1 + sum(counts):
        raise ValueError(f"it is cut short: it has {len(rows) - 1:,} of {sum(counts):,} lines")
    vertices = table(rows[1 : 1 + counts[0]], "a vertex", 3)
    sizes, corners, given = _off_faces(rows[1 + counts[0] : 1 + sum(counts)], beside)
    points, parts = vertices[:, :3], vertices[:, 3:]
    if head["four"]:
        points, parts = points / parts[:, :1], parts[:, 1:]
    normals, parts = (parts[:, :3], parts[:, 3:]) if head["N"] else (None, parts)
    uv, parts = (parts[:, -2:], parts[:, :-2]) if head["ST"] else (None, parts)
    width, low = parts.shape[1], np.nan_to_num(parts).min(initial=0)
    coloured = width in (3, 4) and (head["C"] or low >= 0)
    if width and not coloured:
        beside.left_out.append(f"{width} more numbers of its vertices")
    surface = Surface(
        points, corners, sizes, normals, uv, rgba(parts) if coloured else None, face_colours=given
    )
    return meshed(one_colouring(surface, beside.left_out))


def _off_faces(
    rows: Sequence[str], beside: Beside
) -> tuple[Int[np.ndarray, " f"], Int[np.ndarray, " c"], UInt8[np.ndarray, "f 4"] | None]:
    """Sizes, corners and colours of faces."""
    sizes, corners = list[int](), list[str]()
    colours = np.full((len(rows), 4), np.nan)
    numbered = 0
    for number, row in enumerate(rows):
        words = row.split()
        size = int(words[0])
        if not 0 <= size < len(words):
            raise ValueError(f"a face of {size} corners has {len(words) - 1}")
        sizes.append(size)
        corners += words[1 : 1 + size]
        more = words[1 + size :]
        numbered += len(more) in (1, 2)
        if len(more) > 2:
            colours[number, : len(more[:4])] = [float(word) for word in more[:4]]
    if numbered:
        beside.left_out.append(f"colours of {numbered} faces, which are numbers of a colour map")
    given = ~np.isnan(colours[:, 0])
    return (
        np.array(sizes, int),
        np.array(corners, np.int64),
        rgba(colours, other=PLAIN.colour) if given.any() else None,
    )


def read_stl(data: bytes, beside: Beside) -> Mesh | None:
    """The facets of a binary STL file, flat; None without any.

    Raises:
        ItemError: too many facets.
        ValueError: cut short.
    """
    if len(data) < 84 or len(data) < 84 + 50 * (count := struct.unpack_from("<I", data, 80)[0]):
        raise ValueError("it is cut short")
    if count > MAX_FACES:
        raise ItemError(
            f"The mesh has {3 * count:,} corners; {3 * MAX_FACES:,}, those of {MAX_FACES:,} "
            "triangles, are read: simplify it first."
        )
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
    text = data.lower().replace(b"\r", b"\n").replace(b"end loop", b"endloop")
    loops = [VERTEX.findall(loop) for loop in SOLID.sub(b"", text).split(b"endloop")]
    if loops.pop():
        raise ValueError("it is cut short")
    rows = b" ".join(row for loop in loops for row in loop)
    points = floats(rows, "a vertex").reshape(-1, 3)
    sizes = np.array([len(loop) for loop in loops], int)
    return meshed(Surface(points, np.arange(len(points)), sizes, flat=True))
