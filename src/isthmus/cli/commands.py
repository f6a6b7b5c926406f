"""The commands' bodies: each calls one function of ``lab`` or ``studies`` and prints."""

import dataclasses
import json
import logging
from pathlib import Path
from typing import Any

from isthmus.cli import harmless
from isthmus.cli import options as opt
from isthmus.cli.saved_options import to_dict
from isthmus.lab import JobOptions
from isthmus.types import LoadOptions


def study(options: opt.Study) -> int:
    """Measure a space on linked items and write a run folder."""
    from isthmus.studies.study import request as commanded

    names = (*options.spaces, *filter(None, [options.space]))
    source = options.source
    if options.objects is not None:
        return _study_objects(options, names)
    asked = commanded.Asked(names, _source(source), source.arrays, source.model, options.out)
    done = commanded.study(asked, _job(options.common), _how(options.common), options.common.seed)
    _finish(options, done, done.folder)
    return _code(options.common, len(done.faults))


def _study_objects(options: opt.Study, names: tuple[str, ...]) -> int:
    """A study of meshes is an atlas of them."""
    from isthmus.types import RequestError

    if len(names) > 1 or options.source != opt.Source():
        raise RequestError("--objects goes with one space, and with no other data.")
    space = names[0] if names else opt.Atlas().space
    return atlas(
        opt.Atlas(
            space=space,
            objects=options.objects,
            out=options.out,
            open=options.open,
            common=options.common,
        )
    )


def atlas(options: opt.Atlas) -> int:
    """Measure objects seen from all sides."""
    from isthmus.studies.atlas.request import AtlasAsked, run_atlas

    asked = _asked(AtlasAsked, options)
    done = run_atlas(asked, _job(options.common), _how(options.common), options.common.seed)
    _finish(options, done, done.folder)
    return _code(options.common, len(done.faults))


def styles(options: opt.Styles) -> int:
    """Study style and content."""
    from isthmus.studies.styles.request import StylesAsked, run_styles

    asked = _asked(StylesAsked, options)
    done = run_styles(asked, _job(options.common), _how(options.common), options.common.seed)
    _finish(options, done, done.folder or Path())
    return 0


def mend(options: opt.Mend) -> int:
    """Referee remedies and keep the best one as a mended space."""
    from isthmus.studies.mend.chains import REMEDIES
    from isthmus.studies.mend.request import MendAsked, run_mend

    asked = _asked(MendAsked, options, remedies=options.remedies or REMEDIES)
    done = run_mend(asked, _job(options.common), _how(options.common), options.common.seed)
    _finish(options, done, done.folder or Path())
    return _code(options.common, len(done.faults))


def fit(options: opt.Fit | opt.Sweep) -> int:
    """Train one recipe, or a grid of them."""
    from isthmus.studies.fit.request import FitAsked, run_fit

    asked = _asked(FitAsked, options)
    done = run_fit(asked, _job(options.common), _how(options.common), options.common.seed)
    if done is None:  # another process speaks
        return 0
    _finish(options, done, done.folder or Path())
    return _code(options.common, len(done.faults))


sweep = fit


def replicate(options: opt.Replicate) -> int:
    """Re-test published claims."""
    from isthmus.studies.replicate import run as replication

    done = replication.replicate(
        options.data,
        options.out,
        claims=options.claims,
        seed=options.common.seed,
        progress=not options.common.quiet,
    )
    _finish(options, done, done.folder)
    return 0


def embed(options: opt.Embed) -> int:
    """Embed items into a folder."""
    from isthmus.studies.study import request as commanded

    asked = commanded.Asked(
        (options.space,), _source(options.source), options.source.arrays, "", options.out
    )
    done = commanded.embed(asked, _job(options.common), _how(options.common), options.export)
    _keep(options.out, options)
    _show(options.common, done)
    return _code(options.common, len(done.faults))


def search(options: opt.Search) -> int:
    """Find items by text or picture."""
    from isthmus.studies.shared import search as searching

    found = searching.search(
        options.query,
        options.inside,
        options.space,
        options.top,
        options=_job(options.common),
        how=_how(options.common),
    )
    _show(options.common, found)
    if options.open or options.out:
        page = searching.write_sheet(found, options.out or Path("search.html"))
        if options.open:
            _open(page)
    return _code(options.common, found.skipped)


def edit(options: opt.Edit) -> int:
    """Move a picture's vector to a word inside a corpus."""
    from isthmus.studies.edit import run as editing
    from isthmus.studies.study.request import own_folder

    asked, photo = _asked(editing.Edit, options), options.photo
    folder = own_folder(options.out or Path("runs") / f"edit-{photo.stem}")
    found = editing.edit(photo, asked, options=_job(options.common), how=_how(options.common))
    editing.write_edit(found, photo, folder)
    _finish(options, found, folder)
    return _code(options.common, found.skipped)


def spaces(options: opt.Spaces) -> None:
    """List spaces, or describe one."""
    from isthmus.studies.catalogue.run import describe_space, list_spaces

    found = describe_space(options.name) if options.name else list_spaces()
    _show(options.common, found)


def worlds(options: opt.Worlds) -> None:
    """List worlds, or describe one."""
    from isthmus.studies.catalogue.run import describe_world, list_parts

    _show(options.common, describe_world(options.name) if options.name else list_parts("worlds"))


def parts(options: opt.Parts) -> None:
    """List every registered part."""
    from isthmus.studies.catalogue.run import list_parts

    _show(options.common, list_parts(options.kind))


def cache(options: opt.Cache) -> None:
    """List or clear the cache."""
    from isthmus.lab.caching import clear_cache, list_cache

    _show(options.common, clear_cache() if options.clear else list_cache())


def _asked(kind: type[Any], options: Any, **values: Any) -> Any:
    """What a study asks for by name, from a command's options and the source in them."""
    source = getattr(options, "source", None)
    if source is not None:
        values |= {"source": _source(source), "arrays": source.arrays, "model": source.model}
    names = [one.name for one in dataclasses.fields(kind) if hasattr(options, one.name)]
    return kind(**{**{name: getattr(options, name) for name in names}, **values})


def _source(given: opt.Source) -> Any:
    from isthmus.studies.shared.source import Source

    return Source(given.world, given.split, given.images, given.texts, given.templates)


def _job(common: opt.Common) -> JobOptions:
    logging.basicConfig(handlers=[_Terminal()])
    return JobOptions(batch_size=common.batch_size, rehash=common.rehash, progress=not common.quiet)


class _Terminal(logging.StreamHandler[Any]):
    """Warnings on one line of standard error, whatever names they speak of."""

    def format(self, record: logging.LogRecord) -> str:
        return f"isthmus: {harmless(record.getMessage())}"


def _how(common: opt.Common) -> LoadOptions:
    return LoadOptions(common.device, common.workers)


def _finish(options: Any, done: Any, folder: Path) -> None:
    """Keep the options, show what came out, open the page where that is wanted."""
    _keep(folder, options)
    _show(options.common, done)
    if options.open:
        _open(folder / "report.html")


def _keep(folder: Path, options: Any) -> None:
    """Save the resolved options beside the results, for ``--config``."""
    from isthmus.store import write_json

    write_json(folder / "config.json", to_dict(options))


def _show(common: opt.Common | opt.Brief, result: Any) -> None:
    """Print a result as text, or as JSON where it is wanted."""
    print(json.dumps(result.to_dict(), indent=1) if common.json else harmless(str(result), True))


def _open(page: Path) -> None:
    import webbrowser

    webbrowser.open(page.resolve().as_uri())


def _code(common: opt.Common, faults: int) -> int:
    return 1 if common.strict and faults else 0
