"""Polygons of a file as a ``Mesh``: triangles, normals, colours of vertices, corners and faces."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped, UInt8

from isthmus.read.meshes.triangles import Material, Mesh
from isthmus.records import dataclass
from isthmus.types import ItemError

MAX_FACES = 5_000_000
"""Triangles; larger meshes are refused before anything is drawn."""

MAX_CORNERS = 20_000
"""Of one face that is not convex: the time to cut it grows with their square."""

PLAIN = Material((0.72, 0.72, 0.72, 1.0))
"""Of a surface whose file says nothing about its colour: light grey, as clay."""

_TINY = 1e-12
"""Twice an area, in polygons of sides of about 1, below which three points lie on a line."""


@dataclass(frozen=True, eq=False)
class Surface:
    """Polygons as a file gives them; None where it gives nothing."""

    points: Float[np.ndarray, "v 3"]
    corners: Int[np.ndarray, " c"]
    """The vertices of all faces, one face after the other."""
    sizes: Int[np.ndarray, " f"]
    """Corners of each face."""
    normals: Float[np.ndarray, "v 3"] | None = None
    """Rows of NaN or zeros are not given."""
    uv: Float[np.ndarray, "v 2"] | None = None
    colours: UInt8[np.ndarray, "v 4"] | None = None
    corner_uv: Float[np.ndarray, "c 2"] | None = None
    face_colours: UInt8[np.ndarray, "f 4"] | None = None
    material: Int[np.ndarray, " f"] | None = None
    materials: tuple[Material, ...] = (PLAIN,)
    same: Int[np.ndarray, " v"] | None = None
    """A number for each vertex; those of one number lie in one place and share its normal."""
    flat: bool = False
    """Whether faces without normals are flat; otherwise normals are means of the faces around."""


def limited(count: int) -> None:
    """Refuse more than `MAX_FACES` triangles.

    Raises:
        ItemError: they are more.
    """
    if count > MAX_FACES:
        raise ItemError(f"The mesh has more than {MAX_FACES:,} triangles: simplify it first.")


def meshed(surface: Surface) -> Mesh | None:
    """The surface as triangles; None without any.

    Raises:
        ItemError: too many triangles, vertices that are not finite, or corners that are not there.
    """
    limited(int(np.maximum(surface.sizes.astype(np.int64) - 2, 0).sum()))
    points, corners = surface.points.astype(np.float32), surface.corners
    if len(corners) and not 0 <= corners.min() <= corners.max() < len(points):
        raise ItemError("The mesh has faces with corners that it does not hold.")
    if broken := int((~np.isfinite(points)).any(axis=1).sum()):
        raise ItemError(f"Vertices that are not finite numbers: {broken} of {len(points)}.")
    triples, face = triangles(points, corners, surface.sizes)
    if not len(triples):
        return None
    faces = corners[triples].astype(np.int32)
    uv = np.zeros((len(points), 2)) if surface.uv is None else surface.uv
    colours = surface.colours
    if colours is None:
        colours = np.full((len(points), 4), 255, np.uint8)
    normals = _normals(surface, points, faces)
    facets = np.repeat(_flat(points[faces]), 3, axis=0) if normals is None else None
    laid = None if surface.corner_uv is None else surface.corner_uv[triples.reshape(-1)]
    painted = surface.face_colours
    painted = None if painted is None else np.repeat(painted[face], 3, axis=0)
    if details := [one for one in (facets, laid, painted) if one is not None]:
        vertex, corner, faces = split(
            faces, np.concatenate(details, axis=1).astype(float), len(points)
        )
        points = points[vertex]
        normals = normals[vertex] if normals is not None else details[0][corner]
        uv = uv[vertex] if laid is None else laid[corner]
        colours = colours[vertex] if painted is None else painted[corner]
    assert normals is not None
    material = np.zeros(len(faces), int) if surface.material is None else surface.material[face]
    used, material = np.unique(material, return_inverse=True)
    return Mesh(
        points,
        faces,
        normals.astype(np.float32),
        np.nan_to_num(uv.astype(np.float32), posinf=0.0, neginf=0.0),
        colours,
        material.astype(np.int32),
        tuple(surface.materials[number] for number in used),
    )


def split(
    faces: Int[np.ndarray, "t 3"], details: Float[np.ndarray, "c k"], count: int
) -> tuple[Int[np.ndarray, " w"], Int[np.ndarray, " w"], Int[np.ndarray, "t 3"]]:
    """Vertices, of which there are more where corners of one vertex differ in details.

    Returns:
        Of each new vertex, the old one and a corner that has its details; faces of new vertices.
    """
    old = faces.reshape(-1)
    first = np.zeros(count, int)
    first[old[::-1]] = np.arange(len(old))[::-1]
    extra = np.flatnonzero((np.abs(details - details[first[old]]) > 1e-5).any(axis=1))
    new = old.astype(np.int32)
    new[extra] = count + np.arange(len(extra))
    vertex, corner = np.concatenate([np.arange(count), old[extra]]), np.concatenate([first, extra])
    return vertex, corner, new.reshape(-1, 3)


def triangles(
    points: Float[np.ndarray, "v 3"], corners: Int[np.ndarray, " c"], sizes: Int[np.ndarray, " f"]
) -> tuple[Int[np.ndarray, "t 3"], Int[np.ndarray, " t"]]:
    """Polygons as triangles in the order of the file: positions in ``corners``, face of each.

    A polygon becomes a fan around the first of its corners around which a fan covers it, which is
    any if it is convex; one that has none among the first eight is cut at its ears. Faces of fewer
    than three corners have no triangles.
    """
    starts = np.cumsum(sizes) - sizes
    found: list[np.ndarray] = [np.zeros((0, 3), np.int64)]
    owner: list[np.ndarray] = [np.zeros(0, np.int64)]
    for size in np.unique(sizes[sizes >= 3]):
        which = np.flatnonzero(sizes == size)
        places = starts[which, None] + np.arange(size)
        fans = _fans(places)
        left = np.arange(len(which)) if size > 3 else np.zeros(0, int)
        for turn in range(min(int(size), 8)):
            if len(left):
                fans[left] = _fans(np.roll(places[left], -turn, axis=1))
                left = left[~_covered(points[corners[fans[left]]])]
        for row in left if size > 4 else ():  # a quad that no fan covers crosses itself
            if size > MAX_CORNERS:
                raise ItemError(
                    f"A face has {size:,} corners; {MAX_CORNERS:,} are cut into triangles: "
                    "triangulate it first."
                )
            fans[row] = places[row][ears(_plane(points[corners[places[row]]]))]
        found.append(fans.reshape(-1, 3))
        owner.append(np.repeat(which, int(size) - 2))
    owners = np.concatenate(owner)
    order = np.argsort(owners, kind="stable")
    return np.concatenate(found)[order], owners[order]


def _fans(places: Int[np.ndarray, "f k"]) -> Int[np.ndarray, "f t 3"]:
    """Triangles of polygons around their first corners."""
    parts = np.broadcast_arrays(places[:, :1], places[:, 1:-1], places[:, 2:])
    return np.stack(parts, axis=2)


def _covered(fans: Float[np.ndarray, "f t 3 3"]) -> Shaped[np.ndarray, " f"]:
    """Whether no triangle of a fan lies the other way round than the whole."""
    sides = fans.astype(float)
    cross = np.cross(sides[:, :, 1] - sides[:, :, 0], sides[:, :, 2] - sides[:, :, 0])
    whole = cross.sum(axis=1)
    along = np.einsum("ftk,fk->ft", cross, whole)
    return along.min(axis=1) >= -1e-9 * np.einsum("fk,fk->f", whole, whole)


def _plane(polygon: Float[np.ndarray, "k 3"]) -> Float[np.ndarray, "k 2"]:
    """A polygon seen along its normal (Newell's), counter-clockwise, with sides of about 1."""
    at = polygon.astype(float) - polygon[0]
    normal = np.cross(at, np.roll(at, -1, axis=0)).sum(axis=0)
    normal /= max(float(np.linalg.norm(normal)), 1e-300)
    first = np.cross(normal, np.eye(3)[np.abs(normal).argmin()])
    first /= max(float(np.linalg.norm(first)), 1e-300)
    flat = at @ np.stack([first, np.cross(normal, first)], axis=1)
    return flat / max(float(np.ptp(flat, axis=0).max(initial=0)), 1e-300)


def ears(polygon: Float[np.ndarray, "k 2"]) -> Int[np.ndarray, "t 3"]:
    """K - 2 triangles of a simple polygon, counter-clockwise as it is, cut off one by one.

    Corners that coincide (bridges to holes), touch a side or lie on a line are allowed. Of a
    polygon that crosses itself some triangles lie the other way round.

    Source: Meisters, "Polygons have ears", 1975; in an ear, only reflex corners are looked for.
    """
    count = len(polygon)
    before, after = (np.roll(np.arange(count), step).tolist() for step in (1, -1))
    reflex = _turn(polygon[before], polygon, polygon[after]) <= _TINY
    found: list[tuple[int, int, int]] = []
    at, tried = 0, 0
    while (left := count - len(found)) > 2:
        ear = before[at], at, after[at]
        # nothing in it; else nothing to it; else nothing but what touches it; else anything
        stage = tried // left
        if (stage in (0, 2) and not _is_ear(polygon, reflex, (before, after), ear, stage == 2)) or (
            stage == 1 and abs(_turn(*polygon[list(ear)])) > _TINY
        ):
            at, tried = after[at], tried + 1
            continue
        found.append(ear)
        one, _, other = ear
        after[one], before[other], reflex[at] = other, one, False
        for near in (one, other):
            reflex[near] = _turn(*polygon[[before[near], near, after[near]]]) <= _TINY
        at, tried = other, 0
    return np.array(found)


def _is_ear(
    polygon: np.ndarray, reflex: np.ndarray, links: tuple[list[int], list[int]],
    ear: tuple[int, int, int], touched: bool,
) -> bool:  # fmt: skip
    """Whether a corner is convex and no other reaches into the triangle of it and its neighbours.

    Args:
        polygon: its corners.
        reflex: which of those that are left are reflex.
        links: the neighbours before and after each.
        ear: neighbour, corner, neighbour.
        touched: whether others may lie on its sides.
    """
    if reflex[ear[1]]:
        return False
    one, tip, other = polygon[list(ear)]
    near = np.flatnonzero(reflex)
    near = near[(near != ear[0]) & (near != ear[2])]
    sides = ((one, tip), (tip, other), (other, one))
    room = _TINY if touched else -_TINY
    inside = np.all([_turn(*side, polygon[near]) > room for side in sides], axis=0)
    for point in near[inside]:
        where = [np.array_equal(polygon[point], corner) for corner in (one, tip, other)]
        if not any(where):
            return False
        # it coincides with a corner: its own sides must not lead into the triangle
        (_, start), (_, end) = sides[where.index(True) - 1], sides[where.index(True)]
        last = sides[where.index(True) - 1][0]
        for step in links:
            ahead = polygon[step[point]]
            if _turn(start, end, ahead) > _TINY and _turn(last, start, ahead) > _TINY:
                return False
    return True


def _turn(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> Any:
    """Twice the area of triangles (..., 2), above zero if counter-clockwise."""
    return (b[..., 0] - a[..., 0]) * (c[..., 1] - b[..., 1]) - (b[..., 1] - a[..., 1]) * (
        c[..., 0] - b[..., 0]
    )


def _normals(
    surface: Surface, points: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "t 3"]
) -> Float[np.ndarray, "v 3"] | None:
    """Normals of length 1, those that are not given from the faces around; None if all are flat."""
    if surface.normals is None and surface.flat:
        return None
    given = np.zeros_like(points) if surface.normals is None else surface.normals
    given = np.nan_to_num(given.astype(np.float32), posinf=0.0, neginf=0.0)
    length = np.linalg.norm(given, axis=1, keepdims=True)
    normals = given / np.maximum(length, 1e-30)
    if (bare := length[:, 0] < 1e-30).any():
        same = np.arange(len(points)) if surface.same is None else surface.same
        normals[bare] = _smooth(points, faces, same)[same[bare]]
    return normals


def _smooth(
    points: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "t 3"], same: Int[np.ndarray, " v"]
) -> Float[np.ndarray, "s 3"]:
    """Mean normal of the faces around each place, weighted by their angles there.

    Source: Thürmer & Wüthrich, "Computing vertex normals from polygonal facets", 1998.
    """
    corners = points[faces].astype(float)
    flat = _flat(corners)
    total = np.zeros((int(same.max()) + 1, 3))
    for number in range(3):
        one, other = (corners[:, (number + step) % 3] - corners[:, number] for step in (1, 2))
        area = np.linalg.norm(np.cross(one, other), axis=1)
        weighted = np.arctan2(area, (one * other).sum(axis=1))[:, None] * flat
        for axis in range(3):
            at = same[faces[:, number]]
            total[:, axis] += np.bincount(at, weighted[:, axis], minlength=len(total))
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-30)


def _flat(corners: Float[np.ndarray, "t 3 3"]) -> Float[np.ndarray, "t 3"]:
    """Normals of triangles, zeros without area."""
    corners = corners.astype(float)
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return cross / np.maximum(np.linalg.norm(cross, axis=1, keepdims=True), 1e-300)


def strips(corners: Int[np.ndarray, " n"]) -> Int[np.ndarray, "t 3"]:
    """Triangles of strips, one after the other with -1 in between; every second is turned round.

    Triangles with a corner twice, which join strips, are left out.
    """
    start = np.arange(len(corners))
    start -= np.maximum.accumulate(np.where(corners < 0, start + 1, 0))
    odd = start[: max(len(corners) - 2, 0)] % 2
    at = np.arange(len(odd))
    faces = corners[np.stack([at, at + 1 + odd, at + 2 - odd], axis=1)]
    return faces[(faces != np.roll(faces, 1, axis=1)).all(axis=1) & (faces >= 0).all(axis=1)]


def table(rows: Sequence[str], what: str, least: int) -> Float[np.ndarray, "n k"]:
    """Rows of numbers, of 16 at most, as an array; NaN where a row has fewer than others.

    Raises:
        ValueError: fewer than ``least``, or no numbers.
    """
    rows = [row.partition("#")[0] for row in rows]
    counts = {len(row.split()) for row in rows} or {least}
    if min(counts) < least:
        raise ValueError(f"{what} has {min(counts)} numbers, where {least} are wanted")
    if len(counts) > 1 or max(counts) > 16:
        words = [row.split()[:16] for row in rows]
        most = max(map(len, words))
        rows = [" ".join(one + ["nan"] * (most - len(one))) for one in words]
        counts = {most}
    return floats(" ".join(rows), what).reshape(len(rows), max(counts))


def floats(text: str | bytes, what: str) -> Float[np.ndarray, " n"]:
    """Numbers with blanks between them, and nothing else.

    Raises:
        ValueError: other words.
    """
    try:
        return np.fromstring(text, sep=" ") if text.strip() else np.zeros(0)
    except ValueError:
        raise ValueError(f"{what} has words where numbers are wanted") from None


def rgba(
    values: Float[np.ndarray, "n k"],
    full: float | None = None,
    other: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0),
) -> UInt8[np.ndarray, "n 4"]:
    """Colours of three or four numbers, up to ``full``: by default 255, or 1 if none is larger.

    Rows of NaN become the ``other`` colour; opacity that is not given is full.
    """
    if full is None:
        full = 255.0 if np.nan_to_num(values).max(initial=0) > 1 else 1.0
    found = np.ones((len(values), 4))
    found[:, : values.shape[1]] = values[:, :4] / full
    found[np.isnan(values[:, :3]).any(axis=1)] = other
    return np.rint(255 * np.nan_to_num(found, nan=1.0).clip(0, 1)).astype(np.uint8)


def one_colouring(surface: Surface, left_out: list[str]) -> Surface:
    """A surface whose colours are those of its vertices, or else of its faces."""
    if surface.colours is not None and surface.face_colours is not None:
        left_out.append("colours of faces, since its vertices have colours")
        surface = replace(surface, face_colours=None)
    if surface.colours is None and surface.face_colours is None:
        return surface
    return replace(surface, materials=(Material(),))
