"""Renders are kept: an object is drawn again when it, its textures or the render setup change."""

import errno
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isthmus.engine.jobs import JobOptions
from isthmus.read.meshes.files import mesh
from isthmus.types import Credit, Items, NothingLeftError, RequestError, World
from isthmus.view import render_jobs as jobs
from isthmus.view.cameras import turntable
from isthmus.view.mesh_views import RenderSetup
from isthmus.view.render_jobs import rendered_into, restyled_into
from isthmus.view.renders import RenderOptions
from isthmus.worlds.folders import mesh_folder
from tests.toys import files_of
from tests.view.shapes import tetrahedron

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
    (run / "manifest.jsonl").write_text("{ damaged")
    assert rendered_into(run, world, other).rendered == 1


def test_meshes_in_memory_and_faults(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    made = mesh(trimesh.creation.box().export(file_type="glb"))
    meshes = Items("mesh", ("box", "torn"), [made, b"nothing"])
    found = rendered_into(tmp_path / "run", World("w", {"mesh": meshes}), SETUP)
    assert set(found.faults) == {"torn"}
    assert found.symmetry["box"] in (2, 4)
    assert len(found.world.items["image"]) == 12
    with pytest.raises(NothingLeftError, match="Not one mesh of 1 can be drawn"):
        rendered_into(tmp_path / "none", World("w", {"mesh": meshes.take(["torn"])}), SETUP)


FEW = RenderSetup(turntable(3), RenderOptions(side=16, samples=1))


def three(torn=()):
    shades = {
        "red": (0.9, 0.1, 0.1, 1.0),
        "in/green": (0.1, 0.9, 0.1, 1.0),
        "blue": (0.0, 0.0, 1.0, 1.0),
    }
    meshes = [b"torn" if name in torn else tetrahedron(one) for name, one in shades.items()]
    return World("three", {"mesh": Items("mesh", tuple(shades), meshes)})


def test_bags_lead_back_to_the_poses(tmp_path):
    views = rendered_into(tmp_path, three(), FEW)
    assert [bag.owner for bag in views.bags] == ["red", "in/green", "blue"]
    bag = views.bags[1]
    assert bag.parts.ids == ("in/green/000", "in/green/001", "in/green/002")
    assert bag.place("in/green/001").pose == (120.0, 20.0, 0.0)
    kept = np.asarray(Image.open(tmp_path / "in/green/001.png"))
    np.testing.assert_array_equal(np.asarray(bag.parts.payload[1].rgb()), kept)
    assert views.world.factors["in/green/001"] == {
        "object": "in/green", "view": "001", "azimuth": 120.0, "elevation": 20.0,
    }  # fmt: skip


@pytest.mark.parametrize("damage", ["deleted", "cut", "changed"])
def test_a_picture_that_is_not_as_it_was_drawn_is_drawn_again(tmp_path, damage):
    rendered_into(tmp_path, three(), FEW)
    before, file = files_of(tmp_path), tmp_path / "in/green/001.png"
    whole = file.read_bytes()
    if damage == "deleted":
        file.unlink()
    else:
        file.write_bytes(whole[:-9] if damage == "cut" else whole[:-1] + b"?")
    assert rendered_into(tmp_path, three(), FEW).rendered == 1
    assert files_of(tmp_path) == before
    assert rendered_into(tmp_path, three(), FEW).rendered == 0


def test_a_mesh_in_memory_that_changes_is_drawn_again_and_fewer_lose_nothing(tmp_path):
    world = three()
    rendered_into(tmp_path, world, FEW)
    last = replace(world, items={"mesh": world.items["mesh"].take(["blue"])})
    assert rendered_into(tmp_path, last, FEW).rendered == 0
    assert rendered_into(tmp_path, world, FEW).rendered == 0
    repainted = Items("mesh", ("blue",), [tetrahedron((0.0, 0.0, 0.9, 1.0))])
    assert rendered_into(tmp_path, World("w", {"mesh": repainted}), FEW).rendered == 1


def test_an_object_that_cannot_be_drawn_any_more_leaves_no_pictures(tmp_path):
    rendered_into(tmp_path, three(), FEW)
    views = rendered_into(tmp_path, three(torn=("blue",)), FEW)
    assert set(views.faults) == {"blue"} == set(views.world.faults)
    assert views.rendered == 0
    assert not list((tmp_path / "blue").glob("*.png"))
    assert rendered_into(tmp_path, three(), FEW).rendered == 1


KILLED = """
import os, signal, sys
from pathlib import Path
import isthmus.view.render_jobs as jobs
from tests.view.test_render_jobs import FEW, three
save = jobs._save
def last(file, picture):
    save(file, picture)
    if str(file).endswith("in/green/001.png"):
        os.kill(os.getpid(), signal.SIGKILL)
jobs._save = last
jobs.rendered_into(Path(sys.argv[1]), three(), FEW, workers=1)
"""


def test_a_killed_job_goes_on_to_the_same_bytes(tmp_path):
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root), str(root / "src")])
    command = [sys.executable, "-c", KILLED, str(tmp_path / "killed")]
    ended = subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert (tmp_path / "killed/in/green/001.png").exists()
    assert not (tmp_path / "killed/blue").exists()
    views = rendered_into(tmp_path / "killed", three(), FEW)
    assert views.rendered == 2
    rendered_into(tmp_path / "quiet", three(), FEW)
    assert files_of(tmp_path / "killed") == files_of(tmp_path / "quiet")


def test_two_at_once_are_refused_in_one_sentence(tmp_path):
    from filelock import FileLock

    with FileLock(tmp_path / ".lock"), pytest.raises(RequestError, match="Another job is writing"):
        rendered_into(tmp_path, three(), FEW)
    with pytest.raises(RequestError, match="Another job is writing"):
        (tmp_path / "flat").mkdir()
        with FileLock(tmp_path / "flat" / ".lock"):
            restyled_into(tmp_path, three(), FEW, ("flat",))


def test_a_full_disk_is_one_sentence_and_keeps_what_is_drawn(tmp_path, monkeypatch):
    import isthmus.view.render_jobs as jobs

    save = jobs._save

    def full(file, picture):
        if file.parent.name == "blue":
            raise OSError(errno.ENOSPC, "No space left on device")
        save(file, picture)

    monkeypatch.setattr(jobs, "_save", full)
    with pytest.raises(RequestError, match=r"disk .* is full\. Finished shards are kept \(2\)"):
        rendered_into(tmp_path, three(), FEW)
    monkeypatch.undo()
    assert rendered_into(tmp_path, three(), FEW).rendered == 1


def test_every_file_is_read_again_when_asked(tmp_path):
    world = textured(tmp_path / "things", "red")
    file, run = tmp_path / "things/it.obj", tmp_path / "run"
    rendered_into(run, world, SETUP)
    stat = file.stat()
    file.write_text(OBJ.replace("v 1 0 0", "v 2 0 0"))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert rendered_into(run, world, SETUP).rendered == 0
    assert rendered_into(run, world, SETUP, JobOptions(rehash=True)).rendered == 1
    file.write_text(OBJ.replace("v 1 0 0", "v 3 0 0"))  # of the same size
    os.utime(file, (3, 3))
    assert rendered_into(run, world, SETUP).rendered == 1


def test_a_picture_beside_a_mesh_is_noticed_by_its_time_alone(tmp_path):
    things, paint = tmp_path / "things", tmp_path / "things/paint.png"
    world = textured(things, "red")
    for number, colour in enumerate(("red", "blue", "blue")):
        Image.new("RGB", (4, 4), colour).save(paint, compress_level=0)
        os.utime(paint, (number, number))
        assert rendered_into(tmp_path / "run", world, FEW).rendered == 1
    assert rendered_into(tmp_path / "run", world, FEW).rendered == 0


def test_a_mesh_without_what_it_mentions_is_drawn_with_a_note(tmp_path):
    world = textured(tmp_path / "things", "red")
    (tmp_path / "things/paint.png").unlink()
    for _ in range(2):
        views = rendered_into(tmp_path / "run", world, FEW)
        assert views.faults == {}
        assert views.world.faults == {"it.obj": "drawn without what it mentions: paint.png"}


def test_what_is_known_of_an_object_is_known_of_its_views(tmp_path):
    world = three()
    known = replace(
        world,
        factors={"red": {"label": "warm"}},
        split={"red": "val"},
        credits={"red": Credit("CC0-1.0", "made")},
        items={**world.items, "text": Items("text", ("red",), ["a red thing"])},
    )
    seen = rendered_into(tmp_path, known, FEW).world
    assert seen.factors["red/001"]["label"] == "warm"
    assert (seen.split["red/002"], seen.credits["red/000"].source) == ("val", "made")
    assert "blue/000" not in seen.split
    assert list(seen.items["text"]) == ["a red thing"]
    assert seen.links == {}


def test_a_full_disk_while_drawing_is_no_fault_of_the_mesh(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr("isthmus.view.render_jobs.render_bag", full)
    with pytest.raises(RequestError, match=r"Finished shards are kept \(0\)"):
        rendered_into(tmp_path, three(), FEW)


def test_one_object_never_ends_the_job_whatever_breaks_below(tmp_path, monkeypatch):
    class PanicError(BaseException):
        pass

    def broken(found, *rest):
        if found is world.items["mesh"].payload[1]:
            raise PanicError("below\nall")
        return drawn(found, *rest)

    world, drawn = three(), jobs.render_bag
    monkeypatch.setattr(jobs, "render_bag", broken)
    views = rendered_into(tmp_path, world, FEW)
    assert views.faults == {"in/green": "PanicError: below\nall"}
    assert [bag.owner for bag in views.bags] == ["red", "blue"]
    with pytest.raises(RequestError, match="style"):
        rendered_into(tmp_path / "b", world, replace(FEW, style="none"))


def test_what_is_left_out_of_a_mesh_is_named(tmp_path):
    text = OBJ + "l 1 2\n"
    world = World("w", {"mesh": Items("mesh", ("it",), [text.encode()])})
    said = "drawn without what it mentions: it.mtl; without statements of OBJ: l; "
    faults = {"it": said + "without materials that no MTL describes: m"}
    assert rendered_into(tmp_path, world, FEW).world.faults == faults
    assert rendered_into(tmp_path, world, FEW).world.faults == faults


def test_a_texture_in_a_folder_below_is_noticed_too(tmp_path):
    inner = tmp_path / "things" / "inner"
    inner.mkdir(parents=True)
    Image.new("RGB", (4, 4), "red").save(inner / "paint.png")
    (tmp_path / "things/it.obj").write_text(OBJ)
    (tmp_path / "things/it.mtl").write_text("newmtl m\nmap_Kd inner/paint.png\n")
    world = mesh_folder(tmp_path / "things")
    assert rendered_into(tmp_path / "run", world, FEW).world.faults == {}
    os.utime(inner / "paint.png", (1, 1))
    assert rendered_into(tmp_path / "run", world, FEW).rendered == 1
    assert rendered_into(tmp_path / "run", world, FEW).rendered == 0


def test_names_that_are_not_utf_8_do_not_end_the_job(tmp_path):
    (tmp_path / "things").mkdir()
    with open(os.fsencode(tmp_path / "things") + b"/a\xff.obj", "w") as file:  # noqa: PTH123
        file.write(OBJ)
    world = mesh_folder(tmp_path / "things")
    assert world.items["mesh"].ids == ("a\\xff.obj",)
    views = rendered_into(tmp_path / "run", world, FEW)
    assert not views.faults
    assert (tmp_path / "run" / "a\\xff.obj" / "000.png").is_file()
