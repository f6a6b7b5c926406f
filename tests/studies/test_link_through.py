"""``isthmus link --through``: what else two spaces know is embedded where encoders are."""

import pytest

import isthmus
from isthmus.types import RequestError, World
from isthmus.worlds import WORLDS
from tests.studies.test_card import senses, senses_world

__all__ = ["senses"]  # a fixture, used by all


def linked(*through, **options):
    asked = {"world": "senses", "modality": "word", "methods": ["ridge"], "quiet": True}
    return isthmus.link_spaces("senses", "senses", through=through, **(asked | options))


def test_a_modality_of_the_items_and_a_world_of_it_are_the_same():
    by_kind, by_world, alone = linked("smell"), linked("senses", out="w"), linked(out="alone")
    assert by_kind.links["ridge"].about == "joining smell to smell"
    assert by_kind.links["ridge"].step == by_world.links["ridge"].step
    assert alone.links["ridge"].step != by_kind.links["ridge"].step
    assert linked("smell", "senses", out="both").links["ridge"].step == by_kind.links["ridge"].step


def only_smells():
    world = senses_world()
    return World("smells", {"smell": world.items["smell"]})


def test_a_world_of_the_shared_modality_alone_joins_nothing(monkeypatch):
    monkeypatch.setitem(WORLDS, "smells", "tests.studies.test_link_through:only_smells")
    with pytest.raises(RequestError, match="something beside smell is wanted"):
        linked("smells", modality="smell")
