"""What is there? Every registered part with its one-line description."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from isthmus import worlds
from isthmus.decode.guided import STRATEGIES
from isthmus.encode import ENCODERS
from isthmus.encode.roads import roads
from isthmus.engine import ENGINES
from isthmus.lab import load
from isthmus.lab.caching import CacheResult, clear_cache, list_cache
from isthmus.measure import MEASURES
from isthmus.read import MODALITIES
from isthmus.records import amount
from isthmus.registry import describe, everything, find
from isthmus.scores import SCORE_RULES
from isthmus.similarity import DIRECTED, LEARNED, POOLINGS, SIMILARITIES
from isthmus.studies.catalogue.request import (
    CacheRequest,
    PartsRequest,
    SpacesRequest,
    WorldsRequest,
)
from isthmus.studies.shared import RunResult
from isthmus.train import HEADS, LOSSES, REGULARISERS, VECTOR_LOSSES
from isthmus.transform import BASES, CORRECTIONS, PROJECTORS, TARGETS
from isthmus.transform.links import JOINS, LINKS
from isthmus.view import VIEWS
from isthmus.view.stress import STRESSES

REGISTERS = {
    "encoders": ENCODERS,
    "worlds": worlds.WORLDS,
    "similarities": {**SIMILARITIES, **DIRECTED, **LEARNED},
    "poolings": POOLINGS,
    "corrections": {**CORRECTIONS, **SCORE_RULES},
    "links": {**LINKS, **JOINS},
    "losses": {**LOSSES, **VECTOR_LOSSES},
    "regularisers": REGULARISERS,
    "heads": HEADS,
    "bases": BASES,
    "projectors": PROJECTORS,
    "targets": TARGETS,
    "measures": MEASURES,
    "modalities": MODALITIES,
    "views": VIEWS,
    "stresses": STRESSES,
    "engines": ENGINES,
    "strategies": STRATEGIES,
}


@dataclass(frozen=True, eq=False, kw_only=True)
class PartsResult(RunResult):
    """Parts by kind, each with the first sentence of its documentation."""

    parts: Mapping[str, Mapping[str, str]]

    def table_rows(self) -> list[dict[str, str]]:
        """A part each."""
        every = [(kind, *part) for kind, found in self.parts.items() for part in found.items()]
        return [{"kind": kind, "name": name, "about": about} for kind, name, about in every]

    def __str__(self) -> str:
        lines: list[str] = []
        for kind, found in self.parts.items():
            width = max(map(len, found), default=0)
            rows = [f"  {name:<{width}}  {text}" for name, text in found.items()]
            lines += [f"{kind} ({len(found)})", *rows]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {kind: dict(found) for kind, found in self.parts.items()}


@dataclass(frozen=True, eq=False, kw_only=True)
class Description(RunResult):
    """Facts about one part, as lines."""

    facts: Mapping[str, Any]

    def table_rows(self) -> list[dict[str, str]]:
        """A fact each."""
        return [{"fact": name, "content": str(value)} for name, value in self.facts.items()]

    def __str__(self) -> str:
        width = max(map(len, self.facts))
        return "\n".join(f"{name:<{width}}  {value}" for name, value in self.facts.items())

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return dict(self.facts)


def run_spaces(request: SpacesRequest) -> RunResult:
    """List what a space can be called, the kinds of encoders, or describe one."""
    if request.name:
        return describe_space(request.name)
    return PartsResult(parts={"spaces": list_parts("encoders").parts["encoders"]})


def run_worlds(request: WorldsRequest) -> RunResult:
    """List worlds, or describe one."""
    return describe_world(request.name) if request.name else list_parts("worlds")


def run_parts(request: PartsRequest) -> RunResult:
    """List every registered part, or those of one kind."""
    return list_parts(request.kind)


def run_cache(request: CacheRequest) -> CacheResult:
    """List or clear the cache."""
    return clear_cache() if request.clear else list_cache()


def list_parts(kind: str = "") -> PartsResult:
    """Every registered part, ours and those of installed plug-ins, or those of one kind.

    Raises:
        UnknownPartError: there is no such kind.
    """
    if kind:
        find(
            "kinds of parts",
            dict.fromkeys(REGISTERS, "isthmus.studies.catalogue.run:REGISTERS"),
            kind,
        )
    chosen = [kind] if kind else list(REGISTERS)
    return PartsResult(
        parts={
            name: {
                part: describe(target)
                for part, target in sorted(everything(name, REGISTERS[name]).items())
            }
            for name in chosen
        }
    )


def describe_space(name: str) -> Description:
    """What a space is: id, modalities and their roads, dimension, scale, what is done to items."""
    encoders = load(name)
    space = next(iter(encoders.values())).space
    return Description(
        facts={
            "name": space.name,
            "id": space.id,
            "modalities": ", ".join(encoders),
            "dimension": space.dim,
            "similarity": space.score if space.rule is None else "the score rule of its chain",
            "scale (inverse temperature)": round(space.scale, 4),
            "bias": round(space.bias, 4),
            **{
                f"{modality} roads": ", ".join(ways)
                for modality in encoders
                if [*(ways := roads(encoders, modality))] != ["direct"]
            },
            **{
                f"{modality} preprocessing": said
                for modality, encoder in encoders.items()
                if (said := getattr(encoder, "preprocessing", ""))
            },
        }
    )


def describe_world(name: str) -> Description:
    """What a world holds: items by modality, links, splits, factors, licences."""
    world = worlds.load(name)
    splits = sorted(Counter(world.split.values()).items())
    return Description(
        facts={
            "name": world.name,
            **{modality: amount(len(items), "item") for modality, items in world.items.items()},
            **{f"links {a}-{b}": len(links) for (a, b), links in world.links.items()},
            "splits": ", ".join(f"{split} {count}" for split, count in splits),
            "factors": ", ".join(sorted({key for row in world.factors.values() for key in row})),
            "licences": ", ".join(sorted({one.licence for one in world.credits.values()})),
        }
    )
