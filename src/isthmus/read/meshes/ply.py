"""PLY files, as text and as bytes of either order.

Source: Turk, "The PLY polygon file format", 1994; TextureFile and texcoord as MeshLab writes them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int, Shaped, UInt8

from isthmus.read.meshes.beside import Beside, decoded, shown
from isthmus.read.meshes.surfaces import (
    PLAIN,
    Surface,
    floats,
    meshed,
    one_colouring,
    rgba,
    strips,
)
from isthmus.read.meshes.triangles import Material, Mesh
from isthmus.records import dataclass

TYPES = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
}
LISTS = ("vertex_indices", "vertex_index")
PLACES = (("s", "t"), ("u", "v"), ("texture_u", "texture_v"), ("tex_u", "tex_v"))
COLOURS = tuple(
    tuple(f"{before}{part}" for part in parts)
    for before in ("", "diffuse_")
    for parts in (("red", "green", "blue", "alpha"), ("r", "g", "b", "a"))
)

FORMS = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": ""}


@dataclass(frozen=True, eq=False)
class Column:
    """A property of an element of a PLY file."""

    values: Shaped[np.ndarray, " n"]
    """Of all rows, one after the other."""
    lengths: Int[np.ndarray, " r"] | None = None
    """Of the lists; None of one number a row."""


Element = Mapping[str, Column]


class Body:
    """The numbers of a PLY file, which are typed bytes or words of a text."""

    def __init__(self, data: bytes, order: str) -> None:
        self.order = order
        """"<" or ">" of bytes; nothing of words."""
        self.units = np.frombuffer(data, "u1") if self.order else floats(data, "it")
        self.at = 0

    def size(self, kind: str) -> int:
        """Bytes, or words, of a number."""
        return int(kind[1]) if self.order else 1

    def take(self, starts: Int[np.ndarray, " n"], kind: str) -> Shaped[np.ndarray, " n"]:
        """The numbers that begin at these places."""
        if not self.order:
            return self.units[starts].astype(kind)
        there = self.units[starts[:, None] + np.arange(self.size(kind))]
        return np.ascontiguousarray(there).view(self.order + kind)[:, 0].astype(kind)

    def _whole(self, at: int, kind: str) -> int:
        if not self.order:
            return int(self.units[at])
        order = "little" if self.order == "<" else "big"
        return int.from_bytes(self.units[at : at + self.size(kind)].tobytes(), order)

    def element(self, count: int, properties: Sequence[tuple[str, str, str]]) -> Element:
        """The next element: rows of properties, each a name, its type and that of its length."""
        least = sum(self.size(length or kind) for _, kind, length in properties)
        if count * least > len(self.units) - self.at:
            raise ValueError("it is cut short")
        starts, lengths = self._even(count, properties) or self._uneven(count, properties)
        return {
            name: self._column(starts[number], lengths[number], kind, length)
            for number, (name, kind, length) in enumerate(properties)
        }

    def _column(self, starts: np.ndarray, lengths: np.ndarray, kind: str, length: str) -> Column:
        if not length:
            return Column(self.take(starts, kind))
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return Column(
            self.take(np.repeat(starts, lengths) + within * self.size(kind), kind), lengths
        )

    def _row(
        self, at: int, properties: Sequence[tuple[str, str, str]]
    ) -> tuple[list[int], list[int], int]:
        """Where the values of a row begin, how many they are, and where the next row begins."""
        starts, lengths = [], []
        for _, kind, length in properties:
            many = 1
            if length:
                if at + self.size(length) > len(self.units):
                    raise ValueError("it is cut short")
                many, at = self._whole(at, length), at + self.size(length)
            starts.append(at)
            lengths.append(many)
            at += many * self.size(kind)
            if many < 0 or at > len(self.units):
                raise ValueError("it is cut short, or a list has another length than it says")
        return starts, lengths, at

    def _even(
        self, count: int, properties: Sequence[tuple[str, str, str]]
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Starts and lengths if all rows are as long as the first; None otherwise."""
        if not count:
            return np.zeros((len(properties), 0), int), np.zeros((len(properties), 0), int)
        starts, lengths, end = self._row(self.at, properties)
        rows = (end - self.at) * np.arange(count)
        if self.at + (end - self.at) * count > len(self.units):
            return None
        for start, many, (_, _, length) in zip(starts, lengths, properties, strict=True):
            if length and (self.take(rows + start - self.size(length), length) != many).any():
                return None
        self.at += (end - self.at) * count
        return np.array(starts)[:, None] + rows, np.repeat(np.array(lengths)[:, None], count, 1)

    def _uneven(
        self, count: int, properties: Sequence[tuple[str, str, str]]
    ) -> tuple[np.ndarray, np.ndarray]:
        starts, lengths = np.zeros((2, len(properties), count), int)
        for row in range(count):
            starts[:, row], lengths[:, row], self.at = self._row(self.at, properties)
        return starts, lengths


def ply_elements(data: bytes) -> tuple[dict[str, Element], list[str]]:
    """The elements of a PLY file by name, and the names of its textures."""
    head = re.match(rb"ply[ \t]*(\r\n|\n|\r)", data, re.IGNORECASE)
    last = rb"\bend_header[ \t]*" + (rb"\r" if head and head[1] == b"\r" else rb"\r?\n")
    end = re.compile(last, re.IGNORECASE).search(data)
    if not head or not end:
        raise ValueError("its header does not end")
    form, textures = "", list[str]()
    layout: list[tuple[str, int, list[tuple[str, str, str]]]] = []
    for line in re.split(r"\r\n?|\n", decoded(data[: end.start()])):
        match line.lower().split():
            case ["format", form, *_]:
                pass
            case ["comment", "texturefile", _, *_]:
                textures.append(line.split(None, 2)[2].strip())
            case ["element", name, count, *_]:
                layout.append((name, int(count), []))
            case ["property", "list", length, kind, name, *_] if layout:
                layout[-1][2].append((name, TYPES[kind], TYPES[length]))
            case ["property", kind, name, *_] if layout:
                layout[-1][2].append((name, TYPES[kind], ""))
            case _:
                pass
    if form not in FORMS:
        raise ValueError(f"its format is {shown(form)!r}, none of {', '.join(FORMS)}")
    body = Body(data[end.end() :], FORMS[form])
    return {name: body.element(count, rows) for name, count, rows in layout if rows}, textures


def read(data: bytes, beside: Beside) -> Mesh | None:
    """The faces and triangle strips of a PLY file; None without any.

    Raises:
        ValueError: damaged; one sentence.
    """
    elements, names = ply_elements(data)
    vertex, face = elements.pop("vertex", {}), elements.pop("face", {})
    points = columns(vertex, ("x", "y", "z"))
    if points is None:
        raise ValueError("its vertices have no x, y and z")
    sizes, corners = _lists(face)
    more = strips(_lists(elements.pop("tristrips", {}), after=-1)[1])
    left = [name for name, rows in elements.items() if name != "camera" and any(
        len(one.values) for one in rows.values())]  # fmt: skip
    if left:
        beside.left_out.append(f"elements of PLY: {shown(', '.join(left))}")
    surface = Surface(
        points,
        np.concatenate([corners, more.reshape(-1)]),
        np.concatenate([sizes, np.full(len(more), 3)]),
        normals=columns(vertex, ("nx", "ny", "nz")),
        uv=next((uv for pair in PLACES if (uv := columns(vertex, pair)) is not None), None),
        colours=colours(vertex),
        face_colours=colours(face, len(more)),
    )
    if names and surface.sizes.size:
        surface = _textured(surface, face, len(more), names, beside)
    return meshed(one_colouring(surface, beside.left_out))


def columns(element: Element, names: Sequence[str]) -> Float[np.ndarray, "n k"] | None:
    """Properties side by side; None if one is not there."""
    if not all(name in element for name in names):
        return None
    return np.column_stack([element[name].values.astype(float) for name in names])


def _lists(
    element: Element, after: int | None = None
) -> tuple[Int[np.ndarray, " f"], Int[np.ndarray, " c"]]:
    """Lengths and vertices of lists; ``after`` is put behind each."""
    for name in LISTS:
        lengths = element[name].lengths if name in element else None
        if lengths is not None:
            values = element[name].values.astype(np.int64)
            if after is not None:
                values = np.insert(values, np.cumsum(lengths), after)
            return lengths, values
    return np.zeros(0, int), np.zeros(0, int)


def colours(element: Element, more: int = 0) -> UInt8[np.ndarray, "n 4"] | None:
    """Colours of an element's rows and grey of ``more`` behind them; None without any.

    Whole numbers go to the largest of their type, those of types that are usually larger than a
    byte but hold none larger go to 255; fractions go to 1, or to 255 if one is larger.
    """
    for names in COLOURS:
        values = columns(element, names)
        values = columns(element, names[:3]) if values is None else values
        if values is not None:
            kind = element[names[0]].values.dtype
            full = float(np.iinfo(kind).max) if kind.kind in "iu" else None
            if kind in ("i1", "i2", "i4", "u4") and values.max(initial=0) < 256:
                full = 255.0
            grey = np.tile(rgba(np.array([PLAIN.colour])), (more, 1))
            return np.concatenate([rgba(values, full), grey])
    return None


def _textured(
    surface: Surface, face: Element, more: int, names: Sequence[str], beside: Beside
) -> Surface:
    """A surface with the textures of a PLY file, laid by its vertices or by its corners."""
    laid = face.get("texcoord")
    count = len(surface.sizes) - more
    if laid is not None and laid.lengths is not None:
        has = (laid.lengths == 2 * surface.sizes[:count]) & (laid.lengths > 0)
        pairs = np.zeros((len(surface.corners), 2))
        pairs[np.flatnonzero(np.repeat(np.append(has, [False] * more), surface.sizes))] = (
            laid.values[np.repeat(has, laid.lengths)].reshape(-1, 2)
        )
        surface = replace(surface, corner_uv=pairs)
        has = np.append(has, [False] * more)
    else:
        has = np.full(len(surface.sizes), surface.uv is not None)
    if not has.any():
        beside.left_out.append("its texture, since nothing says where it lies")
        return surface
    materials = [PLAIN]
    for name in names:
        texture = beside.texture(name)
        materials.append(PLAIN if texture is None else Material(texture=texture))
    number = (
        face["texnumber"].values[:count].astype(int)
        if "texnumber" in face
        else np.zeros(count, int)
    )
    number = np.append(number, np.zeros(more, int)).clip(0, len(names) - 1)
    material = np.where(has, 1 + number, 0)
    if all(one is PLAIN for one in materials):
        return surface
    if surface.colours is not None or surface.face_colours is not None:
        beside.left_out.append("its colours, since it has a texture")
    return replace(
        surface, colours=None, face_colours=None, material=material, materials=tuple(materials)
    )
