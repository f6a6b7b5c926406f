"""Decoders as a user meets them: what they say, and what they refuse."""

from dataclasses import replace

import numpy as np
import pytest

from isthmus import load
from isthmus.arrays import unit
from isthmus.decode import DECODERS
from isthmus.decode.captioner import DOUBTED, FROM_MEMORY, led
from isthmus.decode.evidence import evidence_of
from isthmus.decode.kinds import open_reader
from isthmus.decode.memories import remembered, shipped
from isthmus.decode.retrieval import DecodeOptions
from isthmus.decode.things import things_in
from isthmus.decode.treatments import Unpaired
from isthmus.decode.weights import FOLDER
from isthmus.registry import find
from isthmus.types import RequestError
from isthmus.types.decoded import Decoded
from tests.toys import Letters

NAMES = ["cat", "zebra", "violin", "jumping fox", "quilt"]


@pytest.fixture(scope="module")
def text():
    return load("mini", workers=1)["text"]


@pytest.fixture(scope="module")
def opened(text):
    def make(name, **options):
        memory = shipped(text)
        data = Unpaired(memory.vectors, memory.vectors[:0])
        return find("decoders", DECODERS, name)(text, data, DecodeOptions(**options))

    return make


def test_what_ships_is_small():
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= 12_000_000


def test_retrieval_returns_the_sentence_that_a_vector_is_of():
    letters = Letters()
    memory = remembered(NAMES, letters)
    data = Unpaired(memory.vectors, memory.vectors[:0])
    for name in ("nearest", "memory"):
        options = DecodeOptions(memory=memory, evidence=True)
        found = find("decoders", DECODERS, name)(letters, data, options).decode(memory.vectors)
        assert [one.text for one in found] == NAMES
        assert [one.score for one in found] == pytest.approx([1.0] * 5)
        assert found[0].evidence == () and [x.word for x in found[3].evidence] == ["jumping", "fox"]


def test_a_drop_is_the_fall_of_the_cosine():
    letters = Letters()
    vector = letters.encode(["aab"]) / np.sqrt(5)
    (one,) = evidence_of([Decoded("aa b the", 1.0)], vector, letters)
    whole, without_b = (letters.encode([x])[0] for x in ("aa b the", "aa the"))
    wanted = vector[0] @ (whole / np.linalg.norm(whole) - without_b / np.linalg.norm(without_b))
    assert {x.word: x.drop for x in one.evidence}["b"] == pytest.approx(wanted, abs=1e-6)
    assert [x.word for x in one.evidence] == ["aa", "b"]  # "the" names nothing


@pytest.mark.parametrize("name", DECODERS)
def test_each_decoder_says_a_text_a_vector_the_same_each_time(name, text, opened):
    vectors = text.encode(["a photo of a zebra", "the sound of a violin", "a drawing of a castle"])
    decoder = opened(name)
    found, again = decoder.decode(vectors), decoder.decode(vectors)
    assert found == again and len(found) == 3
    for one, noun in zip(found, ("zebra", "violin", "castle"), strict=True):
        assert noun in one.text
        said = text.encode([one.text])[0]
        wanted = said @ vectors[found.index(one)]
        wanted /= np.linalg.norm(said) * np.linalg.norm(vectors[found.index(one)])
        assert one.score == pytest.approx(wanted, abs=1e-4)
    assert decoder.decode(vectors[:0]) == []


@pytest.mark.parametrize("name", DECODERS)
def test_vectors_of_another_space_and_nan_are_refused(name, opened):
    with pytest.raises(RequestError, match="rows of 384 coordinates"):
        opened(name).decode(np.ones((2, 512), np.float32))
    bad = np.ones((3, 384), np.float32)
    bad[1, 7] = np.nan
    with pytest.raises(RequestError, match="Vector 1 is zero or holds NaN"):
        opened(name).decode(bad)


def test_a_space_without_a_decoder_says_what_works(text):
    letters = Letters()
    memory = remembered(NAMES, letters)
    data = Unpaired(memory.vectors, memory.vectors[:0])
    with pytest.raises(RequestError, match=r"No decoder was trained on .* 'nearest'"):
        find("decoders", DECODERS, "captioner")(letters, data, DecodeOptions(memory=memory))
    with pytest.raises(RequestError, match="give vectors of some"):
        open_reader(replace(letters), "image")
    with pytest.raises(RequestError, match="1 beam or more"):
        DecodeOptions(beams=0)
    with pytest.raises(RequestError, match="there are none"):
        remembered([], letters)


def test_kinds_are_read_each_in_its_way(text):
    reader = open_reader(text, "image")
    names = [one.name for one in reader.kinds]
    things = things_in(text.space.id)
    assert names == ["photo", "drawing"] and things is not None
    drawn = reader.kinds[1].mean + 0.1 * text.encode(["a drawing of a horse"])[0]
    assert names[int(reader.kind_of(drawn[None] / np.linalg.norm(drawn))[0])] == "drawing"
    assert things.named("two dogs and a cat on the grass") == sorted(
        things.names.index(x) for x in ("dog", "cat", "grass")
    )
    chances = np.zeros(len(things.names))
    chances[things.names.index("dog")], chances[things.names.index("cat")] = 0.5, 0.2
    assert things.hit("dogs and a cat", chances) == pytest.approx(0.6)
    assert things.hit("a man", chances) == 0


def test_candidates_are_what_is_written_and_for_names_the_nearest_of_the_memory(text):
    photo, drawing = open_reader(text, "image").decoders
    given = text.encode(["a drawing of a horse"])
    given /= np.linalg.norm(given)
    (found,) = drawing.candidates(given)
    memory = drawing.memory
    rows = memory.nearest(given, drawing.data.mean, FROM_MEMORY)[0]
    said = [one.text for one in found]
    assert {led(memory.texts[int(row)], "a drawing of") for row in rows} <= set(said)
    assert len(set(said)) == len(said) > FROM_MEMORY
    (scenes,) = photo.candidates(given)
    assert not {one.text for one in scenes} & set(photo.memory.texts)
    free = [prompt for prompt, start in photo.openings(given) if start is None]
    assert free == [(0, 1, 2, 3), ()]  # of scenes: all names, none


def test_a_scene_that_names_nothing_likely_gives_way_to_the_nearest_name(text):
    photo = open_reader(text, "image").decoders[0]
    zebra, hammer = "a photo of a zebra", "a photo of a hammer"
    given = unit(photo.data.mean + 0.5 * unit(text.encode([zebra, hammer]) - photo.memory.mean))
    scenes = [max(told, key=lambda x: x[1])[0] for told in photo.ranked(given)]
    likely = [photo.things.hit(one.text, x)
              for one, x in zip(scenes, photo.things.chances(given), strict=True)]  # fmt: skip
    assert likely[0] >= DOUBTED > likely[1]
    found = photo.decode(given)
    assert "zebra" in found[0].text and found[0] == scenes[0]
    assert found[1].text == hammer
    assert found[1].score == pytest.approx(
        float(unit(text.encode([hammer]))[0] @ given[1]), abs=1e-3
    )


@pytest.mark.parametrize(
    "said, wanted",
    [
        ("a photo of a horse", "a drawing of a horse"),
        ("a horse in a photo", "a drawing of a horse"),
        ("clip art of two cats", "a drawing of two cats"),
        ("a man riding a horse on the beach", "a man riding a horse on the beach"),
        ("a horse", "a drawing of a horse"),
    ],
)
def test_a_name_is_begun_as_its_kind_wants(said, wanted):
    assert led(said, "a drawing of") == wanted
    assert led(said, "") == said
