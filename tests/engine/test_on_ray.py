"""The engine ``ray`` on a cluster of this machine; what it refuses before it is joined."""

import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.nodes import Cluster
from isthmus.engine import on_ray
from isthmus.engine.jobs import JobOptions
from isthmus.engine.retries import Without
from isthmus.lab import embed_into
from isthmus.lab.embedding import EmbedTask
from isthmus.read.image import Picture
from isthmus.types import Items, RequestError
from isthmus.version import __version__
from tests.engine.test_engines import DEADLY, Deadly, elsewhere, options, texts
from tests.toys import Letters, files_of

__all__ = ["elsewhere"]
needs_ray = pytest.mark.skipif(
    find_spec("ray") is None, reason="Ray is not installed (pip install ray, 240 MB)"
)


class Lethal(Letters):
    """Ends its process with some items."""

    def encode(self, items):
        if any(item.endswith(DEADLY) for item in items):
            os._exit(1)
        return super().encode(items)


@dataclass(frozen=True)
class Locked(Letters):
    """Holds what cannot be sent to another process."""

    lock: object = field(default_factory=threading.Lock)


def answering(port, answer):
    """A server that answers whoever connects to it with some bytes."""

    def serve():
        with socket.create_server(("127.0.0.1", port)) as server:
            ready.set()
            line, _ = server.accept()
            with line:
                line.sendall(answer)
                line.recv(100)

    ready = threading.Event()
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    ready.wait()
    return thread


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.fixture
def pretended(monkeypatch):
    """Ray is there, and not joined to anything."""

    class Ray:
        @staticmethod
        def is_initialized():
            return False

    monkeypatch.setattr(on_ray, "_ray", Ray)


def test_an_address_that_does_not_answer_is_one_sentence(pretended, tmp_path):
    port = free_port()
    spread = JobOptions(engine=f"ray:127.0.0.1:{port}")
    encoder = Letters()
    with pytest.raises(RequestError, match=f"127.0.0.1:{port} does not answer .*refused.*start a"):
        embed_into(tmp_path, encoder, texts(), spread)
    assert encoder.calls == []


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-x\r\n"])
def test_what_answers_and_is_no_cluster_is_not_waited_for(pretended, answer):
    port = free_port()
    thread = answering(port, answer)
    with pytest.raises(RequestError, match=r"does not answer \(it is no cluster of Ray\)"):
        on_ray.connect(("127.0.0.1", port))
    thread.join(5)


def test_where_nothing_is_to_be_done_nobody_need_answer(pretended, tmp_path):
    embed_into(tmp_path, Letters(), texts(), JobOptions(shard_size=8))
    spread = JobOptions(shard_size=8, engine=f"ray:127.0.0.1:{free_port()}")
    assert embed_into(tmp_path, Letters(), texts(), spread).encoded == 0


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (("0.0.9", "/", ""), rf"has isthmus {__version__}, but 0.0.9 asks it"),
        ((__version__, "/no/folder", ""), r"does not see /no/folder: share its folder with every"),
        ((__version__, "/", "/no/file.png"), r"does not see /no/file.png: share its folder"),
    ],
)
def test_a_machine_that_is_not_as_this_one_says_so(there, said):
    with pytest.raises(RequestError, match=said):
        on_ray._work([None], texts(), on_ray._Here(*there))


def test_machines_must_see_the_first_file_of_a_shard_where_there_is_one(tmp_path):
    (tmp_path / "a.png").touch()
    for first, file in (
        (tmp_path / "a.png", str(tmp_path / "a.png")),
        (Picture(tmp_path / "a.png"), str(tmp_path / "a.png")),
        (tmp_path / "gone.png", ""),
        ("a text", ""),
    ):
        shard = Items("image", ("a", "b"), [first, "b"])
        assert on_ray._here(shard) == on_ray._Here(__version__, str(Path.cwd()), file)
        left_out = Items("image", ("a", "b"), Without([first, "b"], {0: "it kills"}))
        assert on_ray._here(left_out).file == ""


def test_names_of_files_begin_where_the_command_was_called(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("a")
    monkeypatch.chdir("/")  # and back at the end
    monkeypatch.setattr(on_ray, "_opened", lambda _ref: EmbedTask(Letters()))
    shard = Items("text", ("a.txt",), ["abba"])
    made = on_ray._work([None], shard, on_ray._Here(__version__, str(tmp_path), "a.txt"))
    assert made.ids == ("a.txt",)
    assert Path.cwd() == tmp_path


def drive(folder, encoder, **how):
    """A job of the texts in a process of its own, which ends as the command does."""
    items = texts(deadly=(13, 40))
    try:
        report = embed_into(folder, encoder, items, JobOptions(batch_size=3, shard_size=8, **how))
        print(json.dumps(report.faults))
    except RequestError as error:
        print(json.dumps(str(error)))


def driven(cluster, folder, encoder, more="", environment=None):
    """What a process said that drove a job on a cluster."""
    program = (
        "from pathlib import Path\nfrom isthmus.engine.engines import Share\n"
        f"from tests.engine.test_on_ray import {encoder}, drive\n"
        f"drive(Path({str(folder)!r}), {encoder}(), engine={cluster.engine!r}{more})"
    )
    return said(["-c", program], {**cluster.environment, **(environment or {})})


def said(words, environment):
    done = subprocess.run(
        [sys.executable, *words],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout.count("\n") == 1 or done.stdout.startswith("{\n"), (done.stdout, done.stderr)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def cluster():
    with Cluster() as found:
        found.add(2)
        yield found


@needs_ray
@pytest.mark.slow
def test_a_cluster_gives_the_bytes_of_one_machine_and_names_what_kills(
    cluster, elsewhere, tmp_path
):
    faults = driven(cluster, tmp_path / "there", "Lethal")
    here = embed_into(tmp_path / "here", Deadly(), texts(deadly=(13, 40)), options())
    assert faults == here.faults
    assert set(faults) == {"t007", "t013", "t040"}
    assert files_of(tmp_path / "there") == files_of(tmp_path / "here")


@needs_ray
@pytest.mark.slow
def test_what_a_cluster_cannot_do_is_one_sentence(cluster, tmp_path):
    assert "cannot be sent to other processes" in driven(cluster, tmp_path / "a", "Locked")
    assert "has 3 processors for a shard" in driven(
        cluster, tmp_path / "b", "Letters", ", share=Share(3)"
    )
    wrong = {"RAY_AUTH_TOKEN": "0" * 64}
    refused = driven(cluster, tmp_path / "c", "Letters", environment=wrong)
    assert "cannot be joined" in refused
    assert "the same RAY_AUTH_TOKEN" in refused


@needs_ray
@pytest.mark.slow
def test_a_folder_is_indexed_on_a_cluster(cluster, tmp_path):
    (tmp_path / "files").mkdir()
    for word in ("cat", "dog", "owl"):
        (tmp_path / "files" / f"{word}.txt").write_text(f"a picture of a {word}")
    words = ["-m", "isthmus", "index", str(tmp_path / "files"), "--json", "--workers", "1"]
    there = [*words, "--out", str(tmp_path / "there"), "--engine", cluster.engine]
    assert said(there, cluster.environment)["encoded"] == {"text": 3}
    assert said([*words, "--out", str(tmp_path / "here")], None)["encoded"] == {"text": 3}
    assert files_of(tmp_path / "there") == files_of(tmp_path / "here")


@needs_ray
@pytest.mark.slow
def test_without_an_address_ray_is_started_here(tmp_path, monkeypatch):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "cat.txt").write_text("a cat")
    short = Cluster()  # its folder: sockets want a short path
    with short:
        home = {"HOME": str(short.room), "RAY_TMPDIR": str(short.room)}
        hidden = ("RAY_AUTH_TOKEN", "RAY_AUTH_MODE")
        environment = {k: v for k, v in short.environment.items() if k not in hidden} | home
        words = ["-m", "isthmus", "index", str(tmp_path / "files"), "--json", "--engine", "ray"]
        told = said([*words, "--out", str(tmp_path / "there")], environment)
    assert told["encoded"] == {"text": 1}
