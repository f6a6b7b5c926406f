"""A loader whose library is not installed answers with the command that installs it."""

import sys

import pytest

from isthmus.encode import hf, openclip
from isthmus.types import ExtraMissingError, LoadOptions


@pytest.mark.parametrize(
    ("loader", "package", "extra"),
    [(openclip, "open_clip", "openclip"), (hf, "torch", "hf"), (hf, "transformers", "hf")],
)
def test_a_missing_library_is_named_with_its_extra(monkeypatch, loader, package, extra):
    if package == "transformers":
        pytest.importorskip("torch")
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ExtraMissingError, match=rf'pip install "isthmus\[{extra}\]"'):
        loader.load("anything", LoadOptions())
