"""The command line: parse, call one function, print. No capability lives here."""

import errno
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from isthmus.cli.terminal import STOPPED, Log, flushed, harmless, leave, say, settle

COMMANDS = {
    "study": "measure a joint space on linked items and write a page about it",
    "compare": "measure two spaces side by side on the same items",
    "card": "measure every pair of modalities of a space, by every road",
    "atlas": "see objects from all sides and measure what their views span",
    "styles": "find the same object in another style, by every decomposition",
    "mend": "judge remedies for the modality gap on your data, and keep the best",
    "link": "take vectors of one space to another, and see whether that is to be trusted",
    "fit": "train heads on a space's vectors, and judge them on objects never seen",
    "sweep": "train a grid of losses, similarities, heads and seeds",
    "replicate": "re-test published claims about joint spaces",
    "embed": "turn items into vectors, resumable, into a folder",
    "index": "make a folder of files of any modality findable, and keep it up to date",
    "search": "find items by words, a picture, a sound or any other file",
    "find": "say whether something is in files, and where, or that it is not",
    "score": "score captions against references as the field does, and two systems item by item",
    "caption": "say in a sentence what pictures, meshes, sounds or clips show",
    "tell": "write a text that pictures, sounds and other files steer, one sentence each",
    "serve": "serve an index: a page to search by, and an HTTP API",
    "say": "say what a sum of items means: photo.jpg + bark.wav - 'a dog'",
    "invert": "say what vectors of your own mean, beside chance",
    "edit": "move a picture's vector to a word inside a corpus, and see what lies there",
    "spaces": "list the spaces that can be loaded, or describe one",
    "worlds": "list the data sets with ground truth, or describe one",
    "parts": "list every encoder, world, similarity and measure",
    "cache": "list, size and clear what isthmus has kept",
}
"""Commands and what they do: each a study of ``isthmus.studies.STUDIES``, or one of ``DOORS``."""

DOORS = {"serve": ("isthmus.web.request:ServeRequest", "isthmus.web.serving:run")}
"""Commands that answer until they are stopped: their request, and what they run."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    0: done, faults of single items are counted in the output; 1: all items failed, or some did
    under ``--strict``, or an unexpected error; 2: the request cannot be met; 130, 143: interrupted.
    Whatever goes wrong is one sentence on standard error.
    """
    own = arguments is None
    if own:
        settle()
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        code = _main(words)
    except KeyboardInterrupt as stop:
        if own:
            leave()
        say(STOPPED)
        code = 143 if stop.args else 130
    except BaseException as error:  # a panic of a library below is no Exception
        code = _explained(error, words)
    if own:
        leave()
    unwritten = flushed(sys.stdout)
    if unwritten is None or isinstance(unwritten, BrokenPipeError):
        return code  # the reader of our output has gone, as ``| head`` does: that is no fault
    say(f"What there is to say cannot be written: {unwritten.strerror}.")
    return code or 1


def _main(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(_overview())
        return 0
    if words[0] == "--version":
        from isthmus.version import __version__

        print(f"isthmus {__version__}")
        return 0
    if words[0] not in COMMANDS:
        from isthmus.registry import near

        say(f"There is no command {words[0]!r}; {near(words[0], COMMANDS)}")
        return 2
    return _command(words[0], _parse(words[0], words[1:]))


def _explained(error: BaseException, words: Sequence[str]) -> int:
    """Say in one sentence what went wrong; the exit code."""
    if isinstance(error, SystemExit):  # help or a wrong option: already explained
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    if isinstance(error, BrokenPipeError):
        return 0
    if "--debug" in words:
        import traceback

        traceback.print_exception(error)
    from isthmus.registry import UnknownPartError
    from isthmus.types import ExtraMissingError, IsthmusError, NothingLeftError

    if isinstance(error, ExtraMissingError):
        from isthmus.studies import missing_extras

        say(str(missing_extras(error, words)))
    elif isinstance(error, (IsthmusError, UnknownPartError, _WrongOptionError)):
        say(str(error))
    elif isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        more = " What was finished is kept: free some space and run the same again." if full else ""
        say(f"{where}{error.strerror or error}.{more}")
    else:
        what = f"{type(error).__name__}: {str(error) or 'no more is known'}"
        say(
            f"Unexpected {what}. What was finished is kept; run again with --debug to see where it "
            "happened."
        )
        return 1
    return 1 if isinstance(error, NothingLeftError) else 2


def _command(name: str, request: Any) -> int:
    """Perform the study of that name, print what it found, open its page where that is wanted."""
    from isthmus.registry import resolve
    from isthmus.studies import perform

    logging.basicConfig(handlers=[Log()])
    quiet = getattr(request.common, "quiet", False)
    logging.getLogger("isthmus").setLevel(logging.WARNING if quiet else logging.INFO)
    result = resolve(DOORS[name][1])(request) if name in DOORS else perform(name, request)
    if result is None:  # another process speaks, or it was stopped
        return 0
    if request.common.json:
        print(json.dumps(result.to_dict(), indent=1))
    else:
        print(harmless(str(result), lines=True))
    page = getattr(result, "page_path", None)
    if page is not None and getattr(request, "open", False):
        import webbrowser

        webbrowser.open(page.resolve().as_uri())
    return 1 if getattr(request.common, "strict", False) and result.faults else 0


class _WrongOptionError(ValueError):
    """Options or a configuration that make no request."""


def _parse(name: str, words: list[str]) -> Any:
    """Options of a command: defaults, then the file of ``--config``, then the command line."""
    import tyro

    kind = request_of(name)
    default: dict[str, Any] = {}
    apart = (word.split("=", 1) if word.startswith("--config=") else [word] for word in words)
    words = [part for some in apart for part in some]
    if "--config" in words:
        at = words.index("--config")
        if at + 1 == len(words):
            raise _WrongOptionError("--config wants a file: the config.json of an earlier run.")
        default = {"default": _configured(kind, Path(words[at + 1]))}
        del words[at : at + 2]
    markers = (tyro.conf.OmitArgPrefixes,)
    return tyro.cli(kind, args=words, prog=f"isthmus {name}", config=markers, **default)


def request_of(name: str) -> type[Any]:
    """The dataclass of requests that a command takes."""
    from isthmus.registry import resolve
    from isthmus.studies import request_type

    return resolve(DOORS[name][0]) if name in DOORS else request_type(name)


def _configured(kind: Any, path: Path) -> Any:
    from isthmus.store import read_json
    from isthmus.types import request_from_dict

    try:
        return request_from_dict(kind, read_json(path))
    except ValueError as error:
        raise _WrongOptionError(
            f"{path} is not the configuration of this command: {error}"
        ) from error


def _overview() -> str:
    rows = "\n".join(f"  isthmus {name:<9} {what}" for name, what in COMMANDS.items())
    return (
        "isthmus: a laboratory for joint embedding spaces (CLIP and its kin)\n\n"
        f"{rows}\n\n"
        "  isthmus COMMAND --help   the options of a command\n"
        "  isthmus COMMAND --config FILE   the options of an earlier run, from its config.json\n"
        "  isthmus --version        the version\n\n"
        "Start with:  isthmus study"
    )
