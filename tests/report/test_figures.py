"""Drawings fit the page: themed, deterministic, without styles, ids of their own."""

import re
import sys
from dataclasses import dataclass

import numpy as np
import pytest

from isthmus.report import Cloud, map_figure
from isthmus.report import figure as drawing_of
from isthmus.report.figures import _columns
from isthmus.report.svg import page_svg
from isthmus.types import Interval, Null, Result


@dataclass(frozen=True, eq=False, kw_only=True)
class Curve(Result):
    label: str = "curve"
    points: int = 50
    marker: str = ""

    @property
    def about(self):
        return f"A curve <b>{self.label}</b>."

    def plot(self, ax):
        x = np.linspace(0, 1, self.points)
        ax.axhspan(0.1, 0.2, color="0.85")
        ax.plot(x, x**2, label=self.label, marker=self.marker)
        ax.plot(x, x, color="black")
        ax.plot(x, x / 2)
        ax.scatter(x, 1 - x, label="points")
        ax.set_xlabel("cosine")
        ax.legend()
        return ax


def figure(result, key):
    return drawing_of(key, result.name, [result], result.about)


def curve(**fields):
    return Curve(name="curve", value=1.0, n=9, null=Null("none", note="toy"), **fields)


def test_a_drawing_has_no_styles_colours_fonts_or_addresses():
    svg = figure(curve(), "f-1").svg
    assert "style=" not in svg
    assert "http" not in svg
    assert not re.search("#[0-9a-f]{6}", svg)
    assert "DejaVu" not in svg
    assert ">cosine</text>" in svg


def test_what_cannot_be_drawn_keeps_its_words_and_numbers(monkeypatch):
    class Inkless(Curve):
        def plot(self, ax):
            raise OSError("no ink")

    bare = Inkless(name="curve", value=1.0, n=9, null=Null("none", note="toy"))
    made = drawing_of("f-x", "Title", [bare], "A sentence.", (("value", "1.000"),))
    assert (made.svg, made.rules, made.numbers) == ("", (), (("value", "1.000"),))
    assert made.sentence == "A sentence. (It could not be drawn: no ink.)"
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # as where it is broken
    assert "It could not be drawn" in figure(curve(), "f-1").sentence


def test_colours_become_the_pages_variables():
    rules = dict(figure(curve(), "f-1").rules)
    text = " ".join(rules.values())
    for name in ("--c0", "--c1", "--ink", "--band"):
        assert f"var({name})" in text
    assert not re.search("#[0-9a-f]{6}", text)


def test_every_class_has_its_rule_and_every_reference_its_target():
    drawing = figure(curve(marker="o"), "f-1")
    used = set(re.findall(r'class="(s\w+)"', drawing.svg))
    assert used == {name for name, _ in drawing.rules}
    ids = set(re.findall(r' id="([^"]+)"', drawing.svg))
    linked = set(re.findall(r'href="#([^"]+)"', drawing.svg))
    clipped = set(re.findall(r"url\(#([^)]+)\)", drawing.svg))
    assert linked
    assert linked | clipped <= ids


def test_two_drawings_share_no_id():
    ids = [set(re.findall(r' id="([^"]+)"', figure(curve(), key).svg)) for key in ("f-1", "f-2")]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_the_same_result_is_drawn_with_the_same_bytes():
    assert figure(curve(), "f-1") == figure(curve(), "f-1")


@pytest.mark.parametrize(
    "label",
    ["</text><script>alert(1)</script>", "$\\frac", "a\x1b[31m\x00", "語 👩\u200d🚀", "&amp;"],
)
def test_hostile_labels_stay_text(label):
    drawing = figure(curve(label=label), "f-1")
    assert "<script" not in drawing.svg
    assert "\x1b" not in drawing.svg
    assert "\x00" not in drawing.svg


def test_many_points_become_pixels():
    few, many = (figure(curve(points=n, marker="o"), "f-1").svg for n in (100, 20_000))
    assert "data:image/png" in many
    assert "data:image/png" not in few
    assert len(many) < 400_000


def test_a_plain_result_draws_value_interval_and_chance():
    svg = figure(
        Result("gap", 0.5, 9, Interval(0.4, 0.6, "j"), Null("label", 0.1, 0.0, 0.2)), "f"
    ).svg
    assert svg.count("<path") >= 3
    assert 'role="img"' in svg


def test_an_outside_address_in_a_drawing_is_dropped():
    source = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" '
        'viewBox="0 0 1 1"><image x:href="https://example.org/a.png"/><use x:href="#a"/></svg>'
    )
    svg, _ = page_svg(source, "p", "alt")
    assert "example.org" not in svg
    assert 'href="#p-a"' in svg


def square_map():
    a = Cloud("image", np.array([[0.0, 0.0], [0.0, 1.0]]), ("<i>one</i>", "two"))
    b = Cloud("text", np.array([[1.0, 0.0], [1.0, 1.0]]), ("three", "four"))
    return map_figure("Map", (a, b), np.array([[0, 1], [1, 0]]), "sentence", "alt")


def test_the_map_keeps_its_proportions_and_joins_linked_pairs():
    svg = square_map().svg
    dots = re.findall(r'cx="([\d.]+)" cy="([\d.]+)" r="3.6" data-pair="(\d)"', svg)
    places = {(float(x), float(y)) for x, y, _ in dots}
    assert len(places) == 4
    xs, ys = ({place[axis] for place in places} for axis in (0, 1))
    assert max(xs) - min(xs) == pytest.approx(max(ys) - min(ys), abs=0.2)
    assert [pair for _, _, pair in dots] == ["0", "1", "1", "0"]
    ends = re.findall(
        r'<line class="link" data-pair="(\d)" x1="(\S+)" y1="(\S+)" x2="(\S+)" y2="(\S+)"', svg
    )
    assert len(ends) == 2
    for number, *ends_of_line in ends:
        of_pair = [(x, y) for x, y, pair in dots if pair == number]
        assert of_pair == [tuple(ends_of_line[:2]), tuple(ends_of_line[2:])]


def test_a_map_carries_pictures_and_the_colours_of_each_factor():
    values = [str(number) for number in (0, 1, 2, 2, 3, 4, 5, 6, 6, 7)]
    points = np.arange(20.0).reshape(10, 2)
    first = Cloud("image", points, tuple(values), ("data:,a",) * 10, {"style": tuple(values)})
    second = Cloud("text", points, tuple(values), (), {"style": ("",) * 10})
    svg = map_figure("Map", (first, second), np.array([[0, 0]]), "sentence", "alt").svg
    assert svg.count('data-picture="data:,a"') == 10
    # the most frequent values have the first colours, from the seventh on all are grey
    codes = re.findall(r'data-colours="(\d)"', svg)
    assert codes == [*"2300456116", *"6" * 10]
    assert re.findall(r'<option value="(\d*)">(\w+)', svg) == [("", "modality"), ("0", "style")]
    shown = re.search(r'data-factor="0" hidden>(.*?)</p>', svg)[1]
    assert re.findall(r'class="key k(\d)">(\w+)<', shown) == [
        *zip("012345", "260134", strict=True), ("6", "others"),
    ]  # fmt: skip
    assert "<select>" not in square_map().svg and "data-colours" not in square_map().svg


def test_the_map_shows_names_as_text():
    assert "<title>&lt;i&gt;one&lt;/i&gt;</title>" in square_map().svg


@dataclass(frozen=True, eq=False, kw_only=True)
class Histogram(Result):
    at: float

    def plot(self, ax):
        edges = np.linspace(-1, 1, 101)
        ax.stairs(np.histogram([self.at], edges)[0], edges, label=self.name)
        return ax


def test_results_share_axes_without_the_empty_ends():
    some = [
        Histogram(name=name, value=1.0, n=1, at=at) for name, at in (("one", 0.2), ("two", 0.5))
    ]
    both = drawing_of("f-1", "Both", some, "sentence")
    for text in (">one</text>", ">two</text>"):
        assert text in both.svg
    ticks = [float(text) for text in re.findall(r">(-?[\d.]+)</text>", both.svg.replace("−", "-"))]
    assert min(ticks) >= 0
    assert not re.search(">[−-]1.00</text>", both.svg)


def test_a_name_that_recurs_stands_once_in_the_legend():
    twice = drawing_of("f-1", "Twice", [curve(label="same"), curve(label="same")], "sentence")
    assert twice.svg.count(">same</text>") == 1


def test_logarithmic_axes_are_labelled_in_plain_numbers():
    @dataclass(frozen=True, eq=False, kw_only=True)
    class Long(Result):
        def plot(self, ax):
            ax.semilogx([1, 1000], [0, 1])
            return ax

    svg = figure(Long(name="long", value=1.0, n=1), "f-1").svg
    assert ">100</text>" in svg
    assert "mathdefault" not in svg


@pytest.mark.parametrize(
    ("labels", "columns"),
    [
        (["a", "b"], 2),
        (["temperature 0.01", "temperature 0.02", "temperature 0.05", "temperature 0.1"], 2),
        (["variance in ten directions (image)", "variance in ten directions (text)"], 1),
        (["one"], 1),
    ],
)
def test_a_legend_is_as_wide_as_fits(labels, columns):
    assert _columns(labels) == columns
