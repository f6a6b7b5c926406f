"""Checkpoints of other libraries: the files at hand, else the hub, else one sentence."""

import logging
import re
import socket
import textwrap
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies

from isthmus.encode.foreign_configs import CheckpointError, no_foreign_code
from isthmus.store import text_lines
from isthmus.types import ExtraMissingError, IsthmusError, RequestError

T = TypeVar("T")


def open_checkpoint(name: str, opened: Callable[[], T], extra: str, at_hand: bool) -> T:
    """What ``opened()`` gives without the network, or else with it; no code of it is run.

    Args:
        name: the checkpoint's, for messages.
        opened: calls the library that reads the checkpoint.
        extra: what to install if that library lacks a package.
        at_hand: the checkpoint is a folder here, so that the hub need not be asked.

    Raises:
        RequestError: neither way; says why.
        ExtraMissingError: the library lacks a package.
    """
    try:
        with _offline(), no_foreign_code(name):
            return opened()
    except Exception as error:
        missing = _explained(name, error, extra)
    final = at_hand or isinstance(missing, CheckpointError)
    if final or not isinstance(missing, RequestError):
        raise missing
    if not _hub_answers():
        raise RequestError(f"{missing} The hub, which may have it, cannot be reached.") from missing
    try:
        with no_foreign_code(name):
            return opened()
    except Exception as error:
        raise _explained(name, error, extra) from error


def _explained(name: str, error: Exception, extra: str) -> IsthmusError:
    if isinstance(error, IsthmusError):
        return error
    if isinstance(error, ImportError):
        more = _BESIDE.findall(error.name or "") or _BESIDE.findall(str(error))
        if more:  # of this model only
            wanted = " ".join(dict.fromkeys(more))
            return CheckpointError(
                f"{name} is of a model that needs {wanted} beside transformers, which is not "
                f"installed: run  pip install {wanted}"
            )
        return ExtraMissingError(error.name or "transformers", extra)
    text = _CODES.sub("", str(error)).strip()
    if "Error(s) in loading state_dict" in text:
        explained = CheckpointError(f"{name} does not load: {_places(text)}.")
        explained.__cause__ = error
        return explained
    # a library may go on for pages
    lines = text_lines(text) or [type(error).__name__]
    said = textwrap.shorten(lines[0], 240, placeholder=" ...").rstrip(". ")
    explained = RequestError(f"{name} does not load: {said}.")
    explained.__cause__ = error
    return explained


_BESIDE = re.compile("timm|torchvision")
"""Packages that some models of transformers want and most do not."""
_CODES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
"""What a terminal would obey."""


_SHAPES = re.compile(r"size mismatch for (\S+): .*?Size\((\[.*?\])\).*?Size\((\[.*?\])\)")


def _places(text: str) -> str:
    """What torch says of weights and a model that do not fit, in a few words."""
    said: list[str] = []
    for begins, words in (
        ("Missing key", "it lacks {} of the model's weights, such as {!r}"),
        ("Unexpected key", "it has {} weights that the model has no place for, such as {!r}"),
    ):
        for line in text_lines(text):
            if line.strip().startswith(begins) and (keys := re.findall(r'"([^"]+)"', line)):
                said.append(words.format(len(keys), keys[0]))
    for key, came, wanted in _SHAPES.findall(text)[:1]:
        said.append(f"{key!r} is of the shape {came}, where the model has {wanted}")
    return f"{', '.join(said) or 'its weights do not fit'}: it is of another architecture"


@contextmanager
def _offline() -> Generator[None]:
    """No request to the hub, and nothing logged of failing without it."""
    constants = _hub_constants()
    before, level = getattr(constants, "HF_HUB_OFFLINE", True), logging.root.manager.disable
    handler = logging.NullHandler()  # or the first message would configure logging for everybody
    logging.root.addHandler(handler)
    logging.disable(logging.ERROR)
    constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before
        logging.disable(level)
        logging.root.removeHandler(handler)


def _hub_answers(seconds: float = 3.0) -> bool:
    """Whether the hub can be reached: asking it without a network takes a minute of retries."""
    constants = _hub_constants()
    if constants.HF_HUB_OFFLINE:
        return False
    address = urlsplit(constants.ENDPOINT)
    if address.scheme in getproxies():
        return True
    try:
        socket.create_connection((address.hostname, address.port or 443), seconds).close()
    except OSError:
        return False
    return True


def _hub_constants() -> Any:
    try:
        from huggingface_hub import constants
    except ImportError as error:
        raise ExtraMissingError("huggingface_hub", "hf") from error
    return constants
