"""One study: whole, equal twice, robust to one broken measure, honest about its numbers."""

import json
import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import isthmus
from isthmus.lab import load_set
from isthmus.report import number
from isthmus.studies import request_type
from isthmus.studies.shared import measuring
from isthmus.studies.shared.dataset import About, world_dataset
from isthmus.studies.shared.runs import MeasuredResult
from isthmus.studies.study.advice import JUDGED
from isthmus.studies.study.request import StudyRequest
from isthmus.studies.study.run import run, study, study_dataset
from isthmus.types import Items, Links, RequestError, Result, SpaceMismatchError, World
from isthmus.types.requests import Common, Source
from tests.report.test_page import HOSTILE, Reader
from tests.studies.worlds import names, small_world
from tests.toys import toy_set


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("run")
    study_dataset(small_world(), path)
    return path


@dataclass(frozen=True, eq=False, kw_only=True)
class Undrawable(Result):
    def plot(self, ax):
        raise OSError("no ink")


@dataclass(frozen=True, eq=False, kw_only=True)
class Unspeakable(Result):
    @property
    def about(self):
        return str([][0])


def undrawable(a, b, links=None, *, rng):
    return Undrawable(name="invisible", value=1.25, n=3)


def unspeakable(a, b, links=None, *, rng):
    return Unspeakable(name="silent", value=1.0, n=3)


@pytest.fixture
def few(monkeypatch):
    """Only measures that take no time, for what does not depend on them."""
    targets = {"hit_at_k": measuring.TWO_SETS["hit_at_k"]}
    monkeypatch.setattr(measuring, "TWO_SETS", targets)
    monkeypatch.setattr(measuring, "ONE_SET", {})
    monkeypatch.setattr(measuring, "LABELLED", {})


def broken(a, b, links=None, *, rng):
    raise ZeroDivisionError("no luck")


def test_the_run_folder_is_whole(folder):
    assert sorted(path.name for path in folder.iterdir()) == [
        ".isthmus",
        "embeddings",
        "report.html",
        "report.json",
        "timings.json",
    ]
    data = small_world()
    for some in (data.a, data.b):
        kept = load_set(folder / "embeddings" / some.modality)
        np.testing.assert_array_equal(kept.vectors, some.vectors)
        assert kept.ids == some.ids
    record = json.loads((folder / "report.json").read_text())
    assert record["seed"] == 0
    assert record["versions"]["isthmus"] == isthmus.__version__
    assert record["sets"][0]["fingerprint"] == data.a.fingerprint
    assert record["data"]["objects"] == 60
    assert record["data"]["truncated"] == 2
    assert record["faults"] == {"broken": "broken is empty."}
    assert record["licences"] == {"CC-BY-SA, drawn for the test": 120}
    assert "seconds" in json.loads((folder / "timings.json").read_text())


def test_equal_input_and_seed_give_equal_bytes(folder, tmp_path):
    study_dataset(small_world(), tmp_path)
    for name in ("report.html", "report.json"):
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes()


def test_another_seed_gives_other_draws(folder, few):
    found = study_dataset(small_world(), seed=1)
    record = json.loads((folder / "report.json").read_text())
    drawn = [some["neighbours"][0]["typical"] for some in (found.record, record)]
    assert drawn[0] != drawn[1]


def test_labels_turn_on_probes_and_their_absence_is_named(folder):
    record = json.loads((folder / "report.json").read_text())
    assert record["results"]["linear_probe[image]"]["value"] > 0.8
    assert record["missing"]["linear_probe[text]"].startswith("It needs labels")
    assert record["missing"]["zero_shot[image]"].startswith("It needs classes")


def test_a_broken_measure_is_named_and_loses_nothing(few, monkeypatch):
    targets = {"broken": f"{__name__}:broken", **measuring.TWO_SETS}
    monkeypatch.setattr(measuring, "TWO_SETS", targets)
    found = study_dataset(small_world())
    assert found.missing["broken"] == "failed (ZeroDivisionError: no luck)"
    assert found["hit_at_k"].value > 0.4
    assert "ZeroDivisionError: no luck" in found.page
    assert "not measured: broken (failed" in str(found)


def test_results_that_cannot_be_drawn_or_told_lose_nothing(few, monkeypatch):
    targets = {name: f"{__name__}:{name}" for name in ("undrawable", "unspeakable")}
    monkeypatch.setattr(measuring, "TWO_SETS", {**targets, **measuring.TWO_SETS})
    found = study_dataset(small_world())
    assert "It could not be drawn: no ink." in found.page
    assert "1.250" in found.page
    assert found.missing["unspeakable"].startswith("failed (IndexError")
    assert "hit_at_k" in found.results


def test_a_measure_draws_alike_whatever_else_is_measured(folder, few):
    record = json.loads((folder / "report.json").read_text())
    alone = study_dataset(small_world())["hit_at_k"].to_dict()
    assert alone == {key: record["results"]["hit_at_k"][key] for key in alone}


class Visible(HTMLParser):
    """Text of a page outside drawings, styles and what items say."""

    def __init__(self, page):
        super().__init__()
        self.text, self.hidden = [], 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in ("svg", "style", "script")

    def handle_endtag(self, tag):
        self.hidden -= tag in ("svg", "style", "script")

    def handle_data(self, data):
        if not self.hidden:
            self.text.append(data)


def numbers_in(values):
    """Every way in which the page may write the numbers of a record."""
    if isinstance(values, dict):
        return set().union(*map(numbers_in, values.values()), *map(numbers_in, values))
    if isinstance(values, list):
        return set().union(*map(numbers_in, values))
    if isinstance(values, str):
        return {found.rstrip(",") for found in NUMBER.findall(values)}
    if isinstance(values, bool) or values is None:
        return set()
    shown = {number(float(values)), f"{values:.1%}", f"{values:.0%}", f"{values:g}", f"{values:,}"}
    return {text.replace("−", "-").lstrip("-") for text in shown}


NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e[-−]\d+)?%?")
WORDS = {"95", "0.98", "0.05", "10"}
"""Numbers that belong to fixed sentences: the level, the twins' threshold, nDCG@10."""


def test_every_number_on_the_page_is_in_the_record(folder):
    text = " ".join(Visible((folder / "report.html").read_text()).text)
    known = numbers_in(json.loads((folder / "report.json").read_text())) | WORDS
    written = {found.replace("−", "-").rstrip(",") for found in NUMBER.findall(text)}
    assert len(written) > 50
    assert written <= known, sorted(written - known)


def test_the_head_of_the_page_says_what_was_found(folder):
    page = (folder / "report.html").read_text()
    record = json.loads((folder / "report.json").read_text())
    head = page.split("<section")[0]
    assert f'<p class="verdict">{record["verdict"]}</p>' in head
    assert record["verdict"].startswith("Retrieval works: the linked text comes first for")
    for paragraph in record["summary"]:
        assert f"<p>{paragraph}</p>" in head
    for key in ("centroid_gap", "matched_cosine"):
        assert f'<span class="value">{number(record["results"][key]["value"])}</span>' in head
    hits = record["results"]["hit_at_k"]
    values = [number(hits[way]["value"]) for way in ("forward", "backward")]
    named = re.findall(r'hit@1, ([^<]*)</dt><dd><span class="value">([^<]*)<', head)
    assert named == [("image → text", values[0]), ("text → image", values[1])]
    legend = re.findall(r'<span class="key k(\d)">(\w+)</span>', head)
    assert legend[:2] == [("0", "image"), ("1", "text")]


def test_advice_is_on_the_page_where_a_rule_fired_and_else_a_word_of_it(folder, few):
    record = json.loads((folder / "report.json").read_text())
    page = (folder / "report.html").read_text()
    assert record["advice"] and "judged all the same" not in page
    for one in record["advice"]:
        assert f"<h3>{one['title']}</h3>" in page
    rng = np.random.default_rng(0)
    x = rng.normal(size=(700, 8))
    calm = study(x, x)
    assert [one["title"] for one in calm.record["advice"]] == [JUDGED.title]
    assert JUDGED.title in calm.page


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"spaces": ("a", "b"), "objects": Path()}, "--objects goes with one space"),
        ({"objects": Path(), "source": Source(world="glyphs")}, "--objects goes with one space"),
    ],
)
def test_requests_that_are_no_question_are_refused(options, message):
    with pytest.raises(RequestError, match=message):
        run(StudyRequest(**options))


@pytest.mark.parametrize(
    ("name", "options", "wanted"),
    [
        ("compare", {"spaces": ("a", "b")}, {"first": "a", "second": "b"}),
        ("atlas", {"objects": Path("x"), "space": "s"}, {"objects": Path("x"), "space": "s"}),
    ],
)
def test_two_spaces_are_compared_and_meshes_go_to_the_atlas(name, options, wanted, monkeypatch):
    requests, kind = [], request_type(name)

    def kept(request, asked):
        requests.append(request)
        assert asked.spaces == options.get("spaces", ())  # the run is named by what was asked
        return MeasuredResult(results={}, missing={})

    monkeypatch.setattr(f"isthmus.studies.{name}.run.run", kept)
    monkeypatch.setattr("isthmus.studies.study.run.request_type", {name: kind}.__getitem__)
    run(StudyRequest(**options, out=Path("here"), common=Common(seed=5)))
    (one,) = requests
    assert {key: getattr(one, key) for key in wanted} == wanted
    assert (one.out, one.common.seed) == (Path("here"), 5)


def test_pictures_and_captions_are_on_the_page(folder):
    page = (folder / "report.html").read_text()
    pictures = Reader(page).named("img")
    assert len(pictures) > 10
    assert all("picture-" in attributes["alt"] for attributes in pictures)
    assert "a caption-" in page


def test_hostile_captions_and_ids_stay_text(few):
    data = small_world(captions=[HOSTILE] * 60)
    plain, hostile = study_dataset(small_world()), study_dataset(data)
    tags = [[tag for tag, _ in Reader(found.page).elements] for found in (plain, hostile)]
    assert tags[0].count("script") == tags[1].count("script") == 1
    assert "\x1b" not in hostile.page
    assert not [
        name for _, found in Reader(hostile.page).elements for name in found if name[:2] == "on"
    ]


@pytest.mark.slow
def test_ten_thousand_items_fit_the_page(few):
    data = small_world(10_000, captions=["a long caption " * 60] * 10_000)
    faults = {name: f"{name} is bad in its own way {name[::-1]}" for name in names(10_000, "x")}
    found = study_dataset(replace(data, about=replace(data.about, faults=faults)))
    assert len(found.page.encode()) <= 5_000_000
    assert f"{10_000:,}" in found.page
    assert len(found.record["faults"]) == 10_000


def test_plain_arrays_are_studied_without_more_ado(few):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 8))
    found = study(x, x + 0.1 * rng.normal(size=(40, 8)))
    assert found["hit_at_k"].value > 0.9
    assert found.folder is None
    assert "40 a and 40 b vectors of 8 coordinates" in found.page


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(SpaceMismatchError):
        study(toy_set(np.eye(4)), toy_set(np.eye(3), "text"))
    with pytest.raises(RequestError, match="No links were given"):
        study(toy_set(np.eye(3)), toy_set(np.eye(3), "text", ["x", "y", "z"]))


def test_a_world_brings_its_items_links_and_faults():
    data = small_world()
    links = {("text", "image"): Links((b, a) for a, b in data.links)}
    world = World("toys", data.about.items, links, faults={"lost": "no file"})
    taken = world_dataset(world, data.a, data.b, About(title="Mine"))
    assert set(taken.links) == set(data.links)
    assert (taken.about.title, taken.about.faults) == ("Mine", {"lost": "no file"})
    assert taken.about.items["image"] is data.about.items["image"]
    copied = World("toys", data.about.items, links, faults={data.a.ids[0]: "is a copy"})
    about = world_dataset(copied, data.a, data.b).about
    assert (about.faults, about.notes) == ({}, {data.a.ids[0]: "is a copy"})
    with pytest.raises(RequestError, match="does not link image to text"):
        world_dataset(World("toys", {"text": Items("text", (), [])}), data.a, data.b)


def test_links_to_nobody_are_counted_and_too_few_links_measure_nothing(few):
    data = small_world()
    more = Links([*data.links, ("nobody", data.b.ids[0])])
    assert study(data.a, data.b, more).record["data"]["dangling"] == 1
    measuring.TWO_SETS["matched_cosine"] = "isthmus.measure.geometry.cosines:matched_cosine"
    one = study(data.a, data.b, Links([*data.links][:1]))
    assert "at least 8 objects" in one.missing["matched_cosine"]
