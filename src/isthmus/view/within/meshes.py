"""Pieces of a mesh that could be a thing: faces that hang together, and pieces near each other."""

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from isthmus.read.meshes.files import mesh
from isthmus.read.meshes.triangles import Mesh
from isthmus.types import Bag, Items, Place, View

MOST = 16
"""Pieces of a mesh."""
FEW = 256
"""Components that are looked at, the largest; the rest go with the nearest of them."""
WELD = 1e-5
"""Of a mesh's size: vertices nearer to each other are one."""


def pieces(item: Any, owner: str) -> Bag:
    """The whole mesh, then its pieces, called ``OWNER/000``, ``OWNER/001``, ...

    Faces that share a vertex hang together. Pieces are joined, the nearest first, as single
    linkage does; every union on the way is a candidate, the last ones first: of two things that
    stand apart the two halves of the last step.

    Raises:
        ItemError: no mesh.
    """
    whole = mesh(item)
    sets = [np.arange(len(whole.faces)), *_unions(whole)][: MOST + 1]
    ids = tuple(f"{owner}/{number:03d}" for number in range(len(sets)))
    places = tuple(Place(number, faces=tuple(map(int, faces))) for number, faces in enumerate(sets))
    return Bag(owner, Items("mesh", ids, [part(whole, faces) for faces in sets]), places)


def part(whole: Mesh, faces: Int[np.ndarray, " k"]) -> Mesh:
    """Some faces of a mesh; its vertices stay, which no face uses then."""
    return replace(whole, faces=whole.faces[faces], material=whole.material[faces])


def _unions(whole: Mesh) -> list[Int[np.ndarray, " k"]]:
    """Faces of every union on the way, the last ones first; of one piece alone nothing."""
    component, centre = _components(whole)
    if len(centre) < 2:
        return []
    from scipy.cluster.hierarchy import linkage

    corners = _boxes(whole, component, len(centre))
    gaps = [_gap(corners[a], corners[b]) for a, b in combinations(range(len(centre)), 2)]
    steps = linkage(np.array(gaps), "single")
    members: dict[int, list[int]] = {number: [number] for number in range(len(centre))}
    found = [members[number] for number in range(len(centre))]
    for step, (first, second, *_rest) in enumerate(steps[:-1]):
        members[len(centre) + step] = members[int(first)] + members[int(second)]
        found.append(members[len(centre) + step])
    halves = [members[int(number)] for number in steps[-1][:2]]
    ordered = [*halves, *(one for one in reversed(found) if one not in halves)]
    return [np.flatnonzero(np.isin(component, one)) for one in ordered]


def _components(whole: Mesh) -> tuple[Int[np.ndarray, " f"], Float[np.ndarray, "c 3"]]:
    """The piece of each face, and the middle of each piece."""
    low, high = whole.bounds
    size = max(float((high - low).max()), 1e-12)
    _, welded = np.unique(np.round((whole.vertices - low) / (WELD * size)).astype(np.int64),
                          axis=0, return_inverse=True)  # fmt: skip
    corners = welded.reshape(-1)[whole.faces]
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]]])
    count = int(welded.max()) + 1
    graph = coo_matrix((np.ones(len(edges), np.int8), (edges[:, 0], edges[:, 1])), (count, count))
    _, of_vertex = connected_components(graph, directed=False)
    names, component = np.unique(of_vertex[corners[:, 0]], return_inverse=True)
    middles = whole.vertices[whole.faces].mean(axis=1)
    sizes = np.bincount(component, minlength=len(names))
    centre = np.stack([np.bincount(component, middles[:, axis]) / sizes for axis in range(3)], 1)
    if len(names) > FEW:
        large = np.argsort(-sizes, kind="stable")[:FEW]
        away = np.linalg.norm(centre[:, None] - centre[large][None], axis=2)
        component, centre = away.argmin(axis=1)[component], centre[large]
    return component, centre


def _boxes(whole: Mesh, component: np.ndarray, count: int) -> Float[np.ndarray, "c 6"]:
    """Lowest and highest corner of each piece."""
    corners = whole.vertices[whole.faces].reshape(len(component), -1, 3)
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    np.minimum.at(low, component, corners.min(axis=1))
    np.maximum.at(high, component, corners.max(axis=1))
    return np.concatenate([low, high], axis=1)


def _gap(one: np.ndarray, other: np.ndarray) -> float:
    """Distance of two boxes; of boxes that meet, minus the depth of what they share."""
    apart = np.maximum(one[:3], other[:3]) - np.minimum(one[3:], other[3:])
    return float(np.linalg.norm(np.maximum(apart, 0)))


PIECES = View(
    "pieces",
    of="mesh",
    to="mesh",
    see=pieces,
    about=f"the whole and up to {MOST} pieces that hang together or stand near each other",
)
