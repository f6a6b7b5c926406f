"""A run folder holds what the last run found, and nothing of an earlier one."""

import json

from isthmus.studies.shared.runs import RunResult


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
