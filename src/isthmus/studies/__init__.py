"""How is a question answered from data to page? One folder a question.

Each folder has ``request.py`` (what may be asked: one frozen dataclass), ``run.py`` (``run(request)
-> RunResult``) and ``page.py``. The command line and every other front end loop over ``STUDIES``.
"""

from collections.abc import Sequence
from typing import Any, get_type_hints

from isthmus.registry import find
from isthmus.types.errors import ExtraMissingError

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

REQUESTS: dict[str, str] = {
    "study": "isthmus.studies.study.request:StudyRequest",
    "compare": "isthmus.studies.compare.request:CompareRequest",
    "atlas": "isthmus.studies.atlas.request:AtlasRequest",
    "styles": "isthmus.studies.styles.request:StylesRequest",
    "mend": "isthmus.studies.mend.request:MendRequest",
    "fit": "isthmus.studies.fit.request:FitRequest",
    "sweep": "isthmus.studies.fit.request:SweepRequest",
    "replicate": "isthmus.studies.replicate.request:ReplicateRequest",
    "embed": "isthmus.studies.embed.request:EmbedRequest",
    "search": "isthmus.studies.search.request:SearchRequest",
    "edit": "isthmus.studies.edit.request:EditRequest",
}
"""Requests that are opened without their study: help need not wait for what it would import."""

NEEDS = {
    "atlas": "shape",
    "--objects": "shape",
    "furniture": "shape",
    "fit": "train",
    "sweep": "train",
    "--tensorboard": "train",
    "--thorough": "analysis",
    "openclip:": "openclip",
    "hf:": "hf",
    "fresh:": "train",
}
"""Extras by words of a command that need them."""


def request_type(name: str) -> type[Any]:
    """The dataclass of requests that a study takes.

    Raises:
        UnknownPartError: no such study.
    """
    if name in REQUESTS:
        return find("requests", REQUESTS, name)
    return get_type_hints(find("studies", STUDIES, name))["request"]


def missing_extras(error: ExtraMissingError, words: Sequence[str]) -> ExtraMissingError:
    """The error with all that a command needs, not only with what it missed first.

    Args:
        error: what was missed first.
        words: the command and its options.
    """
    text = [part for word in words for part in (word, word.partition("=")[2])]
    more = [extra for key, extra in NEEDS.items() if any(one.startswith(key) for one in text)]
    return ExtraMissingError(error.package, *error.extras, *more)


def perform(name: str, request: Any) -> Any:
    """Run a study on a request.

    Returns:
        The study's ``RunResult``; None in all but the first of several processes.
    """
    return find("studies", STUDIES, name)(request)
