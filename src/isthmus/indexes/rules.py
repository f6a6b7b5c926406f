"""Rules of presence for a space: fitted once on things put together, and kept.

Sheets, recordings, sequences and rows of bundled things (``worlds.several``, validation splits) say
what a space's scores mean where it is known what is there; the names of the others say what is not.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float

from isthmus.arrays import fingerprint, unit
from isthmus.engine.jobs import bar
from isthmus.indexes.backgrounds import Background
from isthmus.indexes.candidates import DEFAULT, identity, seen
from isthmus.indexes.parts import LIKE, Seen
from isthmus.indexes.presence import PresenceRule, Where, fit_presence
from isthmus.read import known, spoken
from isthmus.store import cache_folder, read_tensors, sweep, write_tensors
from isthmus.types import Encoder, Place, RequestError
from isthmus.version import __version__
from isthmus.worlds import load
from isthmus.worlds.babel.scenes import babel_world
from isthmus.worlds.several import material, several

ITEMS = 40
"""That a rule is fitted on."""
WORDS = 600
"""Other words."""
SENTENCES = 256
TEMPLATES = ("{}", "a photo of a {}")
"""Of names; the mean of their vectors is a name's."""
FORMAT = 3


def nearest_part(some: Seen, query: Float[np.ndarray, " d"]) -> Place | None:
    """The part nearest to a query; None where that is the whole."""
    best = int((some.vectors @ query).argmax())
    return some.places[best] if best or some.places[0].seconds else None


def named(encoders: Mapping[str, Encoder], names: list[str]) -> Float[np.ndarray, "n d"]:
    """Unit vectors of names through the templates.

    Raises:
        RequestError: the space has no way for words.
    """
    words = spoken(encoders)
    if words not in encoders:
        raise RequestError("This space has no way for words, which presence is asked in.")
    said = [template.format(name) for name in names for template in TEMPLATES]
    vectors = unit(np.asarray(encoders[words].encode(said)))
    return unit(vectors.reshape(len(names), len(TEMPLATES), -1).mean(axis=1))


def rule_for(
    encoders: Mapping[str, Encoder],
    modality: str,
    *,
    items: int = ITEMS,
    progress: bool = False,
    source: str = DEFAULT,
) -> PresenceRule:
    """The rule of a modality in a space, from the cache where it was fitted before.

    Args:
        encoders: of the space, by modality.
        modality: of what is looked in.
        items: that it is fitted on.
        progress: whether a bar is shown.
        source: of candidates in pictures; each has a rule of its own.

    Raises:
        RequestError: a modality that no bundled world has things of.
        DataMissingError: the package of that world is not installed.
    """
    way = [getattr(one, "preprocessing", "") for one in encoders.values()]
    space = next(iter(encoders.values())).space
    looked = identity(source if known(modality).pictured else DEFAULT)
    key = fingerprint(FORMAT, __version__, space.id, modality, items, way, looked)[:24]
    path = cache_folder() / "presence" / f"{modality}-{key}.safetensors"
    if path.is_file():
        return read_rule(path)
    rule = fitted(encoders, modality, items, progress, source)
    write_rule(path, rule)
    return rule


def fitted(
    encoders: Mapping[str, Encoder],
    modality: str,
    items: int,
    progress: bool,
    source: str = DEFAULT,
) -> PresenceRule:
    """A rule of so many items that hold several things."""
    of = material(modality, "val")
    world, places = several(of, modality, items)
    names, found = sorted(of), list[Seen]()
    what = f"{modality} items to learn from what presence looks like"
    with bar(items, what, progress, " It is done once a space; --learn 10 is quicker.") as tick:
        for name, item in zip(world.items[modality].ids, world.items[modality], strict=True):
            found.append(seen(encoders, modality, item, name, source))
            tick(1)
    queries, where = named(encoders, names), list[Where]()
    for name in world.items[modality].ids:
        held = dict(zip(world.factors[name]["things"], places[name], strict=True))
        where.append({names.index(thing): [place] for thing, place in held.items()})
    present = np.array([[k in one for k in range(len(names))] for one in where])
    near = queries @ queries.T > LIKE
    counted = ~((present.astype(int) @ near.astype(int) > 0) & ~present)
    return fit_presence(found, queries, where, words_of(encoders, names), counted)


def words_of(encoders: Mapping[str, Encoder], but: list[str]) -> Float[np.ndarray, "m d"]:
    """Other words: names of everyday things, evenly spaced through the training ones."""
    world = load("glyphs")
    texts = world.items[spoken(world.items)]
    every = sorted(
        {str(texts[name]) for name in texts.ids if world.split[name] == "train"} - {*but}
    )
    return named(encoders, every[:: max(1, len(every) // WORDS)][:WORDS])


def sentences_of(encoders: Mapping[str, Encoder]) -> Float[np.ndarray, "m d"]:
    """Unit vectors of sentences that describe a scene."""
    texts = babel_world(SENTENCES).items[spoken(encoders)]
    return unit(np.asarray(encoders[texts.modality].encode([str(one) for one in texts])))


def write_rule(path: Path, rule: PresenceRule) -> None:
    """Keep a rule."""
    sweep(path.parent, of=path.name)
    arrays = {
        "words": rule.words.astype(np.float16),
        "mean": rule.parts.mean,
        "covariance": rule.parts.covariance,
        "line": rule.line,
        "absent": rule.absent.astype(np.float32),
        "curve": np.array([rule.slope, rule.intercept], np.float32),
    }
    write_tensors(path, arrays, {"items": str(rule.items), "format": str(FORMAT)})


def read_rule(path: Path) -> PresenceRule:
    """A rule that was kept.

    Raises:
        RequestError: the file holds none.
    """
    try:
        arrays, about = read_tensors(path)
        slope, intercept = (float(x) for x in arrays["curve"])
        return PresenceRule(
            np.asarray(arrays["words"], np.float32),
            Background(np.asarray(arrays["mean"]), np.asarray(arrays["covariance"])),
            np.asarray(arrays["line"], np.float64),
            np.asarray(arrays["absent"], np.float64),
            slope,
            intercept,
            int(about["items"]),
        )
    except (KeyError, ValueError) as error:
        raise RequestError(f"{path} holds no rule of presence ({error}): delete it.") from error
