"""What a comparison of two spaces holds."""

from functools import cached_property
from typing import Any

from isthmus.records import dataclass
from isthmus.studies.compare.contrasts import Contrast
from isthmus.studies.evaluate.differences import Difference
from isthmus.studies.pages.common import record
from isthmus.studies.pages.data_section import DataFacts, facts
from isthmus.studies.shared import Dataset, Measured, described, versions
from isthmus.types import EmbeddingSet, plain


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two studies of the same items, how they differ, and each measured by itself."""

    first: Dataset
    second: Dataset
    seed: int
    differences: tuple[Difference, ...]
    contrasts: tuple[Contrast, ...]
    """Both directions; empty where the sets are too large to look at every query."""
    measured: tuple[Measured, Measured]
    alike: Measured
    """How alike the spaces arrange the items of each modality; ``measure[modality]``."""

    @property
    def names(self) -> tuple[str, str]:
        """What the two spaces are called."""
        first, second = self.first.a.space.name, self.second.a.space.name
        return (first, second) if first != second else (f"{first} (first)", f"{second} (second)")

    @property
    def sets(self) -> dict[str, EmbeddingSet]:
        """The four sets by the name of the folder they are kept in."""
        return {
            f"{number}-{some.modality}": some
            for number, data in enumerate((self.first, self.second), 1)
            for some in (data.a, data.b)
        }

    @cached_property
    def counted(self) -> tuple[DataFacts, DataFacts]:
        """What is counted in the data of both."""
        return facts(self.first, self.seed), facts(self.second, self.seed)

    @property
    def missing(self) -> dict[str, str]:
        """Measures that were left out in either space, with the reason."""
        return self.alike.missing | self.measured[1].missing | self.measured[0].missing

    def to_dict(self) -> dict[str, Any]:
        """The record: every number on the page."""
        return {
            "spaces": list(self.names),
            "seed": self.seed,
            "versions": versions(),
            "sets": {name: described(some) for name, some in self.sets.items()},
            "data": [record(some) for some in self.counted],
            "faults": [dict(data.about.faults) for data in (self.first, self.second)],
            "differences": {row.name: row.to_dict() for row in self.differences},
            "contrasts": plain(self.contrasts),
            "alike": _values(self.alike),
            "results": [_values(some) for some in self.measured],
            "missing": [dict(some.missing) for some in self.measured],
        }


def _values(found: Measured) -> dict[str, Any]:
    return {key: result.to_dict() for key, result in found.results.items()}
