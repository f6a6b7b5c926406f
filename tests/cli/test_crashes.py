"""A command killed at any change of a file and run again ends in the same bytes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.crashes import COMMANDS

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
SCRIPT = """
import json, sys, tempfile
from pathlib import Path
from benchmarks.crashes import COMMANDS, crashes, prepare, toys
with tempfile.TemporaryDirectory() as place:
    root = Path(place).resolve()
    prepare(root / "inputs")
    toys()
    name, points, first = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    found = [vars(one) for one in crashes(name, COMMANDS[name], root, points, first)]
print(json.dumps(found))
"""


def killed(name, points, first=0):
    if name in ("fit", "sweep"):
        pytest.importorskip("torch", reason="torch is not installed (isthmus[train])")
    words = [sys.executable, "-c", SCRIPT, name, str(points), str(first)]
    said = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    return json.loads(said.stdout.splitlines()[-1])


FAST = ("embed", "search", "edit", "atlas", "index", "caption")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="crashes are tried in forked processes")
@pytest.mark.parametrize("name", FAST)
def test_a_killed_command_ends_in_the_same_bytes(name):
    found = killed(name, 3, first=1)
    assert len(found) == 3
    assert [one for one in found if one["fault"]] == []


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="crashes are tried in forked processes")
@pytest.mark.parametrize("name", sorted({*COMMANDS} - {*FAST}))
def test_every_other_command_ends_in_the_same_bytes(name):
    found = killed(name, 2, first=4)
    assert len(found) == (0 if name == "score" else 2)  # score writes nothing
    assert [one for one in found if one["fault"]] == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="four searches are four processes")
def test_four_searches_on_a_fresh_cache_all_find(tmp_path):
    script = (
        "import sys\nfrom isthmus.encode import ENCODERS\n"
        "from isthmus.worlds import WORLDS\nfrom isthmus.cli import main\n"
        "ENCODERS['toy'] = 'tests.toys:load_letters'\nWORLDS['words'] = 'tests.toys:words_world'\n"
        "sys.exit(main())\n"
    )
    words = [sys.executable, "-c", script, "search", "zzz", "--in", "words", "--space", "toy"]
    environment = {**ENVIRONMENT, "ISTHMUS_CACHE": str(tmp_path / "cache")}
    jobs = [
        subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    found = [job.communicate(timeout=120) for job in jobs]
    assert [job.returncode for job in jobs] == [0] * 4
    assert len({out for out, _ in found}) == 1
    assert b"Traceback" not in b"".join(err for _, err in found)
    assert not list(tmp_path.rglob("*.part"))
