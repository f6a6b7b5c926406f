"""Blocks as HTML elements; every string is escaped here, once."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from isthmus.report.blocks import (
    Advices,
    Block,
    Card,
    Cards,
    Fact,
    Facts,
    Figure,
    Figures,
    ItemCard,
    Prose,
    Section,
    Strip,
    Strips,
    Table,
)
from isthmus.report.text import escaped


def keys(names: Sequence[str]) -> str:
    """Names in the page's colours, the first one first."""
    return "".join(
        f'<span class="key k{number}">{escaped(name)}</span>' for number, name in enumerate(names)
    )


def paragraph(kind: str, text: str) -> str:
    """A paragraph of a kind; nothing where there is no text."""
    return f'<p class="{kind}">{escaped(text)}</p>' if text else ""


def section(part: Section) -> str:
    """A section with its heading and blocks."""
    blocks = "\n".join(element(block) for block in part.blocks)
    return (
        f'<section id="{escaped(part.key)}" aria-labelledby="{escaped(part.key)}-title">'
        f'<h2 id="{escaped(part.key)}-title">{escaped(part.title)}</h2>'
        f"{paragraph('lead', part.lead)}\n{blocks}</section>"
    )


def element(block: Block) -> str:
    """Any block as HTML."""
    return _WRITERS[type(block)](block)


def paragraphs(block: Prose) -> str:
    """Paragraphs of text."""
    return "".join(f"<p>{escaped(text)}</p>" for text in block.paragraphs)


def cards(block: Cards) -> str:
    """Key numbers as a description list, each with its interval drawn on its scale."""
    return f'<dl class="cards">{"".join(map(_card, block.cards))}</dl>'


def _card(card: Card) -> str:
    return (
        f'<div class="card"><dt>{escaped(card.label)}</dt><dd>'
        f'<span class="value">{escaped(card.value)}</span>{_scale(card)}'
        f'<span class="detail">{escaped(card.detail)}</span></dd></div>'
    )


def _scale(card: Card) -> str:
    start, end = card.scale
    if not all(map(math.isfinite, (card.low, card.high))):
        return ""

    def at(value: float) -> float:
        return 200 * min(1.0, max(0.0, (value - start) / (end - start)))

    low, high = at(card.low), at(card.high)
    chance = ""
    if math.isfinite(card.chance):
        place = at(card.chance)
        chance = f'<line class="chance" x1="{place:.1f}" x2="{place:.1f}" y1="0" y2="12"/>'
    return (
        '<svg class="scale" viewBox="-2 0 204 12" aria-hidden="true">'
        '<line class="axis" x1="0" x2="200" y1="6" y2="6"/>'
        f'<rect x="{low:.1f}" y="3" width="{max(3.0, high - low):.1f}" height="6" rx="3"/>'
        f"{chance}</svg>"
    )


def figures(block: Figures) -> str:
    """Figures in a grid."""
    return f'<div class="figures">{"".join(map(_figure, block.figures))}</div>'


def _figure(block: Figure) -> str:
    kind = ' class="wide"' if block.wide else ""
    return (
        f"<figure{kind}><h3>{escaped(block.title)}</h3>{block.svg}"
        f"<figcaption>{_told(block)}</figcaption></figure>"
    )


def facts(block: Facts) -> str:
    """Measured numbers without a drawing, in a grid."""
    inside = "".join(
        f'<div class="fact"><h3>{escaped(fact.title)}</h3>'
        f'<p class="value">{escaped(fact.value)}</p>{_told(fact)}</div>'
        for fact in block.facts
    )
    grid = f'<div class="facts">{inside}</div>'
    if not block.folded:
        return grid
    return f"<details><summary>{escaped(block.folded)}</summary>{grid}</details>"


def _told(block: Figure | Fact) -> str:
    """The sentence, the numbers and the source."""
    pairs = "".join(
        f"<div><dt>{escaped(label)}</dt> <dd>{escaped(text)}</dd></div>"
        for label, text in block.numbers
    )
    numbers = f'<dl class="numbers">{pairs}</dl>' if pairs else ""
    return f"<p>{escaped(block.sentence)}</p>{numbers}{paragraph('source', block.source)}"


def table(block: Table) -> str:
    """A table, whose cells say their column themselves where a screen is too narrow for it."""
    kinds = [
        (escaped(name), ' class="num"' if name in block.numeric else "") for name in block.columns
    ]
    head = "".join(f'<th scope="col"{flush}>{name}</th>' for name, flush in kinds)
    cells = [f'{flush} data-label="{name}"' for name, flush in kinds]
    rows = "".join(_row(row, cells) for row in block.rows)
    caption = escaped(block.caption)
    dense = ' class="dense"' if len(kinds) > DENSE else ""
    return (
        f'<div class="scroll" role="region" aria-label="{caption}" tabindex="0"><table{dense}>'
        f"<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
        "</table></div>"
    )


def _row(cells: tuple[str, ...], kinds: list[str]) -> str:
    first = f'<th scope="row">{escaped(cells[0])}</th>'
    rest = "".join(
        f"<td{kind}>{_INTERVAL.sub(_KEPT_WHOLE, escaped(cell))}</td>"
        for cell, kind in zip(cells[1:], kinds[1:], strict=True)
    )
    return f"<tr>{first}{rest}</tr>"


DENSE = 5
"""Columns above which a table's intervals may be broken too."""
_INTERVAL = re.compile(r" (\([^()]*\)|\[[^\[\]]*\])$")
_KEPT_WHOLE = r' <span class="whole">\1</span>'
"""An interval behind its value, which goes to a line of its own where a table is too wide."""


def strips(block: Strips) -> str:
    """Queries and what came back, as lists."""
    return (
        f'<div class="strips"><h3>{escaped(block.title)}</h3>'
        f"<p>{escaped(block.sentence)}</p>{''.join(map(_strip, block.strips))}</div>"
    )


def _strip(strip: Strip) -> str:
    answers = "".join(f"<li>{_item_card(card)}</li>" for card in strip.answers)
    rest = f"<ol>{answers}</ol>{paragraph('said', strip.sentence)}</div>"
    if strip.query is None:
        return f'<div class="strip alone">{rest}'
    return f'<div class="strip"><div class="query">{_item_card(strip.query)}</div>{rest}'


def _item_card(card: ItemCard) -> str:
    picture = ""
    if card.picture:
        width, height = card.size
        alt = escaped(f"Picture {card.name}" + (f": {card.text}" if card.text else ""))
        picture = f'<img src="{card.picture}" width="{width}" height="{height}" alt="{alt}">'
    words = {"right": "✓ linked", "wrong": "✗ not linked"}.get(card.mark, "")
    mark = f'<span class="mark {card.mark}">{words}</span>' if words else ""
    # a picture speaks for itself; its text is what a reader who does not see it is told
    text = "" if card.picture else paragraph("words", card.text)
    said = escaped(card.name)
    if card.link:
        said = f'<a href="{escaped(card.link)}">{said}</a>'
    name = "" if text and card.text == card.name else f'<p class="name">{said}</p>'
    return (
        f'<div class="tile">{picture}{text}{name}'
        f'<p class="note">{escaped(card.note)}{mark}</p></div>'
    )


def _command(text: str) -> str:
    """A line to type; nothing where there is none."""
    return f'<pre class="command"><code>{escaped(text)}</code></pre>' if text else ""


def advices(block: Advices) -> str:
    """What to try next, as a list."""
    rows = "".join(
        f"<li><h3>{escaped(item.title)}</h3><p>{escaped(item.because)}</p>"
        f'<p class="do">{escaped(item.do)}</p>{_command(item.command)}</li>'
        for item in block.items
    )
    return f'<ol class="advice">{rows}</ol>'


_WRITERS: dict[type[Any], Callable[[Any], str]] = {
    Prose: paragraphs,
    Cards: cards,
    Figures: figures,
    Facts: facts,
    Table: table,
    Strips: strips,
    Advices: advices,
}
