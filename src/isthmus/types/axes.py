"""Axes: what a result draws itself on. Only this file knows that they are matplotlib's.

Who draws has matplotlib; measuring never loads it, so that outside of type checks the name stands
for anything.
"""

from typing import TYPE_CHECKING, Any, TypeAlias

__all__ = ["Axes"]

if TYPE_CHECKING:
    from matplotlib.axes import Axes
else:
    Axes: TypeAlias = Any
