"""One resolver: whose vectors, of which items? The same answer for every command.

What a user names is either *vectors that are there* (``--arrays``, ``arrays:PATH``, a saved set, a
run folder, ``mended:FOLDER`` that was fitted on such) or *a space and items to embed* (``mini``,
``openclip:...``, ``mended:FOLDER`` of such, on a world or on the user's own files). A source that
is given is used or refused, and refused before any work.
"""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path

from isthmus.encode import ENCODERS
from isthmus.encode.mended import read_mended
from isthmus.engine.engines import Share
from isthmus.lab import JobOptions, load
from isthmus.read.vectors.bundles import open_arrays
from isthmus.read.vectors.saved_sets import saved_sets
from isthmus.records import dataclass
from isthmus.store import is_file, is_folder
from isthmus.studies.shared.collection import (
    Collection,
    collection_dataset,
    collection_of_bundle,
    embed_world,
    linked_request,
)
from isthmus.studies.shared.dataset import Dataset
from isthmus.studies.shared.folders import CONFIG, DEFAULT_WORLD
from isthmus.studies.shared.guard import SEEN, allowed, check_unseen, selections_of, told_by
from isthmus.transform.mended import Mended
from isthmus.types import Common, Encoder, RequestError, Source, World
from isthmus.worlds import load as load_world

DEFAULT_SPACE = "mini"
EVERYTHING = "all"
"""The split that is every item."""
ARRAYS, MENDED, MODEL = "arrays:", "mended:", "?model="


@dataclass(frozen=True)
class Resolved:
    """A space and what is looked at in it; nothing is loaded or embedded yet."""

    space: str
    """As ``isthmus.load`` takes it."""
    source: Source
    arrays: Path | None = None
    """Vectors that are there already, where the space is of such."""
    chain: tuple[Mended, ...] = ()
    """Corrections that these vectors go through, the first one first."""
    other: bool = False
    """Whether a mended space is looked at on other arrays than it was fitted on."""
    made_of: str = ""
    """The space that a mended one was made of."""

    @property
    def names(self) -> tuple[str, ...]:
        """What a run is named after: the space, and the source where there is one."""
        if self.arrays is None:
            return self.space, source_name(self.source)
        return (self.space,) if self.chain and not self.other else (self.arrays.stem,)

    @property
    def title(self) -> str:
        """The space and its data as a heading."""
        data = source_name(self.source) if self.arrays is None else self.arrays.name
        made = self.space if self.arrays is None or self.chain else self.source.model
        return f"{made} on {data}" if made else f"the vectors of {data}"

    @property
    def words(self) -> dict[str, str]:
        """What commands call the space and its ``data``.

        ``space`` and ``options`` stand for each by itself, ``base`` for what a mended space was
        made of.
        """
        own, source = self.arrays is None or bool(self.chain), self.source
        vectors = f"{ARRAYS}{self.arrays}{MODEL if source.model else ''}{source.model}"
        space = shlex.quote(self.space if own else vectors)
        options = _options(source if self.other else replace(source, arrays=None, model=""))
        alone = (
            f"{space} {options}".strip() if own else _options(replace(source, arrays=self.arrays))
        )
        base = vectors if self.other else self.made_of
        return {"data": alone, "space": space, "options": options, "base": shlex.quote(base)}

    @property
    def origin(self) -> str:
        """The name that the space is loaded by again.

        Raises:
            RequestError: no single name says it, since a mended space is seen on other arrays.
        """
        if self.other:
            raise RequestError(
                f"{self.space} on other arrays has no name to be loaded by again: mend or train on "
                "the arrays themselves."
            )
        return self.space

    def encoders(self, common: Common, why: str = "") -> dict[str, Encoder]:
        """The encoders of the space by modality.

        Raises:
            RequestError: the space is of vectors only; ``why`` says what encoders are for.
        """
        if self.arrays is not None:
            raise RequestError(
                f"{self.space} holds vectors and encodes nothing{why and f', but {why}'}: name a "
                f"space with encoders, such as {DEFAULT_SPACE}."
            )
        return load(self.space, device=common.device, workers=common.workers)

    def world(self) -> World:
        """The items that the source names."""
        return open_source(self.source)

    def dataset(
        self, folder: Path, common: Common, encoders: Mapping[str, Encoder] | None = None
    ) -> Dataset:
        """Two linked sets with their labels and class texts, read or embedded into a folder.

        Args:
            folder: of the jobs.
            common: how they run.
            encoders: of the space, where they are loaded already; of some modalities only, these
                are looked at.

        Raises:
            RequestError: there is only one modality, or nothing links two.
        """
        if self.arrays is not None:
            found, encoders = self.collect(folder, common), {}
            seen = self.allowed(found)
        else:
            world = self.world()
            encoders = self.encoders(common) if encoders is None else encoders
            seen = self.check_unseen(
                world, encoders, linked_request(world, encoders, self.source)[0]
            )
            found = embed_world(encoders, world, folder / "jobs", job_options(common, folder))
        data = collection_dataset(found, encoders, self.source)
        context = {
            **data.about.context,
            **({SEEN: "; ".join(seen)} if seen else {}),
        }
        more = tuple(name for name in found.sets if name not in (data.a.modality, data.b.modality))
        about = replace(data.about, title=self.title, words=self.words, context=context, more=more)
        return replace(data, about=about)

    def allowed(self, found: Collection) -> tuple[str, ...]:
        """What was chosen on the items of vectors that are there, if that is asked for.

        A mended space of arrays that is named alone means these very arrays, which is enough.

        Raises:
            RequestError: something was, and it is not.
        """
        seen = allowed(found.seen, self.source) if self.other else found.seen
        return (*allowed(found.moved, self.source), *seen)

    def check_unseen(
        self, world: World, encoders: Mapping[str, Encoder], modalities: Iterable[str]
    ) -> tuple[str, ...]:
        """What of the space and its prompts was chosen on these items of a world, if asked for.

        Raises:
            RequestError: something was, and it is not.
        """
        chosen = selections_of(self.space, encoders.values(), self.source)
        return check_unseen((world.items[name] for name in modalities), chosen, self.source)

    def collect(self, folder: Path, common: Common) -> Collection:
        """Vectors of every modality, read or embedded into a folder, with what is known of them."""
        if self.arrays is None:
            world, options = self.world(), job_options(common)
            return embed_world(self.encoders(common), world, folder / "jobs", options)
        bundle = open_arrays(self.arrays, self.source.model or None, self.source.max_bytes)
        found = collection_of_bundle(bundle, self.arrays)
        moved = told_by(found.sets.values())
        chosen = selections_of(self.space, (), self.source) if self.chain else ()
        told = [one.told(some) for one in chosen for some in found.sets.values()]
        for mended in self.chain:
            if mended.selection is not None:
                told += [mended.selection.told(some) for some in found.sets.values()]
            found = replace(found, sets={name: mended(x) for name, x in found.sets.items()})
        return replace(found, seen=tuple(filter(None, told)), moved=moved)


def job_options(common: Common, run: Path | None = None) -> JobOptions:
    """How embedding jobs run; in the folder of an unfinished run they replace what is there.

    What a refused or stopped run left of other items must not stand in the way of the next one.
    """
    unfinished = run is not None and not (run / CONFIG).exists()
    return JobOptions(
        batch_size=common.batch_size,
        rehash=common.rehash,
        progress=common.progress,
        wait=True,
        replace=unfinished,
        engine=common.engine,
        share=Share(max(1, common.workers), gpus=common.device == "cuda"),
    )


def resolve(space: str = "", source: Source | None = None) -> Resolved:
    """What a user's words mean.

    Args:
        space: a space by name, ``arrays:PATH``, ``mended:FOLDER``, or the path of vectors; empty
            for the default, or for the arrays alone.
        source: items or arrays to look at.

    Raises:
        RequestError: words that exclude each other, or a source that would not be used.
    """
    source = source or Source()
    if source.arrays is not None:
        return _with_arrays(space, source)
    path = _path_of(space)
    if path is not None:
        _refuse_items(source, f"{space} holds vectors")
        file, model = path[0], path[1] or source.model
        return Resolved(_arrays_name(file, model), replace(source, model=model), file)
    origin = ""
    if space.startswith(MENDED):
        chain, origin = _chain(space)
        if origin.startswith(ARRAYS):
            _refuse_items(source, f"{space} was fitted on arrays and encodes nothing")
            file, _, model = origin.removeprefix(ARRAYS).partition(MODEL)
            return Resolved(space, replace(source, model=model), Path(file), chain, made_of=origin)
    if source.model:
        raise RequestError("--model says what made --arrays, but there are none.")
    return Resolved(space or DEFAULT_SPACE, source, made_of=origin)


def _with_arrays(space: str, source: Source) -> Resolved:
    assert source.arrays is not None
    _refuse_items(source, "--arrays holds vectors")
    if not space:
        return Resolved(_arrays_name(source.arrays, source.model), source, source.arrays)
    if not space.startswith(MENDED):
        raise RequestError(
            "Arrays are already vectors of a space: name either arrays or spaces, or one "
            "mended:FOLDER that was fitted for them."
        )
    return Resolved(space, source, source.arrays, _chain(space)[0], other=True)


def _path_of(space: str) -> tuple[Path, str] | None:
    """The file or folder of vectors that a space's name is, and the model that it names."""
    scheme = space.partition(":")[0]
    rest = space.removeprefix(ARRAYS) if scheme == "arrays" else space
    path, _, model = rest.partition(MODEL)
    known = scheme == "arrays" or (
        scheme not in ENCODERS and (is_file(Path(path)) or is_folder(Path(path)))
    )
    return (Path(path), model) if space and known else None


def _arrays_name(path: Path, model: str) -> str:
    return f"{ARRAYS}{path.absolute()}{MODEL if model else ''}{model}"


def _refuse_items(source: Source, because: str) -> None:
    if source.items:
        raise RequestError(
            f"{because}, so {' and '.join(source.items)} would not be used: name either vectors "
            "that are there, or a space with encoders and items."
        )


def _chain(space: str) -> tuple[tuple[Mended, ...], str]:
    """The corrections of a mended space, the first one first, and what they were fitted on."""
    folder = space.removeprefix(MENDED)
    if not folder:
        raise RequestError("A mended space is named with its folder: mended:runs/mend-mini-glyphs.")
    mended, origin = read_mended(Path(folder))
    if not origin.startswith(MENDED):
        return (mended,), origin
    before, first = _chain(origin)
    return (*before, mended), first


def _options(source: Source) -> str:
    given = ((one.name, getattr(source, one.name)) for one in fields(source))
    named = (
        (f"--{name.replace('_', '-')}", *([] if value is True else [str(value)]))
        for name, value in given
        if value
    )
    return shlex.join(word for option in named for word in option)


def source_name(source: Source) -> str:
    """A short name of a source, for folders and headings."""
    own = source.images or source.texts
    name = (Path(own).name or "here") if own else (source.world or DEFAULT_WORLD)
    return "-".join(filter(None, (name, source.split)))


def open_source(source: Source) -> World:
    """The world that a source names.

    Raises:
        RequestError: nothing readable is there, or a world and own files are both named.
    """
    own = source.images or source.texts
    if own and source.world:
        raise RequestError("Name either a world or your own pictures and captions, not both.")
    if own:
        from isthmus.worlds.open import open_world

        world = open_world(source.images, source.texts, max_bytes=source.max_bytes)
        return world.part(source.split) if source.split not in ("", EVERYTHING) else world
    world = load_world(source.world or DEFAULT_WORLD)
    if source.split == EVERYTHING or not world.split:
        return world
    return world.part(source.split or "test")


def holds_vectors(path: Path) -> bool:
    """Whether a path is a saved set, a run folder with vectors, or a file of vectors."""
    return is_file(path) or bool(saved_sets(path))


def arrays_dataset(path: str | Path, model: str = "") -> Dataset:
    """Two linked sets of a file or folder of vectors, as ``--arrays`` reads them."""
    return resolve("", Source(arrays=Path(path), model=model)).dataset(Path(), Common())
