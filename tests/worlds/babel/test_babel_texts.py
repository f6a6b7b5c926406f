"""A text parses back to exactly the facts that it states."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.types import RequestError
from isthmus.worlds.babel.facts import Facts, Group, draw_facts, fact_values, facts_of, stated
from isthmus.worlds.babel.parse_text import parse
from isthmus.worlds.babel.render_text import caption
from isthmus.worlds.babel.scenes import Scene


@st.composite
def any_values(draw):
    """The facts of one or two groups, each stated or not, as a table."""
    groups = draw(st.sampled_from((1, 2)))
    return {
        name: draw(st.sampled_from((None, *known))) for name, known in fact_values(groups).items()
    }


@settings(max_examples=300, deadline=None)
@given(any_values(), st.integers(0, 2**32))
def test_a_text_parses_back_to_exactly_its_facts(values, seed):
    facts = facts_of(values)
    assert parse(caption(facts, np.random.default_rng(seed))) == facts


@pytest.mark.slow
def test_thousands_of_texts_parse_back():
    for seed in range(5000):
        rng = np.random.default_rng(seed)
        facts = draw_facts(rng, groups=int(rng.integers(1, 3)))
        names = [name for name in facts.to_dict() if rng.random() < rng.random()]
        facts = stated(facts, names)
        assert parse(caption(facts, rng)) == facts


@given(any_values())
def test_facts_survive_the_factor_table(values):
    facts = facts_of(values)
    assert facts_of(facts.to_dict()) == facts
    if facts.relation or len(facts.groups) == 1:
        assert facts.to_dict() == values


def test_a_scene_has_many_wordings():
    facts = draw_facts(np.random.default_rng(3))
    said = {caption(facts, np.random.default_rng(seed)) for seed in range(200)}
    assert len(said) > 150


def test_the_order_of_unrelated_groups_says_nothing():
    cube, ball = Group("cube", "red"), Group("sphere", "blue")
    assert Facts((cube, ball)) == Facts((ball, cube))
    assert Facts((cube, ball), "above") != Facts((ball, cube), "above")
    facts = Facts((cube, ball))
    first = [caption(facts, np.random.default_rng(seed)) for seed in range(400)]
    cube_first = sum(said.index("red") < said.index("blue") for said in first)
    assert 150 < cube_first < 250


@pytest.mark.parametrize(
    "text",
    ["", "a dog", "two red cube", "a red blue cube", "a red cube near a ball", "cube", "a red"],
)
def test_other_texts_are_refused(text):
    with pytest.raises(RequestError, match="Not a caption of babel"):
        parse(text)


def test_a_sentence_read_by_hand():
    text = "A pencil sketch of two big blue balls right of a tiny glossy red block, at eye level."
    assert parse(text) == Facts(
        (Group("cube", "red", "small", "shiny", 1), Group("sphere", "blue", "large", None, 2)),
        "left of",
        "front",
        "sketch",
    )


@given(any_values(), st.data())
def test_stating_keeps_what_is_named_and_nothing_else(values, data):
    facts = facts_of(values)
    values = facts.to_dict()
    names = data.draw(st.sets(st.sampled_from(sorted(values))))
    kept = stated(facts, names)
    if kept.relation is not None:
        expected = {name: value if name in names else None for name, value in values.items()}
        assert kept.to_dict() == expected
    assert Counter(map(str, kept.to_dict().values())) == Counter(
        str(value if name in names else None) for name, value in values.items()
    )


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("mentions", [0, 1, 4, 7])
def test_a_text_states_as_many_facts_as_asked(groups, mentions):
    for number in range(60):
        scene = Scene(0, number, groups=groups, mentions=mentions)
        said = parse(scene.text(scene.facts))
        assert said == scene.stated(scene.facts)
        assert sum(value is not None for value in said.to_dict().values()) == mentions
