"""One file that asks for nothing, runs nothing it was given, and says what it shows."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from isthmus.report import (
    Advice,
    Advices,
    Album,
    Card,
    Cloud,
    Fact,
    Facts,
    Figures,
    ItemCard,
    Page,
    Prose,
    Section,
    Strip,
    Strips,
    Table,
    figure,
    html,
    map_figure,
    reading,
)
from isthmus.types import Interval, Null, Result

HOSTILE = (
    "</style></script><script>document.title='run'</script>"
    "<img src=x onerror=\"document.title='run'\">\x1b[31m$policy ${style}"
)


class Reader(HTMLParser):
    """Elements with their attributes, and whether they close in order."""

    VOID = ("meta", "img", "br", "link", "input")

    def __init__(self, page):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def named(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def full_page(text="plain words"):
    """A page with every kind of block, every string of which is ``text``."""
    picture, size = Album().use("p", Image.new("RGB", (300, 200), (10, 200, 30)))
    card = ItemCard(text, text, text, picture, size, "right")
    result = Result(text, 0.5, 9, Interval(0.4, 0.6, text), Null("label", 0.1, 0.0, 0.2, note=text))
    cloud = Cloud(text, np.array([[0.0, 1.0], [1.0, 0.0]]), (text, text))
    drawn = map_figure(text, (cloud, cloud), np.array([[0, 0]]), text, text)
    blocks = (
        Prose((text,)),
        Figures((figure("f-1", text, [result], text, reading(result)), drawn)),
        Facts((Fact(text, "1", text, ((text, text),), text),)),
        Facts((Fact(text, "", text),), folded=text),
        Table(text, (text, "n"), ((text, "1"),), ("n",)),
        Strips(text, text, (Strip(card, (card, ItemCard("n", text, text, mark="wrong")), text),)),
        Advices((Advice(text, text, text),)),
    )
    card = Card(text, "0.5", text, 0.4, 0.6, 0.1)
    return Page(text, text, (text,), (card,), (Section("all", text, text, blocks),), text, (text,))


@pytest.mark.parametrize("text", ["plain words", HOSTILE])
def test_the_page_is_well_formed_and_needs_no_network(text):
    reader = Reader(html(full_page(text)))
    assert reader.open == []
    for tag, attributes in reader.elements:
        for name in ("src", "href", "srcset", "action", "data"):
            value = attributes.get(name) or ""
            assert value.startswith(("data:", "#")) or not value, (tag, value)
        assert not [name for name in attributes if name.startswith("on") or name == "style"]


def test_the_style_sheet_asks_for_nothing():
    page = html(full_page())
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    assert "@import" not in style
    assert all(address.startswith("#") for address in re.findall(r"url\(([^)]*)\)", style))
    assert not re.search("https?:", page)


def test_hostile_text_adds_no_element():
    plain, hostile = (Reader(html(full_page(text))) for text in ("plain words", HOSTILE))
    assert [tag for tag, _ in plain.elements] == [tag for tag, _ in hostile.elements]
    page = html(full_page(HOSTILE))
    assert "\x1b" not in page
    assert page.count("$policy") == page.count("${style}") > 5


def test_the_policy_names_our_own_style_and_script_by_hash():
    page = html(full_page(HOSTILE))
    policy = next(
        attributes["content"]
        for attributes in Reader(page).named("meta")
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    for tag in ("style", "script"):
        (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_every_picture_and_drawing_says_what_it_shows():
    reader = Reader(html(full_page()))
    assert reader.named("img")
    assert all(attributes["alt"] for attributes in reader.named("img"))
    for attributes in reader.named("svg"):
        assert attributes.get("aria-label") or attributes.get("aria-hidden") == "true"


def test_headings_and_landmarks():
    reader = Reader(html(full_page()))
    tags = [tag for tag, _ in reader.elements]
    assert tags.count("h1") == tags.count("main") == tags.count("nav") == 1
    assert reader.named("html") == [{"lang": "en"}]
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    targets = {attributes["href"][1:] for attributes in reader.named("a")}
    assert targets <= {attributes.get("id") for _, attributes in reader.elements}


def test_the_same_page_has_the_same_bytes():
    assert html(full_page()) == html(full_page())


def test_the_strip_of_a_card_shows_interval_and_chance_in_their_places():
    card = Card("gap", "0", "", -0.5, 0.5, 0.25, (-1.0, 1.0))
    page = html(Page("p", "p", (), (card,), (), "", ()))
    assert '<rect x="50.0" y="3" width="100.0"' in page
    assert '<line class="chance" x1="125.0" x2="125.0"' in page
