"""What MegaGlest's units do: which models of which unit show which action, and their families.

The game's own ``unit.xml`` says which model moves when: the type of a skill is the action.
"""

import hashlib
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from isthmus.read.image import picture
from isthmus.read.meshes.triangles import Material, Mesh, merged
from isthmus.types import ItemError
from isthmus.view.cameras import Pose
from tools import families
from tools.clips.g3d import CUSTOM, Part, read

ACTIONS = {
    "stop": "standing",
    "move": "walking",
    "attack": "attacking",
    "die": "dying",
    "morph": "changing",
    "build": "working",
    "repair": "working",
    "harvest": "working",
    "produce": "producing",
    "upgrade": "producing",
    "be_built": "being built",
}
"""Of each type of skill in ``unit.xml``, fixed before anything was trained."""
ONCE = ("dying", "being built", "changing")
"""What does not run back to its first key frame."""
TEAM = np.array([40, 80, 200])
"""sRGB of every unit's team: where a texture is transparent."""
STRAY, MARGIN, FAR = 2.5, 1.15, 2.5
"""How much larger than 96 % of its corners a motion may be to be shown whole; the edge; and how
far from the middle a face may reach to be drawn."""


@dataclass(frozen=True)
class Motion:
    """One animated model of a unit."""

    faction: str
    unit: str
    model: Path
    actions: tuple[str, ...]
    """All that the unit's skills use it for; one for most."""
    seconds: float
    """Of one run in the game."""
    sounds: tuple[Path, ...]
    """Played with its skills."""

    @property
    def id(self) -> str:
        """``faction/unit/model``; another unit's model is named after that."""
        lender = (self.model.parents[3].name, self.model.parents[1].name)
        lent = "" if lender == (self.faction, self.unit) else f"{'-'.join(lender)}-"
        return f"{self.faction}/{self.unit}/{lent}{self.model.stem}"


def motions(root: Path) -> list[Motion]:
    """Every animated model that a skill of a unit uses, in order of their ids."""
    found = []
    for sheet in sorted(root.glob("techs/*/factions/*/units/*/*.xml")):
        if sheet.stem == sheet.parent.name:
            found += _of_unit(sheet)
    return sorted(found, key=lambda one: one.id)


def _of_unit(sheet: Path) -> list[Motion]:
    shared = sheet.parents[4] / "commondata"
    skills: dict[Path, list[ET.Element]] = defaultdict(list)
    for skill in ET.parse(sheet).getroot().iter("skill"):
        for one in skill.iter("animation"):
            skills[(sheet.parent / _value(one, "path")).resolve()].append(skill)
    found = []
    for model, some in skills.items():
        if max(len(part.vertices) for part in parts(model)) < 2:
            continue
        kinds = sorted({ACTIONS[_value(skill.find("type"))] for skill in some})
        speeds = [float(_value(skill.find("anim-speed"), default="100")) for skill in some]
        paths = [_value(x, "path") for skill in some for x in skill.iter("sound-file")]
        sounds = [
            (sheet.parent / path.replace("$COMMONDATAPATH", str(shared))).resolve()
            for path in dict.fromkeys(paths)
        ]
        heard = tuple(path for path in sounds if path.is_file() and path.suffix == ".wav")
        seconds = 100 / max(np.median(speeds), 1.0)
        faction, unit = sheet.parents[2].name, sheet.parent.name
        found.append(Motion(faction, unit, model, tuple(kinds), float(seconds), heard))
    return found


def _value(element: ET.Element | None, key: str = "value", default: str = "") -> str:
    return default if element is None else element.get(key, default)


@cache
def parts(model: Path) -> list[Part]:
    """Meshes of a model, read once."""
    return read(model)


def family_of(motions: Sequence[Motion]) -> list[str]:
    """Units that share a name, a model, or a mesh of 30 triangles or more are of one family."""
    units = list(dict.fromkeys((one.faction, one.unit) for one in motions))
    row = {unit: number for number, unit in enumerate(units)}
    first: dict[str, int] = {}
    pairs = []
    for one in motions:
        own = row[one.faction, one.unit]
        keys = [f"name {one.unit}"]
        for part in parts(one.model):
            if len(part.faces) >= 30:
                keys.append(hashlib.sha256(part.faces.tobytes() + part.uv.tobytes()).hexdigest())
        pairs += [(first.setdefault(key, own), own) for key in keys]
    firsts = families.components(len(units), pairs)
    return ["/".join(units[firsts[row[one.faction, one.unit]]]) for one in motions]


def frames(motion: Motion, count: int) -> list[Mesh]:
    """The unit at ``count`` equal steps of the motion, where its files place it."""
    cycle = not any(action in ONCE for action in motion.actions)
    last = count if cycle else count - 1
    some = [part for part in parts(motion.model) if len(part.faces)]
    surfaces = [_surface(part, motion.model.parent) for part in some]
    return [
        _lit(merged([
            replace(surface, vertices=part.at(number / last, cycle)[_corners(part)])
            for part, surface in zip(some, surfaces, strict=True)
        ]))
        for number in range(count)
    ]  # fmt: skip


def framed(meshes: Sequence[Mesh], pose: Pose) -> list[Mesh]:
    """Moved and scaled alike, so that all of the motion fills the picture that a pose gives.

    Single parts far away (a stone thrown, a spark) do not count.
    """
    axes = pose.axes()
    seen = np.concatenate([mesh.vertices @ axes.T for mesh in meshes])
    low, high = seen.min(axis=0), seen.max(axis=0)
    inner = np.quantile(seen, [0.02, 0.98], axis=0)
    if (high - low)[:2].max() > STRAY * (inner[1] - inner[0])[:2].max():
        low, high = inner
    middle, reach = axes.T @ ((low + high) / 2), MARGIN * float((high - low)[:2].max()) / 2
    placed = [
        replace(mesh, vertices=((mesh.vertices - middle) / max(reach, 1e-9)).astype(np.float32))
        for mesh in meshes
    ]
    return [_near(mesh) for mesh in placed]


def _near(mesh: Mesh) -> Mesh:
    """Without faces that reach far outside: some would lie behind the camera."""
    inside = np.linalg.norm(mesh.vertices, axis=1)[mesh.faces].max(axis=1) < FAR
    if not inside.any():
        return replace(mesh, faces=mesh.faces[:1] * 0, material=mesh.material[:1])
    return replace(mesh, faces=mesh.faces[inside], material=mesh.material[inside])


def _lit(mesh: Mesh) -> Mesh:
    """With the normals of its faces."""
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
    normals = np.zeros_like(mesh.vertices)
    normals[mesh.faces.reshape(-1)] = np.repeat(across, 3, axis=0)
    return replace(mesh, normals=normals.astype(np.float32))


def _corners(part: Part) -> np.ndarray:
    """Rows of the part's vertices: every face has corners of its own, and is drawn flat."""
    return part.faces.reshape(-1)


def _surface(part: Part, folder: Path) -> Mesh:
    corners = _corners(part)
    uv = part.uv[corners] if len(part.uv) else np.zeros((len(corners), 2), np.float32)
    uv = np.nan_to_num(np.clip(uv, -100, 100))
    colour = np.nan_to_num(np.clip(part.colour, 0, 1)).tolist()
    material = Material((*colour[:3], max(colour[3], 0.2)), _texture(part, folder))
    if material.texture is not None:
        material = replace(material, colour=(1.0, 1.0, 1.0, material.colour[3]))
    faces = np.arange(len(corners), dtype=np.int32).reshape(-1, 3)
    return Mesh(
        np.zeros((len(corners), 3), np.float32), faces, np.zeros((len(corners), 3), np.float32),
        uv.astype(np.float32), np.full((len(corners), 4), 255, np.uint8),
        np.zeros(len(faces), np.int32), (material,),
    )  # fmt: skip


def _texture(part: Part, folder: Path) -> np.ndarray | None:
    """(h, w, 4) uint8, the team's colour where the file is transparent and the part is a team's."""
    if not part.texture or not len(part.uv):
        return None
    try:
        rgba = _pixels(folder / part.texture)
    except ItemError:
        return None
    if part.flags & CUSTOM:
        share = rgba[..., 3:] / 255
        rgba = np.dstack([share * rgba[..., :3] + (1 - share) * TEAM, np.full(rgba.shape[:2], 255)])
    return rgba.astype(np.uint8)


@cache
def _pixels(path: Path) -> np.ndarray:
    from PIL import Image

    source = picture(path)
    source.rgb()  # refused with a sentence where it cannot be read
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA"))
