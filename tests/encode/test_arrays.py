"""Vectors that someone already has, looked up by id or row number."""

import pytest

from isthmus.encode.arrays import load
from isthmus.testing import check_model
from isthmus.types import ItemError
from tests.read.array_files import as_npz


def test_an_unknown_item_is_an_item_error(tmp_path):
    encoder = load(str(as_npz(tmp_path)))["image"]
    for item in ("5", 5, -1, 0.5):
        with pytest.raises(ItemError, match="keeps no image vector"):
            encoder.encode([item])


def test_kept_vectors_are_a_model(tmp_path):
    check_model(load(str(as_npz(tmp_path))), {"image": ["0", "3", "4"], "text": [0, 1, "2"]})
