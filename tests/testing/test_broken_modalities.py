"""Every check of a modality can fail: one that is broken in one way fails the check of it."""

from dataclasses import replace

import pytest

from isthmus.encode.roads import roads
from isthmus.read import MODALITIES, modalities
from isthmus.similarity import POOLINGS, VECTOR_POOLINGS
from isthmus.testing import check_modality, modality_checks
from isthmus.testing.modalities import CHECKS
from isthmus.view import VIEWS, views
from tests.testing import broken_encoders  # noqa: F401
from tests.testing.broken_readers import BROKEN, GOOD, HELD


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
