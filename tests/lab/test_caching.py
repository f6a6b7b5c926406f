"""The cache: what is in it is listed and cleared, what others put beside it stays."""

import pytest
from filelock import FileLock

from isthmus.lab import JobOptions, embed_into
from isthmus.lab.caching import cache_folder, clear_cache, list_cache
from isthmus.types import Items, RequestError
from tests.toys import Letters, files_of


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "cache"))
    for name in ("photos", "words"):
        items = Items("text", ("one", "two"), ["a" * len(name), "b"])
        embed_into(tmp_path / "cache" / name / "text", Letters(), items, JobOptions())
    (tmp_path / "cache" / "mine").mkdir()
    (tmp_path / "cache" / "mine" / "letter.txt").write_text("do not delete")
    (tmp_path / "cache" / "notes.txt").write_text("nor this")
    return tmp_path / "cache"


def test_only_jobs_are_listed_with_their_sizes(cache):
    found = list_cache()
    assert found.folder == cache
    assert [*found.sizes] == ["photos", "words"]
    assert found.sizes["words"] == sum(map(len, files_of(cache / "words").values()))
    assert not found.cleared


def test_clearing_leaves_what_others_put_there(cache):
    assert clear_cache().cleared
    assert [*files_of(cache)] == ["mine/letter.txt", "notes.txt"]
    assert not list_cache().sizes


def test_what_others_put_into_an_entry_stays(cache):
    (cache / "words" / "thesis.tex").write_text("years of work")
    (cache / "words" / "text" / "fragments" / "mine.safetensors").write_text("mine")
    clear_cache()
    assert [*files_of(cache)] == [
        "mine/letter.txt",
        "notes.txt",
        "words/text/fragments/mine.safetensors",
        "words/thesis.tex",
    ]


def test_a_folder_that_only_looks_like_an_entry_stays(cache):
    (cache / "mine" / "text").mkdir()
    (cache / "mine" / "text" / "manifest.jsonl").write_text("mine")
    clear_cache()
    assert (cache / "mine" / "text" / "manifest.jsonl").read_text() == "mine"


@pytest.mark.parametrize("where", ["words", "words/text", "words/text/fragments"])
def test_no_symbolic_link_is_followed(cache, tmp_path, where):
    elsewhere = tmp_path / "elsewhere"
    (cache / where).rename(elsewhere)
    (cache / where).symlink_to(elsewhere)
    before = files_of(elsewhere)
    clear_cache()
    assert files_of(elsewhere) == before
    assert (cache / where).is_symlink()


def test_an_entry_that_is_being_filled_is_not_cleared(cache):
    with FileLock(cache / "words" / "text" / ".lock"), pytest.raises(RequestError, match="Another"):
        clear_cache()
    assert "words" in list_cache().sizes


def test_where_the_cache_is(tmp_path, monkeypatch):
    for name in ("ISTHMUS_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "isthmus"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "isthmus"
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
