"""One shard becomes vectors; what cannot be encoded costs itself and nothing else."""

import errno

import numpy as np
import pytest

from isthmus.engine.content_index import ContentIndex
from isthmus.engine.shards import at_once, embed_shard
from isthmus.types import ItemError, Items, RequestError, Space

IDS = tuple(f"w{number}" for number in range(11))


class Encoder:
    """Two numbers a word; what ``refused`` names spoils the whole batch it is in."""

    modality, space, batch = "text", Space("two", "two", 2), 8

    def __init__(self, refused=(), error=None):
        self.refused, self.error, self.calls = refused, error, []

    def encode(self, items):
        self.calls.append(list(items))
        if bad := [one for one in items if one in self.refused]:
            raise self.error or ItemError(f"cannot read {bad[0]}")
        return np.array([[len(one), int(one[1:])] for one in items], np.float32)


def shard(encoder, payload=IDS, **options):
    return embed_shard(encoder, Items("text", IDS, list(payload)), **options)


def test_one_bad_item_costs_itself_and_few_further_calls():
    encoder, seen = Encoder(refused=("w3",)), []
    found = shard(encoder, tick=seen.append)
    assert found.ids == tuple(name for name in IDS if name != "w3")
    assert found.faults == {"w3": "cannot read w3"}
    np.testing.assert_array_equal(found.made[:, 1], [0, 1, 2, *range(4, 11)])
    assert seen == [8, 3]
    assert len(encoder.calls) == 8  # 1, three halvings of eight, and the second batch


def test_a_full_disk_is_no_fault_of_an_item():
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OSError, match="No space"):
        shard(Encoder(refused=("w3",), error=full))
    other = shard(Encoder(refused=("w3",), error=OSError(errno.EIO, "worn out")))
    assert [*other.faults] == ["w3"]


def test_half_a_character_and_vectors_without_direction_are_faults():
    found = shard(Encoder(), ("w0", "w\ud800", *IDS[2:]))
    assert [*found.faults] == ["w1"]
    assert "not valid Unicode" in found.faults["w1"]

    class Zero(Encoder):
        def encode(self, items):
            vectors = super().encode(items)
            vectors[[one in ("w2", "w9") for one in items]] = 0
            vectors[[one == "w5" for one in items]] = np.nan
            return vectors

    found = shard(Zero())
    assert [*found.faults] == ["w2", "w5", "w9"]
    assert len(found.made) == len(found.ids) == 8


def test_who_says_how_many_at_once():
    assert [at_once(Encoder()), at_once(Encoder(), 3)] == [8, 3]
    encoder = Encoder()
    shard(encoder, batch_size=4)
    assert [len(call) for call in encoder.calls] == [4, 4, 3]
    with pytest.raises(RequestError, match="not -1"):
        at_once(encoder, -1)


class Panic(BaseException):
    """What a panic in a library written in Rust becomes."""


@pytest.mark.parametrize("error", [Panic("index out of bounds"), RuntimeError("odd"), IndexError()])
def test_whatever_one_item_raises_costs_that_item_only(error):
    found = shard(Encoder(refused=("w3", "w9"), error=error))
    assert [*found.faults] == ["w3", "w9"]
    assert found.faults["w3"].startswith(type(error).__name__)
    assert len(found.ids) == 9


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), SystemExit(3), GeneratorExit(), RequestError("no such option")]
)
def test_what_is_no_fault_of_an_item_ends_the_job(error):
    with pytest.raises(type(error)):
        shard(Encoder(refused=("w3",), error=error))


def test_an_item_that_cannot_be_made_is_named(tmp_path):
    class Payload(list):
        def __getitem__(self, row):
            if row == 4:
                raise Panic("poisoned")
            return super().__getitem__(row)

    items = Items("text", IDS, Payload(IDS))
    assert embed_shard(Encoder(), items).faults == {"w4": "Panic: poisoned"}
    hashes = ContentIndex(tmp_path / "contents.json").hashes(items.payload)
    assert hashes[4] == "unreadable: Panic: poisoned"
    assert len(set(hashes)) == len(IDS)
