"""Inner product."""

from typing import Any


def dot(a: Any, b: Any) -> Any:
    """Inner product of rows of a (n, d) and rows of b (m, d); length counts."""
    return a @ b.T
