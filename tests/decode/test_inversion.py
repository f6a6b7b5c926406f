"""Vectors back to words: a guess that is corrected, and prompts by gradient."""

import numpy as np
import pytest

import isthmus
from isthmus.arrays import unit
from isthmus.decode.inversion.corrector import LONGEST, changes, corrected, vocabulary
from isthmus.types import RequestError, Space

SAID = (
    "red blue green cube star ring cat dog house tree two three small large above left of a the "
    "some cone yellow pink heart cross"
)
WORDS = SAID.split()


class Bag:
    """A space in which a text is the sum of its words: every word has a coordinate."""

    space, modality = Space("words", "words", len(WORDS) + 1), "text"

    def encode(self, texts):
        rows = np.zeros((len(texts), len(WORDS) + 1), np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[-1] = 0.1
            for word in text.split():
                row[WORDS.index(word)] += 1
        return rows


def test_a_text_is_found_again_word_by_word():
    text = Bag()
    said = "three small red star above blue cube"
    target = unit(text.encode([said]))[0]
    found, cosine = corrected(target, ["a dog"], vocabulary(WORDS, text), text)
    assert sorted(found.split()) == sorted(said.split())
    assert cosine == pytest.approx(1, abs=1e-6)


def test_a_guess_that_is_right_stays_and_the_nearest_of_several_wins():
    text = Bag()
    target = unit(text.encode(["red star"]))[0]
    known = vocabulary(WORDS, text)
    assert corrected(target, ["blue cube", "red star"], known, text)[0] == "red star"
    first = corrected(target, ["blue cube"], known, text)
    assert first == corrected(target, ["blue cube"], known, text)
    assert first[1] >= float(target @ unit(text.encode(["blue cube"]))[0])


def test_changes_are_of_one_word():
    made = changes("a b", ["c"])
    assert made == ["b", "a", "c b", "a c", "c a b", "a c b", "a b c"]
    assert changes("a", ["b"]) == ["b", "b a", "a b"], "A guess is never empty."
    long = " ".join("x" * LONGEST)
    assert all(len(one.split()) <= LONGEST for one in changes(long, ["y"]))


def test_in_mini_a_correction_comes_nearer():
    text = isthmus.load("mini")["text"]
    target = unit(text.encode(["a red cube"]))[0]
    start = float(unit(text.encode(["a dog"]))[0] @ target)
    found, cosine = corrected(target, ["a dog"], vocabulary(WORDS[:12], text), text)
    assert cosine > start + 0.3 and "red" in found.split() and "cube" in found.split()


def test_prompts_by_gradient_want_a_tower_that_has_one():
    from isthmus.decode.inversion.pez import table_of

    with pytest.raises(RequestError, match="gradients"):
        table_of(isthmus.load("mini")["text"], WORDS)


@pytest.fixture(scope="module")
def fresh():
    pytest.importorskip("torch", reason="torch is not installed (isthmus[torch])")
    return isthmus.load("fresh")["text"]


def test_rows_of_the_table_give_the_text_itself(fresh):
    import torch

    from isthmus.decode.inversion.pez import table_of

    table = table_of(fresh, WORDS)
    rows = [3, 1, 4, 1, 5]
    with torch.no_grad():
        found = table.vector(rows, table.module.weight[table.ids[rows]])
        other = table.vector(rows, table.module.weight[table.ids[[0, *rows[1:]]]])
    plain = fresh.encode([" ".join(table.words[row] for row in rows)])[0]
    swapped = fresh.encode([" ".join(table.words[row] for row in [0, *rows[1:]])])[0]
    np.testing.assert_allclose(found.numpy(), plain, atol=1e-5)
    np.testing.assert_allclose(other.numpy(), swapped, atol=1e-5)


def test_a_prompt_comes_near_and_is_the_same_for_a_seed(fresh):
    from isthmus.decode.inversion.pez import hard_prompt, table_of

    table = table_of(fresh, WORDS)
    target = unit(fresh.encode(["three small red star left of a yellow cone"]))[0]
    first = hard_prompt(target, table, seed=0, steps=60)
    assert first == hard_prompt(target, table, seed=0, steps=60)
    assert first[1] == pytest.approx(float(unit(fresh.encode([first[0]]))[0] @ target), abs=1e-4)
    assert first[1] > hard_prompt(target, table, seed=0, steps=1)[1] + 0.1


def test_a_search_writes_what_the_space_is_near_to():
    from isthmus.decode.inversion.ways import Inputs, by_search
    from isthmus.decode.kinds import Kind, Reader
    from isthmus.decode.memories import remembered
    from tests.decode.guided.toys import ToyEncoder, ToyModel, bigrams

    text = ToyEncoder()
    memory = remembered(
        ["the dog runs", "a cat sleeps", "the ship sails"], text, ["dog", "cat", ""]
    )
    middle = np.zeros(text.space.dim, np.float32)
    reader = Reader(text, [Kind("", middle, np.append(middle, 0))], [])
    inputs = Inputs(text, memory, reader)
    vars(inputs)["model"] = ToyModel(bigrams())
    for said in ("the ship sails", "the dog runs"):
        target = unit(text.encode([said]))[0]
        (found,) = by_search(target, inputs)
        assert found.text.startswith("A picture of") and said.split()[1] in found.text
        whole = unit(text.encode([found.text]))[0]
        assert found.score == pytest.approx(float(whole @ target), abs=1e-6)
