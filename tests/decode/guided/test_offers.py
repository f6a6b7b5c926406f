"""What steers: an item less the mean of its kind, and names that are offered."""

import dataclasses

import numpy as np

from isthmus.arrays import unit
from isthmus.decode.guided.beam import Beam
from isthmus.decode.guided.magic import Magic
from isthmus.decode.guided.offers import OFFERED, distinguishing, offered
from isthmus.decode.guided.sampling import BestOfN, drawn
from isthmus.decode.guided.story import Steering, Writer
from isthmus.decode.guided.writing import choices
from isthmus.decode.kinds import KINDS, SAID, kinds_of
from isthmus.decode.memories import shipped
from isthmus.lab import load
from tests.decode.guided.toys import FREE, PIECES, ToyModel, bigrams, toy_task

RNG = np.random.default_rng


def test_an_item_less_the_mean_of_its_kind():
    text = load("mini")["text"]
    means = [one.mean for one in kinds_of(text, "image")]
    vector = unit(means[1] + 0.3 * unit(RNG(1).normal(size=text.space.dim))).astype(np.float32)
    found = distinguishing(text, "image", vector)
    wanted = [unit(vector - one) for one in means]
    assert max(float(found @ one) for one in wanted) > 0.99999
    assert np.array_equal(distinguishing(text, "text of another kind", vector), vector)


def test_names_are_those_nearest_to_what_tells_an_item_apart():
    text = load("mini")["text"]
    memory = shipped(text)
    named = memory.of({x for kind in KINDS["audio"] for x in SAID[kind]}).named
    row = 7
    guide = unit(named.vectors[row] - memory.mean)
    found = offered(text, "audio", guide)
    assert found[0] == named.names[row]
    assert 1 < len(found) == len(set(found)) <= OFFERED


def unlikely(**change):
    """A task whose item is a lantern, of which the model hardly thinks."""
    table = bigrams()
    table[:, PIECES.index(" lantern")] = -30.0
    task = toy_task(model=ToyModel(table), **change)
    words = {one: k for k, one in enumerate(PIECES)}
    assert " lantern" in words
    return task


def test_offered_names_stand_beside_the_likeliest_tokens_until_one_is_said():
    task = dataclasses.replace(unlikely(), offered=("lantern", "ship"))
    draft, context = task.begun(), task.read()
    plain = choices(dataclasses.replace(task, offered=()), draft, context.log_probs[0], 3)
    found = choices(task, draft, context.log_probs[0], 3)
    assert found[:3] == plain
    assert [one.scored.strip() for one in found[3:]] == ["lantern", "ship"]
    said = dataclasses.replace(draft, text="a red lantern", ids=(1, 2, 13))
    assert len(choices(task, said, context.log_probs[0], 3)) <= 3


def test_the_space_can_choose_a_word_that_the_model_never_thinks_of():
    words = unlikely(asked=FREE).scorer
    target = unit(np.asarray(words.encoder.encode(["lantern"]), np.float64))[0]
    task = dataclasses.replace(unlikely(asked=FREE), target=target)
    told = dataclasses.replace(task, offered=("lantern",))
    for strategy in (Magic(k=3), Beam(k=3, weight=20.0), BestOfN(n=20)):
        assert "lantern" not in strategy(task, RNG(0)).text
        assert "lantern" in strategy(told, RNG(0)).text


def test_every_second_draft_must_say_a_name():
    task = dataclasses.replace(unlikely(asked=FREE), offered=("red lantern", "cat"))
    found = drawn(task, RNG(0), BestOfN(n=40))
    assert sum("lantern" in one.text for one in found) >= 8
    assert sum("lantern" not in one.text for one in found) >= 8


def test_the_cycle_is_told_of_the_item_itself_and_not_of_what_steers():
    task = unlikely(asked=FREE)
    encode = task.scorer.encoder.encode
    target, guide, *others = unit(np.asarray(encode(["dog", "ship", "cat", "red"]), np.float64))
    writer = Writer(task.model, task.scorer, Magic(), FREE)
    item = Steering(target, np.stack(others), guide)
    _, (one,) = writer.tell("The", [item], RNG(0))
    again = unit(np.asarray(encode([one.text]), np.float64))[0]
    assert np.isclose(one.cosine, again @ target, atol=1e-6)
    assert np.isclose(one.chance, np.mean([x @ target for x in others]), atol=1e-6)
    _, (other,) = writer.tell("The", [Steering(target, np.stack(others))], RNG(0))
    assert "ship" in one.text
    assert other.text != one.text
