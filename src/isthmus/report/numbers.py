"""How numbers are written on a page: few digits, always the same way."""

import math
import re

from isthmus.types import Interval, Result


def number(value: float | None) -> str:
    """Three decimals below 10, fewer above, powers of ten far out; a dash for no number.

    Example:
        >>> number(0.85139), number(41.72), number(12345.0), number(float("nan"))
        ('0.851', '41.7', '12,345', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    size = abs(value)
    if size and (size < 5e-4 or size >= 1e7):
        return f"{value:.1e}".replace("-", "−")
    digits = 3 if size < 10 else 1 if size < 1000 else 0
    return f"{value:,.{digits}f}".replace("-", "−")


def signed(text: str) -> str:
    """A sentence with true minus signs before its numbers, and a dash where there is none.

    Example:
        >>> signed("from -0.2 to 1e-07, image-text")
        'from −0.2 to 1e−07, image-text'
    """
    return re.sub(r"(?<![^\s(\[e])-(?=\d)", "−", re.sub(r"\bnan\b( ?%)?", "–", text))


def reading(result: Result) -> tuple[tuple[str, str], ...]:
    """Value, interval, chance and noise floor of a result as (label, text), those that exist."""
    null = result.null
    found = [("value", number(result.value))]
    if result.interval:
        found.append(("95 % interval", between(result)))
    found.append(("chance", f"none: {null.note}" if null.kind == "none" else _band(result)))
    if result.floor is not None:
        found.append(("noise floor", beside(result.floor, result.value)))
    return (*found, ("n", f"{result.n:,}"))


def beside(value: float, reference: float) -> str:
    """A number that is read beside another: next to 0.5, 1e-07 is nothing."""
    return number(0.0 if abs(value) < 5e-4 and abs(reference) >= 0.01 else value)


def _band(result: Result) -> str:
    null, near = result.null, result.value
    if not math.isfinite(null.low):
        return beside(null.mean, near)
    return f"{beside(null.mean, near)} ({beside(null.low, near)} to {beside(null.high, near)})"


def between(result: Result) -> str:
    """The interval in words; it lies around the bias-corrected value, where there is one."""
    if result.interval is None:
        return "–"
    ends = span(result.interval)
    corrected = correction(result)
    return f"{ends} around the bias-corrected {corrected}" if corrected else ends


def correction(result: Result) -> str:
    """The bias-corrected value, where a result has one that reads differently from its value."""
    if result.corrected is None:
        return ""
    corrected = number(result.corrected)
    return "" if corrected == number(result.value) else corrected


def span(interval: Interval | None) -> str:
    """Both ends of an interval."""
    return f"{number(interval.low)} to {number(interval.high)}" if interval else "–"
