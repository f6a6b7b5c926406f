"""Named meshes that towers for shapes learn from: furniture, MegaGlest's models, blown up drawings.

No test object of ``furniture``, test unit of ``units`` or test drawing of ``glyphs`` is among them.
Whoever learns from MegaGlest's models or OpenMoji's drawings is CC-BY-SA.
"""

import io
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import distance_transform_edt, gaussian_filter

from isthmus.read.meshes.files import mesh
from isthmus.read.meshes.triangles import Material, Mesh
from isthmus.view.cameras import Pose, dome
from isthmus.view.shape_views import rotated, standing
from isthmus.worlds import load
from isthmus.worlds.bundled import payloads
from tools.clips.units import Motion, frames

STYLES = ("fluent-3d", "twemoji", "openmoji-color")
SIDE = 96
FRONT = tuple(
    Pose(float(a), float(e))
    for a, e in ((0, 0), (-40, 10), (40, 20), (180, 30), (150, 0), (-20, 50))
)
"""Where a drawing that is blown up is looked at from: seldom from its edge."""
WAYS = 4
"""Ways up of a mesh that are tried."""
SKILLS = ("stop", "produce", "move", "attack", "harvest", "build", "repair")
"""Whose models show a unit as it is; a fallen one is another thing."""
MODELS = 4
"""Of a unit, at most."""
EACH = 6
"""Models of a thing in the scenery, at most."""
SCENERY = {
    "bigfern": "fern", "fern": "fern", "farn": "fern", "ferntree": "tree fern", "baum": "tree",
    "tree": "tree", "big_tree": "tree", "brown_tree": "tree", "dark_tree": "tree",
    "mallorn": "tree", "birke": "birch tree", "tanne": "fir tree", "fir": "fir tree",
    "pine": "pine tree", "willow": "willow tree", "cypress": "cypress tree", "palm": "palm tree",
    "joshuatree": "joshua tree", "dead_tree": "dead tree", "deadtree": "dead tree",
    "deathtree": "dead tree", "deadpine": "dead pine tree", "burned": "burned tree",
    "swamp_tree_dead": "dead tree", "stump": "tree stump", "bush": "bush", "swamp_bush": "bush",
    "bushtree": "bush", "bush_flower": "flowering bush", "flower": "flower", "flowers": "flowers",
    "kaktusbusch": "cactus", "cactoe": "cactus", "grass": "grass", "reed": "reed",
    "papyrus": "papyrus plant", "nettles": "nettle", "swamp_mushroom": "mushroom",
    "stone": "stone", "big_stone": "rock", "bigrock": "rock", "swamp_rock": "rock",
    "statue": "statue", "broken_statue": "broken statue", "obelisk": "obelisk", "cross": "cross",
    "crosses": "crosses", "bone": "bone", "skullbone": "skull and bones", "vulcano": "volcano",
    "sarg_holz": "coffin", "sarg_stein": "stone coffin", "grab": "grave", "totem": "totem pole",
    "birdbath": "bird bath", "swamp_ruin": "ruin", "gold": "gold ore",
}  # fmt: skip
"""What the models of tilesets are, by their names without numbers and sizes."""


@dataclass(frozen=True)
class Source:
    """A named mesh, made when it is asked for."""

    id: str
    name: str
    part: str
    """``train`` or ``val``."""
    group: str
    """Shapes of one group belong together: none of them is held out alone."""
    make: Callable[[], Mesh]
    poses: tuple[Pose, ...] = dome(12)
    label: str = ""
    """The category, where the world has categories."""


def furniture() -> Iterator[Source]:
    """Training and validation objects."""
    world = load("furniture")
    items = world.items["mesh"]
    for key in items.ids:
        if world.split[key] != "test":
            facts = world.factors[key]
            yield Source(
                key, facts["name"], world.split[key], facts["family"],
                partial(lambda one: mesh(items[one]), key), label=facts["label"],
            )  # fmt: skip


def turned() -> Iterator[Source]:
    """The same, standing on each of four faces, right or wrong, that look like a ground."""
    for number, source in enumerate(furniture()):
        for way in range(WAYS):
            start = float(np.random.default_rng([number, way]).uniform(0, 360))
            poses = (Pose(start, 20.0), Pose((start + 100) % 360, 35.0))
            make = partial(fallen, source, way)
            yield replace(source, id=f"{source.id}__{way}", make=make, poses=poses)


def fallen(source: Source, way: int) -> Mesh:
    """A mesh turned to its way up of this rank, or to its last one."""
    shape = source.make().fitted()
    return rotated(shape, standing(shape, way + 1)[-1])


def units(root: Path) -> Iterator[Source]:
    """Models of MegaGlest's training and validation units, and the scenery of its tilesets.

    Args:
        root: the game's folder of data, with ``techs`` and ``tilesets``.
    """
    world = load("units")
    known = {
        (facts["faction"], facts["unit"]): (world.split[key], facts["family"])
        for key, facts in world.factors.items()
    }
    tested = {unit for (_, unit), (part, _) in known.items() if part == "test"}
    for sheet in sorted(root.glob("techs/*/factions/*/units/*/*.xml")):
        faction, unit = sheet.parents[2].name, sheet.parent.name
        part, family = known.get((faction, unit), ("train", unit))
        if sheet.stem != unit or part == "test" or unit in tested:
            continue
        for number, model in enumerate(_models(sheet)):
            make = partial(still, model, 0.4 if number else 0.0)
            name = unit.replace("_", " ")
            yield Source(f"{faction}/{unit}/{model.stem}", name, part, f"unit {family}", make)
    seen: Counter[str] = Counter()
    for model in sorted(root.glob("tilesets/*/models/*.g3d"), key=lambda one: one.stem):
        stem = re.sub(
            r"_?(big|small|dead)?[a-z]?$", "", re.sub(r"[\d_]*\d[a-z\d_]*$", "", model.stem)
        )
        name = SCENERY.get(stem) or SCENERY.get(re.sub(r"[\d_]*\d[a-z\d_]*$", "", model.stem))
        if name and seen[name] < EACH:
            seen[name] += 1
            key = f"{model.parents[1].name}/{model.stem}"
            yield Source(key, name, "train", f"scenery {name}", partial(still, model, 0.0))


def _models(sheet: Path) -> list[Path]:
    skills = ET.parse(sheet).getroot().findall("skills/skill")
    found: dict[Path, None] = {}
    for kind in SKILLS:
        for skill in skills:
            if skill.find("type").get("value") == kind:  # type: ignore[union-attr]
                paths = [one.get("path", "") for one in skill.iter("animation")]
                found |= dict.fromkeys((sheet.parent / path).resolve() for path in paths)
    return [one for one in found if one.is_file()][:MODELS]


def still(model: Path, share: float) -> Mesh:
    """A model at this share of its motion."""
    steps = 10
    return frames(Motion("", "", model, ("walking",), 1.0, ()), steps)[round(share * steps)]


def glyphs() -> Iterator[Source]:
    """Training drawings, blown up, each in one of three styles in turn."""
    world = load("glyphs", styles=list(STYLES))
    pictures = world.items["image"]
    for number, key in enumerate(world.items["text"].ids):
        part, facts = world.split[key], world.factors[key]
        if part == "test" or not facts["grid"]:
            continue
        style = STYLES[number % len(STYLES)]
        make = partial(
            lambda one, seed: cushion(drawing(one), seed), pictures[f"{key}/{style}"], number
        )
        yield Source(
            f"{key}/{style}",
            world.items["text"][key],
            part,
            f"glyph {facts['family']}",
            make,
            FRONT,
        )


def drawing(picture: object) -> np.ndarray:
    """(96, 96, 4) uint8 of a bundled drawing."""
    source = picture.source  # type: ignore[attr-defined]
    return np.array(Image.open(io.BytesIO(payloads(source.file)[source.id])).convert("RGBA"))


def cushion(rgba: np.ndarray, seed: int) -> Mesh:
    """Both sides of a drawing that is the thicker the farther it is to its outline.

    Colours lie on vertices, one a pixel; the front looks to +z.
    """
    rng = np.random.default_rng(seed)
    rgba = np.pad(rgba, ((1, 1), (1, 1), (0, 0)))
    solid = rgba[..., 3] > 127
    far = gaussian_filter(distance_transform_edt(solid), 1.0)
    half = np.where(solid, np.sqrt(np.maximum(far, 0.1)) * SIDE**0.5 * rng.uniform(0.15, 0.5), 0)
    down, across = np.gradient(half)
    row, column = np.nonzero(solid)
    number = np.full(solid.shape, -1)
    number[row, column] = np.arange(len(row))
    quads = np.stack(
        [number[1:, :-1], number[1:, 1:], number[:-1, 1:], number[:-1, :-1]], axis=-1
    ).reshape(-1, 4)
    quads = quads[(quads >= 0).all(axis=1)]
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    slope = [-across[row, column], down[row, column], np.ones(len(row))]
    normals = np.column_stack(slope)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    front = np.column_stack([column, -row, half[row, column]])
    colours = np.where(rgba[..., 3:] > 0, rgba, 255)[row, column]
    colours[:, 3] = 255
    back = [1, 1, -1]
    return Mesh(
        np.concatenate([front, front * back]).astype(np.float32),
        np.concatenate([faces, faces[:, ::-1] + len(row)]).astype(np.int32),
        np.concatenate([normals, normals * back]).astype(np.float32),
        np.zeros((2 * len(row), 2), np.float32),
        np.concatenate([colours, colours]).astype(np.uint8),
        np.zeros(2 * len(faces), np.int32),
        (Material(),),
    )  # fmt: skip
