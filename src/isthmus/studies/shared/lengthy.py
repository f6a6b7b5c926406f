"""Work that takes more than a minute says so before it begins, and names the quick way."""

import os
import sys

LONG = 60.0
"""Seconds from which on a command says what it will do."""


def announce(seconds: float, what: str, quick: str, *, show: bool) -> None:
    """Say on standard error what long work will do, for about how long, and the quick way.

    Args:
        seconds: estimated, of one core.
        what: will be done, such as "31 remedies are fitted 20 times".
        quick: how to have an answer sooner.
        show: False says nothing, as with ``--quiet``.
    """
    if show and (text := announcement(seconds / (os.cpu_count() or 1), what, quick)):
        sys.stderr.write(f"{text}\n")


def announcement(seconds: float, what: str, quick: str) -> str:
    """The sentences; empty for work of at most a minute."""
    if seconds <= LONG:
        return ""
    minutes = round(seconds / 60)
    about = f"about {minutes} minutes" if minutes > 1 else "more than a minute"
    return f"This takes {about}: {what}. Stopped, it goes on where it was. {quick}"
