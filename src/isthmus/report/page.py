"""The document: one file that asks for nothing and runs nothing it was given; its pictures."""

import base64
import hashlib
import io
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from isthmus.report.blocks import PLACE, Advices, Cards, Figures, Page, Prose, Section
from isthmus.report.elements import cards, keys, paragraph, paragraphs, section
from isthmus.report.text import escaped

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 144
"""Longer side of a thumbnail in pixels."""
NEXT = "What follows from the numbers below."
WHERE = f" {PLACE} in a command is the folder that this page lies in."
LEGEND = (
    "In the strips below: the bar is the 95 % interval, the upright tick chance. Chance is what a "
    "measure gives where there is nothing to find, the noise floor what it gives between random "
    "halves of one modality. Bias-corrected is a value without the part that only the number of "
    "items makes; where there is one, the interval is its interval."
)


def html(page: Page) -> str:
    """The page as one HTML document without a single request.

    Its content policy allows data URIs for pictures and, by their hashes, our own style sheet
    and script; nothing that comes from the data can be either.
    """
    style = _asset("page.css") + _rules(page)
    script = _asset("page.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; "
        f"script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    )
    lead = NEXT + WHERE * any(PLACE in one.command for one in page.todo)
    todo = Section("next", "What to try next", lead, (Advices(tuple(page.todo)),))
    parts = [*([todo] if page.todo else []), *page.sections]
    links = "".join(
        f'<li><a href="#{escaped(part.key)}">{escaped(part.title)}</a></li>' for part in parts
    )
    legend = keys(page.legend)
    return Template(_asset("page.html")).substitute(
        policy=policy,
        style=style,
        script=script,
        title=escaped(page.title),
        kicker=escaped(page.kicker),
        verdict=paragraph("verdict", page.verdict),
        summary=paragraphs(Prose(page.summary)),
        cards=cards(Cards(page.cards)) if page.cards else "",
        links=links,
        legend=f'<p class="legend">{legend}{LEGEND}</p>' if legend else "",
        sections="\n".join(map(section, parts)),
        footer=escaped(page.footer),
    )


def _asset(name: str) -> str:
    return files("isthmus.report").joinpath("assets", name).read_text(encoding="utf-8")


def _rules(page: Page) -> str:
    rules = {
        name: rule
        for part in page.sections
        for block in part.blocks
        if isinstance(block, Figures)
        for drawing in block.figures
        for name, rule in drawing.rules
    }
    return "".join(f".{name}{{{rule}}}\n" for name, rule in sorted(rules.items()))


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


class Album:
    """Hands out thumbnails as data URIs until its budget is spent.

    A page that shows one picture in three places holds it three times, so every use counts.
    """

    def __init__(self, budget: int = 2_600_000, side: int = SIDE) -> None:
        self._left, self._side = budget, side
        self._kept: dict[str, tuple[str, tuple[int, int]]] = {}
        self.refused = 0

    def kept(self, name: str) -> bool:
        """Whether this picture was made before, so that ``use`` needs no pixels."""
        return name in self._kept

    def use(self, name: str, picture: "Image | None" = None) -> tuple[str, tuple[int, int]]:
        """The thumbnail's data URI and its (width, height); empty once the budget is spent."""
        if name not in self._kept:
            if picture is None:
                return "", (0, 0)
            self._kept[name] = thumbnail(picture, self._side)
        uri, size = self._kept[name]
        if len(uri) > self._left:
            self.refused += 1
            return "", (0, 0)
        self._left -= len(uri)
        return uri, size


def thumbnail(picture: "Image", side: int = SIDE) -> tuple[str, tuple[int, int]]:
    """A WebP data URI of the picture at most ``side`` pixels long, and its (width, height)."""
    from PIL import Image

    small = picture.convert("RGB")
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    small.save(file, format="WEBP", quality=72, method=4)
    text = base64.b64encode(file.getvalue()).decode("ascii")
    return f"data:image/webp;base64,{text}", small.size
