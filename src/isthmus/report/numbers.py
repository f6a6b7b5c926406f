"""How numbers are written on a page: few digits, always the same way."""

import math

from isthmus.types import Result


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


def amount(count: int, one: str, many: str = "") -> str:
    """A count with its noun in the right number.

    Example:
        >>> amount(1, "image"), amount(2000, "image")
        ('1 image', '2,000 images')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def reading(result: Result) -> tuple[tuple[str, str], ...]:
    """Value, interval, chance and noise floor of a result as (label, text), those that exist."""
    null = result.null
    found = [("value", number(result.value))]
    if result.interval:
        found.append(("95 % interval", between(result)))
    if null.kind == "none":
        found.append(("chance", f"none: {null.note}"))
    else:
        band = f"({_span(null.low, null.high)})" if math.isfinite(null.low) else ""
        found.append(("chance", f"{number(null.mean)} {band}".strip()))
    if result.floor is not None:
        found.append(("noise floor", number(result.floor)))
    return (*found, ("n", f"{result.n:,}"))


def between(result: Result) -> str:
    """The interval in words; it lies around the bias-corrected value, where there is one."""
    if result.interval is None:
        return "–"
    span = _span(result.interval.low, result.interval.high)
    corrected = number(getattr(result, "corrected", result.value))
    if corrected == number(result.value):
        return span
    return f"{span} around the bias-corrected {corrected}"


def _span(low: float, high: float) -> str:
    return f"{number(low)} to {number(high)}"
