"""What every modality must satisfy, from its files to its vectors, also a third party's.

Each check has a name; what it asks for is the first sentence of its function.
"""

import inspect
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from isthmus.lab import load
from isthmus.records import dataclass
from isthmus.testing import encoding_checks, reading_checks, seeing_checks
from isthmus.testing.subjects import LeftOutError, Subject
from isthmus.types import Encoder, Tabled

CHECKS: dict[str, Callable[[Subject], None]] = {
    check.__name__.replace("_", " "): check
    for check in (*reading_checks.CHECKS, *seeing_checks.CHECKS, *encoding_checks.CHECKS)
}
"""By name, in the order in which they are run."""


@dataclass(frozen=True)
class Check:
    """One check of a modality."""

    name: str
    wanted: str
    """What it asks for, in a sentence."""
    outcome: str
    """``passed``, ``failed``, or ``left out`` where it does not apply."""
    said: str = ""
    """Why it failed or was left out."""


@dataclass(frozen=True)
class ModalityChecks(Tabled):
    """What every check of a modality found."""

    modality: str
    checks: tuple[Check, ...]

    def having(self, outcome: str) -> tuple[Check, ...]:
        """Those that passed, failed or were left out."""
        return tuple(one for one in self.checks if one.outcome == outcome)

    def table_rows(self) -> list[dict[str, Any]]:
        """A check each."""
        return [vars(one).copy() for one in self.checks]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"modality": self.modality, "checks": self.table_rows()}

    def __str__(self) -> str:
        counts = ", ".join(
            f"{len(self.having(outcome))} {outcome}" for outcome in ("passed", "failed", "left out")
        )
        width = max(len(one.name) for one in self.checks)
        rows = [f"  {one.outcome:<8}  {one.name:<{width}}  {one.said}" for one in self.checks]
        return "\n".join([f"{self.modality}: {counts}", *map(str.rstrip, rows)])


def check_modality(
    name: str,
    examples: Sequence[Any],
    space: str | Mapping[str, Encoder] = "",
    *,
    opened: Callable[[Any], Any] = lambda item: item,
    silent: Sequence[Any] = (),
    alike: Sequence[tuple[Any, Any]] = (),
) -> ModalityChecks:
    """Assert that a registered modality keeps every contract; gives the table of its checks.

    Args:
        name: in the register of modalities.
        examples: three or more that its reader takes, not all alike; the path of a file or its
            bytes among them, on which damage is tried.
        space: that encodes it, directly or by a road: its name, or what ``isthmus.load`` gave.
            Without one the checks of vectors are left out.
        opened: what there is to see of an item, where reading is put off until it is asked for.
        silent: examples that hold nothing: silence, a blank picture, a point alone.
        alike: pairs that are one thing written in two ways, such as points in another order.

    Raises:
        AssertionError: a check failed; the message is the whole table.
    """
    found = modality_checks(name, examples, space, opened=opened, silent=silent, alike=alike)
    assert not found.having("failed"), str(found)
    return found


def modality_checks(
    name: str,
    examples: Sequence[Any],
    space: str | Mapping[str, Encoder] = "",
    *,
    opened: Callable[[Any], Any] = lambda item: item,
    silent: Sequence[Any] = (),
    alike: Sequence[tuple[Any, Any]] = (),
) -> ModalityChecks:
    """The table of ``check_modality``, whatever failed."""
    encoders = (load(space) if space else {}) if isinstance(space, str) else space
    with tempfile.TemporaryDirectory() as folder:
        subject = Subject(
            name, tuple(examples), encoders, opened, tuple(silent), tuple(alike), Path(folder)
        )
        return ModalityChecks(name, tuple(_run(subject, *one) for one in CHECKS.items()))


def _run(subject: Subject, name: str, check: Callable[[Subject], None]) -> Check:
    wanted = (inspect.getdoc(check) or "").split("\n\n", maxsplit=1)[0].replace("\n", " ")
    try:
        check(subject)
    except LeftOutError as why:
        return Check(name, wanted, "left out", str(why))
    except AssertionError as error:
        return Check(name, wanted, "failed", str(error).partition("\n")[0] or wanted)
    except Exception as error:
        return Check(name, wanted, "failed", f"{type(error).__name__}: {error}".partition("\n")[0])
    return Check(name, wanted, "passed")
