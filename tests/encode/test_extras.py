"""A loader whose library is not installed answers with the command that installs it."""

import sys

import pytest

from isthmus.encode import hf, openclip
from isthmus.types import ExtraMissingError, LoadOptions


@pytest.mark.parametrize(
    ("loader", "package", "wanted"),
    [
        (openclip, "open_clip", "open[-_]clip[-_]torch"),
        (hf, "torch", "torch|transformers"),  # those of the extra that are not installed
        (hf, "transformers", "transformers"),
    ],
)
def test_a_missing_library_is_named_with_all_that_its_extra_lacks(
    monkeypatch, loader, package, wanted
):
    if package == "transformers":
        pytest.importorskip("torch")
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ExtraMissingError, match=rf'pip install .*"({wanted})'):
        loader.load("anything", LoadOptions())
