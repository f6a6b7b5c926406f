"""Where foreign data is, and deterministic hypothesis."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# there is a worker for each core: further threads in each only wait for one another
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci")


@pytest.fixture(scope="session")
def shared_data():
    """The folder of foreign data, or a skip: a user's clone has none."""
    root = Path(__file__).parents[1]
    folder = Path(os.environ.get("ISTHMUS_SHARED", root.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip("no foreign data: set ISTHMUS_SHARED to the folder that holds data/")
    return folder


def _needs():
    """What skipped tests wait for, by a word of their reason, and whether it is here after all."""
    from importlib.util import find_spec
    from shutil import which

    root = Path(__file__).parents[1]
    shared = Path(os.environ.get("ISTHMUS_SHARED", root.parent / "shared")) / "data"
    return {
        "foreign data": shared.is_dir(),
        "open_clip": find_spec("open_clip") is not None,
        "transformers": find_spec("transformers") is not None,
        "sentence_transformers": find_spec("sentence_transformers") is not None,
        "mteb": find_spec("mteb") is not None,
        "geoclip": find_spec("geoclip") is not None,
        "pycocoevalcap": find_spec("pycocoevalcap") is not None,
        "torch": find_spec("torch") is not None,
        "chromium": any(map(which, ("chromium", "chromium-browser", "google-chrome"))),
    }


def pytest_terminal_summary(terminalreporter):
    """In CI, a test that was skipped although what it needs is here fails the run."""
    if not os.environ.get("CI"):
        return
    needs = _needs()
    present, absent = (
        [word for word, here in needs.items() if here is there] for there in (True, False)
    )
    for report in terminalreporter.stats.get("skipped", []):
        reason = str(report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr)
        waits = [[word for word in some if word in reason.lower()] for some in (present, absent)]
        if waits[0] and not waits[1]:
            terminalreporter.write_line(f"SKIPPED WITHOUT NEED: {report.nodeid}: {reason}")
            terminalreporter._session.exitstatus = 1
