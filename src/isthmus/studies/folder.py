"""The run folder: the page, every number on it, the seconds, the vectors."""

from pathlib import Path
from typing import Any

from isthmus.lab import save
from isthmus.store import atomic, write_json
from isthmus.studies.results import StudyResult
from isthmus.types import EmbeddingSet


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
