"""Every question is a public function: the options of its command, and the same request."""

import inspect
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import isthmus
from isthmus import cli, studies
from isthmus.studies.mend.request import MendRequest
from isthmus.types import RequestError
from tests.toys import toy_set

ASKED = {
    "study": (("mini",), {"world": "clipart", "thorough": True, "seed": 3, "out": "run"}),
    "compare": (("mini", "fresh"), {"images": Path("a"), "texts": "b.csv", "quiet": True}),
    "card": (("mini",), {"world": "babel", "modalities": ["mesh", "text"], "most": 40}),
    "atlas": (("mini",), {"objects": "meshes", "styles": ["toon", "flat"], "up": "z"}),
    "styles": ((), {"world": "furniture", "score": 9, "fit_on": "others"}),
    "mend": (("mini",), {"remedies": ("mean_removal", "csls"), "calibrate": [9], "splits": 4}),
    "fit": ((), {"arrays": "p.npz", "loss": "sigmoid", "rate": 0.1, "towers": ["text"]}),
    "sweep": ((), {"arrays": "p.npz", "losses": ["triplet", "cloob"], "seeds": 3, "epochs": 2}),
    "replicate": (("one", "two"), {"data": "d", "out": "run"}),
    "search": (("an owl",), {"inside": "photos", "top": 3}),
    "index": (("photos",), {"out": "photos.index", "replace": True}),
    "find": (("an owl", "a.jpg", "b.wav"), {"false_alarms": 0.1, "learn": 10}),
    "score": (("a.json", "b.json"), {"against": "c.json", "seed": 2}),
    "caption": (("a.jpg", "b.wav"), {"decoder": "nearest", "out": "captions.csv"}),
    "say": (("a.jpg - 'a dog'",), {"ways": ("nearest",), "seed": 2}),
    "invert": (("a.npy",), {"ways": ("nearest",), "most": 3, "modality": "image"}),
    "tell": (("a.jpg", "b.wav"), {"start": "It was", "words": [4, 9], "grade": 3.0}),
    "edit": (("a.jpg",), {"to": "a cat", "corpus": "styles", "strength": 0.5}),
    "spaces": (("mini",), {}),
    "parts": (("losses",), {}),
    "cache": ((), {"clear": True}),
    "link_spaces": (("mini", "fresh"), {"world": "glyphs", "methods": ("ridge",), "seed": 2}),
    "embed_files": (("mini", "out"), {"world": "glyphs", "split": "all", "batch_size": 7}),
}


def words(positional, options):
    for value in positional:
        yield str(value)
    for name, value in options.items():
        yield f"--{'in' if name == 'inside' else name.replace('_', '-')}"
        if value is not True:
            yield from map(str, value if isinstance(value, (list, tuple)) else [value])


@pytest.mark.parametrize("name", isthmus.QUESTIONS)
def test_a_function_asks_what_the_command_asks(name, monkeypatch):
    asked = []
    monkeypatch.setattr(studies, "perform", lambda *request: asked.append(request))
    positional, options = ASKED[name]
    assert getattr(isthmus, name)(*positional, **options) is None
    study = isthmus.QUESTIONS[name]
    assert asked == [(study, cli._parse(study, [*words(positional, options)]))]


def test_every_study_is_public_under_a_name_that_no_module_has():
    rooms = {path.stem for path in Path(isthmus.__file__).parent.iterdir()}
    assert set(isthmus.QUESTIONS.values()) == set(studies.STUDIES) - {"worlds"}
    assert rooms.isdisjoint({*isthmus.QUESTIONS, *isthmus.LAB, *isthmus.TYPES})
    assert {name for name in dir(isthmus) if getattr(isthmus, name, None) is None} == set()


@pytest.mark.parametrize("name", isthmus.QUESTIONS)
def test_a_question_shows_its_options(name):
    found = inspect.signature(getattr(isthmus, name)).parameters
    text = getattr(isthmus, name).__doc__
    assert all(f"    {option}: " in text for option in found)
    assert {"json", "debug", "strict"}.isdisjoint(found)
    assert getattr(isthmus, name) is getattr(isthmus, name)
    assert getattr(isthmus, name).__name__ == name


def test_what_no_question_takes_is_refused_before_any_work():
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'remedy'; .*'remedies'"):
        isthmus.mend("mini", remedy="csls")
    with pytest.raises(TypeError, match="missing a required argument: 'to'"):
        isthmus.edit("a.jpg")
    with pytest.raises(RequestError, match="2 splits or more"):
        isthmus.mend("mini", splits=1)
    with pytest.raises(ValueError, match="seed wants a whole number"):
        isthmus.mend("mini", seed="three")
    with pytest.raises(TypeError, match=r"wants names or paths, not EmbeddingSet\(.*save"):
        isthmus.fit(toy_set(np.eye(3)))


def test_values_of_numpy_and_single_values_are_understood(monkeypatch):
    asked = []
    monkeypatch.setattr(studies, "perform", lambda _, request: asked.append(request))
    isthmus.mend(Path("pairs.npz"), seed=np.int64(3), remedies="csls", calibrate=50)
    (request,) = asked
    assert request == MendRequest(
        space="pairs.npz",
        remedies=("csls",),
        calibrate=(50,),
        common=request.common,
    )
    assert request.common.seed == 3


def test_a_run_comes_back_and_shows_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    rng = np.random.default_rng(0)
    images = rng.normal(size=(40, 8)).astype(np.float32)
    np.savez("pairs.npz", image=images, text=images + 0.5 * rng.normal(size=(40, 8)))
    found = isthmus.study(arrays="pairs.npz", quiet=True, open=True)
    assert found.folder == Path("runs/study-pairs") and (found.folder / "config.json").is_file()
    assert opened == [found.page_path.resolve().as_uri()]
    assert repr(found).startswith("StudyResult:\nRetrieval works") and len(found) > 30
    html = found._repr_html_()
    assert html.startswith("<pre>") and "<img" in html and "<iframe srcdoc=" in html
    assert "<script>" not in html.partition("<iframe")[0] and html.count("<iframe") == 1
    sets = (toy_set(images), toy_set(images[::-1], modality="text"))
    again = isthmus.study(*sets, seed=1)
    assert again.folder is None and "centroid_gap" in again.results
    mended = isthmus.mend(*sets, remedies=("mean_removal",), calibrate=(8,), splits=2)
    assert set(next(iter(mended.tables.values()))) == {"", "mean_removal"}
    assert repr(mended).startswith("MendResult:\n") and repr(mended).count("\n") < 15


def test_a_search_shows_its_pictures_in_a_notebook(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    for name in ("one", "two"):
        picture = Image.fromarray(rng.integers(0, 255, (30, 30, 3), np.uint8))
        Path("photos").mkdir(exist_ok=True)
        picture.save(f"photos/{name}.png")
    found = isthmus.search("photos/two.png", inside="photos", quiet=True)
    assert [hit.id for hit in found.hits] == ["two.png", "one.png"]
    html = found._repr_html_()
    assert html.count("<iframe srcdoc=") == 1 and html.count("data:image/") >= 2
    assert repr(found).count("\n") < 15 and not Path("runs").exists()


def test_a_name_that_is_nearly_right_is_told():
    with pytest.raises(AttributeError, match="'embd'; did you mean 'embed'"):
        _ = isthmus.embd
    with pytest.raises(AttributeError, match=r"has no attribute 'xyzzy'; there are: .*study"):
        _ = isthmus.xyzzy


def test_the_stubs_for_type_checkers_say_what_there_is():
    from tools.public_stub import STUBS

    assert {path.parent.name for path in STUBS} == {"isthmus", "measure"}
    for path, text in STUBS.items():
        assert path.read_text("utf-8") == text(), "python -m tools.public_stub writes it anew"
