"""Studies of two modalities that isthmus never heard of: embedded, and named on the page."""

import json
import re
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

import isthmus
from isthmus.cli import main
from isthmus.encode import ENCODERS
from isthmus.read import MODALITIES, modalities
from isthmus.studies.shared import About
from isthmus.studies.study.run import study
from isthmus.types import Credit, ItemError, Items, Links, Modality, World
from isthmus.worlds import WORLDS
from tests.toys import Letters, toy_set


def sniffed(item):
    """A smell: Unicode letters as bytes."""
    if isinstance(item, bytes) and item.isalpha():
        return item
    raise ItemError(f"A smell is bytes of letters, not {item!r}.")


def hummed(item):
    """A tune: a Unicode text of letters."""
    if isinstance(item, str):
        return item
    raise ItemError(f"A tune is a text of letters, not {item!r}.")


SMELL = Modality("smell", sniffed, "Unicode letters as bytes.", shown=lambda item: f"~{item!r}~")
TUNE = Modality("tune", hummed, "A Unicode text of letters.", spoken=True)


@dataclass(frozen=True)
class Nose(Letters):
    """Smells by their letters: a joint space with tunes."""

    modality: str = "smell"

    def encode(self, items):
        return super().encode([sniffed(item).decode() for item in items]) + 0.5


def load_nose(_rest="", _options=None):
    return {"smell": Nose(), "tune": Letters("tune")}


def pantry(n=120):
    """Smells, each with a tune of the same letters and one more; those with an e are a class."""
    rng = np.random.default_rng(3)
    words = ["".join(chr(97 + i) for i in rng.integers(0, 26, 8)) for _ in range(n)]
    ids = tuple(f"w{i:02d}" for i in range(n))
    return World(
        "pantry",
        {
            "smell": Items("smell", ids, [word.encode() for word in words]),
            "tune": Items("tune", ids, [word + chr(97 + i % 26) for i, word in enumerate(words)]),
        },
        {("smell", "tune"): Links(zip(ids, ids, strict=True))},
        {
            name: {"label": "eee" if "e" in word else "ttt"}
            for name, word in zip(ids, words, strict=True)
        },
        credits={name: Credit("CC0-1.0", "made for tests") for name in ids},
    )


@pytest.fixture(autouse=True)
def registered(monkeypatch, tmp_path):
    here = "tests.studies.test_invented_modalities"
    monkeypatch.setitem(MODALITIES, "smell", f"{here}:SMELL")
    monkeypatch.setitem(MODALITIES, "tune", f"{here}:TUNE")
    monkeypatch.setitem(ENCODERS, "nose", f"{here}:load_nose")
    monkeypatch.setitem(WORLDS, "pantry", f"{here}:pantry")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "cache"))
    modalities.cache_clear()
    yield
    modalities.cache_clear()


def words_of(page):
    """What stands on a page, without its styles and scripts."""
    shown = re.sub(r"<(style|script).*?</\1>", "", page, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", " ", shown)


def test_a_study_measures_them_and_writes_their_names(tmp_path):
    found = isthmus.study("nose", world="pantry", out=tmp_path / "run")
    page, record = found.page, json.loads((tmp_path / "run" / "report.json").read_text())
    said = words_of(page)
    for words in ("hit@1, smell → tune", "hit@1, tune → smell", "smell items", "tune items"):
        assert words in said, words
    assert not re.search(r"\b(image|text|mesh|audio) (items|→)|→ (image|text)\b", said)
    assert "smell" in json.dumps(record) and '"image' not in json.dumps(record["results"])
    assert "smell, text" not in said
    named = {key.partition("[")[2].rstrip("]") for key in found.results if "[" in key}
    assert named == {"smell", "tune", "smell to tune", "tune to smell"}


def test_probes_and_zero_shot_are_inherited(tmp_path):
    found = isthmus.study("nose", world="pantry", out=tmp_path / "run")
    assert found.results["linear_probe[smell]"].value > 0.5
    assert found.results["zero_shot[smell]"].null.p <= 0.05  # prompts are said as tunes
    assert "linear_probe[tune]" in found.results
    assert "zero_shot[tune]" not in {**found.results, **found.missing}  # of texts there is none


def test_items_are_shown_as_they_say(tmp_path):
    isthmus.study("nose", world="pantry", out=tmp_path / "run")
    page = (tmp_path / "run" / "report.html").read_text()
    assert "~b&#x27;" in page or "~b'" in page or "(smell of: " in page


@dataclass(frozen=True)
class Shade:
    """A grey of 0..255."""

    grey: int


SCAN = Modality(
    "scan",
    lambda item: item,
    "A grey of 0..255.",
    pictured=True,
    shown=lambda item: Image.new("L", (32, 32), item.grey),
)


def test_pictures_of_a_type_of_their_own_are_shown(monkeypatch):
    monkeypatch.setitem(MODALITIES, "scan", "tests.studies.test_invented_modalities:SCAN")
    modalities.cache_clear()
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(40, 8))
    a, b = (toy_set(shared + rng.normal(size=(40, 8)), name) for name in ("scan", "tune"))
    items = {
        "scan": Items("scan", a.ids, [Shade(5 * int(name)) for name in a.ids]),
        "tune": Items("tune", b.ids, [f"a grey of {name}" for name in b.ids]),
    }
    page = study(a, b, about=About(items=items)).page
    assert page.count("data:image/webp") > 5 and "a grey of 3" in page


def test_two_spaces_of_them_are_compared(tmp_path, monkeypatch):
    monkeypatch.setitem(ENCODERS, "snout", "tests.studies.test_invented_modalities:load_snout")
    found = isthmus.compare("nose", "snout", world="pantry", out=tmp_path / "run")
    assert "smell" in words_of(found.page) and "tune" in words_of(found.page)


def load_snout(_rest="", _options=None):
    from isthmus.types import Space

    other = Space("snout", "snout-26", 26, scale=5.0)
    return {"smell": Nose(space=other), "tune": Letters("tune", space=other)}


def test_a_space_of_them_is_mended(tmp_path):
    out = tmp_path / "run"
    found = isthmus.mend(
        "nose", world="pantry", out=out, remedies=("mean_removal",), calibrate=(20,), splits=2
    )
    assert "smell" in words_of(found.page) and "tune" in words_of(found.page)
    mended = isthmus.load(f"mended:{out}") if (out / "mended.safetensors").is_file() else None
    assert mended is None or {"smell", "tune"} <= set(mended)


def test_the_command_line_takes_them(capsys):
    assert main(["search", "abcdabcd", "--space", "nose", "--in", "pantry", "--top", "3"]) == 0
    assert "smell" not in capsys.readouterr().err
    assert main(["spaces", "nose"]) == 0
    assert "smell" in capsys.readouterr().out


def test_sets_in_memory_need_no_registration():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(50, 8))
    a, b = (
        toy_set(shared + side + rng.normal(size=(50, 8)) / 9, name)
        for side, name in ((0.2, "taste"), (-0.2, "touch"))
    )
    labels = {name: "xy"[int(name) % 2] for name in a.ids}
    classes = {one: b.take([n for n in b.ids if labels[n] == one]) for one in "xy"}
    found = study(a, b, about=About(labels=labels, classes=classes))
    assert "hit@1, taste → touch" in words_of(found.page)
    assert {"zero_shot[taste]", "linear_probe[touch]", "backbone[touch]"} <= set(found.results)
