"""What a page is made of, as plain data; strings are text, never markup."""

from collections.abc import Sequence
from dataclasses import field

from isthmus.records import dataclass


@dataclass(frozen=True)
class Prose:
    """Paragraphs."""

    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """One number that a reader should take away."""

    label: str
    value: str
    detail: str
    """Interval and chance, in a few words."""
    low: float = float("nan")
    """Ends of the interval and the chance level on ``scale``, for the drawn strip."""
    high: float = float("nan")
    chance: float = float("nan")
    scale: tuple[float, float] = (0.0, 1.0)


@dataclass(frozen=True)
class Cards:
    """A row of cards."""

    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Figure:
    """A drawing with its title, its reading in one sentence and its numbers."""

    title: str
    svg: str
    """Markup made by ``figures`` or ``drawings``; its texts are already escaped."""
    sentence: str
    numbers: tuple[tuple[str, str], ...] = ()
    source: str = ""
    wide: bool = False
    rules: tuple[tuple[str, str], ...] = ()
    """Style classes that the drawing uses: (class name, declarations)."""


@dataclass(frozen=True)
class Fact:
    """A measured number without a drawing: its name, its sentence and its numbers."""

    title: str
    value: str
    sentence: str
    numbers: tuple[tuple[str, str], ...] = ()
    source: str = ""


@dataclass(frozen=True)
class Facts:
    """Facts side by side where there is room."""

    facts: tuple[Fact, ...]
    folded: str = ""
    """Where not empty, the facts are folded away under these words."""


@dataclass(frozen=True)
class Figures:
    """Figures side by side where there is room."""

    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Table:
    """A table with a caption; the first column names the row."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[str, ...] = ()
    """Columns that are set flush right."""


@dataclass(frozen=True)
class ItemCard:
    """One item: its picture where there is one, its text, and a note such as the cosine."""

    name: str
    text: str
    note: str = ""
    picture: str = ""
    """A data URI, or empty."""
    size: tuple[int, int] = (0, 0)
    """Width and height of the picture in pixels."""
    mark: str = ""
    """``right``, ``wrong`` or empty."""
    link: str = ""
    """A page beside this one that its name leads to, or empty."""


@dataclass(frozen=True)
class Strip:
    """A query and what came back; without a query, items side by side."""

    query: ItemCard | None
    answers: tuple[ItemCard, ...]
    sentence: str = ""


@dataclass(frozen=True)
class Strips:
    """Queries with their neighbours, one below the other."""

    title: str
    sentence: str
    strips: tuple[Strip, ...]


PLACE = "FOLDER"
"""Stands in commands for the folder that a page lies in, which its bytes do not depend on."""


@dataclass(frozen=True)
class Advice:
    """Something to try, and the numbers that suggest it."""

    title: str
    because: str
    do: str
    command: str = ""
    """What to type, where a command does it; ``PLACE`` in it is the folder of the page."""


@dataclass(frozen=True)
class Advices:
    """What to try next."""

    items: tuple[Advice, ...]


Block = Prose | Cards | Figures | Facts | Table | Strips | Advices


@dataclass(frozen=True)
class Section:
    """A titled part of the page."""

    key: str
    """Anchor: lower-case letters and hyphens."""
    title: str
    lead: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Page:
    """The whole page."""

    title: str
    kicker: str
    summary: tuple[str, ...]
    cards: tuple[Card, ...]
    sections: tuple[Section, ...]
    footer: str = "Made by isthmus. This file is complete: it asks for nothing when it is opened."
    legend: tuple[str, ...] = field(default=())
    """Names of the first and second modality, in the page's two colours."""
    verdict: str = ""
    """What came of it, in words; opens the page."""
    todo: Sequence[Advice] = ()
    """What to try next; its first section."""
