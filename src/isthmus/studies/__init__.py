"""How is a question answered from data to page? One folder a question.

Each folder has ``request.py`` (what may be asked: one frozen dataclass), ``run.py`` (``run(request)
-> RunResult``) and ``page.py``. The command line and every other front end loop over ``STUDIES``.
"""

import ast
import dataclasses
import inspect
import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, reduce
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, get_origin, get_type_hints

from isthmus import registry
from isthmus.records import short
from isthmus.registry import near, resolve
from isthmus.types.errors import ExtraMissingError

STUDIES: dict[str, str] = {
    "study": "isthmus.studies.study.run:run",
    "compare": "isthmus.studies.compare.run:run",
    "card": "isthmus.studies.card.run:run",
    "atlas": "isthmus.studies.atlas.run:run",
    "styles": "isthmus.studies.styles.run:run",
    "mend": "isthmus.studies.mend.run:run",
    "link": "isthmus.studies.link.run:run",
    "fit": "isthmus.studies.fit.run:run",
    "sweep": "isthmus.studies.fit.run:run_sweep",
    "replicate": "isthmus.studies.replicate.run:run",
    "embed": "isthmus.studies.embed.run:run",
    "index": "isthmus.studies.index.run:run",
    "search": "isthmus.studies.search.run:run",
    "find": "isthmus.studies.find.run:run",
    "score": "isthmus.studies.score.run:run",
    "caption": "isthmus.studies.caption.run:run",
    "say": "isthmus.studies.say.run:run",
    "invert": "isthmus.studies.say.run:run_invert",
    "tell": "isthmus.studies.tell.run:run",
    "edit": "isthmus.studies.edit.run:run",
    "spaces": "isthmus.studies.catalogue.run:run_spaces",
    "worlds": "isthmus.studies.catalogue.run:run_worlds",
    "parts": "isthmus.studies.catalogue.run:run_parts",
    "cache": "isthmus.studies.catalogue.run:run_cache",
}

REQUESTS: dict[str, str] = {
    "study": "isthmus.studies.study.request:StudyRequest",
    "compare": "isthmus.studies.compare.request:CompareRequest",
    "card": "isthmus.studies.card.request:CardRequest",
    "atlas": "isthmus.studies.atlas.request:AtlasRequest",
    "styles": "isthmus.studies.styles.request:StylesRequest",
    "mend": "isthmus.studies.mend.request:MendRequest",
    "link": "isthmus.studies.link.request:LinkRequest",
    "fit": "isthmus.studies.fit.request:FitRequest",
    "sweep": "isthmus.studies.fit.request:SweepRequest",
    "replicate": "isthmus.studies.replicate.request:ReplicateRequest",
    "embed": "isthmus.studies.embed.request:EmbedRequest",
    "index": "isthmus.studies.index.request:IndexRequest",
    "search": "isthmus.studies.search.request:SearchRequest",
    "find": "isthmus.studies.find.request:FindRequest",
    "score": "isthmus.studies.score.request:ScoreRequest",
    "caption": "isthmus.studies.caption.request:CaptionRequest",
    "say": "isthmus.studies.say.request:SayRequest",
    "invert": "isthmus.studies.say.request:InvertRequest",
    "tell": "isthmus.studies.tell.request:TellRequest",
    "edit": "isthmus.studies.edit.request:EditRequest",
}
"""Requests that are opened without their study: help need not wait for what it would import."""

NEEDS = {
    "atlas": "shape",
    "--objects": "shape",
    "furniture": "shape",
    "fit": "train",
    "sweep": "train",
    "--tensorboard": "train",
    "--thorough": "analysis",
    "openclip:": "openclip",
    "hf:": "hf",
    "st:": "st",
    "mteb:": "mteb",
    "fresh:": "train",
    "contrastive": "train",
    "serve": "web",
    "tell": "speak",
}
"""Extras by words of a command that need them."""


OF_SETS: dict[str, str] = {
    "study": "isthmus.studies.study.run:study",
    "mend": "isthmus.studies.mend.run:mend_sets",
}
"""Questions that Python also asks of two sets of vectors in memory, their links and what else these
functions take beside the options of the request."""

DATA = ("space", "spaces", "source", "objects")
"""Fields of requests that name vectors, which sets in memory are."""

TERMINAL = ("json", "debug", "strict")
"""Options that say what the command prints and how it ends; Python has no use for them."""


def request_type(name: str) -> type[Any]:
    """The dataclass of requests that a study takes.

    Raises:
        UnknownPartError: no such study.
    """
    if name in REQUESTS:
        return registry.find("requests", REQUESTS, name)
    return get_type_hints(registry.find("studies", STUDIES, name))["request"]


def missing_extras(error: ExtraMissingError, words: Sequence[str]) -> ExtraMissingError:
    """The error with all that a command needs, not only with what it missed first.

    Args:
        error: what was missed first.
        words: the command and its options.
    """
    text = [part for word in words for part in (word, word.partition("=")[2])]
    more = [extra for key, extra in NEEDS.items() if any(one.startswith(key) for one in text)]
    return ExtraMissingError(error.package, *error.extras, *more)


def perform(name: str, request: Any) -> Any:
    """Run a study on a request.

    Returns:
        The study's ``RunResult``; None in all but the first of several processes.
    """
    result = registry.find("studies", STUDIES, name)(request)
    if result is None or not getattr(request.common, "verbose", False):
        return result
    return dataclasses.replace(result, verbose=True)


class Option(NamedTuple):
    """One option of a request, however deep its field stands."""

    path: tuple[str, ...]
    """Names of the fields that lead to it."""
    hint: Any
    default: Any
    """``inspect.Parameter.empty`` where it must be given."""
    positional: bool
    about: str
    """What the command's help says of it."""


def options(kind: type[Any], path: tuple[str, ...] = ()) -> Iterator[Option]:
    """Every option of a request but those of the terminal."""
    from tyro.conf import Positional

    hints, marked = get_type_hints(kind), get_type_hints(kind, include_extras=True)
    said = {name: text for base in reversed(kind.__mro__[:-1]) for name, text in _texts(base)}
    for one in dataclasses.fields(kind):
        hint, here = hints[one.name], (*path, one.name)
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            yield from options(hint, here)
        elif one.name not in TERMINAL:
            default = inspect.Parameter.empty if one.default is dataclasses.MISSING else one.default
            positional = marked[one.name] == Positional[hint]
            yield Option(here, hint, default, positional, said.get(one.name, ""))


def command_of(name: str, request: Any) -> str:
    """The command that asks a request: its options but for those that have their defaults."""
    from isthmus.studies.shared.folders import UNASKED

    words = {True: ["isthmus", name], False: list[str]()}
    for one in options(type(request)):
        value, option = reduce(getattr, one.path, request), one.path[-1].replace("_", "-")
        if value != one.default and one.path[-1] not in UNASKED:
            flag = [] if one.positional else [f"--{'in' if option == 'inside' else option}"]
            given = value if isinstance(value, tuple) else () if value is True else (value,)
            words[one.positional] += [*flag, *map(str, given)]
    return shlex.join([*words[True], *words[False]])


def _texts(kind: type[Any]) -> Iterator[tuple[str, str]]:
    """The texts under the fields of a dataclass."""
    (tree,) = ast.parse(inspect.cleandoc(inspect.getsource(kind))).body
    for field, text in pairwise(tree.body if isinstance(tree, ast.ClassDef) else ()):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match text:
                case ast.Expr(ast.Constant(str(words))):
                    yield field.target.id, " ".join(words.split())
                case _:
                    pass


def documented(kind: type[Any]) -> str:
    """What a request asks, and every option with what the command's help says of it."""
    lines = [f"    {one.path[-1]}: {one.about}" for one in options(kind)]
    return "\n".join([inspect.cleandoc(kind.__doc__ or ""), "", "Args:", *lines])


@cache
def question(name: str, study: str) -> Callable[..., Any]:
    """A study as a function: the options of its request as keywords, its positional ones first.

    ``question("mend", "mend")("mini", world="glyphs", splits=4)`` is ``isthmus mend mini --world
    glyphs --splits 4``, writes the same run folder and returns its ``RunResult``.

    Args:
        name: of the function.
        study: a key of ``STUDIES``.
    """
    kind = request_type(study)
    taken = {one.path[-1]: one for one in options(kind)}
    signature = _signature(taken.values())

    def ask(*args: Any, **keywords: Any) -> Any:
        if "a" in keywords or (args and not isinstance(args[0], (str, os.PathLike))):
            return _of_sets(name, study, args, keywords)
        given = _bound(name, signature, args, keywords)
        request = _request(kind, [(taken[key], value) for key, value in given.items()])
        return _opened(request, perform(study, request))

    ask.__name__ = ask.__qualname__ = name
    ask.__module__, ask.__doc__ = "isthmus", documented(kind)
    ask.__signature__ = signature  # type: ignore[attr-defined]
    return ask


def _of_sets(name: str, study: str, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """The same question of sets in memory."""
    both = len(args) > 1 or "b" in keywords
    if study not in OF_SETS or not both:
        sets = ", or two sets of vectors and their isthmus.Links" if study in OF_SETS else ""
        raise TypeError(
            f"isthmus.{name} wants names or paths{sets}, not {short(args[0] if args else keywords)}"
            f": keep vectors with isthmus.save and name their folder; see help(isthmus.{name})."
        )
    given, taken = _bound(name, signature_of_sets(study), args, keywords), options_of_sets(study)
    asked = [(one, given.pop(one.path[-1])) for one in taken if one.path[-1] in given]
    request = _request(request_type(study), asked)
    return _opened(request, resolve(OF_SETS[study])(**given, request=request))


def options_of_sets(study: str) -> list[Option]:
    """The options of a study but those that name its data; sets may have been seen, too."""
    every = options(request_type(study))
    return [one for one in every if one.path[0] not in DATA or one.path[-1] == "seen"]


def signature_of_sets(study: str) -> inspect.Signature:
    """Sets, their links, what else the function of ``OF_SETS`` takes, and the options."""
    own = inspect.signature(resolve(OF_SETS[study])).parameters.values()
    options = map(_parameter, options_of_sets(study))
    return inspect.Signature([*(one for one in own if one.name != "request"), *options])


def _opened(request: Any, result: Any) -> Any:
    """The result, with its page in the browser where that is wanted."""
    if getattr(request, "open", False) and getattr(result, "page_path", None):
        import webbrowser

        webbrowser.open(result.page_path.resolve().as_uri())
    return result


def _bound(
    name: str, signature: inspect.Signature, args: Sequence[Any], keywords: Mapping[str, Any]
) -> dict[str, Any]:
    """Arguments by name, as Python binds them.

    Raises:
        TypeError: they do not fit; says what does.
    """
    try:
        return signature.bind(*args, **keywords).arguments
    except TypeError as error:
        known, positional = signature.parameters, inspect.Parameter.KEYWORD_ONLY
        first = ", ".join(key for key, one in known.items() if one.kind != positional)
        bare = f"without their names it takes {first or 'no arguments'}; see help(isthmus.{name})."
        hint = next((near(key, known) for key in keywords if key not in known), bare)
        raise TypeError(f"isthmus.{name}() {error}; {hint}") from error


def _signature(taken: Iterable[Option]) -> inspect.Signature:
    return inspect.Signature(sorted(map(_parameter, taken), key=lambda one: one.kind))


def _parameter(one: Option) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    if one.positional and get_origin(one.hint) is tuple:
        return inspect.Parameter(one.path[-1], inspect.Parameter.VAR_POSITIONAL)
    if one.positional:
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Parameter(one.path[-1], kind, default=one.default, annotation=one.hint)


def _request(kind: type[Any], given: Iterable[tuple[Option, Any]]) -> Any:
    from isthmus.types import RequestError, conform, request_from_dict

    nested: dict[str, Any] = {}
    for one, value in given:
        inside, name = nested, one.path[-1]
        for part in one.path[:-1]:
            inside = inside.setdefault(part, {})
        inside[name] = _plain(value, one.hint)
        try:
            conform(one.hint, inside[name], name)
        except ValueError as error:
            raise RequestError(f"{error}. {name}: {one.about}") from error
    return request_from_dict(kind, nested)


def _plain(value: Any, hint: Any) -> Any:
    """What ``config.json`` would hold: text where text is wanted, one of many as a list."""
    if hasattr(value, "tolist") and value.ndim < 2:  # of NumPy
        value = value.tolist()
    if get_origin(hint) is tuple:
        one = isinstance(value, (str, bytes, set, frozenset, dict))
        every = [*value] if isinstance(value, Iterable) and not one else [value]
        return [str(x) if isinstance(x, Path) else x for x in every]
    return str(value) if isinstance(value, Path) else value
