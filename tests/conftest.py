"""Where foreign data is, and deterministic hypothesis."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

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
