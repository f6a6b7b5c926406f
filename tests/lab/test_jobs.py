"""Jobs: nothing is encoded twice, and a kill changes not one byte."""

import errno
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from isthmus.lab import JobOptions, embed_into
from isthmus.types import Items, RequestError, Space
from tests.toys import Letters, files_of

OPTIONS = JobOptions(batch_size=3, shard_size=5)


def texts(n=23, bad=(7,)):
    words = [chr(97 + i % 26) * (i + 1) + ("!" if i in bad else "") for i in range(n)]
    return Items("text", tuple(f"t{i:03d}" for i in range(n)), words)


def test_a_second_run_encodes_nothing_and_changes_nothing(tmp_path):
    first = embed_into(tmp_path, Letters(), texts(), OPTIONS)
    before = files_of(tmp_path)
    encoder = Letters()
    second = embed_into(tmp_path, encoder, texts(), OPTIONS)
    assert encoder.calls == []
    assert (first.encoded, second.encoded, second.reused) == (22, 0, 23)
    assert files_of(tmp_path) == before
    np.testing.assert_array_equal(first.embedded.vectors, second.embedded.vectors)
    assert second.faults.keys() == {"t007"}
    assert len(second.embedded) == 22


def test_only_the_changed_shard_is_encoded_again(tmp_path):
    embed_into(tmp_path, Letters(), texts(), OPTIONS)
    changed = texts(bad=())
    report = embed_into(tmp_path, Letters(), changed, OPTIONS)
    assert report.encoded == 5
    assert not report.faults
    assert len(list((tmp_path / "fragments").iterdir())) == 5


def test_other_weights_of_a_space_replace_nothing_without_a_word(tmp_path):
    first = embed_into(tmp_path, Letters(), texts(), OPTIONS)
    other = Letters(space=Space("letters", "of-other-weights", 26))
    with pytest.raises(RequestError, match="other weights or preprocessing of the space letters"):
        embed_into(tmp_path, other, texts(), OPTIONS)
    again = embed_into(tmp_path, Letters(), texts(), OPTIONS)
    assert again.encoded == 0
    assert again.embedded.space == first.embedded.space


def test_a_file_is_seen_to_change_by_content(tmp_path):
    paths = []
    for i in range(4):
        path = tmp_path / f"{i}.txt"
        path.write_text("abc")
        paths.append(path)

    class Files(Letters):
        def encode(self, items):
            return super().encode([item.read_text() for item in items])

    items = Items("text", tuple(map(str, paths)), paths)
    job = tmp_path / "job"
    embed_into(job, Files(), items, JobOptions(shard_size=2))
    stat = paths[0].stat()
    paths[0].write_text("abd")
    os.utime(paths[0], ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert embed_into(job, Files(), items, JobOptions(shard_size=2)).encoded == 0
    assert embed_into(job, Files(), items, JobOptions(shard_size=2, rehash=True)).encoded == 2
    paths[1].write_text("bcd")  # of the same size
    os.utime(paths[1], (2, 2))
    assert embed_into(job, Files(), items, JobOptions(shard_size=2)).encoded == 2
    paths[3].touch()
    assert embed_into(job, Files(), items, JobOptions(shard_size=2)).encoded == 0


def test_a_full_disk_is_one_sentence_and_loses_nothing(tmp_path, monkeypatch):
    import isthmus.lab.embedding as embedding

    write, count = embedding.write_tensors, [0]

    def full(*arguments):
        count[0] += 1
        if count[0] > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(*arguments)

    monkeypatch.setattr(embedding, "write_tensors", full)
    with pytest.raises(RequestError, match=r"disk .* is full\. Finished shards are kept \(2\)"):
        embed_into(tmp_path, Letters(), texts(), OPTIONS)
    monkeypatch.undo()
    assert embed_into(tmp_path, Letters(), texts(), OPTIONS).encoded == 13


def test_a_disk_that_is_full_for_the_encoder_is_no_fault_of_an_item(tmp_path):
    class Full(Letters):
        def encode(self, items):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(RequestError, match=r"Finished shards are kept \(0\)"):
        embed_into(tmp_path, Full(), texts(), OPTIONS)


def test_an_item_of_another_name_is_encoded_anew(tmp_path):
    embed_into(tmp_path, Letters(), texts(), OPTIONS)
    some = texts()
    named = Items("text", ("other", *some.ids[1:]), some.payload)
    report = embed_into(tmp_path, Letters(), named, OPTIONS)
    assert (report.encoded, report.embedded.ids[0]) == (5, "other")


SLOW = """
import sys, time
from pathlib import Path
from isthmus.lab import embed_into
from tests.lab.test_jobs import OPTIONS, texts
from tests.toys import Letters
class Slow(Letters):
    def encode(self, items):
        time.sleep(0.004)
        return super().encode(items)
print("ready", flush=True)
report = embed_into(Path(sys.argv[1]), Slow(), texts(60, bad=(7, 31)), OPTIONS)
print(report.encoded, flush=True)
"""


@pytest.mark.slow
def test_kill_at_20_random_moments_leaves_the_same_bytes(tmp_path):
    def start(folder):
        command = [sys.executable, "-c", SLOW, str(folder)]
        root = Path(__file__).parents[2]
        paths = os.pathsep.join([str(root), str(root / "src")])
        environment = {**os.environ, "PYTHONPATH": paths}
        job = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert job.stdout.readline() == "ready\n"
        return job

    quiet = start(tmp_path / "quiet")
    began = time.monotonic()
    assert quiet.communicate()[0] == "58\n"
    seconds = time.monotonic() - began
    expected = files_of(tmp_path / "quiet")
    moments = random.Random(0)
    for trial in range(20):
        folder = tmp_path / str(trial)
        job = start(folder)
        time.sleep(moments.random() * seconds)
        job.send_signal(signal.SIGKILL)
        job.communicate()
        fragments = len(list(folder.glob("fragments/*.safetensors")))
        again = start(folder)
        encoded = int(again.communicate()[0])
        assert files_of(folder) == expected
        assert 60 - encoded >= (fragments - 1) * 5, "more than one shard was computed again"
