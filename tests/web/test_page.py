"""The page of a served index, in a real browser: search by words and by a file, at any width."""

import base64
import io
import socket
import threading
import time
from contextlib import contextmanager

import pytest
from PIL import Image

uvicorn = pytest.importorskip("uvicorn", reason="uvicorn is not installed (isthmus[web])")
pytest.importorskip("fastapi", reason="fastapi is not installed (isthmus[web])")

trimesh = pytest.importorskip("trimesh", reason="trimesh is not installed (isthmus[shape])")

import isthmus  # noqa: E402
from isthmus.indexes.building import build  # noqa: E402
from isthmus.web.app import create_app  # noqa: E402
from isthmus.web.guards import Guard  # noqa: E402
from isthmus.web.request import LOOPBACK  # noqa: E402
from isthmus.web.service import Service  # noqa: E402
from tests import browser  # noqa: E402

needs_browser = pytest.mark.skipif(not browser.binary(), reason="there is no Chromium")
HOSTILE = "<img src=x onerror=alert(1)>.png"
COLOURS = {"red": (200, 20, 20), "blue": (20, 20, 200), "green": (20, 160, 20)}


@contextmanager
def served(folder, tmp_path):
    build(folder, "mini", tmp_path / "ix")
    service = Service(tmp_path / "ix", isthmus.load("mini"))
    heard = socket.socket()
    heard.bind(("127.0.0.1", 0))
    guard = Guard(create_app(service), LOOPBACK, "", 1_000_000)
    server = uvicorn.Server(uvicorn.Config(guard, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [heard]}, daemon=True)
    thread.start()
    end = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < end
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{heard.getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        service.close()


@needs_browser
def test_where_it_is_is_shown_in_pictures_sounds_and_shapes(tmp_path):
    pytest.importorskip("numba", reason="numba is not installed (isthmus[shape])")
    folder = tmp_path / "files"
    folder.mkdir()
    both = Image.new("RGB", (400, 200), (255, 255, 255))
    both.paste(COLOURS["red"], (20, 60, 100, 140))
    both.paste(COLOURS["blue"], (300, 60, 380, 140))
    both.save(folder / "both.png")
    shape = trimesh.util.concatenate([trimesh.creation.box(), trimesh.creation.icosphere()])
    shape.vertices[:8] += (4, 0, 0)
    shape.export(folder / "two.obj")
    frames = [Image.new("RGB", (32, 32), COLOURS[name]) for name in ("red",) * 20 + ("blue",) * 20]
    frames[0].save(folder / "moving.webp", save_all=True, append_images=frames[1:], duration=100)
    with served(folder, tmp_path) as address, browser.tab() as tab:
        tab.look(1200)
        tab.open(address)
        tab.until("document.querySelectorAll('#kinds input').length === 3")
        tab.evaluate("document.getElementById('query').value = 'a blue square'")
        tab.evaluate("document.getElementById('ask').requestSubmit()")
        tab.until("document.querySelectorAll('#found .place').length === 3", 120.0)
        tab.until("document.querySelector('[data-modality=image] rect') !== null")
        left = "document.querySelector('[data-modality=image] rect').getBoundingClientRect()"
        whole = "document.querySelector('[data-modality=image] img').getBoundingClientRect()"
        assert tab.evaluate(f"({left}.left - {whole}.left) / {whole}.width") > 0.5
        assert "at " in tab.evaluate("document.querySelector('button.place').textContent")
        coloured = "document.querySelector('[data-modality=mesh] img')"
        tab.until(f"{coloured}.src.includes('/faces/') && {coloured}.naturalWidth > 0")
        assert tab.evaluate(f"{coloured}.naturalWidth / {coloured}.naturalHeight") == 2
        assert tab.complaints == []


@needs_browser
def test_the_page_finds_by_words_and_by_a_file_at_desktop_and_phone_width(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    for name, colour in COLOURS.items():
        Image.new("RGB", (64, 64), colour).save(folder / f"{name}.png")
        (folder / f"{name}.txt").write_text(f"something {name}")
    Image.new("RGB", (64, 64), (9, 9, 9)).save(folder / HOSTILE)
    sent = io.BytesIO()
    Image.new("RGB", (64, 64), COLOURS["blue"]).save(sent, "PNG")
    with served(folder, tmp_path) as address, browser.tab() as tab:
        for width in (1200, 390):
            tab.look(width)
            tab.open(address)
            tab.until("document.querySelectorAll('#kinds input').length === 2")
            tab.evaluate("document.getElementById('query').value = 'something red'")
            tab.evaluate("document.getElementById('ask').requestSubmit()")
            tab.until("document.querySelectorAll('#found li').length === 7")
            first = tab.evaluate(
                "document.querySelector('#found [data-modality=text] a').textContent"
            )
            assert first == "red.txt"
            tab.until("document.querySelector('#found pre').textContent.startsWith('something')")
            assert "7 of 7 items" in tab.evaluate("document.getElementById('said').textContent")
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
        content = base64.b64encode(sent.getvalue()).decode()
        tab.evaluate(
            f"(() => {{ const bytes = Uint8Array.from(atob('{content}'), (c) => c.charCodeAt(0));"
            "const all = new DataTransfer(); all.items.add(new File([bytes], 'mine.png'));"
            "document.querySelector('#kinds input[value=text]').click();"
            "const input = document.getElementById('file'); input.files = all.files;"
            "input.dispatchEvent(new Event('change')); })()"
        )
        tab.until("document.querySelectorAll('#found li').length === 4")
        assert tab.evaluate("document.querySelector('#found a').textContent") == "blue.png"
        tab.until("[...document.images].every((one) => one.complete && one.naturalWidth > 0)")
        names = tab.evaluate("[...document.querySelectorAll('#found a')].map((a) => a.textContent)")
        assert HOSTILE in names
        tab.evaluate("document.getElementById('query').value = ' '")
        tab.evaluate("document.getElementById('ask').requestSubmit()")
        tab.until("document.getElementById('said').textContent.startsWith('Write what')")
        assert tab.complaints == []
        foreign = [x for x in tab.requests if not x.startswith((address, "data:", "blob:"))]
        assert foreign == []
