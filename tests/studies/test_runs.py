"""A run folder holds what the last run found, and nothing of an earlier one."""

import json
import shlex
from dataclasses import replace

from isthmus.report import PLACE, Advice
from isthmus.studies import command_of, request_type
from isthmus.studies.shared.runs import RunResult
from isthmus.types import Common


def written(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("[!.]*") if path.is_file())


def test_pages_of_what_is_gone_are_removed_and_foreign_files_stay(tmp_path):
    first = RunResult(page="one", pages={"objects/cat.html": "cat", "objects/dog.html": "dog"})
    first.write(tmp_path)
    (tmp_path / "objects" / "notes.txt").write_text("mine")
    assert {"objects/cat.html", "objects/dog.html", "report.html"} <= set(written(tmp_path))
    kept = RunResult(page="two", pages={"objects/dog.html": "a dog"}).write(tmp_path)
    assert kept.folder == tmp_path
    assert written(tmp_path) == ["objects/dog.html", "objects/notes.txt", "report.html"]
    assert (tmp_path / "objects" / "dog.html").read_text() == "a dog"
    assert (tmp_path / "report.html").read_text() == "two"


def test_the_record_names_what_was_skipped_first(tmp_path):
    found = RunResult(record={"n": 3}, faults={"a.png": "no picture"}, seconds={"all": 1.23456})
    found.write(tmp_path)
    assert json.loads((tmp_path / "report.json").read_text()) == {
        "faults": {"a.png": "no picture"},
        "n": 3,
    }
    assert json.loads((tmp_path / "timings.json").read_text()) == {"seconds": {"all": 1.235}}


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = RunResult(page="one", record={"n": 3})
    assert result.write(None) is result
    assert written(tmp_path) == []


def test_a_terminal_gets_the_verdict_few_lines_and_what_to_type_next(tmp_path):
    class Long(RunResult):
        def lines(self):
            return [f"line {number}" for number in range(40)]

        def key_lines(self):
            return self.lines()[:20]

    todo = (
        Advice("Think", "", ""),
        *(Advice(f"Try {x}", "", "", f"isthmus study mended:{PLACE}/{x}") for x in "abc"),
    )
    faults = {f"x{number}": "broken" for number in range(5)}
    found = Long(verdict="It works.", page="p", todo=todo, faults=faults).write(tmp_path / "a b")
    lines = str(found).splitlines()
    assert len(lines) == 15 and lines[:2] == ["It works.", "line 0"]
    assert lines[-8:-2] == [
        "line 6", "13 more lines with --verbose.", "skipped x0: broken", "skipped x1: broken",
        "5 items skipped (--verbose names all).", f"The page: {found.page_path}",
    ]  # fmt: skip
    folder = shlex.quote(str(tmp_path / "a b"))
    assert lines[-2:] == [f"next: Try {x}: isthmus study mended:{folder}/{x}" for x in "ab"]
    every = str(replace(found, verbose=True)).splitlines()
    assert every[40] == "line 39" and "skipped x4: broken" in every and every[-2:] == lines[-2:]


def test_a_request_is_the_command_that_asks_it():
    kind = request_type("search")
    words = command_of("search", kind("a 'red' fruit", "my photos", top=3, open=True))
    assert words == "isthmus search 'a '\"'\"'red'\"'\"' fruit' --in 'my photos' --top 3"
    asked = request_type("atlas")(styles=("toon", "flat"), common=Common(seed=2, quiet=True))
    assert command_of("atlas", asked) == "isthmus atlas --seed 2 --styles toon flat"
    assert command_of("study", request_type("study")(("mini",), thorough=True)) == (
        "isthmus study mini --thorough"
    )
