"""JSON of others becomes typed values, or one sentence that says where it is wrong."""

from collections.abc import Mapping
from dataclasses import field, fields
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from isthmus.cli import COMMANDS, request_of
from isthmus.records import dataclass
from isthmus.types import Count, Inside, Name, Space, Step, Within, conform, request_to_dict
from isthmus.types.schemas import ELSEWHERE


@dataclass(frozen=True)
class Inner:
    seed: Annotated[int, Within(0, 9)] = 0
    share: float = 0.5
    kind: Literal["a", "b"] = "a"


@dataclass(frozen=True)
class Outer:
    name: str
    inner: Inner = field(default_factory=Inner)
    many: tuple[Inner, ...] = ()
    out: Path | None = None
    pair: tuple[int, str] = (0, "")
    free: Mapping[str, Any] = field(default_factory=dict)
    counts: dict[str, Count] = field(default_factory=dict)
    flag: bool = False
    arrays: Any = field(default=None, metadata=ELSEWHERE)


def test_whole_values_become_what_they_say():
    value = {
        "name": "x",
        "inner": {"share": 1},
        "many": [{"seed": 3}],
        "out": "a/b",
        "pair": [2, "y"],
        "free": {"anything": [None, {"z": 1.5}]},
        "counts": {"image": 4},
        "flag": True,
    }
    found = conform(Outer, value)
    assert found.inner == Inner(share=1.0)
    assert type(found.inner.share) is float
    assert found.many == (Inner(seed=3),)
    assert (found.out, found.pair) == (Path("a/b"), (2, "y"))
    assert found.free == value["free"]
    assert conform(Outer, {"name": "x", "out": None}) == Outer("x")


WRONG = [
    ([], "it wants an object, not []"),
    ({}, "it lacks the key 'name'"),
    ({"name": 5}, "name wants a text, not 5"),
    (
        {"name": "x", "nane": 1},
        "it has the unknown key 'nane'; did you mean 'name'? There are: name, ",
    ),
    ({"name": "x", "arrays": 1}, "unknown key 'arrays'"),
    ({"name": "x", "inner": {"seed": 10}}, "inner.seed wants 0 to 9, not 10"),
    ({"name": "x", "inner": {"seed": True}}, "inner.seed wants a whole number, not True"),
    ({"name": "x", "inner": {"seed": 1.5}}, "inner.seed wants a whole number, not 1.5"),
    ({"name": "x", "inner": {"share": "1"}}, "inner.share wants a number, not '1'"),
    ({"name": "x", "inner": {"share": 10**30}}, "inner.share wants a number of at most 2^63"),
    ({"name": "x", "inner": {"share": float("nan")}}, "inner.share wants a number of at most"),
    ({"name": "x", "inner": {"kind": "c"}}, "inner.kind wants 'a' or 'b', not 'c'"),
    ({"name": "x", "inner": None}, "inner wants an object, not None"),
    ({"name": "x", "many": [{}, {"seed": -1}]}, "many[1].seed wants 0 to 9, not -1"),
    ({"name": "x", "many": "ab"}, "many wants a list, not 'ab'"),
    ({"name": "x", "many": {}}, "many wants a list, not {}"),
    ({"name": "x", "out": 5}, "out wants a path, not 5"),
    ({"name": "x", "out": "a\0"}, "out wants a path"),
    ({"name": "x", "pair": [1]}, "pair wants a list of 2, not [1]"),
    ({"name": "x", "pair": [1, 2]}, "pair[1] wants a text, not 2"),
    ({"name": "x", "counts": {"image": -1}}, "counts.image wants 0 to 9.22337e+18, not -1"),
    ({"name": "x", "flag": 1}, "flag wants true or false, not 1"),
    ({"name": "x", "y" * 999: 1}, "unknown key 'yyy"),
]


@pytest.mark.parametrize(("value", "said"), WRONG)
def test_what_is_wrong_is_said_with_its_place(value, said):
    with pytest.raises(ValueError) as caught:
        conform(Outer, value)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", ["/etc/passwd", "../a", "a/../../b", "a\0"])
def test_paths_lead_nowhere_else(path):
    for kind in (Inside, Name):
        with pytest.raises(ValueError, match="wants a"):
            conform(kind, path)
    assert conform(Inside, "fragments/a.safetensors") == "fragments/a.safetensors"
    with pytest.raises(ValueError, match="without slashes"):
        conform(Name, "a/b")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_request_has_a_schema_that_its_own_json_meets(name):
    kind = request_of(name)
    needed = {"first": "a", "second": "b", "query": "q", "space": "mini", "out": "o.csv"}
    needed |= {
        "photo": "p.png",
        "to": "red",
        "folder": "f",
        "files": ["f"],
        "file": "f",
        "index": "i",
        "expression": "'a'",
        "vectors": "v.npy",
    }
    names = {one.name for one in fields(kind)}
    request = conform(kind, {k: v for k, v in needed.items() if k in names})
    assert conform(kind, request_to_dict(request)) == request
    with pytest.raises(ValueError, match="unknown key 'nothing'"):
        conform(kind, request_to_dict(request) | {"nothing": 1})


def test_spaces_and_steps_come_back():
    space = Space("a", "b", 3, 2.0, -1.0, "cosine", (Step("x", {"p": [1]}),))
    back = Space.from_dict(space.to_dict())
    assert (back, back.chain, back.scale) == (space, space.chain, 2.0)
    for change in ({"dim": 0}, {"dim": "3"}, {"dim": 10**9}, {"scale": -1}, {"chain": [{}]}):
        with pytest.raises(ValueError, match=f"space.{next(iter(change))}"):
            Space.from_dict(space.to_dict() | change)
