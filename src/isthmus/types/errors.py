"""What can go wrong, said in one sentence: what was wanted, what came, what to do."""

import errno

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
"""No space left on the device, quota exceeded: faults of the job, not of an item."""


class IsthmusError(Exception):
    """Any fault that isthmus explains; the command line prints it without a traceback."""


class RequestError(IsthmusError, ValueError):
    """The request itself cannot be met (a missing file, mismatched rows, a bad option)."""


class SpaceMismatchError(RequestError):
    """Two sets live in different spaces, so that their vectors cannot be compared."""


class ItemError(IsthmusError, ValueError):
    """One item cannot be read or encoded; the job names it, counts it and goes on."""


class NothingLeftError(IsthmusError, ValueError):
    """Every item of a job failed, so that there is no result."""


class ExtraMissingError(IsthmusError, ImportError):
    """An optional dependency is not installed; the message is the command that installs it."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"This needs the package {package!r}, which is not installed: "
            f'run  pip install "isthmus[{extra}]"'
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
    return str(error) if ours or isinstance(error, OSError) else f"{type(error).__name__}: {error}"
