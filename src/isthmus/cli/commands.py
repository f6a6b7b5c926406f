"""What every command does: perform the study of its name on the request, print, open the page."""

import json
import logging
import webbrowser
from typing import Any

from isthmus.cli import harmless
from isthmus.studies import perform


def command(name: str, request: Any) -> int:
    """Run a study and print what it found, as text or as JSON.

    Returns:
        The exit code: 1 if items were skipped and ``--strict`` was asked for.
    """
    logging.basicConfig(handlers=[_Terminal()])
    result = perform(name, request)
    if result is None:  # another process speaks
        return 0
    if request.common.json:
        print(json.dumps(result.to_dict(), indent=1))
    else:
        print(harmless(str(result), lines=True))
    page = getattr(result, "page_path", None)
    if page is not None and getattr(request, "open", False):
        webbrowser.open(page.resolve().as_uri())
    strict = getattr(request.common, "strict", False)
    return 1 if strict and result.faults else 0


class _Terminal(logging.StreamHandler[Any]):
    """Warnings on one line of standard error, whatever names they speak of."""

    def format(self, record: logging.LogRecord) -> str:
        return f"isthmus: {harmless(record.getMessage())}"
