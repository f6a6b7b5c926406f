"""What every command says when it is done: a verdict first, few lines, a command to type next."""

import html
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.crashes import COMMANDS
from isthmus.cli import _parse

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
SCRIPT = """
import contextlib, io, json, os, shlex, sys
from pathlib import Path
from benchmarks.crashes import COMMANDS, prepare, toys
from isthmus.cli import main

def said(words):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main([*words, "--quiet"])
    return {"code": code, "said": out.getvalue().splitlines()}

root = Path(sys.argv[1]).resolve()
os.environ["ISTHMUS_CACHE"] = str(root / "cache")
prepare(root / "inputs")
toys()
found = {}
for name in sys.argv[2:]:
    (root / name).mkdir()
    os.chdir(root / name)
    found[name] = said(COMMANDS[name])
    pages = [*Path().glob("**/report.html"), *Path().glob("sheet.html")]
    found[name]["page"] = pages[0].read_text() if pages else ""
    found[name]["all"] = said([*COMMANDS[name], "--verbose"])["said"]
    last = found[name]["said"][-1].rpartition(": isthmus ")[2]
    found[name]["then"] = said(shlex.split(last))["code"] if name in ("mend", "atlas") else 0
print(json.dumps(found))
"""
NAMED = {
    "study": "Study: toy on words",
    "compare": "Compare: toy on words and toy on words",
    "atlas": "Atlas: pixels on meshes, 6 objects",
    "styles": "Styles: the vectors of grid.npy, 60 objects in 3 styles",
    "mend": "Mend: the vectors of pairs.npz",
    "fit": "Fit: the vectors of pairs.npz",
    "sweep": "Sweep: the vectors of pairs.npz",
    "replicate": "Replicate: 1 published claim in mini on glyphs",
    "search": "Search: zzz, toy on words",
    "edit": "Edit: red.png to 'blue', strength 1, pixels on ../inputs/pictures",
}
"""The heading of every command that writes a page."""
ANSWERS = ("caption", "say", "invert")
"""Commands whose lines are the answer, an item each, with no page and nothing to type next."""
MOST = 15


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    names = [name for name in COMMANDS if name not in ("fit", "sweep") or _torch()]
    words = [sys.executable, "-c", SCRIPT, str(tmp_path_factory.mktemp("runs")), *names]
    done = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _torch():
    from importlib.util import find_spec

    return find_spec("torch") is not None


def asked(command):
    words = shlex.split(command)
    assert words[0] == "isthmus", command
    return words[1], _parse(words[1], words[2:])


def of(runs, name):
    return runs[name] if name in runs else pytest.skip("torch is not installed (isthmus[train])")


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_are_few_lines(runs, name):
    found = of(runs, name)
    assert found["code"] == 0 and found["page"] == ""
    assert 0 < len(found["said"]) <= MOST


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ANSWERS])
def test_the_terminal_opens_with_a_verdict_and_ends_with_a_command(runs, name):
    found = of(runs, name)
    assert found["code"] == found["then"] == 0
    said = found["said"]
    assert len(said) <= MOST, "\n".join(said)
    assert re.match(r"[A-Z0-9][^|]* [^|]*\.$", said[0]), said[0]  # a sentence
    assert said[-1].startswith("next: ")
    for line in said:
        if line.startswith("next: "):
            command = f"isthmus {line.rpartition(': isthmus ')[2]}"
            assert asked(command) != (name, _parse(COMMANDS[name][0], [*COMMANDS[name][1:]]))
    assert len(found["all"]) >= len([line for line in said if "--verbose" not in line])
    assert found["all"][0] == said[0]


@pytest.mark.parametrize("name", NAMED)
def test_the_page_names_study_space_and_data_and_what_to_type_next(runs, name):
    page = html.unescape(of(runs, name)["page"])
    assert re.findall("<h1>(.*?)</h1>", page) == [NAMED[name]]
    assert f"<title>{NAMED[name]} · " in page
    assert re.search('<p class="verdict">(.*?)</p>', page)[1] == runs[name]["said"][0]
    first = re.search('<section id="next".*?</section>', page, re.S)[0]
    assert page.index('<section id="next"') == page.index("<section")
    commands = re.findall('<pre class="command"><code>(.*?)</code>', first)
    assert len(commands) >= 1 and len(set(commands)) == len(commands)
    for command in commands:
        assert asked(command) != (name, _parse(COMMANDS[name][0], [*COMMANDS[name][1:]]))
    told = [line for line in runs[name]["said"] if line.startswith("next: ")]
    assert len(told) == min(2, len(commands))
