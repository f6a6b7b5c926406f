"""The page in a real browser: no requests, no complaints, nothing runs, nothing overflows."""

import shlex

import numpy as np
import pytest

from isthmus.report import html
from isthmus.studies.mend.request import MendRequest
from isthmus.studies.mend.run import mend
from isthmus.studies.study.run import study_dataset
from tests.browser import binary, tab
from tests.report.test_page import HOSTILE, full_page
from tests.studies.worlds import small_world

pytestmark = pytest.mark.browser
MENDING = MendRequest(remedies=("mean_removal", "match_odds"), calibrate=(20,), splits=2)

# the widest element of the page that is not meant to scroll by itself
OVERFLOW = """[...document.querySelectorAll("body *")].filter(
  (part) => !part.closest(".scroll table, svg, .skip")
    && part.getBoundingClientRect().right > window.innerWidth + 1).map(
  (part) => part.outerHTML.slice(0, 80))"""
# tables of which something is to be seen only by scrolling sideways
CUT = """[...document.querySelectorAll(".scroll")].filter(
  (part) => part.scrollWidth > part.clientWidth + 1).map((part) => part.innerText.slice(0, 80))"""
TOO_SMALL = """[...document.querySelectorAll("body *, svg.plot text")].filter((part) => {
  if (![...part.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) return false;
  if (part.closest("script, title")) return false;
  const svg = part.closest("svg.plot");
  const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
  return parseFloat(getComputedStyle(part).fontSize) * scale < 10;
}).map((part) => part.outerHTML.slice(0, 80))"""
CONTRAST = """(() => {
  const canvas = document.createElement("canvas").getContext("2d");
  const parts = (colour) => {
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (colour) => {
    const [r, g, b] = parts(colour).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = light(getComputedStyle(document.documentElement).backgroundColor);
  const worst = [];
  for (const part of document.querySelectorAll("body *")) {
    if (![...part.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
    if (part.closest("script, title")) continue;
    const style = getComputedStyle(part);
    const ink = light(part.closest("svg") ? style.fill : style.color);
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < 4.5) worst.push([ratio, part.outerHTML.slice(0, 80)]);
  }
  return worst;
})()"""


@pytest.fixture(scope="module")
def browser():
    if binary() is None:
        pytest.skip("no Chromium here: install chromium to look at the page")
    with tab() as found:
        yield found


@pytest.fixture(scope="module", params=["plain words", HOSTILE, "wide" * 60, "a study"])
def page(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    study = request.param == "a study"
    text = study_dataset(small_world()).page if study else html(full_page(request.param))
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_the_page_in_a_browser(browser, page, width, scheme):
    browser.requests.clear()
    browser.complaints.clear()
    browser.look(width, scheme=scheme)
    browser.open(page)
    assert browser.evaluate("document.title") != "run"
    asked = [url for url in browser.requests if not url.startswith("data:")]
    assert asked == [page.resolve().as_uri()]
    assert browser.complaints == []
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate(OVERFLOW) == []
    if not browser.evaluate("document.title").startswith("widewide"):  # no word is that long
        assert browser.evaluate(CUT) == []
    assert browser.evaluate(TOO_SMALL) == []
    assert browser.evaluate(CONTRAST) == []


def test_wide_tables_of_a_mending_fit(browser, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(mend(small_world(), how=MENDING).page, encoding="utf-8")
    browser.look(1280)
    browser.open(path)
    assert browser.evaluate("document.querySelectorAll('.scroll').length") >= 4
    assert browser.evaluate(CUT) == [] and browser.evaluate(OVERFLOW) == []


def test_commands_name_the_folder_that_the_page_lies_in(browser, tmp_path):
    from isthmus.report import Advice, Page

    folder = tmp_path / "it's here"
    folder.mkdir()
    todo = (Advice("See", "", "", "isthmus compare mini mended:FOLDER --world glyphs"),)
    page = html(Page("t", "k", (), (), (), todo=todo))
    assert "FOLDER in a command is the folder" in page and str(folder) not in page
    (folder / "report.html").write_text(page, encoding="utf-8")
    browser.look(1280)
    browser.open(folder / "report.html")
    typed = shlex.split(browser.evaluate("document.querySelector('.command code').textContent"))
    wanted = ["isthmus", "compare", "mini", f"mended:{folder}", "--world", "glyphs"]
    assert typed == wanted


def test_light_and_dark_differ(browser, page):
    papers = []
    for scheme in ("light", "dark"):
        browser.look(800, scheme=scheme)
        browser.open(page)
        background = "getComputedStyle(document.documentElement).backgroundColor"
        papers.append(browser.evaluate(background))
    light, dark = (sum(map(int, paper[4:-1].split(","))) for paper in papers)
    assert light > 600
    assert dark < 150


def test_a_tap_on_the_map_tells_the_name_and_its_linked_item(browser, page):
    browser.look(390)
    browser.open(page)
    tap = "new PointerEvent('click', {bubbles: true})"
    browser.evaluate(f"document.querySelector('svg.map circle').dispatchEvent({tap})")
    told = browser.evaluate("document.querySelector('.told').textContent")
    names = browser.evaluate("document.querySelector('svg.map circle title').textContent")
    assert names in told.split("  ↔  ")
    assert len(told.split("  ↔  ")) == 2
    assert browser.evaluate("document.querySelectorAll('svg.map .on').length") == 3


def test_the_map_grows_takes_the_colour_of_a_factor_and_shows_pictures(browser, tmp_path):
    from isthmus.report import Cloud, Figures, Page, Section, map_figure

    picture = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
    points = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.5]])
    names, styles = ("one", "two", "three"), {"style": ("flat", "round", "round")}
    image = Cloud("image", points, names, (picture,) * 3, styles)
    clouds = (image, Cloud("text", points + 1, names, (), styles))
    drawn = map_figure("Map", clouds, np.array([[0, 0], [1, 1]]), "sentence", "alt")
    page = html(Page("t", "k", (), (), (Section("map", "Map", "", (Figures((drawn,)),)),)))
    path = tmp_path / "map.html"
    path.write_text(page, encoding="utf-8")
    browser.requests.clear()
    browser.complaints.clear()
    browser.look(400)
    browser.open(path)
    size = "document.querySelector('svg.map').viewBox.baseVal.width"
    before = browser.evaluate(size)
    browser.evaluate("document.querySelector('[data-zoom]').click()")
    assert browser.evaluate(size) == pytest.approx(before / 1.5)
    browser.evaluate("document.querySelector('[data-zoom=\"0\"]').click()")
    assert browser.evaluate(size) == before
    colours = "[...document.querySelectorAll('svg.map circle')].map((d) => d.classList[1]).join()"
    assert browser.evaluate(colours) == "m0,m0,m0,m1,m1,m1"
    choose = (
        "(() => {{ const select = document.querySelector('.tools select'); "
        "select.value = '{}'; select.dispatchEvent(new Event('change')); }})()"
    )
    browser.evaluate(choose.format(0))
    assert browser.evaluate(colours) == "m1,m0,m0,m1,m0,m0"
    keys = "[...document.querySelectorAll('.keys:not([hidden]) .key')].map((key) => key.innerText)"
    assert browser.evaluate(keys) == ["round", "flat"]
    browser.evaluate(choose.format(""))
    assert browser.evaluate(colours) == "m0,m0,m0,m1,m1,m1"
    over = "new PointerEvent('pointerover', {bubbles: true})"
    browser.evaluate(f"document.querySelectorAll('svg.map circle')[3].dispatchEvent({over})")
    # a text shows the picture that it is linked to
    assert browser.evaluate("document.querySelector('.telling img').alt") == "one"
    assert [url for url in browser.requests if not url.startswith("data:")] == [path.as_uri()]
    assert browser.complaints == []
