"""The world ``statements``: scenes of babel whose texts state a fixed set of facts, in three kinds.

One group of things (shape, colour, size and count), two groups (shape and colour of both, and how
they stand), and close-ups of one thing (shape and colour). What a vector of such a space should say
is therefore known, also after facts were added to it, taken from it and exchanged.
"""

from collections.abc import Mapping, Sequence

from isthmus.read.image import Picture
from isthmus.records import dataclass
from isthmus.types import Items, Links, RequestError, World
from isthmus.worlds.babel.facts import Facts, stated
from isthmus.worlds.babel.render_text import caption
from isthmus.worlds.babel.scenes import CREDIT, Scene

SIDE = 96
"""Pixels of a picture; a close-up has fewer."""
_WORDING, _PART = 11, 12
"""Streams of chance beside those of a scene."""


@dataclass(frozen=True)
class Kind:
    """What a scene shows and its text says."""

    groups: int
    facts: tuple[str, ...]
    close: bool = False


KINDS: Mapping[str, Kind] = {
    "group": Kind(1, ("shape", "colour", "size", "count")),
    "pair": Kind(2, ("shape", "colour", "other_shape", "other_colour", "relation")),
    "close-up": Kind(1, ("shape", "colour"), close=True),
}


@dataclass(frozen=True)
class Statement:
    """A scene, and what is said of it."""

    scene: Scene
    kind: str

    @property
    def facts(self) -> Facts:
        """What its text states."""
        return stated(self.scene.facts, KINDS[self.kind].facts)

    @property
    def part(self) -> Facts:
        """One or more of these, drawn: what its second text states."""
        names, rng = KINDS[self.kind].facts, self.scene.chance(_PART)
        kept = rng.choice(len(names), int(rng.integers(1, len(names))), replace=False)
        return stated(self.scene.facts, {names[at] for at in kept})

    @property
    def texts(self) -> tuple[str, str]:
        """All of it, and the part."""
        rng = self.scene.chance(_WORDING)
        return caption(self.facts, rng), caption(self.part, rng)


def statements(n: int, seed: int = 0, kinds: Sequence[str] = tuple(KINDS)) -> list[Statement]:
    """The first n scenes."""
    return [statement(number, seed) for number in range(n)]


def statement(number: int, seed: int = 0) -> Statement:
    """A scene by its number; the kinds come in turn."""
    name = tuple(KINDS)[number % len(KINDS)]
    kind = KINDS[name]
    return Statement(Scene(seed, number, kind.groups, size=SIDE, close=kind.close), name)


def statements_world(n: int = 1000, seed: int = 0) -> World:
    """Pictures with two texts each: all facts that are stated of such a scene, and some of them.

    Pairs of colour and shape are held out as in ``babel``. Factors: ``kind`` and all facts of the
    scene that its whole text states.

    Args:
        n: scenes; scene i depends on the seed and on i alone.
        seed: any whole number from 0.

    Raises:
        RequestError: an option is out of range.
    """
    if n < 1 or seed < 0:
        raise RequestError(f"statements: n is 1 or more and seed 0 or more, not {n} and {seed}.")
    some = statements(n, seed)
    ids = tuple(f"statement-{one.scene.number:05d}" for one in some)
    said = {f"{name}.{k}": text for name, one in zip(ids, some, strict=True)
            for k, text in enumerate(one.texts)}  # fmt: skip
    names = sorted({fact for kind in KINDS.values() for fact in kind.facts})
    split = {name: one.scene.split(one.scene.facts) for name, one in zip(ids, some, strict=True)}
    factors = {name: {"kind": one.kind, **dict.fromkeys(names), **_known(one)}
               for name, one in zip(ids, some, strict=True)}  # fmt: skip
    owner = {name: name.rpartition(".")[0] for name in said}
    return World(
        name="statements",
        label="shape",
        items={
            "image": Items("image", ids, [Picture(one.scene) for one in some]),
            "text": Items("text", tuple(said), [*said.values()]),
        },
        links={("image", "text"): Links((own, name) for name, own in owner.items())},
        factors={**factors, **{name: factors[own] for name, own in owner.items()}},
        split={**split, **{name: split[own] for name, own in owner.items()}},
        credits=dict.fromkeys([*ids, *said], CREDIT),
    )


def _known(one: Statement) -> dict[str, object]:
    return {name: value for name, value in one.facts.to_dict().items() if value is not None}
