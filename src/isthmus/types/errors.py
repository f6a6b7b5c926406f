"""What can go wrong, said in one sentence: what was wanted, what came, what to do."""


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
