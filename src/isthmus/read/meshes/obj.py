"""OBJ and its MTL files.

Source: Wavefront, "Object files" and "MTL material format", Advanced Visualizer manual, appendix B.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image

from isthmus.read.meshes.beside import Beside, decoded, plain, shown
from isthmus.read.meshes.surfaces import PLAIN, Surface, limited, meshed, rgba, table
from isthmus.read.meshes.triangles import Material, Mesh
from isthmus.records import dataclass

SILENT = frozenset(
    (
        *("o", "g", "s", "mg", "vp", "lod", "usemap", "maplib", "shadow_obj", "trace_obj", "bevel"),
        *("c_interp", "d_interp", "cstype", "deg", "bmat", "step", "parm", "trim", "hole", "scrv"),
        *("sp", "end", "con", "stech", "ctech"),
    )
)
"""Statements that draw nothing by themselves, or belong to one that does and is named."""

_NUMBER = r"\s+[-+]?[\d.]+(?:[eE][-+]?\d+)?(?=\s|$)"
_OPTION = re.compile(
    rf"(?:^|(?<=\s))-(?:(s|o|t)((?:{_NUMBER}){{1,3}})|(mm)((?:{_NUMBER}){{1,2}})"
    r"|(blendu|blendv|boost|bm|cc|clamp|halo|imfchan|texres|type)(\s+\S+))\s*",
    re.IGNORECASE,
)
"""An option of a texture and what it says."""
_COMMENT = re.compile(r"\s+#\s.*")
"""Behind a name, which may itself be "Material #25"."""


@dataclass(eq=False)
class Look:
    """A material as its MTL gives it."""

    colour: tuple[float, float, float] | None = None
    dissolve: float | None = None
    transparency: float = 0.0
    texture: str = ""
    mask: str = ""
    """A texture of opacity."""
    scale: tuple[float, float] = (1.0, 1.0)
    offset: tuple[float, float] = (0.0, 0.0)

    def made(self, beside: Beside) -> Material:
        """The material with its textures; grey as clay if nothing is said about its colour."""
        texture = beside.texture(self.texture) if self.texture else None
        if self.mask and (mask := beside.texture(self.mask)) is not None:
            texture = _masked(texture, mask)
        colour = self.colour or (PLAIN.colour[:3] if texture is None else (1.0, 1.0, 1.0))
        opacity = 1 - self.transparency if self.dissolve is None else self.dissolve
        return Material((*colour, min(max(opacity, 0.0), 1.0)), texture)


def read(data: bytes, beside: Beside) -> Mesh | None:
    """The faces of an OBJ file; None without any.

    Raises:
        ValueError: damaged; one sentence.
    """
    faces, looks, others = Faces(), dict[str, Look](), set[str]()
    for word, rest in statements(data):
        if word in ("f", "fo"):  # "fo" is read as "f"
            faces.add(rest)
        elif word in faces.rows:
            faces.rows[word].append(rest)
        elif word == "usemtl":
            faces.use(_COMMENT.sub("", rest))
        elif word == "mtllib":
            for library in _libraries(rest, beside):
                looks |= materials(library, beside)
        elif word not in SILENT:
            others.add(word)
    if others:
        beside.left_out.append(f"statements of OBJ: {shown(', '.join(sorted(others)))}")
    return faces.mesh(looks, beside)


def statements(data: bytes) -> Iterator[tuple[str, str]]:
    """First word, in small letters, and rest of every line that says something."""
    text = decoded(plain(data)).replace("\r\n", "\n").replace("\r", "\n")
    for line in io.StringIO(text.replace("\\\n", " ")):
        word, *rest = line.strip(" \t\0\n").split(None, 1) or [""]
        if word and word[0] != "#":
            yield word.lower(), rest[0] if rest else ""


def _libraries(names: str, beside: Beside) -> list[bytes]:
    """The MTL files of a line: one whose name may have spaces, or several."""
    whole, words = beside.find(names), re.findall(r'"[^"]+"|[^\s"]+', _COMMENT.sub("", names))
    found = [whole] if whole is not None else [beside.get(name.strip('"')) for name in words]
    return [one for one in found if one is not None]


def materials(data: bytes, beside: Beside) -> dict[str, Look]:
    """The materials of an MTL file by name."""
    found: dict[str, Look] = {}
    look = Look()
    for word, rest in statements(data):
        numbers = rest.partition("#")[0].split()
        if word == "newmtl":
            look = found[_COMMENT.sub("", rest)] = Look()
        elif word == "kd" and rest[:1] in "sx":
            beside.left_out.append(f"the colour {shown(rest)}")
        elif word == "kd":
            red, green, blue = (numbers * 3)[:3] if len(numbers) < 3 else numbers[:3]
            look.colour = _fraction(red), _fraction(green), _fraction(blue)
        elif word == "d":
            look.dissolve = float(numbers[-1])
        elif word == "tr":
            look.transparency = float(numbers[-1])
        elif word == "map_kd":
            look.texture = _texture(rest, look, beside)
        elif word == "map_d":
            look.mask = _texture(rest, Look() if look.texture else look, beside)
        elif word == "ke" and any(_fraction(number) for number in numbers):
            beside.left_out.append("light that a material emits")
    return found


def _fraction(number: str) -> float:
    return min(max(float(number), 0.0), 1.0)


def _texture(words: str, look: Look, beside: Beside) -> str:
    """The file of a texture statement; scale and offset go into the look."""
    for one in _OPTION.finditer(_COMMENT.sub("", words)):
        option, values = [part.lower() for part in one.groups() if part is not None]
        if option in ("s", "o"):
            other = 1.0 if option == "s" else 0.0
            first, second = (*(float(value) for value in values.split()), other)[:2]
            look.scale = (first, second) if option == "s" else look.scale
            look.offset = (first, second) if option == "o" else look.offset
        elif option in ("mm", "t") or (option, values.strip()) == ("clamp", "on"):
            beside.left_out.append(f"the option -{option} of a texture")
    return _OPTION.sub("", words).strip()


def _masked(
    texture: UInt8[np.ndarray, "h w 4"] | None, mask: UInt8[np.ndarray, "i j 4"]
) -> UInt8[np.ndarray, "k l 4"]:
    """A texture whose opacity is another's: its own opacity, or how light it is."""
    texture = np.full_like(mask, 255) if texture is None else texture
    grey = mask[..., 3] if (mask[..., 3] < 255).any() else mask[..., :3].mean(axis=2)
    side = texture.shape[1::-1]
    opacity = np.asarray(Image.fromarray(grey.astype(np.uint8)).resize(side))
    return np.concatenate([texture[..., :3], opacity[..., None]], axis=2)


class Faces:
    """Faces of an OBJ file as they are read."""

    def __init__(self) -> None:
        self.rows: dict[str, list[str]] = {"v": [], "vt": [], "vn": []}
        self.corners: list[int] = []
        self.sizes: list[int] = []
        self.material: list[int] = []
        """Of each face."""
        self.words: list[str] = []
        """Every corner as it is written, once for each material."""
        self.names: dict[str, int] = {}
        self._known: list[dict[str, int]] = []
        """Of each material, the numbers of its corners among ``words``."""
        self.use("")

    def use(self, name: str) -> None:
        """Let the next faces have this material."""
        self._now = self.names.setdefault(name, len(self.names))
        if self._now == len(self._known):
            self._known.append({})

    def add(self, corners: str) -> None:
        """One face."""
        known, words = self._known[self._now], corners.partition("#")[0].split()
        if "-" in corners:
            words = [self._absolute(word) for word in words]
        for word in words:
            if (number := known.get(word)) is None:
                number = known[word] = len(self.words)
                self.words.append(word)
            self.corners.append(number)
        self.sizes.append(len(words))
        limited(len(self.sizes))
        self.material.append(self._now)

    def _absolute(self, word: str) -> str:
        """A corner counted from the start; numbers below zero count from the end."""
        parts = zip(word.split("/"), self.rows.values(), strict=False)
        return "/".join(
            str(int(part) + len(rows) + 1) if part[:1] == "-" else part for part, rows in parts
        )

    def mesh(self, looks: dict[str, Look], beside: Beside) -> Mesh | None:
        """All faces as triangles."""
        values = {word: table(rows, f"a {word!r}", least) for (word, rows), least in zip(
            self.rows.items(), (3, 1, 3), strict=True)}  # fmt: skip
        place, laid, turned = self._places(beside).T
        points = values["v"][place]
        colours = rgba(points[:, 3:]) if points.shape[1] > 5 else None
        sizes, corners = np.array(self.sizes, int), np.array(self.corners, int)
        materials, material = self._looks(looks, beside, colours is not None)
        owner, face = np.zeros(len(place), int), np.repeat(np.arange(len(sizes)), sizes)
        owner[corners] = np.array(self.material, int)[face]
        uv = np.zeros((len(place), 2))
        if (has := laid >= 0).any():
            uv[has] = np.nan_to_num(np.pad(values["vt"], ((0, 0), (0, 1)))[laid[has], :2])
            described = [looks.get(name, Look()) for name in self.names]
            uv *= np.array([look.scale for look in described])[owner]
            uv += np.array([look.offset for look in described])[owner]
        normals = np.full((len(place), 3), np.nan)
        normals[turned >= 0] = values["vn"][turned[turned >= 0], :3]
        # a face without texture places has its material's colour alone
        bare = np.bincount(face, ~has[corners], minlength=len(sizes)) > 0
        plain = tuple(replace(one, texture=None) for one in materials) if bare.any() else ()
        surface = Surface(
            points[:, :3], corners, sizes, normals, uv, colours,
            material=material + bare * len(materials), materials=(*materials, *plain), same=place,
        )  # fmt: skip
        return meshed(surface)

    def _places(self, beside: Beside) -> Int[np.ndarray, "c 3"]:
        """Rows of v, vt and vn of each corner, -1 where there is none."""
        found = np.full((len(self.words), 3), -1)
        for number, word in enumerate(self.words):
            for column, part in enumerate(word.split("/")[:3]):
                if part:
                    try:
                        found[number, column] = int(part) - 1
                    except (ValueError, OverflowError):
                        raise ValueError(f"a face has the corner {shown(word)}") from None
        counts = [len(rows) for rows in self.rows.values()]
        if len(found) and not 0 <= found[:, 0].min() <= found[:, 0].max() < counts[0]:
            raise ValueError("it has faces with corners that it does not hold")
        for column, what in ((1, "texture places"), (2, "normals")):
            absent = found[:, column] >= counts[column]
            if absent.any() or found[:, column].min(initial=0) < -1:
                beside.left_out.append(f"{what} of corners that name such as are not there")
                found[absent | (found[:, column] < 0), column] = -1
        return found

    def _looks(
        self, looks: dict[str, Look], beside: Beside, coloured: bool
    ) -> tuple[tuple[Material, ...], Int[np.ndarray, " f"]]:
        """Materials in the order of their names, and that of each face."""
        if unknown := [name for name in self.names if name and name not in looks]:
            beside.left_out.append(f"materials that no MTL describes: {shown(', '.join(unknown))}")
        bare = Material() if coloured else PLAIN
        made = (looks[name].made(beside) if name in looks else bare for name in self.names)
        return tuple(made), np.array(self.material, int)
