"""Modalities whose view or encoder is broken in one way each, by the check that notices it."""

from dataclasses import replace
from itertools import count

import numpy as np

from isthmus.types import Bag, ItemError, Items, Place
from tests.testing.broken_readers import away, breaks, encoding, reading, seeing
from tests.testing.tunes import SPACE, Tune, Words, features, notes, tune


def changed(bag, **parts):
    """A bag with other parts."""
    return replace(bag, **parts)


@seeing("same bag again")
def numbered(item, owner, times=count()):  # noqa: B008
    bag = notes(item, owner)
    texts = [f"{text} {next(times)}" for text in bag.parts]
    return changed(bag, parts=Items("text", bag.parts.ids, texts))


@seeing("bags have their owner")
def ownerless(item, owner):
    return changed(notes(item, owner), owner="somebody")


@seeing("part ids")
def same_ids(item, owner):
    bag = notes(item, owner)
    return changed(bag, parts=Items("text", tuple(map(str, range(len(bag)))), [*bag.parts]))


@seeing("part places")
def same_places(item, owner):
    bag = notes(item, owner)
    places = tuple(Place(number, seconds=(number // 2 * 1.0, 9.0)) for number in range(len(bag)))
    return changed(bag, places=places)


@seeing("part modality")
def other_parts(item, owner):
    bag = notes(item, owner)
    return changed(bag, parts=Items("image", bag.parts.ids, [*bag.parts]))


@seeing("pooling")
def unpooled(item, owner):
    return changed(notes(item, owner), pooling="nothing")


@seeing("order of parts")
def first_only(item, owner):
    return changed(notes(item, owner), pooling="first")


class Loose(Bag):
    """May be empty."""

    def __post_init__(self):
        pass


@seeing("no empty bag")
def loose(item, owner):
    bag = notes(item, owner)
    return Loose(bag.owner, bag.parts, bag.places)


@seeing("views refuse")
def seeing_anything(item, owner):
    return notes([1.0, 2.0] if type(item) is object else item, owner)


@seeing("views change nothing")
def raising(item, owner):
    bag = notes(item, owner)
    tune(item).tones[0] += 1
    return bag


@encoding("shape")
def wide(items):
    return np.pad(features(items), ((0, 0), (0, 1)))


@encoding("dtype")
def double(items):
    return features(items).astype(np.float64)


@encoding("finite")
def lost(items):
    return features(items) * np.float32(np.nan)


@encoding("direction")
def nowhere(items):
    return 0 * features(items)


@encoding("different vectors")
def constant(items):
    return 0 * features(items) + 1


@encoding("same vectors again")
def drifting_vectors(items, times=count()):  # noqa: B008
    return features(items) + np.float32(next(times))


@encoding("vectors stay as they are")
def one_buffer(items, held=np.zeros((99, 8), np.float32)):  # noqa: B008
    held[: len(items)] = features(items)
    return held[: len(items)]


@encoding("order")
def by_row(items):
    return features(items) + np.arange(len(items), dtype=np.float32)[:, None]


@encoding("batch")
def centred(items):
    found = features(items)
    return found + found.sum(axis=0)


@encoding("twice in a batch")
def once(items):
    first = [any(one is item for one in items[:row]) for row, item in enumerate(items)]
    return features(items) + np.array(first, np.float32)[:, None]


@encoding("empty batch")
def never_empty(items):
    return features(items) if items else np.zeros(0, np.float32)


@encoding("batch is not changed")
def taking(items):
    found = features(items)
    if isinstance(items, list) and len(items) == 3:
        items.reverse()
    return found


@encoding("examples as they are")
def items_only(items):
    if not all(isinstance(item, Tune) for item in items):
        raise ItemError("This encoder takes tunes that are read.")
    return features(items)


@encoding("encoder refuses")
def crashing(items):
    if any(type(item) is object for item in items):
        raise KeyError("tones")
    return features(items)


@encoding("threads encode")
def of_one_thread_only(items):
    return features(items) + np.float32(away())


@encoding("memory of encoding")
def greedy_encoder(items):
    np.empty(2**28)
    return features(items)


@encoding("silence")
def dividing(items):
    found = features(items)
    with np.errstate(all="ignore"):
        return found * (found[:, 4:5] / found[:, 4:5])


@encoding("written in two ways")
def heeding_order(items):
    firsts = np.array([[tune(item).tones[0]] for item in items], np.float32)
    return features(items) + firsts.reshape(-1, 1) * np.eye(8, dtype=np.float32)[:1]


@encoding("ids")
def aging(items, times=count()):  # noqa: B008
    return features(items) * np.float32(1 + next(times) / 10)


@breaks("history")
def renamed(parts):
    class Other(type(parts.encoders[0])):
        times = count()

        @property
        def space(self):
            return replace(SPACE, name=f"toy {next(self.times)}")

        @space.setter
        def space(self, value):
            pass

    return replace(parts, encoders=(Other(), Words()))


@breaks("faults")
def sulking(parts):
    failed = []

    def encode(items):
        try:
            return features(items) + np.float32(len(failed))
        except ItemError:
            failed.append(1)
            raise

    return parts.encoded(encode)


@encoding("emptiness")
def of_empty_bytes(items):
    return features([[1.0] if item == b"" else item for item in items])


class Unsteady(Tune):
    """Tones in hertz."""

    times = count()

    @property
    def content_key(self):
        return f"{next(self.times)}"


@reading("resumed")
def unsteady(item):
    return Unsteady(tune(item).tones)
