"""Which link leads from one space to another? Every method on the same items; the best is kept."""

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from isthmus.lab import join, link
from isthmus.read import spoken
from isthmus.records import dataclass
from isthmus.registry import UnknownPartError, find
from isthmus.report import Advice, amount, html, number
from isthmus.store import is_folder
from isthmus.studies import command_of
from isthmus.studies.link.page import link_page
from isthmus.studies.link.request import JOINING, LinkRequest
from isthmus.studies.shared import (
    EVERYTHING,
    Resolved,
    RunResult,
    job_options,
    resolve,
    run_folder,
    versions,
)
from isthmus.studies.shared.collection import embed_world
from isthmus.studies.shared.resolver import ARRAYS, holds_vectors, open_source
from isthmus.transform.links import JOINS, LINKS, Link
from isthmus.types import Common, EmbeddingSet, Encoder, RequestError, Source, World, plain


@dataclass(frozen=True, eq=False, kw_only=True)
class LinkResult(RunResult):
    """Every link with what it does on items that it was not fitted on."""

    links: Mapping[str, Link]
    """By method."""
    kept: Link | None
    """The trusted one with the best hit@1; None where none is to be trusted."""

    drawn = ("hit@1", "hit@1 low", "hit@1 high", "chance")

    def table_rows(self) -> list[dict[str, Any]]:
        """A link each, the best first."""
        return [row_of(one) for one in ranked(self.links)]

    def lines(self) -> list[str]:
        """A line a link, the best first."""
        width = max(map(len, self.links))
        return [f"{one.method:<{width}}  {one.trust}" for one in ranked(self.links)]

    def key_lines(self) -> list[str]:
        """The same without clusters."""
        return [
            f"{one.method}  hit@1 {number(one.trust.hit1.value)} {one.trust.hit1.interval}  "
            f"hit@10 {number(one.trust.hit10.value)}  p {one.trust.p:.2g}"
            for one in ranked(self.links)
        ]


def ranked(links: Mapping[str, Link]) -> list[Link]:
    """The trusted ones first, by hit@1."""
    return sorted(links.values(), key=lambda one: (not one.trusted, -one.trust.hit1.value))


def row_of(one: Link) -> dict[str, Any]:
    """The numbers of a link."""
    trust = one.trust
    return {
        "method": one.method,
        "trusted": trusted(one),
        "hit@1": trust.hit1.value,
        "hit@1 low": trust.hit1.interval.low,
        "hit@1 high": trust.hit1.interval.high,
        "chance": trust.hit1.chance,
        "hit@10": trust.hit10.value,
        "hit@10 low": trust.hit10.interval.low,
        "hit@10 high": trust.hit10.interval.high,
        "p": trust.p,
    }


def trusted(one: Link) -> str:
    """In a word."""
    return "trusted" if one.trusted else "refused"


def run(request: LinkRequest) -> LinkResult:
    """Embed the same items in both spaces, fit every link, keep the best in the run folder.

    Raises:
        RequestError: no modality that both spaces have, too few items of it, or items that
            something of a space was chosen on.
        UnknownPartError: a method has no such name.
    """
    for name in request.methods:
        find("links", {**LINKS, **JOINS}, name)
    common = request.common
    ends = [_whole(resolve(name, request.source)) for name in (request.first, request.second)]
    names = (request.first, request.second, *ends[0].names[1:])
    with run_folder(request, "link", *names) as folder:
        places = [folder / "jobs" / side for side in ("first", "second")]
        known = [_known(one, at, common) for one, at in zip(ends, places, strict=True)]
        name = _modality(known[0], known[1], request)
        sides = [_End(*one, name, common) for one in zip(ends, known, places, strict=True)]
        a, b = (one.vectors(name) for one in sides)
        words = request.through * (2 // max(len(request.through), 1))
        more = [one.more(word) for one, word in zip(sides, words, strict=False)]
        through = (more[0], more[1]) if more else None
        links, seconds, others = dict[str, Link](), dict[str, float](), dict[str, Link]()
        for method in dict.fromkeys(request.methods):
            start = time.perf_counter()
            if method in JOINS:
                joined = join(a, b, method=method, through=through)
                links[method], others[method] = joined.a, joined.b
            else:
                links[method] = link(a, b, method=method, through=through)
            seconds[method] = time.perf_counter() - start
        result = _result(request, links, seconds)
        if result.kept is not None:
            result.kept.save(folder)
            if result.kept.method in others:
                others[result.kept.method].save(folder / SECOND)
        return result.write(folder)


@dataclass(frozen=True, eq=False)
class _End:
    """One of the two spaces, with what it knows."""

    found: Resolved
    known: Mapping[str, Any]
    """By modality: vectors that are there, else encoders of the items that are."""
    folder: Path
    shared: str
    """The modality that both spaces embed."""
    common: Common

    def vectors(self, name: str) -> EmbeddingSet:
        """Of a modality.

        Raises:
            RequestError: something of the space was chosen on these items, on which it would be
                judged.
        """
        if self.found.arrays is not None:
            return self.known[name]
        world = self.found.world()
        self.found.check_unseen(world, {name: self.known[name]}, [name])
        return self._embedded(world, name)

    def more(self, word: str) -> EmbeddingSet:
        """What else the space knows: a modality of the items, vectors, or a world.

        Raises:
            RequestError: none of these, or nothing that the space encodes.
        """
        if word in self.known:
            return self.vectors(word)
        if word.startswith(ARRAYS) or holds_vectors(Path(word)):
            sets = resolve(word).collect(self.folder, self.common).sets
            return next((one for name, one in sets.items() if name != self.shared), None) or next(
                iter(sets.values())
            )
        path = Path(word)
        source = Source(images=path) if is_folder(path) else Source(world=word, split=EVERYTHING)
        try:
            world = open_source(source)
        except UnknownPartError as error:
            raise RequestError(
                f"--through {word}: {self.found.space} has {', '.join(self.known)} of these items, "
                f"and there are no vectors {word}. {error}"
            ) from error
        for name in world.items:
            if name in self.encoders and name != self.shared:
                return self._embedded(world, name)
        raise RequestError(
            f"--through {word} holds {', '.join(world.items)}, but {self.found.space} encodes "
            f"{', '.join(self.encoders)}: something beside {self.shared} is wanted."
        )

    def _embedded(self, world: World, name: str) -> EmbeddingSet:
        encoder = self.known.get(name) or self.encoders[name]
        place, options = self.folder / world.name, job_options(self.common)
        return embed_world({name: encoder}, world, place, options).sets[name]

    @cached_property
    def encoders(self) -> Mapping[str, Encoder]:
        """All of the space.

        Raises:
            RequestError: it is of vectors only.
        """
        return self.found.encoders(self.common)


def _whole(found: Resolved) -> Resolved:
    """All of a world: what is held out is drawn here, and the spaces need not have been."""
    if found.arrays is None and not found.source.split:
        return replace(found, source=replace(found.source, split=EVERYTHING))
    return found


SECOND = "second"
"""Folder of the second space's link where both lead into a new one."""


def _known(found: Resolved, folder: Path, common: Common) -> Mapping[str, Any]:
    """A space's vectors by modality where they are there, else its encoders of what there is."""
    if found.arrays is not None:
        collected = found.collect(folder, common)
        found.allowed(collected)
        return collected.sets
    encoders, world = found.encoders(common), found.world()
    return {name: encoders[name] for name in world.items if name in encoders}


def _modality(first: Mapping[str, Any], second: Mapping[str, Any], request: LinkRequest) -> str:
    """The modality that is asked for, or one that both spaces have here."""
    both = [name for name in first if name in second]
    wanted = request.modality or (both and spoken(both)) or next(iter(both), "none")
    if wanted not in both:
        raise RequestError(
            f"A link is fitted on items of one modality in both spaces, not {wanted}: of these "
            f"items {request.first} has {', '.join(first) or 'none'} and {request.second} has "
            f"{', '.join(second) or 'none'}."
        )
    return wanted


def _result(
    request: LinkRequest, links: Mapping[str, Link], seconds: Mapping[str, float]
) -> LinkResult:
    best = ranked(links)[0]
    kept = best if best.trusted else None
    verdict = _verdict(best)
    page = link_page(ranked(links), verdict, todo(request), request)
    return LinkResult(
        links=links,
        kept=kept,
        verdict=verdict,
        todo=page.todo,
        page=html(page),
        record={
            "versions": versions(),
            "kept": kept.method if kept else None,
            "spaces": [one.to_dict() for one in (best.source, best.target)],
            "through": list(request.through),
            "links": {name: plain(one.trust) for name, one in links.items()},
        },
        seconds=seconds,
    )


def _verdict(best: Link) -> str:
    trust, way = best.trust, f"from {best.source.name} to {best.target.name}"
    hits = f"hit@1 {number(trust.hit1.value)} {trust.hit1.interval}"
    if not best.trusted:
        return (
            f"No link {way} is to be trusted: on {amount(trust.hit1.n, 'held-out item')} the best, "
            f"{best.method}, has {hits}, no better than shuffled pairs ({number(trust.hit1.chance)}"
            "); none is kept."
        )
    return (
        f"Vectors can be taken {way} by {best.method}: {amount(trust.hit1.n, 'held-out item')} "
        f"find their own among {trust.gallery:,} with {hits}, shuffled pairs "
        f"{number(trust.hit1.chance)}."
    )


def todo(request: LinkRequest) -> tuple[Advice, ...]:
    """The way back, and heads that are trained."""
    back = replace(
        request,
        first=request.second,
        second=request.first,
        through=request.through[::-1],
        out=None,
    )
    heads = JOINING if request.through else ("contrastive", "contrastive_mlp")
    learned = replace(request, methods=heads, out=None)
    tried = set(learned.methods) <= set(request.methods)
    more = Advice(
        "Try heads that are trained",
        "They need torch and half a minute.",
        "",
        "" if tried else command_of("link", learned),
    )
    return (Advice("Link the other way", "", "", command_of("link", back)), more)
