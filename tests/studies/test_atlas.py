"""The atlas on constructed views, and from mesh files to pages."""

import json
import re

import numpy as np
import pytest

from isthmus.cli import main
from isthmus.studies.atlas.inputs import AtlasInput
from isthmus.studies.atlas.measures import measured_atlas
from isthmus.studies.atlas.run import atlas
from isthmus.studies.atlas.subspaces import nestings, overlaps
from isthmus.types import EmbeddingSet, RequestError, Space
from isthmus.view.mesh_views import symmetry
from isthmus.worlds import load

VIEWS = 24


def rings(objects=6, noise=0.02, seed=0, d=40, categories=2):
    """Objects whose views are noisy circles; those of one category turn in the same plane."""
    rng = np.random.default_rng(seed)
    turn = np.deg2rad(360 / VIEWS * np.arange(VIEWS))
    planes = np.linalg.qr(rng.normal(size=(d, 2 * categories)))[0].T.reshape(categories, 2, d)
    vectors, ids, factors = [], [], {}
    for number in range(objects):
        kind = number % categories
        middle = rng.normal(size=d) / np.sqrt(d)
        ring = np.stack([np.cos(turn), np.sin(turn)], axis=1) @ planes[kind] * 0.5
        vectors.append(middle + ring + noise * rng.normal(size=(VIEWS, d)))
        name = f"o{number}"
        factors[name] = {"name": f"thing {number}", "label": f"kind {kind}"}
        for view in range(VIEWS):
            ids.append(f"{name}/{view:03d}")
            factors[ids[-1]] = {"object": name, "azimuth": 360 / VIEWS * view}
    space = Space("constructed", "constructed", d)
    rows = np.concatenate(vectors).astype(np.float32)
    return AtlasInput(EmbeddingSet(rows, tuple(ids), "image", space), factors)


def test_circles_are_seen_as_such():
    found = measured_atlas(rings())
    assert [one.name for one in found.objects] == [f"o{number}" for number in range(6)]
    for one in found.objects:
        assert one.results["pose"].value < 15
        assert one.results["loop"].null.p <= 0.05
        assert one.results["rank"].held_out <= 4
    assert found.results["identity"].value > 0.95
    shares = found.results["variance"].shares
    assert sum(shares.values()) == pytest.approx(1)
    assert set(shares) == {"object", "view", "object × view"}


def test_objects_of_a_category_share_its_plane():
    data = rings(objects=10)
    found = measured_atlas(data)
    x = data.views.unit.astype(np.float64)
    spaces = overlaps(data.views, found.objects)
    kinds = np.arange(10) % 2
    same = kinds[:, None] == kinds
    off = ~np.eye(10, dtype=bool)
    assert spaces.energy[same & off].min() > spaces.energy[~same].max()
    levels = {one.level: one for one in nestings(x, found.objects)}
    assert levels["its category"].share > 0.85
    assert levels["its category"].share > levels["another category"].share + 0.3
    assert levels["the world"].share > 0.85


def test_words_are_named_where_they_are_the_middles():
    data = rings(objects=9)
    middles = data.views.unit.reshape(9, VIEWS, -1).mean(axis=1)
    texts = tuple(f"thing {number}" for number in range(9))
    words = EmbeddingSet(middles + 0.3, texts, "text", data.views.space)
    found = measured_atlas(AtlasInput(data.views, data.factors, words=(words, texts)))
    assert [one.words[0][0] for one in found.objects] == list(texts)
    share, interval, chance = found.names.first
    assert share == 1
    assert chance == pytest.approx(1 / 9)
    assert interval.low < 1


def test_one_object_or_few_views_leave_out_what_cannot_be_asked():
    data = rings(objects=1)
    found = measured_atlas(data)
    assert set(found.missing) == {"identity", "variance"}
    assert "two or more" in found.missing["identity"]
    few = data.views.take(data.views.ids[:5])
    with pytest.raises(RequestError, match="10 views or more; the most that one has is 5"):
        measured_atlas(AtlasInput(few, data.factors))
    gone = rings(objects=3)
    less = gone.views.take(gone.views.ids[:-3])
    part = measured_atlas(AtlasInput(less, gone.factors))
    assert [one.name for one in part.objects] == ["o0", "o1"]
    assert part.faults == {"o2": "21 of its views could be used, 24 are needed"}


def test_equal_seeds_give_equal_pages(tmp_path):
    data = rings(objects=4)
    first = atlas(data, tmp_path / "a", seed=1)
    again = atlas(data, tmp_path / "b", seed=1)
    assert first.page == again.page
    names = sorted(path.name for path in (tmp_path / "a/objects").iterdir())
    assert len(names) == 4
    for name in names:
        page = (tmp_path / "a/objects" / name).read_text()
        assert page == (tmp_path / "b/objects" / name).read_text()
    linked = re.findall(r'href="objects/([^"]+)"', first.page)
    assert sorted(linked) == names
    record = json.loads((tmp_path / "a/report.json").read_text())
    assert record["objects"]["o1"]["category"] == "kind 1"


def test_symmetry_is_the_largest_turn_that_changes_nothing():
    rng = np.random.default_rng(0)
    views = rng.normal(size=(24, 100))
    assert symmetry(views) == 1
    assert symmetry(np.tile(views[:12], (2, 1))) == 2
    assert symmetry(np.tile(views[:6], (4, 1)) + 0.01 * rng.normal(size=(24, 100))) == 4
    assert symmetry(np.tile(views[:1], (24, 1))) == 24


GLTF = """{"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}],
"nodes": [{"mesh": 0}], "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
"accessors": [{"componentType": 5126, "count": 3, "type": "VEC3"}]}"""


def _meshes(folder):
    import trimesh

    folder.mkdir()
    box = trimesh.creation.box((1.0, 0.4, 0.2))
    box.visual.face_colors = np.random.default_rng(0).integers(0, 255, (12, 4)) | [0, 0, 0, 255]
    box.export(folder / "red_box_01.ply")
    trimesh.creation.cylinder(0.3, 1.0).apply_transform(
        trimesh.transformations.rotation_matrix(np.pi / 2, (1, 0, 0))
    ).export(folder / "cylinder.stl")
    (folder / "broken.glb").write_bytes(b"glTF nothing")
    (folder / "nan.off").write_text("OFF\n3 1 0\n0 0 0\n1 0 nan\n0 1 0\n3 0 1 2\n")
    bomb = json.loads(GLTF)
    bomb["accessors"][0]["count"] = 3_000_000_000  # no buffer behind it: 36 GB of zeros
    (folder / "bomb.gltf").write_text(json.dumps(bomb))
    with (folder / "ten_million.stl").open("wb") as file:  # a hole on the disk, no bytes
        file.write(b"x" * 80 + (10_000_000).to_bytes(4, "little"))
        file.truncate(84 + 50 * 10_000_000)
    (folder / "points.ply").write_text(
        "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\n"
        "property float z\nend_header\n0 0 0\n"
    )


@pytest.mark.slow
def test_from_files_to_pages_and_again_without_work(tmp_path, capsys):
    pytest.importorskip("trimesh")
    _meshes(tmp_path / "things")
    (tmp_path / "things/notes.doc").write_text("no mesh")
    (tmp_path / "words.txt").write_text("red box\ncylinder\ncat\n")
    command = ["atlas", "--objects", str(tmp_path / "things"), "--views", "12", "--quiet", "--json"]
    command += ["--words", str(tmp_path / "words.txt"), "--out", str(tmp_path / "run")]
    assert main(command) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report["faults"]) == set(report["report"]["faults"]) == {
        "bomb.gltf", "broken.glb", "nan.off", "notes.doc", "points.ply", "ten_million.stl",
    }  # fmt: skip
    assert "has 3,000,000,000 corners" in report["faults"]["bomb.gltf"]
    assert "more than 5,000,000 triangles" in report["faults"]["ten_million.stl"]
    record = report["report"]["objects"]
    assert record["cylinder.stl"]["symmetry"] == 12
    assert "turning it changes no picture" in record["cylinder.stl"]["missing"]["pose"]
    assert record["red_box_01.ply"]["name"] == "red box"
    assert (tmp_path / "run/renders/cylinder.stl/011.png").is_file()
    page = (tmp_path / "run/report.html").read_text()
    assert main(command) == 0
    assert (tmp_path / "run/report.html").read_text() == page
    assert main([*command, "--strict"]) == 1


@pytest.mark.slow
def test_of_the_bundled_world_without_a_word(tmp_path, capsys):
    command = ["atlas", "--limit", "3", "--views", "12", "--out", str(tmp_path / "run")]
    assert main([*command, "--quiet", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)["report"]
    test = load("furniture").part("test")
    assert set(record["objects"]) == set(test.items["mesh"].ids[:3])
    assert main([*command, "--quiet"]) == 0
    assert "0 objects rendered and 0 views encoded now" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--objects", "nowhere"], "There is no folder nowhere; wanted is one of meshes"),
        (["--objects", ".", "--world", "glyphs"], "Name either a folder of objects or a world"),
        (["--world", "glyphs"], "World 'glyphs' holds image, text, no meshes"),
        (["--objects", ".", "--views", "3"], "10 views of each object or more, not 3"),
    ],
)
def test_requests_that_cannot_be_met(words, message, capsys, tmp_path):
    assert main(["atlas", *words, "--out", str(tmp_path / "run")]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.slow
def test_views_in_further_styles_share_the_variance(tmp_path, capsys):
    command = ["atlas", "--limit", "4", "--views", "10", "--styles", "flat", "sketch", "--quiet"]
    assert main([*command, "--json", "--out", str(tmp_path / "run")]) == 0
    found = json.loads(capsys.readouterr().out)["report"]["results"]["variance with style"]
    assert found["levels"] == {"object": 4, "view": 10, "style": 3}
    assert sum(found["shares"].values()) == pytest.approx(1)
    assert found["components"]["style"] > 0.02
    assert main(["atlas", "--styles", "oil", "--out", str(tmp_path / "other")]) == 2
    assert "some of flat, toon, sketch, photo, not 'oil'" in capsys.readouterr().err
