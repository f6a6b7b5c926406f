"""What every correction must satisfy, maps and score rules alike, also a third party's."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from isthmus.arrays import Vectors, unit
from isthmus.scores.kinds import RULE_KINDS
from isthmus.scores.rules import Cosine
from isthmus.store import packed, unpacked
from isthmus.transform.maps import MAP_KINDS
from isthmus.types import Calibration, EmbeddingSet, Links, RequestError, Space

D, NAMES = 64, ("a", "b")
DIRECTIONS = tuple((query, gallery) for query in NAMES for gallery in NAMES)
Score = Callable[[str, str], np.ndarray]
"""Scores (n, m) of new items, by the modality of the queries and that of the gallery."""


def check_correction(
    fit: Callable[..., Any], *, merges: bool = True, kinds: tuple[type, ...] = ()
) -> None:
    """Assert that a correction keeps its contract on constructed spaces whose answer is known.

    Two views of each of eighty objects in each of two modalities, a gap between these. Fitting the
    same data twice, or in another order, gives the same; nothing is changed in place; what was
    fitted is kept in a file to the bit; new objects need no new fit and do not see each other;
    their own items are found first, and with ``merges`` also in one gallery of both modalities.

    Args:
        fit: ``fit(calibration) -> {modality: map}``, or ``fit(calibration, rule) -> score rule``.
        merges: whether scores of the two modalities can be compared afterwards.
        kinds: classes of the fitted parts that are not isthmus's own.

    Raises:
        AssertionError: a clause is broken; says which.
    """
    data, new = known_space(80, 0), known_space(30, 1)
    inputs = [x for some in (data, new) for x in some.vectors.values()]
    before = [x.copy() for x in inputs]
    fitted = _fitted(fit, data)
    scores = _scorer(fitted, new.vectors)
    _check_form(fitted, scores, new)
    assert all(map(np.array_equal, inputs, before)), "Vectors were changed in place."
    _check_same(
        scores, _scorer(_fitted(fit, data), new.vectors), 0.0, "The same data fitted twice differ"
    )
    other = _scorer(_fitted(fit, _shuffled(data)), new.vectors)
    _check_same(scores, other, 1e-5, "The order of the calibration items matters")
    _check_kept(fitted, scores, new, (*MAP_KINDS, *RULE_KINDS, *kinds))
    _check_alone(fitted, new, scores)
    for query, gallery in (NAMES, NAMES[::-1]):
        found = _found(scores(query, gallery), new.same_object(query, gallery))
        assert found > 0.8, f"{query} asked of {gallery} finds {found:.0%} of what is linked."
    if merges:
        found = float(np.mean([_merged(scores, new, query) for query in NAMES]))
        assert found > 0.8, f"A gallery of both modalities shows {found:.0%} of what is linked."
    _check_few(fit)


def known_space(objects: int, seed: int, gap: float = 2.0, noise: float = 0.3) -> Calibration:
    """Two views of each object in each modality: a shared signal, noise, and a constant gap."""
    rng = np.random.default_rng(seed)
    ids = [f"{one}/{view}" for one in range(objects) for view in "xy"]
    signal = rng.normal(size=(objects, D)) / D**0.5
    signal[:, -1] = 0
    space, sets = Space("known", f"known-{D}", D), list[EmbeddingSet]()
    for name, side in zip(NAMES, (1, -1), strict=True):
        x = np.repeat(signal, 2, axis=0) + noise * rng.normal(size=(2 * objects, D)) / D**0.5
        x[:, -1] += side * gap / 2
        sets.append(EmbeddingSet(x.astype(np.float32), tuple(ids), name, space))
    links = Links((x, y) for x in ids for y in (x[:-1] + "x", x[:-1] + "y"))
    return Calibration.of(sets[0], sets[1], links)


def _fitted(fit: Callable[..., Any], data: Calibration) -> Any:
    wanted = [
        one
        for one in inspect.signature(fit).parameters.values()
        if one.default is one.empty and one.kind is not one.VAR_KEYWORD
    ]
    return fit(data) if len(wanted) == 1 else fit(data, Cosine())


def _scorer(fitted: Any, new: Mapping[str, Vectors]) -> Score:
    """How what was fitted scores new items; maps are followed by the cosine."""
    if isinstance(fitted, Mapping):
        maps: Mapping[str, Any] = fitted
        assert set(maps) == set(NAMES), f"One map a modality is wanted, not {sorted(maps)}."
        moved = {name: maps[name](x) for name, x in new.items()}
        return lambda query, gallery: unit(moved[query]) @ unit(moved[gallery]).T
    return lambda query, gallery: np.asarray(
        fitted.between(query, gallery)(new[query], new[gallery])
    )


def _check_form(fitted: Any, scores: Score, new: Calibration) -> None:
    if isinstance(fitted, Mapping):
        maps: Mapping[str, Any] = fitted
        assert len({maps[name].dim for name in NAMES}) == 1, "Both maps lead to one dimension."
        for name, x in new.vectors.items():
            y, wanted = maps[name](x), (len(x), maps[name].dim)
            assert y.shape == wanted, f"{name!r} is mapped to {y.shape}, not to (n, dim) {wanted}."
            assert y.dtype.kind == "f", f"{name!r} is mapped to {y.dtype}, not to floats."
            assert np.isfinite(y).all(), f"{name!r} is mapped to NaN or infinity."
    for query, gallery in DIRECTIONS:
        found, wanted = scores(query, gallery), (len(new.vectors[query]), len(new.vectors[gallery]))
        assert found.shape == wanted, f"Scores are {found.shape}, not (queries, items) {wanted}."
        assert np.isfinite(found).all(), f"Scores of {query} and {gallery} are not finite."


def _check_same(one: Score, other: Score, tolerance: float, said: str) -> None:
    for query, gallery in DIRECTIONS:
        first, second = one(query, gallery), other(query, gallery)
        away = float(np.abs(first - second).max())
        size = float(np.abs(first).max())
        assert away <= tolerance * size, (
            f"{said}: {query} asked of {gallery}, by {away / size:.1e}."
        )


def _shuffled(data: Calibration) -> Calibration:
    """The same items and links in another order."""
    rng = np.random.default_rng(2)
    order = {name: rng.permutation(len(x)) for name, x in data.vectors.items()}
    ends = [np.argsort(order[name])[data.rows[:, side]] for side, name in enumerate(NAMES)]
    return Calibration(
        {name: x[order[name]] for name, x in data.vectors.items()},
        rng.permutation(np.stack(ends, axis=1)),
        {name: x[order[name]] for name, x in data.objects.items()},
    )


def _check_kept(fitted: Any, scores: Score, new: Calibration, kinds: tuple[type, ...]) -> None:
    """In a file arrays are float32: once there, they stay as they are."""
    arrays, shape = packed(fitted)
    again = unpacked(arrays, shape, kinds)
    twice = packed(again)
    assert twice[1] == shape and set(twice[0]) == set(arrays), "Kept parts come back otherwise."
    for name, x in arrays.items():
        assert np.array_equal(twice[0][name], x), f"The array {name!r} comes back otherwise."
    _check_same(scores, _scorer(again, new.vectors), 1e-3, "What was kept scores otherwise")


def _check_alone(fitted: Any, new: Calibration, scores: Score) -> None:
    """A query's scores do not depend on what else is asked at the same time."""
    for query, gallery in (NAMES, NAMES[::-1]):
        few = {**new.vectors, query: new.vectors[query][:3]}
        away = np.abs(_scorer(fitted, few)(query, gallery) - scores(query, gallery)[:3]).max()
        assert away <= 1e-5 * np.abs(scores(query, gallery)).max(), (
            f"Scores of a query depend on the other queries: {query} asked of {gallery}."
        )


def _found(scores: np.ndarray, same: np.ndarray) -> float:
    """Share of queries whose nearest item is of their object."""
    return float(np.take_along_axis(same, scores.argmax(axis=1)[:, None], axis=1).mean())


def _merged(scores: Score, new: Calibration, query: str) -> float:
    """Precision at the number of relevant items, in one gallery of all items but the query."""
    found = np.concatenate([scores(query, name) for name in NAMES], axis=1).astype(np.float64)
    same = np.concatenate([new.same_object(query, name) for name in NAMES], axis=1)
    rows = np.arange(len(found))
    own = rows + NAMES.index(query) * len(new.vectors[NAMES[0]])
    found[rows, own], same[rows, own] = -np.inf, False
    best = np.argsort(-found, axis=1)[:, : int(same[0].sum())]
    return float(np.take_along_axis(same, best, axis=1).mean())


def _check_few(fit: Callable[..., Any]) -> None:
    """Of few objects something finite is fitted, or the refusal is a sentence."""
    try:
        scores = _scorer(_fitted(fit, known_space(4, 3)), known_space(5, 4).vectors)
    except (RequestError, ValueError) as error:
        assert len(str(error).split()) > 4, f"A refusal is a sentence, not {str(error)!r}."
        return
    for query, gallery in DIRECTIONS:
        assert np.isfinite(scores(query, gallery)).all(), "Fitted on four objects it is not finite."
