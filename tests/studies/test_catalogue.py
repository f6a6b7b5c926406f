"""What there is: every part of every register, under its kind, with the first line about it."""

import pytest

from isthmus.registry import UnknownPartError
from isthmus.studies import perform
from isthmus.studies.catalogue.request import PartsRequest, SpacesRequest
from isthmus.studies.catalogue.run import REGISTERS


def test_all_parts_are_listed_under_their_kind():
    found = perform("parts", PartsRequest())
    lines = str(found).splitlines()
    assert len(lines) == sum(map(len, REGISTERS.values())) + len(REGISTERS)
    heads = [line for line in lines if not line.startswith("  ")]
    assert heads == [f"{kind} ({len(parts)})" for kind, parts in REGISTERS.items()]
    for kind, parts in REGISTERS.items():
        assert found.to_dict()[kind].keys() == parts.keys()
        assert all(found.parts[kind].values()), kind


def test_one_kind_alone_and_a_kind_that_is_none():
    only = perform("parts", PartsRequest("losses"))
    assert [*only.parts] == ["losses"]
    with pytest.raises(UnknownPartError, match="losses"):
        perform("parts", PartsRequest("loses"))


def test_a_space_says_what_is_done_to_items_before():
    said = perform("spaces", SpacesRequest("mini")).to_dict()
    assert said["image preprocessing"].startswith("fitted whole into a white square of 224 pixels")
    assert said["text preprocessing"].endswith("cut at 128 tokens")


def test_a_space_lists_its_modalities_and_every_road():
    said = perform("spaces", SpacesRequest("mini")).to_dict()
    assert {"image", "text", "mesh"} <= {*said["modalities"].split(", ")}
    assert {"renders", "surface+splats"} <= {*said["mesh roads"].split(", ")}
    assert "image roads" not in said  # a tower alone
