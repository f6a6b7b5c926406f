"""Meshes rendered into a folder, once: an object is drawn again only when it or the setup changes.

The folder holds ``OBJECT/000.png, 001.png, ...`` in the order of the poses, and ``seen.json``: of
each object its content and its faults.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.arrays import fingerprint
from isthmus.engine.content_index import ContentIndex
from isthmus.engine.shards import bar
from isthmus.read.image import Picture
from isthmus.read.meshes.files import AROUND
from isthmus.read.meshes.read import Mesh, mesh
from isthmus.store import write_json
from isthmus.types import ItemError, Items, NothingLeftError, World
from isthmus.version import __version__
from isthmus.view.cameras import Pose
from isthmus.view.renders import Rendered, RenderOptions
from isthmus.view.styles import drawn, names
from isthmus.view.symmetries import symmetry_of

LOOSE = (".obj", ".gltf")
"""Files that speak of others beside them."""
MENTIONED = (".bin", ".mtl", ".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tga", ".gif", ".tif")
"""What they speak of: when such a file around changes, they are drawn again."""


@dataclass(frozen=True)
class RenderSetup:
    """From where and how every object is drawn."""

    poses: tuple[Pose, ...]
    options: RenderOptions = field(default_factory=RenderOptions)
    up: str = "y"
    """The axis that points up in the files."""
    style: str = "shaded"
    """One of ``view.styles``."""


@dataclass(frozen=True, eq=False)
class Views:
    """The renders of a world's meshes."""

    world: World
    """Images ``OBJECT/000`` with the factors object, view, azimuth, elevation and those of the
    object; links of each view to the object's name."""
    faults: dict[str, str]
    """Objects that could not be drawn, with the reason."""
    symmetry: dict[str, int]
    """Turns that change no picture of an object; means something on a turntable only."""
    rendered: int
    """Objects drawn now; the others were there already."""


def rendered_into(
    folder: Path, world: World, setup: RenderSetup, *, workers: int = 0, progress: bool = False
) -> Views:
    """Every mesh of a world as pictures from each pose, kept in a folder.

    Raises:
        NothingLeftError: not one mesh could be drawn; gives the first reason.
    """
    meshes = world.items["mesh"]
    folder.mkdir(parents=True, exist_ok=True)
    known = _read(folder / "seen.json")
    contents = ContentIndex(folder / "contents.json")
    marks = contents.hashes(["" if isinstance(some, Mesh) else some for some in meshes.payload])
    kept: dict[str, Any] = {}
    beside: dict[Path, list[str]] = {}
    rendered = 0
    with bar(len(meshes), "mesh", progress) as tick:
        for name, source, content in zip(meshes.ids, meshes.payload, marks, strict=True):
            line = known.get(name)
            try:
                mark = fingerprint(_content(source, content, beside), repr(setup), __version__)
                if line is None or line["mark"] != mark or not _whole(folder / name, setup.poses):
                    line = _draw(folder / name, mesh(source), setup, workers)
                    line["mark"] = mark
                    rendered += 1
            except ItemError as error:
                line = {"mark": "", "fault": str(error)}
            kept[name] = line
            if line is not known.get(name):
                write_json(folder / "seen.json", known | kept)
            tick(1)
    contents.save()
    faults = {name: line["fault"] for name, line in kept.items() if line.get("fault")}
    if len(faults) == len(kept):
        first = next(f"{name}: {why}" for name, why in faults.items())
        raise NothingLeftError(f"Not one of {len(kept)} meshes can be drawn ({first}).")
    notes = {name: line["note"] for name, line in kept.items() if line.get("note")}
    seen = [name for name in meshes.ids if name not in faults]
    symmetry = {name: int(kept[name]["symmetry"]) for name in seen}
    return Views(_world(world, folder, seen, setup, faults | notes), faults, symmetry, rendered)


def _content(source: Any, content: str, beside: dict[Path, list[str]]) -> str:
    """What a mesh is known by: its content, and for files that speak of others, what lies around.

    Of the files around, size and time are looked at, once a folder (``beside``).
    """
    if isinstance(source, Mesh):
        return _arrays(source)
    if not isinstance(source, Path) or source.suffix.lower() not in LOOSE:
        return content
    around: list[str] = []
    for near in AROUND:
        folder = (source.parent / near).resolve()
        if folder not in beside:
            beside[folder] = sorted(_stamps(folder)) if folder.is_dir() else []
        around += beside[folder]
    return fingerprint(content, around)


def _stamps(folder: Path) -> Iterator[str]:
    for path in folder.iterdir():
        if path.suffix.lower() in MENTIONED and path.is_file():
            state = path.stat()
            yield f"{path.name} {state.st_size} {state.st_mtime_ns}"


def _arrays(found: Mesh) -> str:
    made = hashlib.sha256()
    for part in (found.vertices, found.faces, found.normals, found.uv, found.colours):
        made.update(np.ascontiguousarray(part).tobytes())
    for material in found.materials:
        made.update(repr((material.colour, material.gloss)).encode())
        made.update(b"" if material.texture is None else material.texture.tobytes())
    made.update(found.material.tobytes())
    return made.hexdigest()


def _draw(folder: Path, found: Mesh, setup: RenderSetup, workers: int) -> dict[str, Any]:
    views = drawn(found.turned(setup.up), setup.poses, setup.style, setup.options, workers)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        list(pool.map(lambda pair: _write(folder, *pair), enumerate(views)))
    turns = symmetry_of([view.colour for view in views])
    line: dict[str, Any] = {"faces": len(found.faces), "symmetry": turns}
    if not any(view.mask.any() for view in views):
        raise ItemError("nothing is seen of it: its surface has no area")
    if found.missing:
        line["note"] = f"drawn without what it mentions: {', '.join(found.missing)}"
    return line


def _write(folder: Path, number: int, view: Rendered) -> None:
    from PIL import Image

    Image.fromarray(view.colour).save(folder / f"{number:03d}.png", compress_level=1)


def _whole(folder: Path, poses: Sequence[Pose]) -> bool:
    return all((folder / f"{number:03d}.png").is_file() for number in range(len(poses)))


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {name: line for name, line in found.items() if "mark" in line}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}  # nothing there, or damaged: everything is drawn again


def _world(
    world: World, folder: Path, seen: Sequence[str], setup: RenderSetup, faults: dict[str, str]
) -> World:
    places = {
        f"{name}/{number:03d}": (name, number, pose)
        for name in seen
        for number, pose in enumerate(setup.poses)
    }
    factors = {
        view: {
            **world.factors.get(name, {}),
            "object": name,
            "view": f"{number:03d}",
            "azimuth": pose.azimuth,
            "elevation": pose.elevation,
        }
        for view, (name, number, pose) in places.items()
    }
    pictures = [Picture(folder / f"{view}.png") for view in places]
    split = {view: world.split[name] for view, (name, *_) in places.items() if name in world.split}
    texts = world.items.get("text")
    return replace(
        world,
        items={
            "image": Items("image", tuple(places), pictures),
            **({"text": texts} if texts is not None else {}),
        },
        links={},
        factors={**world.factors, **factors},
        split={**world.split, **split},
        credits={
            **world.credits,
            **{
                view: world.credits[name]
                for view, (name, *_) in places.items()
                if name in world.credits
            },
        },
        faults={**world.faults, **faults},
    )


def named(views: World) -> Iterator[tuple[str, list[str]]]:
    """Each object with the ids of its views, in the order of the poses."""
    found: dict[str, list[str]] = {}
    for name in views.items["image"].ids:
        found.setdefault(str(views.factors[name]["object"]), []).append(name)
    return iter(found.items())


def restyled_into(
    folder: Path,
    world: World,
    setup: RenderSetup,
    styles: Sequence[str] = names(),
    *,
    workers: int = 0,
    progress: bool = False,
) -> World:
    """The world's meshes as pictures ``OBJECT/STYLE/000``, kept in a folder for each style.

    Factors of each picture are those of the object, ``object``, ``style`` and the pose. Objects
    that could not be drawn are in ``faults``.

    Raises:
        NothingLeftError: not one mesh could be drawn.
        RequestError: an unknown style.
    """
    ids: list[str] = []
    pictures: list[Any] = []
    factors, split, credits = dict(world.factors), dict(world.split), dict(world.credits)
    faults = dict(world.faults)
    for style in styles:
        drawn = rendered_into(
            folder / style, world, replace(setup, style=style), workers=workers, progress=progress
        ).world
        faults |= drawn.faults
        images = drawn.items["image"]
        for view, picture in zip(images.ids, images.payload, strict=True):
            name, _, number = view.rpartition("/")
            cell = f"{name}/{style}/{number}"
            ids.append(cell)
            pictures.append(picture)
            factors[cell] = {**drawn.factors[view], "style": style}
            if view in drawn.split:
                split[cell] = drawn.split[view]
            if view in drawn.credits:
                credits[cell] = drawn.credits[view]
    return replace(
        world,
        items={"image": Items("image", tuple(ids), pictures)},
        links={},
        factors=factors,
        split=split,
        credits=credits,
        faults=faults,
    )
