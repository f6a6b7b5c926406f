"""What a job folder survives: another job, another space, other items, damage."""

import json

import numpy as np
import pytest
from filelock import FileLock

from isthmus.lab import JobOptions, embed_into, load_set, save
from isthmus.types import Items, RequestError, Space
from tests.lab.test_jobs import OPTIONS, texts
from tests.toys import Letters, toy_set


def test_two_jobs_never_write_to_one_folder(tmp_path):
    with (
        FileLock(tmp_path / ".lock"),
        pytest.raises(RequestError, match="Another job is writing to"),
    ):
        embed_into(tmp_path, Letters(), texts(), OPTIONS)
    assert embed_into(tmp_path, Letters(), texts(), OPTIONS).encoded == 22


@pytest.mark.parametrize("what", ["road", "preprocessing"])
def test_what_is_done_to_items_before_the_space_is_part_of_what_vectors_are_known_by(
    tmp_path, what
):
    """Renders read with a head and without it lie in one space, and are not the same vectors."""
    plain, other = Letters(), Letters()
    object.__setattr__(plain, what, "as any picture")
    object.__setattr__(other, what, "with a head")
    embed_into(tmp_path, plain, texts(), OPTIONS)
    assert embed_into(tmp_path, other, texts(), OPTIONS).encoded == 22
    assert embed_into(tmp_path, other, texts(), OPTIONS).encoded == 0


@pytest.mark.parametrize("damage", ["empty", "cut", "one bit"])
def test_a_damaged_fragment_is_computed_again(tmp_path, damage):
    embed_into(tmp_path, Letters(), texts(), OPTIONS)
    fragment = sorted((tmp_path / "fragments").iterdir())[1]
    whole = fragment.read_bytes()
    flipped = whole[:-1] + bytes([whole[-1] ^ 1])
    fragment.write_bytes({"empty": b"", "cut": whole[:-8], "one bit": flipped}[damage])
    assert embed_into(tmp_path, Letters(), texts(), OPTIONS).encoded == 4
    assert fragment.read_bytes() == whole


def test_a_job_of_one_damaged_shard_goes_on(tmp_path):
    embed_into(tmp_path, Letters(), texts())
    (fragment,) = (tmp_path / "fragments").iterdir()
    fragment.unlink()
    assert embed_into(tmp_path, Letters(), texts()).encoded == 22


@pytest.mark.parametrize(
    "line", [{"shard": "x"}, {"faults": []}, {"file": 3}, {"vectors": None}, {"unknown": 1}]
)
def test_an_odd_line_of_the_manifest_is_refused_and_named(tmp_path, line):
    embed_into(tmp_path, Letters(), texts(), OPTIONS)
    manifest = tmp_path / "manifest.jsonl"
    good = json.loads(manifest.read_text().splitlines()[0])
    with manifest.open("a") as file:
        file.write(json.dumps({**good, **line}) + "\n")
    count = len(manifest.read_text().splitlines())
    with pytest.raises(RequestError, match=rf"line {count}, is of no job: .*{next(iter(line))}"):
        embed_into(tmp_path, Letters(), texts(), OPTIONS)


def test_vectors_of_other_items_or_another_space_are_never_replaced(tmp_path):
    embed_into(tmp_path, Letters(), texts(), OPTIONS)
    before = {path.name: path.read_bytes() for path in (tmp_path / "fragments").iterdir()}
    other = Items("text", ("x1", "x2"), ["abc", "abd"])
    with pytest.raises(RequestError, match=r"vectors of other text items, such as 't000'"):
        embed_into(tmp_path, Letters(), other, OPTIONS)
    elsewhere = Letters(space=Space("others", "others-26", 26))
    with pytest.raises(RequestError, match="vectors of the space letters, not of others"):
        embed_into(tmp_path, elsewhere, texts(), OPTIONS)
    assert before == {p.name: p.read_bytes() for p in (tmp_path / "fragments").iterdir()}
    replacing = JobOptions(batch_size=3, shard_size=5, replace=True)
    assert embed_into(tmp_path, Letters(), other, replacing).encoded == 2


def test_the_first_item_may_go_and_fewer_items_lose_nothing(tmp_path):
    every = texts()
    embed_into(tmp_path, Letters(), every, OPTIONS)
    assert len(embed_into(tmp_path, Letters(), every.take(every.ids[1:]), OPTIONS).embedded) == 21
    embed_into(tmp_path, Letters(), every, OPTIONS)
    few = embed_into(tmp_path, Letters(), every.take(every.ids[:7]), OPTIONS)
    assert len(few.embedded) == 7
    assert few.encoded == 2
    assert embed_into(tmp_path, Letters(), every, OPTIONS).encoded == 4


def test_half_a_surrogate_pair_is_a_fault_of_its_text(tmp_path):
    items = Items("text", ("good", "bad"), ["abc", "x\ud800y"])
    report = embed_into(tmp_path, Letters(), items, OPTIONS)
    assert report.embedded.ids == ("good",)
    assert "not valid Unicode" in report.faults["bad"]


def test_nothing_is_swept_behind_a_symbolic_link(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "image-000001-abc.safetensors").write_text("mine")
    (elsewhere / ".letter.7.part").write_text("mine")
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "fragments").symlink_to(elsewhere)
    embed_into(tmp_path / "job", Letters(), texts(), OPTIONS)
    assert (elsewhere / "image-000001-abc.safetensors").read_text() == "mine"
    assert (elsewhere / ".letter.7.part").read_text() == "mine"


def test_what_somebody_else_put_among_the_fragments_stays(tmp_path):
    embed_into(tmp_path, Letters(), texts(), OPTIONS)
    (tmp_path / "fragments" / "notes.txt").write_text("mine")
    embed_into(tmp_path, Letters(), texts().take(texts().ids[:7]), OPTIONS)
    assert (tmp_path / "fragments" / "notes.txt").read_text() == "mine"


def test_a_temporary_of_a_running_process_is_left_alone(tmp_path):
    some = toy_set(np.eye(3))
    running, ended = (tmp_path / f".photos.emb.isthmus-{number}-x" for number in (1, 2**22 + 5))
    other = tmp_path / ".other.emb.isthmus-4194309-x"
    for folder in (running, ended, other):
        folder.mkdir()
    save(some, tmp_path / "photos.emb")
    assert running.is_dir()
    assert other.is_dir()
    assert not ended.exists()


@pytest.mark.parametrize("options", [{"batch_size": -3}, {"shard_size": 0}])
def test_sizes_that_mean_nothing_are_refused(options):
    with pytest.raises(RequestError, match="batch size of 1 or more"):
        JobOptions(**options)


def test_saving_touches_no_neighbour_and_mends_what_a_kill_left(tmp_path):
    neighbour = tmp_path / ".photos.emb.backup"
    neighbour.mkdir()
    left = tmp_path / ".photos.emb.isthmus-killed"
    left.mkdir()
    half = tmp_path / "photos.emb"
    half.mkdir()
    (half / "items.parquet").write_bytes(b"half")
    some = toy_set(np.eye(3))
    save(some, half)
    np.testing.assert_array_equal(load_set(half).vectors, some.vectors)
    assert neighbour.is_dir()
    assert not left.exists()


def test_another_batch_size_may_change_the_bytes_and_is_computed_again(tmp_path):
    embed_into(tmp_path, Letters(), texts(), OPTIONS)
    assert embed_into(tmp_path, Letters(), texts(), JobOptions(2, 5)).encoded == 22
    assert embed_into(tmp_path, Letters(), texts(), JobOptions(2, 5)).encoded == 0
