"""Meshes rendered into a folder, once: an object is drawn again only when it or the setup changes.

A job of ``engine.jobs`` whose shards are the objects: ``OBJECT/000.png, 001.png, ...`` in the order
of the poses.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import field, replace
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.arrays import fingerprint
from isthmus.engine.content_index import ContentIndex
from isthmus.engine.jobs import JobOptions, run_job
from isthmus.engine.manifest import Line
from isthmus.engine.tasks import Fragment
from isthmus.read.image import SUFFIXES, Picture
from isthmus.read.meshes.beside import AROUND
from isthmus.read.meshes.files import mesh
from isthmus.records import dataclass
from isthmus.types import Bag, Items, NothingLeftError, World, all_parts, reason
from isthmus.version import __version__
from isthmus.view.mesh_views import RenderSetup, posed, render_bag, symmetry_of
from isthmus.view.styles import names

LOOSE = (".obj", ".gltf", ".glb", ".ply")
"""Files that may speak of others beside them."""
MENTIONED = (".bin", ".mtl", *SUFFIXES)
"""What they speak of: when such a file around changes, they are drawn again."""


@dataclass(frozen=True, eq=False)
class Views:
    """The renders of a world's meshes."""

    world: World
    """Images ``OBJECT/000`` with the factors object, view, azimuth, elevation and those of the
    object."""
    bags: tuple[Bag, ...]
    """The pictures of each object that could be drawn."""
    faults: dict[str, str]
    """Objects that could not be drawn, with the reason."""
    symmetry: dict[str, int]
    """Turns that change no picture of an object; means something on a turntable only."""
    rendered: int
    """Objects drawn now; the others were there already."""


def rendered_into(
    folder: Path,
    world: World,
    setup: RenderSetup,
    options: JobOptions | None = None,
    workers: int = 0,
) -> Views:
    """Every mesh of a world as pictures from each pose, kept in a folder.

    Raises:
        NothingLeftError: not one mesh could be drawn; gives the first reason.
        RequestError: another job is writing to the folder, or the disk is full (what is done stays
            done).
    """
    options = replace(options or JobOptions(), shard_size=1)
    job = run_job(folder, RenderTask(setup, workers), world.items["mesh"], options)
    drawings = [one.made for one in job.fragments if one.made is not None]
    if not drawings:
        first = next((f"{name}: {why}" for name, why in job.faults.items()), "there are none")
        raise NothingLeftError(f"Not one mesh of {len(job.faults):,} can be drawn ({first}).")
    bags = tuple(one.bag for one in drawings)
    notes = {one.bag.owner: one.note for one in drawings if one.note}
    seen = _seen(world, [(bag, {}) for bag in bags], job.faults | notes)
    if "text" in world.items:
        seen = replace(seen, items={**seen.items, "text": world.items["text"]})
    symmetry = {one.bag.owner: one.symmetry for one in drawings}
    return Views(seen, bags, job.faults, symmetry, len(set(job.new) - set(job.faults)))


def restyled_into(
    folder: Path,
    world: World,
    setup: RenderSetup,
    styles: Sequence[str] = names(),
    options: JobOptions | None = None,
    workers: int = 0,
) -> World:
    """The world's meshes as pictures ``OBJECT/STYLE/000``, kept in a folder for each style.

    Factors of each picture are those of the object, ``object``, ``style`` and the pose. Objects
    that could not be drawn are in ``faults``.

    Raises:
        NothingLeftError: not one mesh could be drawn.
        RequestError: an unknown style, or as of ``rendered_into``.
    """
    cells: list[tuple[Bag, dict[str, Any]]] = []
    faults: dict[str, str] = {}
    for style in styles:
        views = rendered_into(folder / style, world, replace(setup, style=style), options, workers)
        faults |= views.world.faults
        for bag in views.bags:
            ids = (f"{bag.owner}/{style}/{place.number:03d}" for place in bag.places)
            parts = Items("image", tuple(ids), bag.parts.payload)
            cells.append((replace(bag, parts=parts), {"style": style}))
    return _seen(world, cells, faults)


def _seen(
    world: World, bags: Sequence[tuple[Bag, Mapping[str, Any]]], faults: Mapping[str, str]
) -> World:
    """A world of the pictures in bags, with what is known of their objects and further factors."""
    factors, split, credits = dict(world.factors), dict(world.split), dict(world.credits)
    for bag, more in bags:
        name = bag.owner
        for part, place in zip(bag.parts.ids, bag.places, strict=True):
            known = {**world.factors.get(name, {}), "object": name, "view": f"{place.number:03d}"}
            pose = zip(("azimuth", "elevation"), place.pose or (), strict=False)
            factors[part] = {**known, **dict(pose), **more}
            split |= {part: world.split[name]} if name in world.split else {}
            credits |= {part: world.credits[name]} if name in world.credits else {}
    return replace(
        world,
        items={"image": all_parts(bag for bag, _ in bags)},
        links={},
        factors=factors,
        split=split,
        credits=credits,
        faults={**world.faults, **faults},
    )


@dataclass(frozen=True, eq=False)
class Drawn:
    """An object's pictures and what was seen of it."""

    bag: Bag
    symmetry: int
    note: str = ""
    """What is missing in the pictures, if anything."""


@dataclass(frozen=True)
class Kept:
    """The file of a picture whose content the manifest knows: it need not be hashed again."""

    path: Path
    content_key: str

    def __call__(self) -> Path:
        """The file."""
        return self.path

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, eq=False)
class RenderTask:
    """Meshes, one a shard, as folders of pictures."""

    setup: RenderSetup
    workers: int = 0
    what: str = "meshes"
    _around: dict[tuple[Path, bool], list[str]] = field(
        default_factory=dict[tuple[Path, bool], list[str]]
    )
    """Stamps of the files in each folder that meshes may speak of, looked at once."""

    def accept(self, _folder: Path, _done: Sequence[Line], _items: Items) -> None:
        """Other objects are drawn beside, another setup replaces."""

    def name(self, shard: Items) -> str:
        """The object."""
        return shard.ids[0]

    def fingerprint(self, shard: Items, contents: ContentIndex) -> str:
        """Of mesh, setup and version; for files that speak of others, also of what lies around.

        Of the files around, size and time are looked at.
        """
        (content,) = contents.hashes(shard.payload)
        source = shard.payload[0]
        if isinstance(source, Path) and source.suffix.lower() in LOOSE:
            near = [self._stamps(source.parent / place, place == ".") for place in AROUND]
            content = fingerprint(content, near)
        return fingerprint(content, repr(self.setup), __version__)

    def _stamps(self, folder: Path, below: bool) -> list[str]:
        """Of the files in a folder, or in it and below it, that meshes may speak of."""
        folder = folder.resolve()
        if (folder, below) not in self._around:
            found: list[str] = []
            for place, folders, names in os.walk(folder):
                for name in (name for name in names if Path(name).suffix.lower() in MENTIONED):
                    with suppress(OSError):
                        stat = Path(place, name).stat()
                        found.append(f"{name} {stat.st_size} {stat.st_mtime_ns}")
                folders[:] = folders if below else []
            self._around[folder, below] = sorted(found)
        return self._around[folder, below]

    def run(self, shard: Items, tick: Callable[[int], Any]) -> Fragment[Drawn | None]:
        """Draw the object."""
        (name,) = shard.ids
        try:
            found = mesh(shard.payload[0])
            bag = render_bag(found, self.setup, name, self.workers)
        except BaseException as error:
            return Fragment(None, (), {name: reason(error)})
        finally:
            tick(1)
        turns = symmetry_of([np.asarray(picture.rgb()) for picture in bag.parts])
        note = f"drawn {found.note}" if found.note else ""
        return Fragment(Drawn(bag, turns, note), (name,), {})

    def write(self, folder: Path, fragment: Fragment[Drawn | None], line: Line) -> Line:
        """Keep the pictures in place of older ones of the object."""
        place, drawn = folder / line.name, fragment.made
        if place.is_symlink():
            place.unlink()  # what is behind it is somebody else's
        for old in place.glob("*.png"):
            old.unlink()
        if drawn is None:
            return line
        place.mkdir(parents=True, exist_ok=True)
        files = [place / f"{one.number:03d}.png" for one in drawn.bag.places]
        with ThreadPoolExecutor(self.workers or os.cpu_count() or 1) as pool:
            list(pool.map(_save, files, drawn.bag.parts))
        return replace(line, file=line.name, about={"symmetry": drawn.symmetry, "note": drawn.note})

    def read(self, folder: Path, line: Line) -> Fragment[Drawn | None]:
        """The pictures, to be opened when they are looked at."""
        if not line.file:
            return Fragment(None, (), line.faults)
        numbers = range(len(self.setup.poses))
        place, content = folder / line.file, line.content
        files = [(place / f"{number:03d}.png", f"{content}/{number}") for number in numbers]
        pictures = [Picture(Kept(path, key)) for path, key in files]
        bag = posed(line.name, self.setup.poses, pictures)
        known = int(line.about.get("symmetry", 1)), str(line.about.get("note", ""))
        return Fragment(Drawn(bag, *known), (line.name,), {})


def _save(file: Path, picture: Picture) -> None:
    picture.rgb().save(file, compress_level=1)
