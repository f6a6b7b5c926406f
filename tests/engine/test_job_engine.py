"""Jobs of any kind: shards under a name, fragments that are folders, locks, full disks."""

import errno
import json
from dataclasses import dataclass, field, replace

import pytest
from filelock import FileLock

from isthmus.arrays import fingerprint
from isthmus.engine.jobs import JobOptions, run_job
from isthmus.engine.manifest import read_manifest
from isthmus.engine.tasks import Fragment
from isthmus.types import Items, RequestError
from tests.toys import files_of

ONE = JobOptions(shard_size=1)


@dataclass(frozen=True)
class Spell:
    """Writes each word's letters into files of a folder called as the word's id."""

    style: str = "plain"
    what: str = "word"
    done: list = field(default_factory=list)
    fails_at: str = ""
    error: int = errno.ENOSPC

    def accept(self, _folder, _done, _items):
        pass

    def name(self, shard):
        return shard.ids[0]

    def fingerprint(self, shard, contents):
        return fingerprint(self.style, contents.hashes(shard.payload))

    def run(self, shard, tick):
        self.done.append(shard.ids[0])
        tick(1)
        (word,) = shard.payload
        if not word:
            return Fragment(None, (), {shard.ids[0]: "it is empty"})
        return Fragment(word, shard.ids, {})

    def write(self, folder, fragment, line):
        if fragment.made is None:
            return line
        (folder / line.name).mkdir(exist_ok=True)
        for number, letter in enumerate(fragment.made):
            if line.name == self.fails_at and number:
                raise OSError(self.error, "it cannot be written")
            (folder / line.name / str(number)).write_text(self.style + letter)
        return replace(line, file=line.name, about={"long": len(fragment.made)})

    def read(self, folder, line):
        if not line.file:
            return Fragment(None, (), line.faults)
        files = sorted((folder / line.file).iterdir())
        word = "".join(file.read_text().removeprefix(self.style) for file in files)
        return Fragment(word, (line.name,), {})


WORDS = Items("word", ("a", "b", "c", "d"), ["owl", "fox", "", "cat"])


def test_fragments_come_back_in_order_with_their_faults(tmp_path):
    job = run_job(tmp_path, Spell(), WORDS, ONE)
    assert [one.made for one in job.fragments] == ["owl", "fox", None, "cat"]
    assert job.faults == {"c": "it is empty"}
    assert job.new == WORDS.ids
    assert [line.about.get("long") for line in job.lines] == [3, 3, None, 3]
    before = files_of(tmp_path)
    again = Spell()
    assert run_job(tmp_path, again, WORDS, ONE).faults == {"c": "it is empty"}
    assert again.done == []
    assert files_of(tmp_path) == before


def test_a_named_shard_is_found_wherever_it_stands(tmp_path):
    run_job(tmp_path, Spell(), WORDS, ONE)
    task = Spell()
    few = run_job(tmp_path, task, WORDS.take(["d", "b"]), ONE)
    assert ([one.made for one in few.fragments], task.done) == (["cat", "fox"], [])
    assert [line.shard for line in few.lines] == [0, 1]
    assert [line.name for line in read_manifest(tmp_path / "manifest.jsonl")] == list("adbc")
    run_job(tmp_path, task, WORDS, ONE)
    assert task.done == []
    assert [line.name for line in read_manifest(tmp_path / "manifest.jsonl")] == list("abcd")


@pytest.mark.parametrize("damage", ["deleted", "cut", "changed", "added", "renamed", "gone"])
def test_a_folder_that_is_not_as_it_was_written_is_made_again(tmp_path, damage):
    run_job(tmp_path, Spell(), WORDS, ONE)
    before, file = files_of(tmp_path), tmp_path / "b" / "1"
    if damage == "deleted":
        file.unlink()
    elif damage == "cut":
        file.write_text(file.read_text()[:-1])
    elif damage == "changed":
        file.write_text(file.read_text().replace("o", "i"))
    elif damage == "added":
        (tmp_path / "b" / "0 copy").write_text("x")
    elif damage == "renamed":
        (tmp_path / "b" / "2").rename(tmp_path / "b" / "3")
    else:
        for one in (tmp_path / "b").iterdir():
            one.unlink()
        (tmp_path / "b").rmdir()
    task = Spell()
    run_job(tmp_path, task, WORDS, ONE)
    assert task.done == ["b"]
    if damage not in ("added", "renamed"):
        assert files_of(tmp_path) == before


def test_what_decides_the_bytes_is_done_again_when_it_changes(tmp_path):
    run_job(tmp_path, Spell(), WORDS, ONE)
    task = Spell(style="bold")
    assert run_job(tmp_path, task, WORDS, ONE).fragments[0].made == "owl"
    assert task.done == list("abcd")
    assert (tmp_path / "a" / "0").read_text() == "boldo"


def test_a_full_disk_is_one_sentence_and_keeps_what_is_done(tmp_path):
    with pytest.raises(RequestError) as caught:
        run_job(tmp_path, Spell(fails_at="d"), WORDS, ONE)
    assert str(caught.value) == (
        f"The disk of {tmp_path} is full. Finished shards are kept (3): free some space and run "
        "the same command again to go on."
    )
    task = Spell()
    run_job(tmp_path, task, WORDS, ONE)
    assert task.done == ["d"]
    whole = run_job(tmp_path / "whole", Spell(), WORDS, ONE)
    assert [one.made for one in whole.fragments] == ["owl", "fox", None, "cat"]
    assert (
        files_of(tmp_path / "whole").items()
        <= {
            name: content for name, content in files_of(tmp_path).items() if "whole" not in name
        }.items()
    )


def test_another_fault_of_the_disk_is_not_taken_for_a_full_one(tmp_path):
    with pytest.raises(OSError, match="it cannot be written"):
        run_job(tmp_path, Spell(fails_at="b", error=errno.EIO), WORDS, ONE)


def test_a_second_job_in_the_folder_is_refused_in_one_sentence(tmp_path):
    with FileLock(tmp_path / ".lock"), pytest.raises(RequestError, match="Another job is writing"):
        run_job(tmp_path, Spell(), WORDS, ONE)
    assert run_job(tmp_path, Spell(), WORDS, ONE).new == WORDS.ids


def test_leftovers_are_swept_and_nothing_else(tmp_path):
    run_job(tmp_path, Spell(), WORDS, ONE)
    (tmp_path / "fragments").mkdir()
    (tmp_path / "fragments" / "image-000007-abc.safetensors").touch()
    (tmp_path / ".manifest.jsonl.7.part").touch()
    (tmp_path / "notes.txt").write_text("mine")
    run_job(tmp_path, Spell(), WORDS, ONE)
    assert not list((tmp_path / "fragments").iterdir())
    assert not (tmp_path / ".manifest.jsonl.7.part").exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"


TAMPERED = [
    ({"shard": "x"}, "shard wants a whole number"),
    ({"shard": -1}, "shard wants 0 to"),
    ({"items": 1.5}, "items wants a whole number"),
    ({"faults": {"a": 5}}, "faults.a wants a text"),
    ({"file": "/etc/passwd"}, "file wants a path inside its folder"),
    ({"file": "../../other"}, "file wants a path inside its folder"),
    ({"more": 1}, "it has the unknown key 'more'"),
    ({"about": []}, "about wants an object"),
]


@pytest.mark.parametrize(("change", "said"), TAMPERED)
def test_a_tampered_manifest_is_one_sentence(tmp_path, change, said):
    run_job(tmp_path, Spell(), WORDS, ONE)
    path = tmp_path / "manifest.jsonl"
    lines = path.read_text().splitlines()
    lines[1] = json.dumps(json.loads(lines[1]) | change)
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(RequestError, match=rf"manifest.jsonl, line 2, is of no job: {said}") as err:
        run_job(tmp_path, Spell(), WORDS, ONE)
    assert "\n" not in str(err.value)


@pytest.mark.parametrize("cut", [0, 5, -1])
def test_a_line_cut_by_a_kill_is_made_again(tmp_path, cut):
    run_job(tmp_path, Spell(), WORDS, ONE)
    before, path = files_of(tmp_path), tmp_path / "manifest.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], lines[2][:cut], *lines[3:]]))
    run_job(tmp_path, Spell(), WORDS, ONE)
    assert files_of(tmp_path) == before
