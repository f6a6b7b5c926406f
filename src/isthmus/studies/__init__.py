"""How is a question answered from data to page? One folder a question.

Each folder has ``request.py`` (what may be asked: one frozen dataclass), ``run.py`` (``run(request)
-> RunResult``) and ``page.py``. The command line and every other front end loop over ``STUDIES``.
"""

from typing import Any, get_type_hints

from isthmus.registry import find

STUDIES: dict[str, str] = {
    "study": "isthmus.studies.study.run:run",
    "compare": "isthmus.studies.compare.run:run",
    "atlas": "isthmus.studies.atlas.run:run",
    "styles": "isthmus.studies.styles.run:run",
    "mend": "isthmus.studies.mend.run:run",
    "fit": "isthmus.studies.fit.run:run",
    "sweep": "isthmus.studies.fit.run:run_sweep",
    "replicate": "isthmus.studies.replicate.run:run",
    "embed": "isthmus.studies.embed.run:run",
    "search": "isthmus.studies.search.run:run",
    "edit": "isthmus.studies.edit.run:run",
    "spaces": "isthmus.studies.catalogue.run:run_spaces",
    "worlds": "isthmus.studies.catalogue.run:run_worlds",
    "parts": "isthmus.studies.catalogue.run:run_parts",
    "cache": "isthmus.studies.catalogue.run:run_cache",
}


def request_type(name: str) -> type[Any]:
    """The dataclass of requests that a study takes.

    Raises:
        UnknownPartError: no such study.
    """
    return get_type_hints(find("studies", STUDIES, name))["request"]


def perform(name: str, request: Any) -> Any:
    """Run a study on a request; the request is kept as ``config.json`` in the run folder.

    Returns:
        The study's ``RunResult``; None in all but the first of several processes.
    """
    from isthmus.studies.shared import RunResult, keep_request

    result = find("studies", STUDIES, name)(request)
    if isinstance(result, RunResult) and result.folder is not None:
        keep_request(request, result.folder)
    return result
