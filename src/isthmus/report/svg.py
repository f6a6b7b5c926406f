"""Drawings of matplotlib made fit for a page: no style attributes, no fixed colours.

The page forbids inline styles, reads in light and dark, and holds many drawings. So each
declaration block becomes a class, each colour one of the page's variables, and each id is
prefixed with the drawing's name.
"""

import html
import re
from dataclasses import field
from xml.etree import ElementTree

from isthmus.arrays import fingerprint
from isthmus.records import dataclass
from isthmus.report.text import escaped

CYCLE = ("#1b6ca8", "#c4581c", "#2e7d4f", "#8a4fa3", "#9a7b0a", "#a83a4e")
"""Colours that figures are drawn with, in this order; the page knows them as --c0 to --c5."""

_CLASSIC = ("#1f77b4", "#ff7f0e", "#2ca02c", "#9467bd", "#bcbd22", "#d62728")
_GREYS = ((0.3, "ink"), (0.62, "muted"), (0.8, "rule"), (0.97, "band"), (1.1, "paper"))
_DROPPED = ("metadata", "style", "title", "desc")


@dataclass
class _Writer:
    prefix: str
    rules: dict[str, str] = field(default_factory=dict[str, str])

    def element(self, node: ElementTree.Element) -> str:
        name = _local(node.tag)
        if name in _DROPPED:
            return ""
        attributes = "".join(
            f' {key}="{html.escape(value, quote=True)}"' for key, value in self._attributes(node)
        )
        inside = escaped(node.text or "") if (node.text or "").strip() else ""
        inside += "".join(map(self.element, node))
        return f"<{name}{attributes}>{inside}</{name}>"

    def _attributes(self, node: ElementTree.Element) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for key, value in node.attrib.items():
            name = _local(key)
            if name == "style":
                if rule := _themed(value):
                    found.append(("class", self._class(rule)))
            elif name == "id":
                found.append((name, f"{self.prefix}-{value}"))
            elif name == "href" and value.startswith("#"):
                found.append((name, f"#{self.prefix}-{value[1:]}"))
            elif name == "href" and not value.startswith("data:"):
                continue
            else:
                found.append((name, value.replace("url(#", f"url(#{self.prefix}-")))
        return found

    def _class(self, rule: str) -> str:
        rule = rule.replace("url(#", f"url(#{self.prefix}-")
        name = f"s{fingerprint(rule)[:7]}"
        self.rules[name] = rule
        return name


def page_svg(source: str, prefix: str, alt: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """An SVG document as an inline element, and the (class, declarations) that it uses."""
    # characters that XML cannot hold would end the parse
    source = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", source)
    root = ElementTree.fromstring(source)
    writer = _Writer(prefix)
    inside = "".join(writer.element(child) for child in root)
    box = html.escape(root.attrib["viewBox"], quote=True)
    return (
        f'<svg class="plot" viewBox="{box}" role="img" aria-label="{escaped(alt)}">{inside}</svg>',
        tuple(sorted(writer.rules.items())),
    )


def _local(name: str) -> str:
    return name.rsplit("}", 1)[-1]


def _themed(style: str) -> str:
    kept = (_declaration(*part.split(":", 1)) for part in style.split(";") if ":" in part)
    return ";".join(filter(None, kept))


def _declaration(name: str, value: str) -> str:
    name, value = name.strip(), value.strip()
    if name == "font":
        size = re.search(r"([\d.]+)px", value)
        weight = re.match(r"(\d{3}|bold)\b", value)
        bold = f";font-weight:{weight[1]}" if weight else ""
        return f"font-size:{size[1]}px{bold}" if size else ""
    if name == "font-family":
        return ""
    return f"{name}:{re.sub('#[0-9a-fA-F]{6}', _variable, value)}"


def _variable(found: "re.Match[str]") -> str:
    colour = found[0].lower()
    for cycle in (CYCLE, _CLASSIC):
        if colour in cycle:
            return f"var(--c{cycle.index(colour)})"
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    if max(red, green, blue) - min(red, green, blue) > 8:
        return colour
    name = next(name for limit, name in _GREYS if red / 255 < limit)
    return f"var(--{name})"
