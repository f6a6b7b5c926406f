"""The HTTP API over an index: the same answers as in Python, and nothing for strangers."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("fastapi", reason="fastapi is not installed (isthmus[web])")
testclient = pytest.importorskip("starlette.testclient", reason="httpx is not installed")

import isthmus  # noqa: E402
from isthmus.indexes.building import build  # noqa: E402
from isthmus.types import RequestError  # noqa: E402
from isthmus.web.app import create_app  # noqa: E402
from isthmus.web.errors import BusyError  # noqa: E402
from isthmus.web.guards import Guard  # noqa: E402
from isthmus.web.media import kind_of  # noqa: E402
from isthmus.web.request import ServeRequest  # noqa: E402
from isthmus.web.service import AT_ONCE, Question, Service  # noqa: E402

COLOURS = {"red": (200, 20, 20), "blue": (20, 20, 200), "green": (20, 160, 20)}
HOSTS = ("127.0.0.1", "testserver")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("files")
    for name, colour in COLOURS.items():
        Image.new("RGB", (64, 64), colour).save(root / f"{name}.png")
        (root / f"{name}.txt").write_text(f"something {name}")
    (root / "script.txt").write_text("<script>alert(1)</script>")
    frames = [Image.new("RGB", (32, 32), colour) for colour in COLOURS.values()]
    frames[0].save(root / "moving.webp", save_all=True, append_images=frames[1:], duration=100)
    return root


@pytest.fixture(scope="module")
def service(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("index") / "ix"
    build(folder, "mini", out)
    made = Service(out, isthmus.load("mini"))
    yield made
    made.close()


@pytest.fixture
def client(service):
    return testclient.TestClient(Guard(create_app(service), HOSTS, "", 100_000))


def test_an_answer_is_what_the_index_gives_in_python(client, service):
    body = client.post("/api/search", json={"query": "something blue", "top": 5}).json()
    wanted = service.index.search(isthmus.embed("mini", ["something blue"]), 5)
    assert [one["file"] for one in body["items"]] == [hit.file for hit in wanted]
    assert [one["score"] for one in body["items"]] == pytest.approx(
        [hit.score for hit in wanted], abs=1e-4
    )
    assert body["searched"] == len(service.index) == 8
    about = client.get("/api/index").json()
    assert about["items"] == {"image": 3, "text": 4, "video": 1} and about["space"] == "mini"


def test_words_are_added_taken_away_and_looked_for_among_some(client, service):
    asked = {"query": "something", "plus": ["blue"], "minus": ["red"], "only": ["image"]}
    found = client.post("/api/search", json=asked).json()
    vectors = isthmus.embed("mini", ["something", "blue", "red"]).unit
    query = vectors[0] + vectors[1] - vectors[2]
    part = service.index.parts["image"]
    cosines = part.vectors @ (query / np.linalg.norm(query))
    assert {one["modality"] for one in found["items"]} == {"image"}
    assert found["items"][0]["file"] == part.files[int(np.argmax(cosines))]
    assert found["items"][0]["similarity"] == pytest.approx(float(cosines.max()), abs=1e-4)
    left = client.post("/api/search", json={"query": "red", "exclude": ["text", "video"]}).json()
    assert {one["modality"] for one in left["items"]} == {"image"} and left["searched"] == 3


def test_a_file_that_is_sent_finds_itself(client, folder):
    body = (folder / "green.png").read_bytes()
    found = client.post("/api/search/file?name=mine.png&only=image", content=body).json()
    assert found["items"][0]["file"] == "green.png"
    assert found["items"][0]["similarity"] == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("path", "content", "status", "why"),
    [
        ("/api/search/file?name=a.png", b"", 422, "a.png is empty"),
        ("/api/search/file?name=a.png", b"\x89PNG broken", 422, "a.png"),
        ("/api/search/file?name=a.wav", b"RIFF" + bytes(60), 422, "a.wav"),
        ("/api/search/file?name=../../a.exe", b"MZ", 422, "does not tell what it holds"),
        ("/api/search/file?name=a.png&only=smell", b"x", 422, ""),
        ("/api/search/file?name=a.png", bytes(100_001), 413, "At most 100,000 bytes"),
        ("/api/search", b'{"query": ""}', 422, ""),
        ("/api/search", b'{"query": "a", "only": ["smell"]}', 422, "has no smell items"),
        ("/api/search", b'{"query": "a", "exclude": ["image", "text", "video"]}', 422, "left"),
        ("/api/search", b'{"query": "a", "top": 100000}', 422, ""),
        ("/api/search", b"not json", 422, ""),
    ],
)
def test_bad_requests_are_a_sentence_and_the_server_stands(client, path, content, status, why):
    headers = {"content-type": "application/json"} if path == "/api/search" else {}
    answer = client.post(path, content=content, headers=headers)
    assert answer.status_code == status
    assert why in json.dumps(answer.json())
    assert client.post("/api/search", json={"query": "red"}).status_code == 200


def test_a_query_in_long_words_is_cut_as_everywhere(client):
    assert client.post("/api/search", json={"query": "red " * 400}).status_code == 200
    assert client.post("/api/search", json={"query": "red " * 600}).status_code == 422


def test_what_is_seen_of_items(client, service):
    items = client.post("/api/search", json={"query": "red", "top": 9}).json()["items"]
    by_file = {one["file"]: one["id"] for one in items}
    small = client.get(f"/thumbnail/{by_file['red.png']}")
    picture = Image.open(io.BytesIO(small.content))
    assert small.headers["content-type"] == "image/webp"
    assert np.abs(np.array(picture.convert("RGB"))[0, 0].astype(int) - COLOURS["red"]).max() < 12
    moving = Image.open(io.BytesIO(client.get(f"/thumbnail/{by_file['moving.webp']}").content))
    assert moving.n_frames > 1
    text = client.get(f"/thumbnail/{by_file['script.txt']}")
    assert text.headers["content-type"].startswith("text/plain")
    file = client.get(f"/media/{by_file['script.txt']}")
    assert file.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in file.headers["content-security-policy"]
    assert file.headers["x-content-type-options"] == "nosniff"
    assert client.get(f"/media/{by_file['red.png']}").headers["content-type"] == "image/png"
    part = by_file["red.png"].rpartition("/")[0]
    for gone in ("image-0000/0", f"{part}/99", f"{part}/-1", "../0", f"{part}/x"):
        assert client.get(f"/media/{gone}").status_code in (404, 422)
    assert kind_of("a.svg") == kind_of("a.html") == "application/octet-stream"


def test_places_are_those_of_the_command_line(tmp_path, folder):
    files = tmp_path / "files"
    files.mkdir()
    both = Image.new("RGB", (400, 200), (255, 255, 255))
    both.paste(COLOURS["red"], (20, 60, 100, 140))
    both.paste(COLOURS["blue"], (300, 60, 380, 140))
    both.save(files / "both.png")
    (files / "words.txt").write_text("something red")
    build(files, "mini", tmp_path / "ix")
    service = Service(tmp_path / "ix", isthmus.load("mini"))
    client = testclient.TestClient(Guard(create_app(service), HOSTS, "", 100_000))
    asked = {"query": "a blue square", "where": True}
    found = client.post("/api/search", json=asked).json()
    said = isthmus.search("a blue square", inside=str(tmp_path / "ix"), where=True).to_dict()
    assert {one["file"]: one["place"] for one in found["items"]} == {
        one["id"]: one["place"] for one in said["items"]
    }
    by_file = {one["file"]: one for one in found["items"]}
    left, _, right, _ = by_file["both.png"]["place"]["box"]
    assert left > 0.5 < right and by_file["words.txt"]["place"] is None
    again = client.get(f"/api/place/{found['search']}/{by_file['both.png']['id']}").json()
    assert again["place"] == by_file["both.png"]["place"]
    quick = client.post("/api/search", json={"query": "a blue square"}).json()
    assert [one["place"] for one in quick["items"]] == [None, None]
    assert quick["search"] == found["search"]
    gone = client.get(f"/api/place/never/{by_file['both.png']['id']}")
    assert gone.status_code == 404 and "search again" in gone.json()["detail"]
    assert client.get(f"/api/place/{found['search']}/image-9/0").status_code == 404
    assert client.get(f"/faces/{found['search']}/{by_file['both.png']['id']}").status_code == 404
    service.close()


def test_too_many_places_at_once_are_refused(service, monkeypatch):
    import threading

    import isthmus.web.places as places
    from isthmus.web.media import entry

    wait, few = threading.Event(), 3
    monkeypatch.setattr(places, "WAITING", few)
    monkeypatch.setattr(places, "seen", lambda *_: wait.wait(30) and None)
    monkeypatch.setattr(places, "nearest_part", lambda *_: None)
    one, query = places.Places(service.encoders), np.ones(4)
    part = next(Path(x.vectors).stem for x in service.index.record.parts.values() if x.count)
    item = entry(service.index, part, 0)
    some = [one.ask(f"{part}/{k}", item, query) for k in range(few)]
    with pytest.raises(BusyError, match="Too many items wait"):
        one.ask(f"{part}/9", item, query)
    wait.set()
    assert [x.result(timeout=30) for x in some] == [None] * few
    assert one.ask(f"{part}/9", item, query).result(timeout=30) is None
    names = [one.keep(np.full(4, float(k))) for k in range(places.QUERIES + 1)]
    assert one.query(names[-1])[0] == places.QUERIES
    with pytest.raises(LookupError, match="too long ago"):
        one.query(names[0])
    one.close()


def test_strangers_are_refused(service, client):
    for headers, status in (
        ({"host": "evil.example"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://testserver"}, 200),
    ):
        answer = client.post("/api/search", json={"query": "red"}, headers=headers)
        assert answer.status_code == status
    guarded = Guard(create_app(service), HOSTS, "a secret of sixteen", 1000)
    client = testclient.TestClient(guarded)
    assert client.get("/api/index").status_code == 401
    assert client.get("/api/index?token=wrong").status_code == 401
    assert client.get("/api/index?token=a secret of sixteen").status_code == 200
    bearer = {"authorization": "Bearer a secret of sixteen", "host": "far.example"}
    assert client.get("/api/index", headers=bearer).status_code == 200
    with pytest.raises(RequestError, match="--token wants a secret of 16"):
        ServeRequest(Path("ix"), host="0.0.0.0", token="short")


def test_every_answer_says_that_no_foreign_script_runs(client):
    for path in ("/", "/page/app.js", "/page/style.css", "/api/index", "/nothing"):
        answer = client.get(path)
        assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert client.get("/page/secret.html").status_code == 404
    schema = client.get("/openapi.json").json()
    assert {"/api/search", "/api/search/file", "/api/index"} <= set(schema["paths"])
    kinds = schema["components"]["schemas"]["Item"]["properties"]
    assert {"id", "file", "modality", "score", "probability", "place"} <= set(kinds)


def test_a_new_generation_is_served_and_old_ids_are_gone(folder, tmp_path):
    files, out = tmp_path / "files", tmp_path / "ix"
    files.mkdir()
    Image.new("RGB", (64, 64), COLOURS["red"]).save(files / "red.png")
    build(files, "mini", out)
    service = Service(out, isthmus.load("mini"))
    client = testclient.TestClient(Guard(create_app(service), HOSTS, "", 1000))
    first = client.post("/api/search", json={"query": "red"}).json()["items"]
    Image.new("RGB", (64, 64), COLOURS["blue"]).save(files / "blue.png")
    build(files, "mini", out)
    again = client.post("/api/search", json={"query": "red"}).json()["items"]
    assert (len(first), len(again)) == (1, 2)
    assert client.get(f"/media/{first[0]['id']}").status_code == 404
    (files / "blue.png").unlink()
    gone = next(one["id"] for one in again if one["file"] == "blue.png")
    assert client.get(f"/media/{gone}").status_code == 404
    service.close()


def test_what_waits_is_answered_together_and_too_much_is_refused(service, monkeypatch):
    calls, plain = [], type(service.encoders["text"]).encode

    def counted(self, items):
        calls.append(len(items))
        return plain(self, items)

    monkeypatch.setattr(type(service.encoders["text"]), "encode", counted)
    some = [service.ask(Question([(1.0, f"number {k}")], 3, ())) for k in range(100)]
    found = [one.result(timeout=60).hits for one in some]
    assert all(len(hits) == 3 for hits in found)
    assert sum(calls) == 100 and len(calls) < 100 and max(calls) <= AT_ONCE
    alone = service.ask(Question([(1.0, "number 7")], 3, ())).result(timeout=60).hits
    assert [hit.file for hit in alone] == [hit.file for hit in found[7]]
    full = Service.__new__(Service)
    import queue

    full._waiting = queue.Queue(1)
    full.ask(Question([], 1, ()))
    with pytest.raises(BusyError, match="Too many searches wait"):
        full.ask(Question([], 1, ()))
