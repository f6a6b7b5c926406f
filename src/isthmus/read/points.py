"""Point clouds: places in metres, right-handed, y up, with colours and normals."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from scipy.spatial import KDTree

from isthmus.arrays import fingerprint
from isthmus.read import point_files
from isthmus.read.image import quiet
from isthmus.read.meshes.beside import plain, shown
from isthmus.read.meshes.files import content, mesh, recognised
from isthmus.read.meshes.surfaces import PLAIN
from isthmus.read.meshes.triangles import AXES, Mesh, linear_light, stored_value
from isthmus.records import amount, dataclass
from isthmus.types import ExtraMissingError, ItemError, Modality, RequestError, reason

LIGHT = linear_light(np.arange(256) / 255)
"""Of the sRGB values 0..255."""
LEAST = 16
"""Points that show a shape."""
AROUND = 16
"""Nearest points, from which a missing normal is estimated."""


@dataclass(frozen=True, eq=False)
class PointCloud:
    """Points of a surface."""

    points: Float[np.ndarray, "n 3"]
    """Metres."""
    colours: UInt8[np.ndarray, "n 4"]
    """sRGB and opacity; light grey where a file gives none."""
    normals: Float[np.ndarray, "n 3"]
    """Of length 1, outwards."""
    note: str = ""
    """What was left out of its file or made up for it, in words."""

    def __str__(self) -> str:
        return f"cloud of {amount(len(self.points), 'point')}"

    @property
    def content_key(self) -> str:
        """Changes with any number of it."""
        return fingerprint(self.points, self.colours, self.normals)

    @property
    def reach(self) -> tuple[Float[np.ndarray, " 3"], float]:
        """The middle of its box, and how far its farthest point is from there."""
        middle = (self.points.min(axis=0) + self.points.max(axis=0)) / 2
        far = np.linalg.norm(self.points - middle, axis=1).max()
        return middle, max(float(far), 1e-12)

    def fitted(self) -> "PointCloud":
        """Moved and scaled: the middle of its box at the origin, its farthest point at 1."""
        middle, far = self.reach
        return replace(self, points=((self.points - middle) / far).astype(np.float32))

    def rotated(self, rotation: Float[np.ndarray, "3 3"]) -> "PointCloud":
        """Turned about the origin by a rotation matrix."""
        turn = rotation.T.astype(np.float32)
        return replace(self, points=self.points @ turn, normals=self.normals @ turn)

    def turned(self, up: str) -> "PointCloud":
        """Rotated so that the axis that points up upstream ("x", "y" or "z") becomes y.

        Raises:
            RequestError: another axis.
        """
        if up not in AXES:
            raise RequestError(f"The upstream axis is one of x, y, z, not {up!r}.")
        return self.rotated(AXES[up])

    def taken(self, rows: Any) -> "PointCloud":
        """The points of these rows."""
        return replace(
            self, points=self.points[rows], colours=self.colours[rows], normals=self.normals[rows]
        )


def cloud(item: Any, count: int = 2048) -> PointCloud:
    """A cloud of a PointCloud (itself), an array (n, 3 or more), a file, or of what is a mesh.

    PLY without faces, lines of numbers (XYZ, TXT, PTS), NPZ and NPY, LAS and LAZ are recognised by
    their content; ``point_files`` says how columns and keys are read. Normals that are not there
    are estimated from the nearest points and point away from the middle.

    Args:
        item: see above, or a call that gives one.
        count: of points drawn from a mesh.

    Raises:
        ItemError: nothing of the kind, damaged, fewer than 16 points, or not finite.
        ExtraMissingError: a LAS file, without laspy.
    """
    item = item() if callable(item) else item
    if isinstance(item, PointCloud):
        return item
    if isinstance(item, np.ndarray):
        if item.ndim != 2 or item.shape[1] < 3 or item.dtype.kind not in "fiu":
            raise ItemError(f"Points are an array of numbers (n, 3 or more), not {item.shape}.")
        return finished(point_files.columns(item.astype(float)), "the array")
    if isinstance(item, str | Path | bytes):
        source = Path(item) if isinstance(item, str) else item
        if (found := opened(source)) is not None:
            return found
    return sampled(mesh(item), count)


def opened(source: Path | bytes) -> PointCloud | None:
    """The cloud of a file or of its bytes; None where they are a mesh.

    Raises:
        ItemError: no such file, or one that cannot be read.
    """
    name = shown(str(source), 500) if isinstance(source, Path) else "the point cloud"
    data = plain(content(source, name))
    kind = recognised(data)[0]
    if kind == "ply" and not point_files.faces_of(data):
        kind = "points"
    if kind not in (None, "points"):
        return None
    try:
        with quiet, np.errstate(all="ignore"):
            return finished(rows_of(source, data), name)
    except (ItemError, ExtraMissingError):
        raise
    except BaseException as error:  # damaged files fail in many ways
        said = str(error) if type(error) is ValueError else f"it is damaged ({reason(error)})"
        said = shown(said, 300).rstrip(".")
        raise ItemError(f"{name} cannot be read as a point cloud: {said}.") from error


def rows_of(source: Path | bytes, data: bytes) -> point_files.Rows:
    """The points of a file that is no mesh, by its first bytes."""
    if data[:3].lower() == b"ply":
        return point_files.read_ply(data)
    if data[:4] == b"LASF":
        return point_files.read_las(data)
    if data.startswith((b"\x93NUMPY", b"PK\3\4")) and isinstance(source, Path):
        return point_files.read_named(source)
    if b"\0" in data[:1024]:
        raise ValueError(
            "PLY, lines of numbers, NPZ, NPY or LAS are wanted, and it is none of them"
        )
    return point_files.read_lines(data)


def finished(rows: point_files.Rows, name: str) -> PointCloud:
    """A cloud of what a file gives, its gaps filled.

    Raises:
        ItemError: fewer than 16 points that are finite, or all in one place.
    """
    whole = np.asarray(np.isfinite(rows.points).all(axis=1))
    points = np.asarray(rows.points, float)[whole]
    broken = len(whole) - len(points)
    if len(points) < LEAST or not np.ptp(points, axis=0).any():
        some = f" and {broken:,} that are not finite" if broken else ""
        raise ItemError(
            f"A shape has {LEAST} points or more that are not all in one place; {name} has "
            f"{len(points)}{some}."
        )
    notes = [f"without {broken:,} points that are not finite"] if broken else []
    if np.abs(points).max() > 1000 * np.ptp(points, axis=0).max():
        points = points - points.mean(axis=0)  # which float32 could not keep apart
        notes.append("moved to the origin")
    points = points.astype(np.float32)
    if rows.colours is None:
        grey = [round(255 * part) for part in PLAIN.colour]
        colours = np.tile(np.array(grey, np.uint8), (len(points), 1))
    else:
        colours = rows.colours[whole]
    normals = None if rows.normals is None else np.nan_to_num(rows.normals[whole])
    if normals is None or not (np.abs(normals).max(axis=1) > 1e-6).all():
        normals = estimated_normals(points)
        notes.append("its normals are estimated")
    normals = normals / np.linalg.norm(normals, axis=1, keepdims=True)
    return PointCloud(points, colours, normals.astype(np.float32), "; ".join(notes))


def estimated_normals(points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    """Directions in which the nearest 16 points spread least, away from the middle of the cloud.

    Source: Hoppe et al. 1992, Surface reconstruction from unorganized points, section 3.2; their
    signs are propagated from neighbour to neighbour, ours are not.
    """
    tree, found = KDTree(points), np.empty((len(points), 3))
    for start in range(0, len(points), 65536):
        own = points[start : start + 65536]
        near = points[tree.query(own, k=min(AROUND, len(points)))[1]].astype(float)
        near -= near.mean(axis=1, keepdims=True)
        found[start : start + len(own)] = np.linalg.eigh(near.transpose(0, 2, 1) @ near)[1][:, :, 0]
    outwards = ((points - points.mean(axis=0)) * found).sum(axis=1, keepdims=True) >= 0
    return np.where(outwards, found, -found)


def sampled(shape: Mesh, count: int, seed: int = 0) -> PointCloud:
    """Points drawn evenly over a mesh's surface, with the colours seen there.

    Args:
        shape: any mesh with some area.
        count: of points, 1 or more.
        seed: equal seeds give equal points.

    Raises:
        ItemError: no area.
        RequestError: fewer than one point.
    """
    corners = shape.vertices[shape.faces].astype(float)
    area = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    if count < 1 or not area.sum() > 0:
        kind = RequestError if count < 1 else ItemError
        raise kind(
            f"Points are drawn from a surface: wanted 1 or more of one with area, not {count} of "
            f"area {area.sum() / 2:.3g}."
        )
    rng = np.random.default_rng(seed)
    face = rng.choice(len(area), count, p=area / area.sum())
    root, second = np.sqrt(rng.random(count)), rng.random(count)
    weight = np.stack([1 - root, root * (1 - second), root * second], axis=1)

    def mixed(values: np.ndarray) -> np.ndarray:
        return np.einsum("nk,nkd->nd", weight, values[shape.faces[face]].astype(float))

    normals = mixed(shape.normals)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    seen = _appearance(shape, face, mixed(shape.uv))
    seen[:, :3] *= np.einsum("nk,nkd->nd", weight, LIGHT[shape.colours[shape.faces[face], :3]])
    seen[:, 3] *= mixed(shape.colours[:, 3:])[:, 0] / 255
    colours = np.concatenate([stored_value(seen[:, :3].clip(0, 1)), seen[:, 3:]], axis=1)
    return PointCloud(
        mixed(shape.vertices).astype(np.float32),
        np.rint(255 * colours.clip(0, 1)).astype(np.uint8),
        (normals / np.maximum(length, 1e-9)).astype(np.float32),
    )


def _appearance(shape: Mesh, face: np.ndarray, uv: np.ndarray) -> Float[np.ndarray, "n 4"]:
    """Colour and texture of the materials as linear light, and their opacity, 0..1."""
    kind = shape.material[face]
    found = np.array([material.colour for material in shape.materials])[kind]
    found[:, :3] = linear_light(found[:, :3])
    for number, material in enumerate(shape.materials):
        if material.texture is not None and (of := kind == number).any():
            height, width = material.texture.shape[:2]
            u, v = (uv[of] - np.floor(uv[of])).T
            row = np.minimum(((1 - v) * height).astype(int), height - 1)
            column = np.minimum((u * width).astype(int), width - 1)
            texel = material.texture[row, column]
            found[of, :3] *= LIGHT[texel[:, :3]]
            found[of, 3] *= texel[:, 3] / 255
    return found


POINTS = Modality(
    "points",
    cloud,
    about="A cloud of points with colours and normals: metres, right-handed, y up.",
    suffixes=point_files.SUFFIXES,
    known=point_files.known,
)
