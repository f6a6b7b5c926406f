"""Indexes of folders: what is new is encoded, what was there is kept, a kill changes nothing."""

import contextlib
import json
import os
import shutil
import tarfile
import zipfile
from dataclasses import dataclass, field

import numpy as np
import pytest

from isthmus.engine.jobs import JobOptions
from isthmus.indexes import building, generations
from isthmus.indexes.building import build
from isthmus.indexes.index import is_index, open_index
from isthmus.types import (
    EmbeddingSet,
    ExtraMissingError,
    ItemError,
    NothingLeftError,
    RequestError,
    Space,
)
from tests.toys import files_of

SPACE = Space("bytes", "bytes-8", 8)


@dataclass(frozen=True)
class Bytes:
    """Counts a file's bytes by their last three bits; files that say 'broken' cannot be read."""

    modality: str
    space: Space = SPACE
    calls: list = field(default_factory=list)

    def encode(self, items):
        contents = [one if isinstance(one, bytes) else one.read_bytes() for one in items]
        if any(b"broken" in one for one in contents):
            raise ItemError("it is broken")
        self.calls.extend(contents)
        rows = [np.bincount(np.frombuffer(one, np.uint8) % 8, minlength=8) for one in contents]
        return np.array(rows, np.float32)


def space(*modalities):
    return {name: Bytes(name) for name in modalities or ("image", "text", "audio")}


def encoded(encoders):
    return {name: len(one.calls) for name, one in encoders.items() if one.calls}


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "files"
    (root / "deep").mkdir(parents=True)
    for number in range(7):
        (root / f"picture{number}.png").write_bytes(b"picture %d" % number)
        (root / "deep" / f"sound{number}.wav").write_bytes(b"sound %d" % number)
    (root / "note.txt").write_text("a note")
    (root / "copy.png").write_bytes(b"picture 3")
    (root / "bad.png").write_bytes(b"broken")
    (root / "what.xyzzy").write_bytes(b"what")
    (root / "shape.mtl").write_bytes(b"beside a mesh")
    (root / ".hidden.png").write_bytes(b"hidden")
    return root


OPTIONS = JobOptions(shard_size=3)


def test_files_of_every_modality_and_what_was_left_out(folder, tmp_path):
    encoders = space("image", "audio")
    report = build(folder, encoders, tmp_path / "ix", OPTIONS)
    assert report.index.counts()["items"] == {"image": 8, "audio": 7}
    assert encoded(encoders) == {"image": 7, "audio": 7}  # the copy is encoded once
    assert report.encoded == {"image": 7, "audio": 7} and report.kept == {"image": 1, "audio": 0}
    assert report.skipped == {
        "bad.png": "it is broken",
        "note.txt": "the space bytes has no way for text items",
        "what.xyzzy": "is of a type that is not read (.xyzzy)",
    }
    part = report.index.parts["image"]
    np.testing.assert_allclose(np.linalg.norm(part.vectors, axis=1), 1, atol=1e-6)
    assert list(part.files) == sorted(part.files)


def test_only_what_is_new_by_content_is_encoded(folder, tmp_path):
    out = tmp_path / "ix"
    build(folder, space(), out, OPTIONS)
    before = files_of(out)
    again = space()
    report = build(folder, again, out, OPTIONS)
    assert not encoded(again) and files_of(out) == before
    assert report.kept == {"image": 8, "audio": 7, "text": 1}
    (folder / "picture0.png").write_bytes(b"another picture")  # changed
    (folder / "picture1.png").unlink()  # removed
    (folder / "picture2.png").rename(folder / "moved.png")
    (folder / "new.wav").write_bytes(b"new")  # added
    changed = space()
    report = build(folder, changed, out, OPTIONS)
    assert encoded(changed) == {"image": 1, "audio": 1}
    fresh = build(folder, space(), tmp_path / "fresh", OPTIONS).index
    for name, part in fresh.parts.items():
        assert list(part.files) == list(report.index.parts[name].files)
        np.testing.assert_array_equal(part.vectors, report.index.parts[name].vectors)
    assert {name for name in files_of(out) if name.endswith("y")} == {
        name for name in files_of(tmp_path / "fresh") if name.endswith("y")
    }, "No vectors of the last generation stay."


class Killed(BaseException):
    """Stands for a kill."""


@pytest.mark.parametrize("moment", range(20))
def test_a_kill_at_any_moment_ends_in_the_same_bytes(folder, tmp_path, monkeypatch, moment):
    whole, out = tmp_path / "whole", tmp_path / "ix"
    build(folder, space(), whole, OPTIONS)
    left = [moment]
    replace = os.replace

    def counting(*paths, **options):
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        return replace(*paths, **options)

    monkeypatch.setattr(os, "replace", counting)
    monkeypatch.setattr(os, "rename", counting)
    with contextlib.suppress(Killed):
        build(folder, space(), out, OPTIONS)
    monkeypatch.undo()
    report = build(folder, space(), out, OPTIONS)
    assert sum(len(part.files) for part in report.index.parts.values()) == 16
    mine, wanted = files_of(out), files_of(whole)
    assert mine.keys() == wanted.keys()
    assert {name for name in mine if mine[name] != wanted[name]} <= {".isthmus"}


def test_archives_are_read_where_they_stand_and_nothing_leaves_them(folder, tmp_path):
    with tarfile.open(folder / "shard.tar", "w") as tar:
        tar.add(folder / "picture0.png", "inside.png")
        tar.add(folder / "picture1.png", "../out.png")
        tar.add(folder / "what.xyzzy", "what.xyzzy")
    with zipfile.ZipFile(folder / "deep" / "many.zip", "w") as archive:
        archive.write(folder / "deep" / "sound0.wav", "a/inside.wav")
        archive.write(folder / "deep" / "sound1.wav", "../../out.wav")
    (folder / "torn.zip").write_bytes(b"PK\x03\x04 no more")
    report = build(folder, space(), tmp_path / "ix", OPTIONS)
    assert "shard.tar/inside.png" in report.index.parts["image"].files
    assert "deep/many.zip/a/inside.wav" in report.index.parts["audio"].files
    assert "leaves the archive" in report.skipped["shard.tar/../out.png"]
    assert "leaves the archive" in report.skipped["deep/many.zip/../../out.wav"]
    assert "no zip file" in report.skipped["torn.zip"]
    assert report.skipped["shard.tar/what.xyzzy"] == "has a name that does not tell what it holds"
    assert not (tmp_path / "out.png").exists() and not (folder.parent / "out.wav").exists()


def test_a_file_that_changes_while_it_is_read_is_no_item(folder, tmp_path):
    encoders = space()
    plain = Bytes.encode

    @dataclass(frozen=True)
    class Changing(Bytes):
        def encode(self, items):
            found = plain(self, items)
            (folder / "picture5.png").write_bytes(b"changed while it was read")
            return found

    encoders["image"] = Changing("image")
    report = build(folder, encoders, tmp_path / "ix", OPTIONS)
    assert "changed while it was read" in report.skipped["picture5.png"]
    again = space()
    report = build(folder, again, tmp_path / "ix", OPTIONS)
    assert "picture5.png" in report.index.parts["image"].files
    assert encoded(again) == {"image": 1}


def test_another_space_is_refused_and_replaced_only_if_that_is_said(folder, tmp_path):
    build(folder, space(), tmp_path / "ix", OPTIONS)
    other = {"image": Bytes("image", Space("other", "other-8", 8))}
    with pytest.raises(RequestError, match="is an index of the space bytes, not of other"):
        build(folder, other, tmp_path / "ix", OPTIONS)
    report = build(folder, other, tmp_path / "ix", JobOptions(shard_size=3, replace=True))
    assert report.index.space.name == "other" and set(report.index.parts) == {"image"}


def test_nothing_to_index_is_a_sentence(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(RequestError, match="holds nothing to index: it is empty"):
        build(tmp_path / "empty", space(), tmp_path / "ix")
    (tmp_path / "empty" / "a.xyzzy").write_text("a")
    with pytest.raises(
        RequestError, match=r"all of 1 files were left out; the first, a\.xyzzy: is"
    ):
        build(tmp_path / "empty", space(), tmp_path / "ix")
    with pytest.raises(RequestError, match="There is no folder"):
        build(tmp_path / "nowhere", space(), tmp_path / "ix")
    with pytest.raises(RequestError, match=r"holds no index\.json: make one by isthmus index"):
        open_index(tmp_path / "empty")
    (tmp_path / "half" / building.WORK).mkdir(parents=True)
    with pytest.raises(RequestError, match="was never finished: run isthmus index again"):
        open_index(tmp_path / "half")


def test_a_folder_of_files_is_no_index_whatever_it_holds(folder, tmp_path):
    (folder / "index.json").write_text("{}")
    (folder / building.WORK).mkdir()
    assert not is_index(folder) and not is_index(tmp_path / "nowhere")
    build(folder, space(), tmp_path / "ix", OPTIONS)
    assert is_index(tmp_path / "ix")


def test_a_folder_of_broken_files_is_a_sentence_and_they_are_read_again_only_if_changed(tmp_path):
    root, out = tmp_path / "files", tmp_path / "ix"
    root.mkdir()
    for number in range(3):
        (root / f"{number}.png").write_bytes(b"broken %d" % number)
    with pytest.raises(NothingLeftError, match=r"Nothing of .* could be encoded: all of 3 files"):
        build(root, space("image"), out, OPTIONS)
    (root / "0.png").write_bytes(b"mended")
    again = space("image")
    report = build(root, again, out, OPTIONS)
    assert encoded(again) == {"image": 1} and len(report.skipped) == 2


@pytest.mark.parametrize("damage", ["cut", "gone", "table", "other"])
def test_a_damaged_index_says_so_and_is_made_whole_again(folder, tmp_path, damage):
    out = tmp_path / "ix"
    index = build(folder, space(), out, OPTIONS).index
    record = index.record.parts["image"]
    before = files_of(out)
    path = out / record.vectors
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    elif damage == "gone":
        path.unlink()
    elif damage == "table":
        (out / record.table).write_bytes(b"nothing")
    else:
        shutil.copy(out / index.record.parts["audio"].vectors, path)
    with pytest.raises(RequestError, match="is damaged where its image items are"):
        open_index(out)
    again = space()
    build(folder, again, out, OPTIONS)
    assert encoded(again) == {"image": 7} and files_of(out) == before


def test_a_record_that_is_none_or_of_later_days(folder, tmp_path):
    out = tmp_path / "ix"
    build(folder, space(), out, OPTIONS)
    path = out / generations.INDEX
    values = json.loads(path.read_text())
    path.write_text(json.dumps({**values, "format": 9}))
    with pytest.raises(RequestError, match="later isthmus"):
        open_index(out)
    path.write_text('{"format": 1}')
    with pytest.raises(RequestError, match="is no index"):
        open_index(out)


def test_one_list_ranks_by_what_a_query_meets_in_each_modality(folder, tmp_path):
    index = build(folder, space(), tmp_path / "ix", OPTIONS).index
    part = index.parts["image"]
    query = EmbeddingSet(np.asarray(part.vectors[2:3]), ("q",), "text", SPACE)
    found = index.search(query, 99)
    assert len(found) == 16 and [hit.score for hit in found] == sorted(
        (hit.score for hit in found), reverse=True
    )
    for name, one in index.parts.items():
        cosines = one.vectors @ query.unit[0]
        wanted = (cosines - cosines.mean()) / max(cosines.std(), 1e-6)
        mine = {hit.file: hit.score for hit in found if hit.modality == name}
        if len(mine) > 1:
            np.testing.assert_allclose(
                [mine[file] for file in one.files], wanted, atol=2e-2, rtol=1e-3
            )
    assert {hit.modality for hit in index.search(query, 5, only=["audio"])} == {"audio"}
    with pytest.raises(
        RequestError, match="The index has no mesh items; it has: audio, image, text"
    ):
        index.search(query, only=["mesh"])
    with pytest.raises(RequestError, match="At least one item"):
        index.search(query, 0)


def test_what_no_library_is_there_to_read_is_left_out_with_the_command_that_installs_it(
    folder, tmp_path, monkeypatch
):
    def missing(self, items):
        raise ExtraMissingError("soundfile", "audio")

    encoders, out = space(), tmp_path / "ix"
    encoders["audio"] = type("Deaf", (Bytes,), {"encode": missing})("audio")
    report = build(folder, encoders, out, OPTIONS)
    assert set(report.index.parts) == {"image", "text"}
    assert "run  pip install" in report.skipped["deep/sound0.wav"]
    assert "audio" in build(folder, space(), out, OPTIONS).index.parts
    (folder / "deep/new.wav").write_bytes(b"new")
    with pytest.raises(ExtraMissingError):  # the sounds that are there are not lost
        build(folder, encoders, out, OPTIONS)
    assert "audio" in open_index(out).parts
