"""Small real picture files."""

from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture
def draw(tmp_path):
    """Write a small picture of a colour at a path below the test's folder, and return the path."""

    def write(name, colour=(200, 30, 30)) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = "JPEG" if path.suffix.lower() in (".jpg", ".jpeg") else "PNG"
        Image.new("RGB", (12, 8), colour).save(path, kind)
        return path

    return write
