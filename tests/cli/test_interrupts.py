"""A command that is told to end says so, and what it finished is kept."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SLOW = """
import signal, sys, time
from isthmus.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever was inherited
from isthmus.encode import ENCODERS
from isthmus.worlds import WORLDS
from tests.toys import Letters
ENCODERS["toy"] = "tests.toys:load_letters"
WORLDS["words"] = "tests.toys:words_world"
encode = Letters.encode
def slow(self, items):
    time.sleep(30)
    return encode(self, items)
Letters.encode = slow
print("ready", flush=True)
sys.exit(main())
"""


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_command_told_to_end_keeps_what_is_done(tmp_path, sent, code):
    words = ["embed", "toy", "out", "--world", "words", "--quiet"]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    job = subprocess.Popen(
        [sys.executable, "-c", SLOW, *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths, "ISTHMUS_CACHE": str(tmp_path / "cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    waited = time.monotonic() + 60
    while not list(tmp_path.glob("out/**/*.safetensors")) and time.monotonic() < waited:
        time.sleep(0.05)
    job.send_signal(sent)
    _, said = job.communicate(timeout=60)
    assert job.returncode == code
    assert said.count("\n") == 1
    assert "what was finished is kept" in said
    assert list(tmp_path.glob("out/**/*.safetensors"))
