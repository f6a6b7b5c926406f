"""How the bundled data is cut into families and splits."""

import numpy as np
import pytest

from tools.families import chain, code_family, components, name_family, near_pairs, splits


@pytest.mark.parametrize(
    ("hexcode", "family"),
    [
        ("1F469-200D-1F692", "person-1F692"),
        ("1F9D1-1F3FF-200D-1F692", "person-1F692"),
        ("1F575-FE0F-200D-2642-FE0F", "1F575"),
        ("1F468", "1F468"),
        ("1F692", "1F692"),
    ],
)
def test_who_does_it_is_not_what_it_is(hexcode, family):
    assert code_family(hexcode) == family


@pytest.mark.parametrize(
    ("name", "subgroup", "family"),
    [
        ("blue heart", "heart", "heart"),
        ("heart with arrow", "heart", "heart with arrow"),
        ("two-thirty", "time", "series: clock face"),
        ("flag: Chad", "country-flag", "series: country-flag"),
        ("merman", "person-fantasy", "mermaid"),
        ("woman: red hair", "person", "person, shape or sign"),
    ],
)
def test_names_lose_what_varies(name, subgroup, family):
    assert name_family(name, subgroup) == family


def test_families_are_what_any_rule_joins():
    assert components(6, [*chain(["a", "b", "a", "c", "d", "e"]), (3, 2), (4, 5)]) == [
        0, 1, 0, 0, 4, 4,
    ]  # fmt: skip


def test_near_is_measured_in_grey_levels_and_against_the_ink():
    dark, paper = np.full(12, 200.0), np.zeros(12)
    assert near_pairs(np.stack([dark, dark - 9, dark - 11]), 10) == [(0, 1), (1, 2)]
    pale = paper.copy()
    pale[0] = 20
    other = paper.copy()
    other[1] = 20
    assert near_pairs(np.stack([pale, other]), 10) == []
    assert near_pairs(np.stack([pale, pale + 1]), 10) == [(0, 1)]


def test_splits_are_drawn_by_family_and_large_ones_train():
    families = [f"f{number}" for number in range(4000) for _ in range(2)] + ["large"] * 10
    drawn = splits(families, "salt")
    assert drawn[0:8000:2] == drawn[1:8000:2]
    assert set(drawn[8000:]) == {"train"}
    shares = {name: drawn[:8000].count(name) / 8000 for name in ("train", "val", "test")}
    assert shares == pytest.approx({"train": 0.64, "val": 0.12, "test": 0.24}, abs=0.02)
    assert splits(families[::-1], "salt") == drawn[::-1]
    assert splits(families, "pepper") != drawn
