"""Text that comes from anywhere and runs nothing: captions, ids, file names."""

import html
import unicodedata

LONGEST = 400
"""Characters shown of one text; a page of captions must stay a page."""

_JOINERS = "\u200c\u200d"  # emoji sequences and several scripts need these two


def visible(text: str, longest: int = LONGEST) -> str:
    """The text with control characters as symbols, cut to ``longest`` characters.

    Escape is shown as ␛ and a line break as ␊; characters that reverse or hide text and lone
    surrogates are shown by their number, so that what is read is what is stored.
    """
    shown = "".join(map(_shown, text[:longest]))
    return shown if len(text) <= longest else f"{shown}… ({len(text)} characters)"


def _shown(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return character if character in _JOINERS else f"\\u{code:04x}"
    return character


def escaped(text: str) -> str:
    """The visible text, safe inside an element or a quoted attribute of HTML."""
    return html.escape(visible(text, max(LONGEST, 10 * LONGEST)), quote=True)
