"""Searching in a folder: what was embedded is kept, and kept no longer than the folder stays."""

import pytest
from PIL import Image

from isthmus.studies import perform
from isthmus.studies.search.request import SearchRequest
from isthmus.types import Common

COLOURS = {"red": (200, 20, 20), "blue": (20, 20, 200), "green": (20, 160, 20)}


@pytest.fixture
def photos(tmp_path, monkeypatch):
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, colour in COLOURS.items():
        Image.new("RGB", (64, 64), colour).save(folder / f"{name}.png")
    return folder


def search(query, folder):
    request = SearchRequest(query, str(folder), common=Common(quiet=True))
    return perform("search", request)


def test_a_picture_finds_itself_first(photos):
    found = search(str(photos / "blue.png"), photos)
    assert found.searched == 3
    assert found.hits[0].id == "blue.png"
    assert found.hits[0].score == pytest.approx(1, abs=1e-5)
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)


def test_a_folder_that_changes_is_embedded_again(photos):
    query = str(photos / "blue.png")
    assert search(query, photos).searched == 3
    Image.new("RGB", (64, 64), (240, 240, 20)).save(photos / "yellow.png")
    (photos / "red.png").unlink()
    found = search(query, photos)
    assert sorted(hit.id for hit in found.hits) == ["blue.png", "green.png", "yellow.png"]


def test_a_folder_of_other_pictures_replaces_what_was_kept_of_it(photos, tmp_path):
    query = tmp_path / "query.png"
    Image.new("RGB", (64, 64), COLOURS["blue"]).save(query)
    assert search(str(query), photos).hits[0].id == "blue.png"
    for path in [*photos.iterdir()]:
        path.rename(path.with_stem(f"new-{path.stem}"))
    found = search(str(query), photos)
    assert found.searched == 3
    assert found.hits[0].id == "new-blue.png"
