"""What the encoder of a modality must satisfy, a tower or a road, and what is kept of vectors."""

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from isthmus.arrays import unit
from isthmus.lab import embed, embed_into, load_set, save
from isthmus.testing.reading_checks import MEMORY, NOISE, traced
from isthmus.testing.subjects import LeftOutError, Subject, close
from isthmus.types import Encoder, ItemError, Items, NothingLeftError, Space

TOLERANCE = 1e-4
"""Share of a vector's length by which rounding may move it."""
SAME = 0.999
"""Cosine of one thing written in two ways."""


def encoder(s: Subject) -> None:
    """The space has an encoder of the modality: a tower, or a road over its views."""
    assert isinstance(s.encoder, Encoder), "it lacks modality, space or encode"
    assert s.encoder.modality == s.name, f"it takes {s.encoder.modality} items"
    assert isinstance(getattr(s.encoder, "preprocessing", ""), str), "preprocessing is a text"


def space(s: Subject) -> None:
    """Its space has a name, a dimension, and a scale above 0."""
    found = s.encoder.space
    assert isinstance(found, Space) and found.name and found.dim > 0, f"the space is {found!r}"
    assert found.scale > 0, f"the scale multiplies similarities, so it is positive: {found.scale}"


def roads_end_in_one_space(s: Subject) -> None:
    """Every way into the space gives vectors of it."""
    if not s.ways:
        raise LeftOutError(f"the space takes {', '.join(s.encoders)} only")
    for name, way in s.ways.items():
        assert way.space == s.encoder.space, f"{name} ends in {way.space.name}"
        found = way.encode(s.items[:1])
        assert found.shape == (1, way.space.dim), f"{name} gives {found.shape}"
        assert np.isfinite(found).all() and found.any(), f"{name} gives no direction"


def shape(s: Subject) -> None:
    """N items give (n, d)."""
    wanted = (len(s.items), s.encoder.space.dim)
    assert s.vectors.shape == wanted, f"{s.vectors.shape}, not {wanted}"


def dtype(s: Subject) -> None:
    """Vectors are float32."""
    assert s.vectors.dtype == np.float32, f"{s.vectors.dtype}"


def finite(s: Subject) -> None:
    """Vectors hold no NaN and no infinity."""
    assert np.isfinite(s.vectors).all(), "NaN or infinity"


def direction(s: Subject) -> None:
    """No vector is zero."""
    assert np.abs(s.vectors).max(axis=1).all(), "a vector is zero, so it has no direction"


def different_vectors(s: Subject) -> None:
    """Different items have different vectors."""
    assert not np.allclose(s.vectors, s.vectors[0]), "all have one vector"


def same_vectors_again(s: Subject) -> None:
    """The same batch gives the same bits."""
    assert np.array_equal(s.encoder.encode(s.items), s.vectors), "other bits again"


def vectors_stay_as_they_are(s: Subject) -> None:
    """A later call changes no earlier vectors."""
    before = s.vectors.copy()
    assert len(s.turned) == len(before)
    assert np.array_equal(s.vectors, before), "a later call changed earlier vectors"


def order(s: Subject) -> None:
    """Items in another order give their vectors in that order."""
    close(s.turned[::-1], s.vectors, TOLERANCE, "The order matters")


def batch(s: Subject) -> None:
    """An item's vector does not depend on what is encoded with it."""
    single = np.concatenate([s.encoder.encode([item]) for item in s.items])
    close(single, s.vectors, TOLERANCE, "An item's vector depends on its batch")


def twice_in_a_batch(s: Subject) -> None:
    """An item that comes twice has one vector."""
    found = s.encoder.encode([s.items[0], s.items[0]])
    close(found[1:], found[:1], TOLERANCE, "The same item twice has two vectors")


def empty_batch(s: Subject) -> None:
    """No items give (0, d)."""
    found = s.encoder.encode([])
    wanted = (0, s.encoder.space.dim)
    assert found.shape == wanted and found.dtype == np.float32, f"{found.dtype} {found.shape}"


def batch_is_not_changed(s: Subject) -> None:
    """The list of items and the items in it stay as they are."""
    some = list(s.items)
    s.encoder.encode(some)
    assert len(some) == len(s.items) and all(map(lambda a, b: a is b, some, s.items)), "changed"


def examples_as_they_are(s: Subject) -> None:
    """The encoder takes paths, bytes and objects as the reader does."""
    found = s.encoder.encode([*s.examples[: len(s.items)]])
    close(found, s.vectors, TOLERANCE, "An item and what it is read from have two vectors")


def encoder_refuses(s: Subject) -> None:
    """An item that cannot be read raises ItemError."""
    encode = s.encoder.encode
    try:
        encode([object()])
    except ItemError:
        return
    except Exception as error:
        raise AssertionError(f"{type(error).__name__} instead of ItemError: {error}") from error
    raise AssertionError("an object was encoded")


def threads_encode(s: Subject) -> None:
    """Two threads that encode at once get the same vectors."""
    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(s.encoder.encode, [s.items[:2]] * 2):
            close(found, s.vectors[:2], TOLERANCE, "A thread got other vectors")


def memory_of_encoding(s: Subject) -> None:
    """Encoding an example takes no more than 1 GiB."""
    peak, _ = traced(lambda: s.encoder.encode(s.items[:1]))
    assert peak <= MEMORY, f"encoding takes {peak / 2**20:,.0f} MiB"


def silence(s: Subject) -> None:
    """What holds nothing has a finite vector, or raises ItemError."""
    if not s.silent:
        raise LeftOutError("no example that holds nothing")
    for example in s.silent:
        try:
            found = s.encoder.encode([s.modality.read(example)])
        except ItemError:
            continue
        assert np.isfinite(found).all() and found.any(), "NaN, infinity or zero"


def written_in_two_ways(s: Subject) -> None:
    """One thing written in two ways has one direction."""
    if not s.alike:
        raise LeftOutError("no pair that is one thing written in two ways")
    for pair in s.alike:
        one, other = unit(s.encoder.encode([s.modality.read(example) for example in pair]))
        assert one @ other >= SAME, f"cosine {one @ other:.4f}"


def ids(s: Subject) -> None:
    """A set holds the ids that were given, in their order, with the vectors of their items."""
    found = s.embedded
    assert found.ids == tuple(f"n{row}" for row in range(len(s.items))), f"{found.ids}"
    assert found.modality == s.name, f"a set of {found.modality}"
    close(found.vectors, s.vectors, TOLERANCE, "A set holds other vectors")


def history(s: Subject) -> None:
    """A set says how it came about."""
    steps = s.embedded.history
    assert [step.verb for step in steps] == ["encode"], f"{steps}"
    assert steps[0].parameters["space"] == s.encoder.space.name, f"{steps[0]}"


def faults(s: Subject) -> None:
    """An item that fails is named and skipped, and the others keep their vectors."""
    first, second, bad = s.items[0], s.items[1], object()
    found = _embed(s, {"first": first, "bad": bad, "second": second})
    assert found.ids == ("first", "second"), f"{found.ids}"
    assert [*found.history[0].parameters["faults"]] == ["bad"], "the bad one is not named"
    close(found.vectors, s.vectors[:2], TOLERANCE, "A bad item changes the others")


def emptiness(s: Subject) -> None:
    """A set of which nothing is left is refused in a sentence: none, or empty bytes, or noise."""
    for some in ([], [b""], [NOISE]):
        try:
            found = _embed(s, some)
        except NothingLeftError as error:
            assert len(str(error).split()) > 4, f"{error}"
        else:
            assert some == [b""] and s.modality.spoken, f"{len(found)} of {some!r} were embedded"


def saved(s: Subject) -> None:
    """What is saved is loaded again as it was, to the bit."""
    found = s.embedded
    again = load_set(save(found, s.folder / "set"))
    assert np.array_equal(again.vectors, found.vectors), "other vectors"
    for what in ("ids", "modality", "space", "history"):
        assert getattr(again, what) == getattr(found, what), f"another {what}"


def resumed(s: Subject) -> None:
    """A folder of vectors holds those of memory, and nothing is encoded a second time."""
    items = Items(s.name, tuple(map(str, range(len(s.items)))), [*s.items])
    first, again = (embed_into(s.folder / "job", s.encoder, items) for _ in range(2))
    close(first.embedded.vectors, s.vectors, TOLERANCE, "A folder holds other vectors")
    assert (first.encoded, again.encoded) == (len(items), 0), f"{again.encoded} encoded again"
    assert np.array_equal(first.embedded.vectors, again.embedded.vectors), "other bits again"


def _embed(s: Subject, items: Any) -> Any:
    """The set of these items; what is skipped is not logged."""
    log = logging.getLogger("isthmus")
    before, log.disabled = log.disabled, True
    try:
        return embed(s.encoder, items, modality=s.name)
    finally:
        log.disabled = before


CHECKS = (
    *(encoder, space, roads_end_in_one_space, shape, dtype, finite, direction, different_vectors),
    *(same_vectors_again, vectors_stay_as_they_are, order, batch, twice_in_a_batch, empty_batch),
    *(batch_is_not_changed, examples_as_they_are, encoder_refuses, threads_encode),
    *(memory_of_encoding, silence, written_in_two_ways, ids, history, faults, emptiness, saved),
    resumed,
)
