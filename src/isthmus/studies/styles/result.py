"""What a study of styles found: every method on one grid of objects and styles."""

from collections.abc import Mapping
from typing import Any

from isthmus.measure.grids.styles import StyleChange, StyleRetrieval, StyleTransfer
from isthmus.records import dataclass
from isthmus.studies.evaluate import RAW
from isthmus.studies.shared import RunResult, numbers_of
from isthmus.types import plain


@dataclass(frozen=True, eq=False)
class Method:
    """What one decomposition reached on objects that it never saw."""

    change: StyleChange
    transfer: StyleTransfer
    retrieval: StyleRetrieval
    ceiling: float
    """R@1 of style change if it is fitted on the very objects that are searched."""
    unseen: Mapping[int, float]
    """R@1 of style change to and from a style that was left out of the fit, by k; mean over
    styles."""
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, without the seconds."""
        return {
            "change": plain(self.change.to_dict()),
            "transfer": plain(self.transfer.to_dict()),
            "retrieval": plain(self.retrieval.to_dict()),
            "ceiling": self.ceiling,
            "unseen": {str(k): value for k, value in self.unseen.items()},
        }


@dataclass(frozen=True, eq=False, kw_only=True)
class StylesResult(RunResult):
    """Every method on one grid."""

    methods: Mapping[str, Method]
    best: str
    """The method that did best on fitted objects, half of them held out: never chosen on the
    objects that are scored."""

    def table_rows(self) -> list[dict[str, Any]]:
        """A method each."""
        return [
            {"method": name, **vars(numbers_of(one.change)), "ceiling": one.ceiling}
            for name, one in self.methods.items()
        ]

    def lines(self) -> list[str]:
        """A line a method."""
        width = max(len(in_words(name)) for name in self.methods)
        return [
            f"{in_words(name):<{width}}  {one.change}, ceiling {one.ceiling:.3f}"
            for name, one in self.methods.items()
        ]


def in_words(name: str) -> str:
    """The name of a method as it stands in sentences."""
    return RAW if name == "nothing" else name.replace("_", " ")
