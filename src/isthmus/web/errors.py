"""What the server refuses, beside what is wrong with a request itself."""


class GoneError(LookupError):
    """An item or a search that the server has not, or no longer."""


class BusyError(RuntimeError):
    """More waits than can be answered soon."""
