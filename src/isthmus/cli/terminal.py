"""The terminal: any encoding, closed or full streams, interrupts, names that it must not obey."""

import io
import logging
import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Any

STOPPED = "Interrupted; what was finished is kept, run the same again to go on."


def settle() -> None:
    """Make the process's streams and signals those of a command.

    Whatever cannot be shown is shown by its number; a stream that is closed swallows what is
    written. The first Ctrl-C or request to end (SIGTERM) is a ``KeyboardInterrupt``, the next one
    ends the process at once, with 130 or 143.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, PTH123 - as long as the process
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    pressed: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        pressed.append(number)
        if len(pressed) > 1:
            end(number, None)
        raise KeyboardInterrupt(*(["terminated"] if number == signal.SIGTERM else []))

    _on_signals(stop)


def leave() -> None:
    """From now on an interrupt ends the process at once and without a word: it is ending anyway."""
    _on_signals(end)


def end(number: int, _: FrameType | None) -> None:
    """End the process as one that a signal ended."""
    os._exit(128 + number)


def _on_signals(handler: Any) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup and scripts want it
            signal.signal(number, handler)


def flushed(stream: Any) -> OSError | None:
    """Write out what is in a stream; the reason if that cannot be, and then it stays quiet."""
    try:
        stream.flush()
    except OSError as error:
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())  # or the interpreter tries again when it ends
            os.close(nowhere)
        return error
    except ValueError:  # closed
        return None
    return None


def say(text: str) -> None:
    """One line on standard error, wherever that leads."""
    with suppress(OSError, ValueError):
        print(f"isthmus: {harmless(text)}", file=sys.stderr, flush=True)
    flushed(sys.stderr)


def harmless(text: str, lines: bool = False) -> str:
    """The text without anything that a terminal would obey; ``lines`` keeps its line breaks."""
    kept = "\n" if lines else ""
    return "".join(c if c.isprintable() or c in kept else ascii(c)[1:-1] for c in text)


class Log(logging.StreamHandler[Any]):
    """Warnings and notices on one line of standard error, whatever names they speak of."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say it."""
        say(record.getMessage())
