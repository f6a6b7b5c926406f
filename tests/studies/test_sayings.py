"""What vectors say on the page of a study: the nearest text that is not the item's own."""

import numpy as np
import pytest

import isthmus
from isthmus.arrays import unit, unit_or_zero
from isthmus.report import Album
from isthmus.studies.shared.dataset import About, Dataset
from isthmus.studies.study.sayings_section import ITEMS, sayings, sayings_section
from isthmus.types import Items, Links
from tests.toys import toy_set

N = 12


def captioned(second=False):
    """Pictures 2k and 2k+1 look alike, and so do their texts; texts have a gap of their own."""
    rng = np.random.default_rng(0)
    x = np.repeat(np.eye(N // 2, 8), 2, axis=0) + 0.05 * rng.normal(size=(N, 8))
    y = x + 0.02 * rng.normal(size=x.shape) + 0.8
    space = toy_set(x).space
    a_ids, b_ids = [f"p{k}" for k in range(N)], [f"t{k}" for k in range(N)]
    links = [*zip(a_ids, b_ids, strict=True)]
    if second:  # every picture has another caption, nearer to it than anything else
        y, b_ids = np.vstack([y, y]), [*b_ids, *(f"u{k}" for k in range(N))]
        links += [(f"p{k}", f"u{k}") for k in range(N)]
    a, b = toy_set(x, "image", a_ids, space), toy_set(y, "text", b_ids, space)
    texts = Items("text", tuple(b_ids), [f"caption {name}" for name in b_ids])
    return Dataset(a, b, Links(links), About(items={"text": texts}))


@pytest.mark.parametrize("second", [False, True])
def test_an_item_is_read_as_the_text_of_its_likeness_never_as_its_own(second):
    data = captioned(second)
    found = sayings(data, np.random.default_rng(3))
    assert [one.modality for one in found] == ["image"] * ITEMS + ["text"] * ITEMS
    for one in found:
        number = int(one.item[1:])
        assert int(one.text[1:]) == number ^ 1, "the twin's text, not a text of the same object"
        own = data.a if one.modality == "image" else data.b
        vector = unit(own.vectors[[own.ids.index(one.item)]])[0]
        texts = unit(data.b.vectors)
        assert one.cycle == pytest.approx(float(vector @ texts[data.b.ids.index(one.text)]))
        assert one.chance == pytest.approx(float((texts @ vector).mean()), abs=1e-6)


def test_both_sides_are_read_less_their_means():
    data = captioned()
    shifted = Dataset(
        data.a,
        toy_set(data.b.vectors + 30 * np.eye(8)[7], "text", data.b.ids, data.a.space),
        data.links,
        data.about,
    )
    found = sayings(shifted, np.random.default_rng(3))[:ITEMS]
    texts, images = unit(shifted.b.vectors), unit(shifted.a.vectors)
    scores = unit_or_zero(images - images.mean(0)) @ unit_or_zero(texts - texts.mean(0)).T
    np.fill_diagonal(scores, -np.inf)
    for one in found:
        row = shifted.a.ids.index(one.item)
        assert one.text == shifted.b.ids[int(scores[row].argmax())]


def test_the_section_shows_items_texts_and_chance():
    data = captioned()
    found = sayings(data, np.random.default_rng(3))
    section = sayings_section(found, data, Album())
    strips = [strip for block in section.blocks for strip in block.strips]
    assert len(strips) == 2 * ITEMS
    assert strips[0].answers[0].text == f"caption {found[0].text}"
    assert "Chance: cosine" in strips[0].sentence


def test_without_texts_there_is_nothing_to_say_and_mini_has_a_decoder():
    rng = np.random.default_rng(0)
    space = toy_set(rng.normal(size=(4, 8))).space
    a, b = (toy_set(rng.normal(size=(4, 8)), kind, None, space) for kind in ("image", "points"))
    assert {one.text for one in sayings(Dataset(a, b), rng)} == {""}
    texts = ["a photo of a dog", "a photo of a car", "a photo of a tree"]
    mini = isthmus.embed("mini", texts)
    pictures = isthmus.EmbeddingSet(mini.vectors, mini.ids, "image", mini.space, mini.history)
    found = sayings(Dataset(pictures, mini), rng)
    assert any("dog" in one.sentence for one in found if one.modality == "text")
    assert all(-1.001 < one.sentence_cycle < 1.001 for one in found)
