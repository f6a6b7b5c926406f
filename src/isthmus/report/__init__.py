"""How do I show it? Results become one self-contained HTML page.

A page is plain data (``blocks``): every string in it is text, whatever it contains, and is
escaped where it is written out. Only ``figures`` and ``drawings`` make markup, from numbers.
"""

from isthmus.records import amount
from isthmus.report.blocks import (
    PLACE,
    Advice,
    Advices,
    Block,
    Card,
    Cards,
    Fact,
    Facts,
    Figure,
    Figures,
    ItemCard,
    Page,
    Prose,
    Section,
    Strip,
    Strips,
    Table,
)
from isthmus.report.drawings import Cloud, Curve, line_figure, map_figure
from isthmus.report.figures import figure
from isthmus.report.numbers import (
    beside,
    between,
    correction,
    number,
    reading,
    signed,
    span,
)
from isthmus.report.page import Album, html
from isthmus.report.text import visible

__all__ = [
    "PLACE",
    "Advice",
    "Advices",
    "Album",
    "Block",
    "Card",
    "Cards",
    "Cloud",
    "Curve",
    "Fact",
    "Facts",
    "Figure",
    "Figures",
    "ItemCard",
    "Page",
    "Prose",
    "Section",
    "Strip",
    "Strips",
    "Table",
    "amount",
    "beside",
    "between",
    "correction",
    "figure",
    "html",
    "line_figure",
    "map_figure",
    "number",
    "reading",
    "signed",
    "span",
    "visible",
]
