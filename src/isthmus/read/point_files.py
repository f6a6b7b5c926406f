"""Point clouds of files: PLY, lines of numbers (XYZ, TXT, PTS), NPZ and NPY, LAS and LAZ.

Formats are recognised by their content. What a file holds of a point is its place and, where they
are there, a colour and a normal.
"""

import io
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from isthmus.read.meshes import ply
from isthmus.read.meshes.beside import decoded
from isthmus.read.meshes.surfaces import floats, rgba
from isthmus.read.vectors.files import read_arrays
from isthmus.records import dataclass
from isthmus.types import ExtraMissingError, ItemError, RequestError

MOST = 4_000_000
"""Points that are kept of a file: of more, every second, third ... is."""
SUFFIXES = (".xyz", ".pts", ".las", ".laz", ".ply", ".npz")
"""What counts as a point cloud by its name; PLY and NPZ files may hold other things."""
PLACES = ("points", "xyz", "pos", "vertices")
COLOURS = ("colours", "colors", "rgb", "rgba")
NORMALS = ("normals",)
"""Keys of arrays in NPZ files; a single array holds places, colours and normals as columns."""
NAMES = (
    ({"x": 0, "y": 1, "z": 2},),
    ({"r": 0, "g": 1, "b": 2}, {"red": 0, "green": 1, "blue": 2}),
    ({"nx": 0, "ny": 1, "nz": 2},),
)
"""Of columns that the first line of a text may name: places, colours, normals."""
_COMMENTS = re.compile(rb"(?:#|//)[^\r\n]*")
_BLANKS = bytes.maketrans(b",;\t\r", b"   \n")


@dataclass(frozen=True, eq=False)
class Rows:
    """Points as a file gives them; None where it gives nothing."""

    points: Float[np.ndarray, "n 3"]
    colours: UInt8[np.ndarray, "n 4"] | None = None
    normals: Float[np.ndarray, "n 3"] | None = None


def thinning(count: int) -> int:
    """The k of every k-th row, so that no more than ``MOST`` of ``count`` are left."""
    return max(1, -(-count // MOST))


def read_las(data: bytes) -> Rows:
    """A LAS or LAZ file; its z, which points up, becomes y.

    Raises:
        ExtraMissingError: laspy is not installed.
    """
    try:
        import laspy
    except ModuleNotFoundError as error:
        raise ExtraMissingError("laspy", "shape") from error
    with laspy.open(io.BytesIO(data)) as file:
        step = thinning(file.header.point_count)
        has = set(file.header.point_format.dimension_names)
        names = ["x", "z", "y", *(("red", "green", "blue") if "red" in has else ())]
        parts = [
            np.column_stack([np.asarray(part[name], float)[::step] for name in names])
            for part in file.chunk_iterator(step * 100_000)
        ]
    table = np.concatenate(parts or [np.zeros((0, len(names)))]) * [
        1,
        1,
        -1,
        *[1] * (len(names) - 3),
    ]
    return Rows(table[:, :3], _bytes(table[:, 3:]) if table[:, 3:].any() else None)


def item_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file that is an item, by name.

    Raises:
        ItemError: as ``read_arrays`` refuses a request.
    """
    try:
        return dict(read_arrays(path).arrays)
    except RequestError as error:
        raise ItemError(str(error)) from error


def read_named(path: Path) -> Rows:
    """An NPZ or NPY file: keys as ``PLACES``, ``COLOURS`` and ``NORMALS``, or one array."""
    arrays = item_arrays(path)
    places = _named(arrays, PLACES)
    if places is None and len(arrays) == 1:
        places = next(iter(arrays.values()))
    if places is None or places.ndim != 2 or places.dtype.kind not in "fiu" or places.shape[1] < 3:
        shapes = ", ".join(f"{name or 'unnamed'} {x.shape}" for name, x in list(arrays.items())[:5])
        raise ValueError(
            f"points are an array (n, 3) called {' or '.join(PLACES)}, or the only one; it holds "
            f"{shapes or 'nothing'}"
        )
    colours, normals = _named(arrays, COLOURS), _named(arrays, NORMALS)
    for other in (colours, normals):
        if other is not None and (other.ndim != 2 or len(other) != len(places)):
            raise ValueError(
                f"{len(places)} points have colours or normals of another shape, {other.shape}"
            )
    step = thinning(len(places))
    table = columns(np.asarray(places[::step], float))
    return Rows(
        table.points,
        table.colours if colours is None else _bytes(np.asarray(colours[::step])),
        table.normals if normals is None else np.asarray(normals[::step, :3], float),
    )


def read_ply(data: bytes) -> Rows:
    """The vertices of a PLY file."""
    vertex = ply.ply_elements(data)[0].get("vertex", {})
    points = ply.columns(vertex, ("x", "y", "z"))
    if points is None:
        raise ValueError("its vertices have no x, y and z")
    step = thinning(len(points))
    colours, normals = ply.colours(vertex), ply.columns(vertex, ("nx", "ny", "nz"))
    return Rows(
        points[::step],
        None if colours is None else colours[::step],
        None if normals is None else normals[::step],
    )


def read_lines(data: bytes) -> Rows:
    """Lines of three or more numbers: x y z, then r g b or an intensity, and a normal.

    The first line may name the columns instead, or count the points as PTS does.
    """
    data = _COMMENTS.sub(b"", data).translate(_BLANKS).strip()
    lines = [line for line in data[:9999].split(b"\n", 9) if line.strip()]
    words = decoded(lines[0][:999] if lines else b"").lower().split()
    head = len(lines) > 1 and (len(words) == 1 or "x" in words)
    wide = len(lines[int(head)].split()) if lines else 0
    table = floats(data[len(lines[0]) :] if head else data, "it")
    if wide < 3 or len(table) % wide:
        raise ValueError(
            f"lines of three numbers or more are wanted, x y z and then r g b, all of as many; its "
            f"first holds {wide}, and all hold {len(table)}"
        )
    table = table.reshape(-1, wide)[:: thinning(len(table) // wide)]
    if "x" not in words:
        return columns(table)
    named = {name: table[:, at] for at, name in enumerate(words[:wide])}
    found = [
        next(
            (
                np.column_stack([named[x] for x in names])
                for names in some
                if named.keys() >= set(names)
            ),
            None,
        )
        for some in NAMES
    ]
    if found[0] is None:
        raise ValueError(f"its columns are {', '.join(words[:9])}; x, y and z are wanted")
    return Rows(found[0], None if found[1] is None else _bytes(found[1]), found[2])


def columns(table: Float[np.ndarray, "n k"]) -> Rows:
    """Places, and what further columns must be: three that are never negative are a colour."""
    points, rest = table[:, :3], table[:, 3:]
    if rest.shape[1] in (1, 4, 7):  # an intensity comes first
        rest = rest[:, 1:]
    colours = normals = None
    for start in range(0, rest.shape[1] - 2, 3):
        part = rest[:, start : start + 3]
        if (
            colours is None
            and 0 <= np.nanmin(part, initial=0) <= np.nanmax(part, initial=0) < 65536
        ):
            colours = _bytes(part)
        elif normals is None:
            normals = part
    return Rows(points, colours, normals)


def known(start: bytes) -> bool:
    """Whether a file that begins so holds points alone: LAS, PLY, or NPZ by its first key."""
    if start[:3].lower() == b"ply":
        return not faces_of(start)
    return start[:4] == b"LASF" or first_key(start) in PLACES


def faces_of(data: bytes) -> bool:
    """Whether the header of a PLY file counts faces or strips of them."""
    head = data[:65536].lower().partition(b"end_header")[0]
    return bool(re.search(rb"element[ \t]+(?:face|tristrips)[ \t]+0*[1-9]", head))


def first_key(start: bytes) -> str:
    """The first array's name in an NPZ file, which stands behind the zip's first header."""
    size = int.from_bytes(start[26:28], "little")
    return decoded(start[30 : 30 + size]).removesuffix(".npy") if start[:4] == b"PK\3\4" else ""


def _named(arrays: Mapping[str, np.ndarray], names: tuple[str, ...]) -> np.ndarray | None:
    return next((arrays[name] for name in names if name in arrays), None)


def _bytes(values: np.ndarray) -> UInt8[np.ndarray, "n 4"]:
    """Colours of 0..1, of 0..255, or of 0..65535."""
    return rgba(values.astype(float), 65535.0 if np.nanmax(values, initial=0) > 255 else None)
