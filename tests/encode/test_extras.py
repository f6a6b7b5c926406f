"""A loader whose library is not installed answers with the command that installs it."""

import sys

import numpy as np
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


@pytest.mark.parametrize("package", ["soundfile", "soxr", "av"])
def test_sounds_name_what_their_extra_lacks(monkeypatch, package):
    pytest.importorskip("soundfile")
    from isthmus.read.audio import sound

    monkeypatch.setitem(sys.modules, package, None)
    samples = (np.zeros(8_000, np.float32), 8_000)
    item = samples if package == "soxr" else b"what soundfile refuses"
    with pytest.raises(ExtraMissingError, match=rf"needs the package '{package}'.*pip install"):
        sound(item).mono(16_000)
