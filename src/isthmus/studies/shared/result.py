"""What a study gives back."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isthmus.lab import save
from isthmus.store import atomic, write_json
from isthmus.types import EmbeddingSet, Result


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
        lines = [_said(key, result) for key, result in self.results.items()]
        lines += [
            f"not measured: {', '.join(keys)} ({reason})" for reason, keys in self.left_out.items()
        ]
        return "\n".join(lines)

    @property
    def left_out(self) -> dict[str, list[str]]:
        """The measures that are missing, by reason."""
        return by_reason(self.missing)


def _said(key: str, result: Result) -> str:
    """The line of a result, after what it is of where its name does not tell."""
    way = key.partition("[")[2].rstrip("]")
    return str(result) if way in result.name else f"{way}: {result}"


def by_reason(missing: Mapping[str, str]) -> dict[str, list[str]]:
    """Keys that share a reason, together."""
    grouped: dict[str, list[str]] = {}
    for key, reason in missing.items():
        grouped.setdefault(reason, []).append(key)
    return grouped


def write_run(folder: Path, result: StudyResult, sets: dict[str, EmbeddingSet]) -> None:
    """Write ``report.html``, ``report.json``, ``timings.json`` and ``embeddings/<name>``.

    Everything but the seconds is byte-equal for equal input, seed and versions.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with atomic(folder / "report.html") as part:
        part.write_text(result.page, encoding="utf-8")
    write_json(folder / "report.json", dict(result.record))
    seconds: dict[str, Any] = {key: round(value, 3) for key, value in result.seconds.items()}
    write_json(folder / "timings.json", {"seconds": seconds})
    for name, some in sets.items():
        save(some, folder / "embeddings" / name)
