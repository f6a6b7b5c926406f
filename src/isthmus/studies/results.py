"""What a study gives back."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isthmus.types import Result


@dataclass(frozen=True, eq=False)
class StudyResult:
    """The measures of a study, what was left out, and where the page lies."""

    results: Mapping[str, Result]
    """By name; ``name[modality]`` for measures of one set."""
    missing: Mapping[str, str]
    """Measures that did not apply or failed, with the reason."""
    page: str
    """The page as HTML."""
    record: Mapping[str, Any]
    """Every number on the page, as written to ``report.json``."""
    seconds: Mapping[str, float]
    folder: Path | None = None
    """Run folder, where one was asked for."""

    def __getitem__(self, key: str) -> Result:
        return self.results[key]

    def __str__(self) -> str:
        lines = [str(result) for result in self.results.values()]
        lines += [f"{key}: not measured ({reason})" for key, reason in self.missing.items()]
        return "\n".join(lines)
