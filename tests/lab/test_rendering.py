"""Renders are kept: an object is drawn again when it, its textures or the render setup change."""

import os

import numpy as np
import pytest
from PIL import Image

from isthmus.read.meshes.read import mesh
from isthmus.types import Items, NothingLeftError, World
from isthmus.view.cameras import turntable
from isthmus.view.render_jobs import RenderSetup, rendered_into
from isthmus.view.renders import RenderOptions
from isthmus.worlds.meshes import mesh_folder

SETUP = RenderSetup(turntable(12), RenderOptions(side=32, samples=1))
OBJ = "mtllib it.mtl\nusemtl m\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 0 1\n"
OBJ += "f 1/1 2/2 3/3\nf 3/3 2/2 1/1\n"


def textured(folder, colour):
    folder.mkdir(exist_ok=True)
    (folder / "it.obj").write_text(OBJ)
    (folder / "it.mtl").write_text("newmtl m\nmap_Kd paint.png\n")
    Image.new("RGB", (4, 4), colour).save(folder / "paint.png")
    return mesh_folder(folder)


def test_nothing_is_drawn_twice_and_everything_that_changed_is(tmp_path):
    pytest.importorskip("trimesh")
    world = textured(tmp_path / "things", "red")
    run = tmp_path / "run"
    first = rendered_into(run, world, SETUP)
    assert first.rendered == 1
    assert rendered_into(run, world, SETUP).rendered == 0
    names = first.world.items["image"].ids
    assert names[:2] == ("it.obj/000", "it.obj/001")
    assert first.world.factors["it.obj/003"]["azimuth"] == 90.0
    red = np.asarray(Image.open(run / "it.obj/000.png"))
    textured(tmp_path / "things", "blue")
    os.utime(tmp_path / "things/paint.png", (1, 1))
    assert rendered_into(run, world, SETUP).rendered == 1
    blue = np.asarray(Image.open(run / "it.obj/000.png"))
    assert (red[..., 0] > red[..., 2]).any()
    assert (blue[..., 2] > blue[..., 0]).any()
    (run / "it.obj/005.png").unlink()
    assert rendered_into(run, world, SETUP).rendered == 1
    other = RenderSetup(turntable(10), SETUP.options)
    assert rendered_into(run, world, other).rendered == 1
    assert not (run / "it.obj/011.png").exists()
    (run / "seen.json").write_text("{ damaged")
    assert rendered_into(run, world, other).rendered == 1


def test_meshes_in_memory_and_faults(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    made = mesh(trimesh.creation.box().export(file_type="glb"))
    meshes = Items("mesh", ("box", "torn"), [made, b"nothing"])
    found = rendered_into(tmp_path / "run", World("w", {"mesh": meshes}), SETUP)
    assert set(found.faults) == {"torn"}
    assert found.symmetry["box"] in (2, 4)
    assert len(found.world.items["image"]) == 12
    with pytest.raises(NothingLeftError, match="Not one of 1 meshes can be drawn"):
        rendered_into(tmp_path / "none", World("w", {"mesh": meshes.take(["torn"])}), SETUP)
