"""Every check of a modality can fail: one that is broken in one way fails the check of it."""

import threading
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from isthmus.encode.roads import roads
from isthmus.read import MODALITIES, modalities
from isthmus.similarity import POOLINGS, VECTOR_POOLINGS
from isthmus.testing import check_modality, modality_checks
from isthmus.testing.modalities import CHECKS
from isthmus.types import Bag, ItemError, Items, Place, Space
from isthmus.view import VIEWS, views
from tests.testing.tunes import SPACE, Parts, Tune, Words, content_of, features, notes, tune

GOOD, BROKEN = Parts(), {}
HELD = []
"""What broken readers do not let go."""


def breaks(check):
    """The check that notices it, for a function from sound parts to broken ones."""

    def keep(broken):
        BROKEN[check] = broken
        return broken

    return keep


def reading(check):
    """As ``breaks``, for a reader."""
    return lambda reader: breaks(check)(lambda parts: parts.read(reader))


def seeing(check, **changed):
    """As ``breaks``, for a view."""
    return lambda see: breaks(check)(lambda parts: parts.seen(see, **changed))


def encoding(check, **changed):
    """As ``breaks``, for an encoder."""
    return lambda encode: breaks(check)(lambda parts: parts.encoded(encode, **changed))


def away():
    """Whether this is another thread than the one that tests."""
    return threading.current_thread() is not threading.main_thread()


def content(item):
    """Bytes of what is a path or bytes; nothing of anything else."""
    return content_of(item) if isinstance(item, (bytes, Path)) else b""


BROKEN |= {
    "registered": lambda parts: parts.entry(name="melody"),
    "about says units": lambda parts: parts.entry(about="A tune as it is sung."),
    "suffixes": lambda parts: parts.entry(suffixes=(".TUNE",)),
    "leads on": lambda parts: replace(parts, view=None, encoders=()),
    "claims no other files": lambda parts: parts.entry(known=lambda start: True),
    "recognised": lambda parts: parts.entry(suffixes=(".tune", ".txt"), known=None),
    "shown": lambda parts: parts.entry(shown=lambda item: ""),
    "views say what they see": lambda parts: parts.seen(about=""),
    "encoder": lambda parts: parts.encoded(modality="melody"),
    "space": lambda parts: parts.encoded(space=Space("toy", "toy-8", 8, scale=0.0)),
    "roads end in one space": lambda parts: replace(
        parts, encoders=(parts.encoders[0], Words(space=Space("other", "other", 8)))
    ),
    "saved": lambda parts: parts.encoded(space=replace(SPACE, bias=float("nan"))),
}


@reading("same item again")
def drifting(item, times=count()):  # noqa: B008
    return item if isinstance(item, Tune) else Tune(tune(item).tones + next(times))


@reading("an item is read as itself")
def higher(item):
    return Tune(tune(item).tones + 1)


@reading("items stay as they are")
def reused(item, held=np.zeros(1)):  # noqa: B008
    held[0] = tune(item).tones.sum()
    return Tune(held)


@reading("examples differ")
def deaf(item):
    return Tune(0 * tune(item).tones[:1])


@reading("path and bytes")
def louder_bytes(item):
    return Tune(tune(item).tones * (2 if isinstance(item, bytes) else 1))


@reading("any file name")
def ascii_only(item):
    if isinstance(item, Path) and not item.name.isascii():
        raise ItemError("This reader wants names in ASCII only.")
    return tune(item)


@reading("lying suffix")
def by_name(item):
    return (
        Tune(tune(item).tones[::-1])
        if isinstance(item, Path) and ".bin" in item.name
        else tune(item)
    )


@reading("missing file")
def of_nothing(item):
    return tune([1.0]) if isinstance(item, Path) and not item.exists() else tune(item)


@reading("folder")
def of_folders(item):
    return tune([1.0]) if isinstance(item, Path) and item.is_dir() else tune(item)


@reading("empty file")
def of_emptiness(item):
    found = isinstance(item, bytes) or (isinstance(item, Path) and item.is_file())
    return tune([1.0]) if found and not content_of(item) else tune(item)


@reading("noise")
def of_noise(item):
    return tune([1.0]) if content_of_file(item)[:1] == b"\xff" else tune(item)


def content_of_file(item):
    """Bytes of a file that is there, or bytes."""
    there = isinstance(item, bytes) or (isinstance(item, Path) and item.is_file())
    return content_of(item) if there else b"TUNE 1"


@reading("cut file")
def whole_only(item):
    if content_of_file(item) and content_of_file(item)[:4] != b"TUNE"[: len(content_of_file(item))]:
        return tune(item)
    if isinstance(item, (bytes, Path)) and len(content_of_file(item)) < 6:
        raise IndexError("string index out of range")
    return tune(item)


@reading("changed bytes")
def unguarded(item):
    found = content_of_file(item)
    if found.startswith(b"TUNE") and isinstance(item, bytes):
        return Tune(np.array([float(word) for word in found.split()[1:]] or [0.0]))
    return tune(item)


@reading("other objects")
def of_none(item):
    return tune([1.0]) if item is None else tune(item)


@reading("item type")
def spaces(item):
    if isinstance(item, SimpleNamespace):
        return item
    return SimpleNamespace(tones=tune(item).tones)


@dataclass(frozen=True, eq=False)
class Bare(Tune):
    """Tones."""


@reading("units")
def bare(item):
    return Bare(tune(item).tones)


@dataclass(frozen=True, eq=False)
class Shapeless(Tune):
    """Tones in hertz."""

    more: np.ndarray


@reading("shapes")
def shapeless(item):
    return Shapeless(tune(item).tones, np.zeros(3))


@reading("numbers")
def endless(item):
    return Tune(np.append(tune(item).tones, np.nan))


class Nameless(Tune):
    """Tones in hertz, all called the same."""

    content_key = "a tune"


@reading("known by content")
def nameless(item):
    return Nameless(tune(item).tones)


@reading("memory")
def greedy(item):
    np.empty(2**28)
    return tune(item)


@reading("memory is given back")
def keeping(item):
    HELD.append(bytes(3 * 2**20))
    return tune(item)


@reading("files are closed")
def leaving_open(item):
    if isinstance(item, Path) and item.is_file():
        HELD.append(item.open("rb"))
    return tune(item)


@reading("files stay as they are")
def writing(item):
    found = tune(item)
    if isinstance(item, Path):
        item.with_suffix(".read").touch()
    return found


@reading("threads")
def of_one_thread(item):
    return Tune(tune(item).tones + away())


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


@pytest.fixture
def checked(monkeypatch, tmp_path):
    """The table of checks of these parts."""

    def run(parts, check=modality_checks):
        here = "tests.testing.test_broken_modalities"
        monkeypatch.setattr(f"{here}.UNDER_TEST", parts)
        monkeypatch.setattr("isthmus.registry.resolve", opened(here, parts))
        monkeypatch.setitem(MODALITIES, "tune", f"{here}:modality")
        if parts.view:
            monkeypatch.setitem(VIEWS, "notes", f"{here}:view")
        for register in (POOLINGS, VECTOR_POOLINGS):
            monkeypatch.setitem(register, "first", f"{here}:first")
        modalities.cache_clear()
        views.cache_clear()
        path = tmp_path / "a.tune"
        path.write_bytes(b"TUNE 440 550 660.5\n")
        text = tmp_path / "b.txt"
        text.write_bytes(b"TUNE 220 330 770\n")
        encoders = {("tune", "text")[row]: one for row, one in enumerate(parts.encoders)}
        return check(
            "tune",
            [path, text, b"TUNE 100 900 300 200", [440.0, 220.0, 100.0]],
            encoders,
            opened=lambda item: item.tones,
            silent=[[0.0, 0.0]],
            alike=[([440.0, 880.0, 1.0], [1.0, 440.0, 880.0])],
        )

    yield run
    for one in HELD:
        getattr(one, "close", list)()
    HELD.clear()
    monkeypatch.undo()
    modalities.cache_clear()
    views.cache_clear()


UNDER_TEST = GOOD


def first(parts):
    """A pooling that heeds the order."""
    return parts[0]


def opened(here, parts):
    """How registers are opened: ours are these parts."""
    from isthmus import registry

    own, plain = {"modality": parts.modality, "view": parts.view, "first": first}, registry.resolve
    return lambda at: own[at.split(":")[1]] if at.startswith(here) else plain(at)


def test_what_is_sound_passes_every_check(checked):
    found = checked(GOOD, check_modality)
    assert [one.outcome for one in found.checks] == ["passed"] * len(CHECKS), str(found)
    assert str(found).startswith(f"tune: {len(CHECKS)} passed, 0 failed, 0 left out\n")
    assert found.to_dict()["checks"][0]["name"] == "registered"
    assert len(found.to_table()["wanted"]) == len(CHECKS) >= 30
    assert all(one.wanted.endswith(".") and len(one.wanted) > 15 for one in found.checks)


def test_there_is_a_broken_modality_for_every_check():
    assert set(BROKEN) == set(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_a_broken_modality_fails_the_check_of_it(checked, name, monkeypatch):
    monkeypatch.setattr("isthmus.testing.modalities.CHECKS", {name: CHECKS[name]})
    (found,) = checked(BROKEN[name](GOOD)).checks
    assert found.outcome == "failed" and found.said, found
    assert "TypeCheckError" not in found.said, found
    with pytest.raises(AssertionError, match=f"1 failed, 0 left out\n  failed +{name} "):
        checked(BROKEN[name](GOOD), check_modality)


def test_without_a_space_the_checks_of_vectors_are_left_out(checked):
    found = checked(replace(GOOD, encoders=()))
    left = {one.said for one in found.having("left out")}
    assert left == {"no space was given"} and not found.having("failed"), str(found)
    assert roads({}, "tune") == {}
