"""Every registered world passes the conformance kit."""

import pytest

from isthmus.registry import UnknownPartError
from isthmus.testing import check_world
from isthmus.types import Credit, DataMissingError, Items, Links, World
from isthmus.worlds import WORLDS, load


@pytest.mark.parametrize("name", WORLDS)
def test_registered_worlds_keep_their_promises(name):
    try:
        world = load(name)
    except DataMissingError as error:
        pytest.skip(str(error))
    check_world(world)


def test_an_unknown_world_is_answered_with_the_nearest():
    with pytest.raises(UnknownPartError, match="babel"):
        load("babble")


def small(**changes):
    parts = {
        "name": "small",
        "items": {
            "image": Items("image", ("a", "b"), [b"", b""]),
            "text": Items("text", ("a", "b"), ["x", "y"]),
        },
        "links": {("image", "text"): Links([("a", "a"), ("b", "b")])},
        "split": {"a": "train", "b": "test"},
        "credits": dict.fromkeys(("a", "b"), Credit("CC0-1.0", "here")),
    }
    text_only = {"text": parts["items"]["text"]}
    return World(**{**parts, "items": text_only, "links": {}, **changes})


def test_the_kit_accepts_a_good_world_and_refuses_bad_ones():
    check_world(small())
    two = {kind: Items(kind, ("a", "b"), ["x", "y"]) for kind in ("text", "other")}
    for bad in (
        {"credits": {}},
        {"split": {"a": "dev"}},
        {"split": {"z": "train"}},
        {"factors": {"z": {}}},
        {"items": {"text": Items("text", ("a", "a"), ["x", "y"])}},
        {"items": two, "links": {("text", "other"): Links([("a", "z")])}},
        {"items": two, "links": {("text", "other"): Links([("a", "b")])}},
    ):
        with pytest.raises(AssertionError):
            check_world(small(**bad))
