"""Neighbour examples on the page: counts, rows and hubs of a joint space with known confusions."""

import numpy as np
import pytest

from isthmus.report import Album
from isthmus.studies.pages.common import record
from isthmus.studies.shared.dataset import About, Dataset
from isthmus.studies.study.examples_section import examples_section, neighbour_examples
from isthmus.types import Items, Links
from tests.studies.worlds import small_world
from tests.toys import toy_set

N = 12


def confused():
    """Twelve pairs: 0 and 1 are swapped, picture 2 has its text far off, all others are right."""
    rng = np.random.default_rng(0)
    x = np.eye(N)
    y = np.eye(N)
    y[[0, 1]] = y[[1, 0]]
    y[2] = -x[2]
    y += 0.01 * rng.normal(size=y.shape)
    space = toy_set(x).space
    a_ids, b_ids = [f"p{at}" for at in range(N)], [f"t{at}" for at in range(N)]
    a, b = toy_set(x, "image", a_ids, space), toy_set(y, "text", b_ids, space)
    texts = Items("text", tuple(b_ids), [f"caption {at}" for at in range(N)])
    return Dataset(a, b, Links(zip(a_ids, b_ids, strict=True)), About(items={"text": texts}))


@pytest.fixture(scope="module")
def forward():
    return neighbour_examples(confused(), np.random.default_rng(0))[0]


def test_queries_and_mistakes_are_counted(forward):
    assert (forward.query, forward.answer) == ("image", "text")
    assert (forward.queries, forward.gallery, forward.missed) == (N, N, 3)


def test_the_most_confident_mistakes_are_those_that_lead_most(forward):
    margins = [one.margin for one in forward.mistakes]
    assert margins == sorted(margins) and margins[0] < -0.9
    assert {one.query for one in forward.mistakes} == {"p0", "p1", "p2"}
    worst = forward.mistakes[-1]
    assert worst.query != "p2" or worst.margin > margins[0]
    assert all(not one.answers[0].linked for one in forward.mistakes)


def test_the_swap_is_found_once(forward):
    (pair,) = forward.swaps
    assert {one.query for one in pair} == {"p0", "p1"}
    assert {one.query: one.answers[0].id for one in pair} == {"p0": "t1", "p1": "t0"}


def test_both_directions_are_looked_at():
    forward, backward = neighbour_examples(confused(), np.random.default_rng(0))
    assert (backward.query, backward.answer) == ("text", "image")
    assert {one.query for one in backward.swaps[0]} == {"t0", "t1"}
    assert forward.hubs[0].of == backward.hubs[0].of == N


def test_random_examples_follow_from_the_seed_alone():
    drawn = [
        [
            one.query
            for one in neighbour_examples(small_world(), np.random.default_rng(seed))[0].random
        ]
        for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0])) == 3


def test_the_record_keeps_its_keys(forward):
    assert [*record(forward)] == [
        "query", "answer", "asked", "gallery", "missed", "typical", "surest", "swaps", "hubs",
    ]  # fmt: skip
    assert record(forward)["surest"][0]["query"] == forward.mistakes[0].query


def strips_of(data):
    both = neighbour_examples(data, np.random.default_rng(0))
    section = examples_section(both, data, Album())
    return both, {strips.title: strips for strips in section.blocks}


def test_the_section_shows_what_was_found():
    (forward, _), strips = strips_of(confused())
    assert [*strips][:4] == [
        "image → text: drawn at random",
        "image → text: surest and wrong",
        "image → text: swapped answers",
        "image → text: answers that come up most",
    ]
    assert len(strips) == 8
    random, mistakes, swapped, hubs = [*strips.values()][:4]
    assert "3 of 12 have another first answer" in random.sentence
    assert [one.query.name for one in random.strips] == [one.query for one in forward.random]
    assert "From the 3 queries whose wrong first answer leads most" in mistakes.sentence
    assert [one.query.name for one in mistakes.strips] == [one.query for one in forward.mistakes]
    assert all(one.answers[0].mark == "wrong" for one in mistakes.strips)
    assert [one.query.name for one in swapped.strips] == [one.query for one in forward.swaps[0]]
    (row,) = hubs.strips
    assert [card.name for card in row.answers] == [hub.id for hub in forward.hubs]
    assert f"near {10 * 12 / 12:.3g} queries" in row.sentence
    assert "among 12 items" in hubs.sentence


def test_a_space_without_mistakes_has_no_rows_of_them():
    data = confused()
    right = Dataset(data.a, toy_set(np.eye(N), "text", data.b.ids, data.a.space), data.links)
    (forward, _), strips = strips_of(right)
    assert forward.missed == 0
    assert [title.partition(": ")[2] for title in strips] == [
        "drawn at random",
        "answers that come up most",
    ] * 2
