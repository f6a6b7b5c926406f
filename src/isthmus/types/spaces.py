"""Spaces and steps: where vectors live, and how they came to be there."""

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Annotated, Any, Protocol, runtime_checkable

from isthmus.arrays import fingerprint
from isthmus.records import dataclass
from isthmus.store import saved_links
from isthmus.types.errors import SpaceMismatchError
from isthmus.types.schemas import ELSEWHERE, Within, conform


@dataclass(frozen=True)
class Step:
    """One thing that was done: a verb, its parameters and the code version."""

    verb: str
    """``encode``, ``center``, ``take``, ..."""
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Plain JSON values: model, preprocessing, source and licence of the data, seeds."""
    version: str = ""
    """Version of the code that did it."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"verb": self.verb, "parameters": dict(self.parameters), "version": self.version}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Step":
        """The inverse of ``to_dict``.

        Raises:
            ValueError: a key or a value of another kind.
        """
        return conform(cls, values, "step")


@runtime_checkable
class ScoreRule(Protocol):
    """A fitted similarity that knows the modality of the queries and that of the gallery."""

    def between(self, query: str, gallery: str) -> Callable[[Any, Any], Any]:
        """The similarity (n, d), (m, d) -> (n, m) for queries and a gallery of these modalities.

        It takes vectors as the space has them, of any length.
        """
        ...


@dataclass(frozen=True, eq=False)
class Space:
    """A named vector space; two spaces are the same if their ids are.

    The id hashes weights, preprocessing and pooling. A joint model has one space over all
    its towers. A mended space is a new Space, whose id hashes the parent's id and the chain.
    """

    name: str
    """As given to ``isthmus.load``, for people."""
    id: str
    """Hash of weights, preprocessing, pooling and chain, for machines."""
    dim: Annotated[int, Within(1, 2**20)]
    """Coordinates per vector."""
    scale: Annotated[float, Within(0, 1e9)] = 1.0
    """Inverse temperature: logit = scale · similarity + bias. From the checkpoint."""
    bias: float = 0.0
    """Logit bias (SigLIP); 0 for InfoNCE models."""
    score: str = "cosine"
    """Score rule: a name in the register of similarities."""
    chain: tuple[Step, ...] = ()
    """Maps applied to the encoder's output, oldest first."""
    rule: ScoreRule | None = field(default=None, metadata=ELSEWHERE)
    """Fitted score rule of a mended space, instead of ``score``; kept as arrays beside it."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Space) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def then(self, step: Step) -> "Space":
        """The space after one more map."""
        return replace(
            self,
            name=f"{self.name} | {step.verb}",
            id=fingerprint(self.id, step.to_dict()),
            chain=(*self.chain, step),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "name": self.name,
            "id": self.id,
            "dim": self.dim,
            "scale": self.scale,
            "bias": self.bias,
            "score": self.score,
            "chain": [step.to_dict() for step in self.chain],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Space":
        """The inverse of ``to_dict``.

        Raises:
            ValueError: a key or a value of another kind, or a number out of range.
        """
        return conform(cls, values, "space")


def same_space(a: Space, b: Space) -> None:
    """Refuse to compare across spaces.

    Raises:
        SpaceMismatchError: the spaces differ; names both and says what to do, and which saved
            links lead from one to the other.
    """
    if a != b:
        raise SpaceMismatchError(
            f"Cannot compare vectors of {a.name!r} ({a.dim} coordinates, id {a.id}) with vectors "
            f"of {b.name!r} ({b.dim} coordinates, id {b.id}): {_what_to_do(a, b)}"
        )


def _what_to_do(a: Space, b: Space) -> str:
    """A link that is there, in the words that open it, or how to come by one."""
    for start, end in ((a, b), (b, a)):
        if found := saved_links(start.id, end.id):
            return (
                f"a link is there, so move the set of {start.name!r} first: "
                f"isthmus.load_link({str(found[-1])!r})(set)."
            )
    return (
        "embed both with one model, or fit a link from one space to the other: "
        "isthmus.link(a, b), or isthmus link A B."
    )
