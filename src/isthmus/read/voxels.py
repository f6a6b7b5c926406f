"""Voxels: what fills the cells of a grid; metres, right-handed, y up, colours sRGB."""

import re
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped, UInt8

from isthmus.arrays import fingerprint
from isthmus.read.meshes.beside import decoded, shown
from isthmus.read.meshes.files import content
from isthmus.read.meshes.surfaces import PLAIN, rgba
from isthmus.read.meshes.triangles import AXES
from isthmus.read.point_files import first_key, item_arrays
from isthmus.records import dataclass
from isthmus.types import ItemError, Modality, RequestError, reason

MOST = 256**3
"""Cells; larger grids are refused before they are unfolded."""
KEYS = ("voxels", "grid", "occupancy", "rgba")
"""Of the array in an NPZ file; a single array may have any."""
TYPES = {
    **dict.fromkeys(("signed char", "int8", "int8_t"), "i1"),
    **dict.fromkeys(("uchar", "unsigned char", "uint8", "uint8_t"), "u1"),
    **dict.fromkeys(("short", "int16", "int16_t"), "i2"),
    **dict.fromkeys(("ushort", "unsigned short", "uint16", "uint16_t"), "u2"),
    **dict.fromkeys(("int", "int32", "int32_t"), "i4"),
    **dict.fromkeys(("uint", "unsigned int", "uint32", "uint32_t"), "u4"),
    "float": "f4",
    "double": "f8",
}
"""Names of numbers in NRRD."""


@dataclass(frozen=True, eq=False)
class Voxels:
    """A grid of cells, each empty or of a colour."""

    colours: UInt8[np.ndarray, "x y z 4"]
    """sRGB and opacity along the axes x, y (up) and z; opacity 0 is empty."""
    cell: float = 1.0
    """Side of a cell, metres."""

    def __str__(self) -> str:
        across = " x ".join(map(str, self.colours.shape[:3]))
        return f"{across} cells, {int(self.filled.sum()):,} filled"

    @property
    def filled(self) -> Shaped[np.ndarray, "x y z"]:
        """Which cells are not empty."""
        return self.colours[..., 3] > 0

    @property
    def content_key(self) -> str:
        """Changes with any cell."""
        return fingerprint(self.colours, self.cell)

    def turned(self, up: str) -> "Voxels":
        """Rotated so that the axis that points up upstream ("x", "y" or "z") becomes y.

        Raises:
            RequestError: another axis.
        """
        if up not in AXES:
            raise RequestError(f"The upstream axis is one of x, y, z, not {up!r}.")
        turn = AXES[up].astype(int)
        source = np.abs(turn).argmax(axis=1)
        moved = self.colours.transpose(*source, 3)
        backwards = tuple(axis for axis in range(3) if turn[axis, source[axis]] < 0)
        return replace(self, colours=np.flip(moved, backwards))

    def resized(self, side: int) -> "Voxels":
        """A cube of so many cells a side around the filled ones.

        A new cell is what the old grid has at its middle.
        """
        where = np.argwhere(self.filled)
        low, high = where.min(axis=0), where.max(axis=0) + 1
        reach = (high - low).max()
        at = (low + high)[:, None] / 2 + ((np.arange(side) + 0.5) / side - 0.5) * reach
        cells = np.floor(at).astype(int)
        inside = (cells >= 0) & (cells < np.array(self.filled.shape)[:, None])
        x, y, z = cells.clip(0, np.array(self.filled.shape)[:, None] - 1)
        found = self.colours[np.ix_(x, y, z)].copy()
        found[~(inside[0][:, None, None] & inside[1][:, None] & inside[2])] = 0
        return Voxels(found, self.cell * reach / side)


def voxels(item: Any) -> Voxels:
    """Voxels of Voxels (themselves), an array, the path or bytes of a file, or a call of these.

    NRRD (raw, gzip or text) and NPZ or NPY are recognised by their content. Arrays are (x, y, z),
    what is above 0 being filled, or have three or four colours as their first or last axis.

    Raises:
        ItemError: none of these, damaged, empty, or more than 256 x 256 x 256 cells.
    """
    item = item() if callable(item) else item
    if isinstance(item, Voxels):
        return item
    if isinstance(item, np.ndarray):
        return gridded(item, 1.0, "the array")
    if not isinstance(item, str | Path | bytes):
        raise ItemError(
            f"Voxels are an array, a path or the bytes of a file; this is a {type(item).__name__}."
        )
    source = Path(item) if isinstance(item, str) else item
    name = shown(str(source), 500) if isinstance(source, Path) else "the grid"
    data = content(source, name)
    try:
        if data[:4] == b"NRRD":
            return gridded(*nrrd(data), name)
        if data.startswith((b"\x93NUMPY", b"PK\3\4")) and isinstance(source, Path):
            arrays = item_arrays(source)
            cell = float(arrays.pop("cell", 1.0))
            keys = list(arrays) if len(arrays) == 1 else [key for key in KEYS if key in arrays]
            if not keys:
                raise ValueError(
                    f"it holds {', '.join(arrays) or 'nothing'}, no {' or '.join(KEYS)}"
                )
            return gridded(arrays[keys[0]], cell, name)
    except ItemError:
        raise
    except BaseException as error:  # damaged files fail in many ways
        said = str(error) if type(error) is ValueError else f"it is damaged ({reason(error)})"
        said = shown(said, 300).rstrip(".")
        raise ItemError(f"{name} cannot be read as voxels: {said}.") from error
    raise ItemError(f"{name} is not a grid of voxels: NRRD, NPZ or NPY is wanted.")


def gridded(array: np.ndarray, cell: float, name: str) -> Voxels:
    """Voxels of an array as ``voxels`` takes it.

    Raises:
        ItemError: no such shape or numbers, too many cells, or all of them empty.
    """
    shape = array.shape
    if len(shape) == 4 and shape[3] not in (3, 4) and shape[0] in (3, 4):
        array = np.moveaxis(array, 0, 3)
    if array.ndim not in (3, 4) or (array.ndim == 4 and array.shape[3] not in (3, 4)):
        raise ItemError(f"Voxels are (x, y, z) or (x, y, z, 3 or 4); {name} is {shape}.")
    if array.dtype.kind not in "bfiu" or np.prod(array.shape[:3]) > MOST:
        raise ItemError(
            f"Voxels are up to {MOST:,} cells of numbers; {name} is {shape} of {array.dtype}."
        )
    values = np.nan_to_num(array.astype(np.float32))
    alone = values.ndim == 3
    filled = values > 0 if alone else values[..., 3:].max(axis=3, initial=0) > 0
    if not alone and values.shape[3] == 3:  # black cells of a grid without opacity are empty
        filled = values.max(axis=3) > 0
    if not filled.any():
        raise ItemError(f"Every cell of {name} is empty: a shape fills some.")
    if alone:
        flat = np.tile(rgba(np.array([PLAIN.colour])), (values.size, 1))
    else:
        whole = array.dtype.kind in "iu" or values.max() > 1
        full = 65535.0 if values.max() > 255 else 255.0 if whole else 1.0
        flat = rgba(values.reshape(-1, values.shape[3]), full)
    colours = flat.reshape(*values.shape[:3], 4)
    colours[~filled] = 0
    return Voxels(colours, cell)


def nrrd(data: bytes) -> tuple[np.ndarray, float]:
    """The array of an NRRD file, its first axis first, and the side of a cell.

    Raises:
        ValueError: damaged, or of a kind that is not read; one sentence.

    Source: Teem, "Nrrd file format", version 5.
    """
    head, blank, body = data.partition(b"\r\n\r\n" if b"\r\n\r\n" in data[:4096] else b"\n\n")
    fields = dict(re.findall(r"^([^#:\n]+):=? ?(.*?)\s*$", decoded(head).lower(), re.MULTILINE))
    if not blank or "sizes" not in fields or fields.get("type") not in TYPES:
        raise ValueError("its header does not say sizes and type of numbers that are read")
    if "data file" in fields or "datafile" in fields:
        raise ValueError("its cells lie in another file: save it attached, as .nrrd")
    sizes = [int(word) for word in fields["sizes"].split()]
    if len(sizes) not in (3, 4) or min(sizes) < 1 or np.prod(sizes, dtype=float) > 4 * MOST:
        raise ValueError(f"a grid of up to {MOST:,} cells is wanted, and it has sizes {sizes}")
    order = ">" if fields.get("endian") == "big" else "<"
    kind, count = np.dtype(order + TYPES[fields["type"]]), int(np.prod(sizes))
    encoding = fields.get("encoding", "raw")
    if encoding in ("gzip", "gz"):
        body = zlib.decompressobj(31).decompress(body, count * kind.itemsize)
    if encoding in ("txt", "text", "ascii"):
        values = np.array(body.split()[:count], dtype=float)
    elif encoding in ("raw", "gzip", "gz"):
        values = np.frombuffer(body, kind, min(count, len(body) // kind.itemsize))
    else:
        raise ValueError(f"its encoding is {shown(encoding)!r}; raw, gzip and text are read")
    if len(values) < count:
        raise ValueError(f"it is cut short: {len(values):,} of {count:,} numbers are there")
    steps = [float(step) for step in re.findall(r"[-\d.e]+", fields.get("spacings", ""))]
    steps = [step for step in steps if np.isfinite(step) and step > 0]
    return values.reshape(sizes, order="F"), steps[-1] if steps else 1.0


VOXELS = Modality(
    "voxels",
    voxels,
    about="A grid of cells, empty or of a colour: metres, right-handed, y up.",
    suffixes=(".nrrd", ".npz"),
    known=lambda start: start[:4] == b"NRRD" or first_key(start) in KEYS,
)
"""Right-handed: x right, y up, z towards the viewer."""
