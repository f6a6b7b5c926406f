"""A plugin of pytest, inside a copy of the tree: which test runs which line, and which one failed.

``MUTANTS_RECORD`` names the file for seconds and fixtures of each test (run under coverage),
``MUTANTS_FAILED`` the file for the first failure, ``MUTANTS_TESTS`` a list of tests to run, in its
order.
"""

import json
import os
from collections import defaultdict
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

_seconds: dict[str, float] = defaultdict(float)
_fixtures: dict[str, list[str]] = {}
_owners = [""]


@contextmanager
def _owner(name: str) -> Iterator[None]:
    """Lines that run in this block are noted under a name."""
    if "MUTANTS_RECORD" not in os.environ:
        yield
        return
    import coverage

    current = coverage.Coverage.current()
    assert current is not None, "run under coverage"
    _owners.append(name)
    current.switch_context(name)
    yield
    _owners.pop()
    current.switch_context(_owners[-1])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the listed tests, in the order of the list."""
    if "MUTANTS_TESTS" in os.environ:
        listed = Path(os.environ["MUTANTS_TESTS"]).read_text(encoding="utf-8").split("\n")
        order = {name: place for place, name in enumerate(listed)}
        items[:] = sorted(
            (item for item in items if item.nodeid in order), key=lambda item: order[item.nodeid]
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """What a test runs is its own."""
    with _owner(item.nodeid):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any) -> Generator[None, object, object]:
    """What a shared fixture runs belongs to all tests that use it."""
    own = fixturedef.scope == "function"
    with nullcontext() if own else _owner(f"{fixturedef.baseid}::{fixturedef.argname}"):
        return (yield)


def pytest_runtest_setup(item: Any) -> None:
    """Note the fixtures of a test."""
    found = item._fixtureinfo.name2fixturedefs if hasattr(item, "_fixtureinfo") else {}
    _fixtures[item.nodeid] = [
        f"{one.baseid}::{name}" for name, some in found.items() for one in some
    ]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note seconds, and the first failure."""
    _seconds[report.nodeid] += report.duration
    if report.failed:
        _fail(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Tests that cannot be read any more have failed as well."""
    if report.failed:
        _fail(report.nodeid)


def _fail(name: str) -> None:
    path = Path(os.environ.get("MUTANTS_FAILED", os.devnull))
    if not path.exists():
        path.write_text(name, encoding="utf-8")


def pytest_sessionfinish() -> None:
    """Write the record."""
    if "MUTANTS_RECORD" in os.environ:
        record = {"seconds": _seconds, "fixtures": _fixtures}
        Path(os.environ["MUTANTS_RECORD"]).write_text(json.dumps(record), encoding="utf-8")
