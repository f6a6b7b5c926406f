"""How a command behaves on a terminal: full and closed streams, interrupts, encodings, guards."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from isthmus.cli import main
from isthmus.cli.terminal import harmless
from isthmus.studies import missing_extras
from isthmus.types import ExtraMissingError

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}


def command(*words, **options):
    kept = {"env": ENVIRONMENT, "capture_output": True, "timeout": 120, **options}
    return subprocess.run([sys.executable, "-m", "isthmus", *words], check=False, **kept)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("words", [["--help"], ["study", "--help"], ["--version"]])
def test_a_full_device_is_one_sentence(words):
    with Path("/dev/full").open("w") as full:
        found = command(*words, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert found.returncode in (1, 2)
    assert found.stderr.count(b"\n") == 1
    assert b"No space left" in found.stderr


def test_closed_streams_are_no_fault():
    line = f"{sys.executable} -m isthmus %s >&- 2>&-; echo $?"
    for words, code in (("--help", "0"), ("nonsense", "2")):
        found = subprocess.run(
            ["sh", "-c", line % words], env=ENVIRONMENT, capture_output=True, text=True, check=True
        )
        assert found.stdout.strip() == code


def test_names_that_are_not_utf8_are_shown_by_number():
    found = command(b"no-\xff\n-command", env={**ENVIRONMENT, "LC_ALL": "C.UTF-8"})
    assert found.returncode == 2
    assert found.stderr.count(b"\n") == 1
    assert rb"\udcff\n-command" in found.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_of_another_encoding_shows_everything(encoding):
    found = command("no-日本", env={**ENVIRONMENT, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})
    assert found.returncode == 2
    assert rb"\u65e5\u672c" in found.stderr


STUCK = """
import signal, sys, time
from isthmus import cli
signal.signal(signal.SIGINT, signal.default_int_handler)
def stuck(words):
    try:
        print("ready", flush=True)
        time.sleep(60)
    finally:
        print("cleaning", flush=True)
        time.sleep(60)
cli._main = stuck
sys.exit(cli.main())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_pressing_ctrl_c_again_ends_at_once_without_a_traceback(number):
    job = subprocess.Popen(
        [sys.executable, "-c", STUCK],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for word in ("ready", "cleaning"):
        assert job.stdout.readline().strip() == word
        job.send_signal(number)
    job.send_signal(number)
    _, said = job.communicate(timeout=60)
    assert job.returncode == 128 + number
    assert said == ""


class Panic(BaseException):
    """As libraries in other languages raise it."""


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (Panic("range end\nindex"), 1, r"Unexpected Panic: range end\nindex."),
        (RecursionError("too deep"), 1, "Unexpected RecursionError: too deep."),
        (MemoryError(), 1, "Unexpected MemoryError: no more is known."),
        (OSError(28, "No space left on device", "x/y"), 2, "x/y: No space left on device."),
        (ValueError("of any kind"), 1, "Unexpected ValueError: of any kind."),
    ],
)
@pytest.mark.parametrize("where", ["isthmus.studies.catalogue.run.run_parts", "isthmus.cli._parse"])
def test_whatever_goes_wrong_is_one_sentence(where, error, code, said, monkeypatch, capsys):
    def broken(*_):
        raise error

    broken.__annotations__ = {
        "request": __import__("isthmus.studies").studies.request_type("parts")
    }
    monkeypatch.setattr(where, broken)
    assert main(["parts"]) == code
    found = capsys.readouterr().err
    assert said in found
    assert found.count("\n") == 1


def test_bars_are_for_terminals_only():
    script = (
        "from isthmus.engine.jobs import bar\nwith bar(3, 'things', True) as tick:\n    tick(3)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], env=ENVIRONMENT, capture_output=True, check=True
    )
    assert found.stderr == b""


def test_work_of_more_than_a_minute_is_announced_once(monkeypatch, caplog):
    from isthmus.engine import jobs

    now = iter([0.0, 0.5, 2.0, 4.0])
    monkeypatch.setattr(jobs.time, "monotonic", lambda: next(now))
    with (
        caplog.at_level("WARNING", "isthmus"),
        jobs.bar(1000, "image items", True, " Quick: less.") as tick,
    ):
        for _ in range(3):
            tick(5)
    assert [one.getMessage() for one in caplog.records] == [
        "1,000 image items take about 3 minutes. Quick: less."
    ]


def test_work_whose_parts_differ_is_not_judged_by_the_first(monkeypatch, caplog):
    from isthmus.engine import jobs

    now = iter([0.0, 5.0, 12.0])
    monkeypatch.setattr(jobs.time, "monotonic", lambda: next(now))
    with caplog.at_level("WARNING", "isthmus"), jobs.bar(50, "measures", True, after=10.0) as tick:
        tick(1)
        assert not caplog.records
        tick(1)
    assert [one.getMessage() for one in caplog.records] == ["50 measures take about 5 minutes."]


@pytest.mark.parametrize(
    ("name", "what"),
    [("styles", "fits"), ("replicate", "claims"), ("atlas", "objects"), ("study", "measures"),
     ("sweep", "variants"), ("mend", "remedies")],
)  # fmt: skip
def test_every_study_tells_how_far_it_is(name, what):
    """The bar that says when work is long, in the study that works: all of its parts are ticked."""
    script = (
        "import os, sys, tempfile\nfrom contextlib import contextmanager\n"
        "from pathlib import Path\n"
        "from benchmarks.crashes import COMMANDS, prepare, toys\n"
        "from isthmus.engine import jobs\nseen, real = {}, jobs.bar\n"
        "@contextmanager\ndef spy(total, what, *rest, **more):\n"
        "    with real(total, what, *rest, **more) as tick:\n"
        "        def told(n):\n            seen[what][1] += n\n            tick(n)\n"
        "        seen[what] = [total, 0]\n        yield told\n"
        "jobs.bar = spy\nroot = Path(tempfile.mkdtemp())\nprepare(root / 'inputs')\ntoys()\n"
        "(root / 'run').mkdir()\nos.chdir(root / 'run')\n"
        "from isthmus.cli import main\n"
        "assert main([*COMMANDS[sys.argv[1]], '--quiet']) == 0\n"
        "print(seen[sys.argv[2]])\n"
    )
    if name == "sweep":
        pytest.importorskip("torch", reason="torch is not installed (isthmus[train])")
    words = [sys.executable, "-c", script, name, what]
    done = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    total, ticked = json.loads(done.stdout.splitlines()[-1])
    assert total == ticked > 0


def test_an_extra_that_is_missing_names_all_packages_of_the_command(monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", _nothing_installed)
    several = str(ExtraMissingError("ripser", "analysis"))
    assert 'pip install "pot>=0.9.5" "ripser>=0.6.12" "umap-learn>=0.5.7"' in several
    one = ExtraMissingError("numba", "shape")
    words = ["atlas", "--space=openclip:ViT-B-32/laion2b", "--objects", "meshes"]
    said = str(missing_extras(one, words))
    for package in ("numba", "open-clip-torch", "torch", "transformers"):
        assert f'"{package}>=' in said.replace("open_clip_torch", "open-clip-torch")
    assert said.count("pip install") == 1
    assert said.count('"torch>=') == 1
    assert "isthmus[" not in said  # which would be of an index, not of a checkout


def _nothing_installed(name):
    from importlib.metadata import PackageNotFoundError

    raise PackageNotFoundError(name)


def test_only_what_is_missing_is_installed():
    said = str(ExtraMissingError("numba", "mutants", "shape"))
    assert '"numpy' not in said
    for package in ("trimesh", "numba"):
        try:
            __import__(package)
        except ImportError:
            assert package in said
        else:
            assert f'"{package}>' not in said or "mutmut" not in said


def test_what_the_commands_do_stands_in_one_column(capsys):
    from isthmus.cli import COMMANDS, main

    assert main([]) == 0
    shown = capsys.readouterr().out.splitlines()
    rows = [line for line in shown if line.endswith(tuple(COMMANDS.values()))]
    starts = {line.index(what) for line, what in zip(rows, COMMANDS.values(), strict=True)}
    assert len(starts) == 1


def test_line_breaks_and_escapes_of_names_are_shown():
    assert harmless("a\nb\x1b[2J\udcff") == r"a\nb\x1b[2J\udcff"
    assert harmless("a\nb", lines=True) == "a\nb"
