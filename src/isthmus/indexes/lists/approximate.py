"""Approximate search of many rows by Faiss: inverted lists of short codes, the best scored again.

Rows stand in the list of the nearest of some centres (seeded k-means), turned at random and coded
by half a byte a coordinate, which keeps the error of every coordinate alike. A query looks into the
lists whose centres are nearest to it, and several times as many rows as it asks for are scored by
their own vectors: scores are those of exact search, and what it may miss is a row. How many lists
and candidates that takes is tried on held-out queries when it is built, apart for those that are
near to what is indexed and those that are far, as words are from pictures: these meet their nearest
items in many more lists.
"""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float, Int

from isthmus.indexes.exact import Rows, nearest
from isthmus.records import dataclass
from isthmus.store import atomic
from isthmus.types import Count, ExtraMissingError, Inside

FEW = 1_024
"""Rows below which lists would be all but empty."""
A_LIST = 39
"""Rows a list at least, without which k-means has too few."""
TRAINED = 64
"""Rows a list that the centres are fitted on."""
ROUNDS = 10
"""Of k-means."""
SEED = 1234
BLAS_FROM = 20
"""Vectors from which on Faiss multiplies matrices; some of its builds never do by themselves."""
ENDS = 1 << 16
"""Bytes at both ends of a file by which it is known."""


Found: TypeAlias = tuple[Float[np.ndarray, "q t"], Int[np.ndarray, "q t"]]
"""Scores and numbers."""


@dataclass(frozen=True)
class Setting:
    """How many lists are looked into for so many items, and what was found then."""

    depth: Count
    probed: Count
    candidates: Count
    """That are scored again."""
    far: bool
    """Of queries whose best centre is less similar than the border."""
    recall: dict[str, float]
    """Share of the nearest ``depth`` items that was found, by kind of held-out queries."""


@dataclass(frozen=True)
class Prepared:
    """What ``index.json`` says of the inverted lists of a modality."""

    file: Inside
    digest: str
    """Of its length and ends, by which a file of another index is told."""
    lists: Count
    border: float
    settings: tuple[Setting, ...]
    """By rising depth; where no number of lists found enough none, and then search is exact."""


@dataclass(frozen=True, eq=False)
class Approximate:
    """Inverted lists that are open; finds as ``nearest`` does, but for a row that it may miss."""

    index: Any
    centres: Float[np.ndarray, "l d"]
    border: float
    settings: tuple[Setting, ...]

    def __call__(
        self, queries: Float[np.ndarray, "q d"], rows: Rows, top: int
    ) -> tuple[Float[np.ndarray, "q t"], Int[np.ndarray, "q t"]]:
        """Scores and numbers of the best rows, falling.

        Args:
            queries: unit vectors.
            rows: all that stand in the lists.
            top: how many of them; exact where it is more than was tuned for, and for a query whose
                lists hold too few.
        """
        shape = (len(queries), min(top, len(rows)))
        scores, numbers = np.empty(shape, np.float32), np.empty(shape, np.int64)
        is_far = closeness(queries, self.centres) < self.border
        for far in (False, True):
            some = np.flatnonzero(is_far == far)
            fit = [one for one in self.settings if one.far == far and one.depth >= top]
            if len(some) and fit:
                scores[some], numbers[some] = looked_up(
                    self.index, queries[some], rows, top, fit[0]
                )
            else:
                numbers[some] = -1
        short = np.flatnonzero((numbers < 0).any(axis=1))
        if len(short):
            scores[short], numbers[short] = nearest(queries[short], rows, top)
        return scores, numbers


def closeness(
    queries: Float[np.ndarray, "q d"], centres: Float[np.ndarray, "l d"]
) -> Float[np.ndarray, " q"]:
    """Similarity of each query to the centre that is nearest to it."""
    return (queries @ centres.T).max(axis=1, initial=-np.inf)


def centres_of(index: Any) -> Float[np.ndarray, "l d"]:
    """Of the lists, turned back to where the rows are."""
    faiss = _faiss()
    lists = faiss.extract_index_ivf(index)
    turned = faiss.downcast_index(lists.quantizer).reconstruct_n(0, lists.nlist)
    return faiss.downcast_VectorTransform(index.chain.at(0)).reverse_transform(turned)


def installed() -> bool:
    """Whether Faiss is there."""
    try:
        _faiss()
    except ExtraMissingError:
        return False
    return True


def _faiss() -> Any:
    try:
        import faiss
    except ImportError as error:
        raise ExtraMissingError("faiss", "faiss") from error
    return faiss


@contextmanager
def _matrices() -> Generator[Any]:
    """Faiss, multiplying matrices where that is faster, a third of the time or less."""
    faiss = _faiss()
    before = faiss.cvar.distance_compute_blas_threshold
    faiss.cvar.distance_compute_blas_threshold = BLAS_FROM
    try:
        yield faiss
    finally:
        faiss.cvar.distance_compute_blas_threshold = before


def lists_of(count: int) -> int:
    """How many lists: the power of two next to 4 √n, but 39 rows a list.

    Example:
        >>> lists_of(1_000_000), lists_of(20_000)
        (4096, 512)
    """
    wanted = min(4 * np.sqrt(count), count / A_LIST)
    return max(1, 2 ** round(float(np.log2(wanted))))


def write(path: Path, rows: Rows) -> None:
    """Write the inverted lists of unit vectors; the same bytes each time.

    Raises:
        ExtraMissingError: Faiss is not installed.
    """
    count, dim = rows.shape
    with _matrices() as faiss:
        centres, turn = faiss.IndexFlatIP(dim), faiss.RandomRotationMatrix(dim, dim)
        turn.init(SEED)
        lists = lists_of(count)
        coded = faiss.IndexIVFPQFastScan(centres, dim, lists, dim, 4, faiss.METRIC_INNER_PRODUCT)
        coded.cp.niter, coded.cp.seed, coded.pq.cp.seed = ROUNDS, SEED, SEED
        coded.cp.max_points_per_centroid = TRAINED
        index = faiss.IndexPreTransform(turn, coded)
        some = np.random.default_rng(SEED).permutation(count)[: max(TRAINED * lists, FEW)]
        index.train(np.asarray(rows[np.sort(some)], np.float32))
        for start in range(0, count, 1 << 16):
            index.add(np.asarray(rows[start : start + (1 << 16)], np.float32))
        with atomic(path) as part:
            faiss.write_index(index, str(part))


def looked_up(
    index: Any, queries: Float[np.ndarray, "q d"], rows: Rows, top: int, setting: Setting
) -> tuple[Float[np.ndarray, "q t"], Int[np.ndarray, "q t"]]:
    """Scores and numbers of the best rows in these lists; -1 where there are too few."""
    many = min(max(setting.candidates, top), len(rows))
    with _matrices() as faiss:
        lists = faiss.SearchParametersIVF(nprobe=setting.probed)
        asked = faiss.SearchParametersPreTransform(index_params=lists)
        _, found = index.search(np.ascontiguousarray(queries, np.float32), many, params=asked)
    scores = np.empty(found.shape, np.float32)
    step = max(1, 8_192 // many)
    for start in range(0, len(queries), step):
        part = found[start : start + step]
        vectors = np.asarray(rows[np.maximum(part, 0).ravel()], np.float32)
        vectors = vectors.reshape(*part.shape, -1)
        scores[start : start + step] = (vectors @ queries[start : start + step, :, None])[..., 0]
    scores[found < 0] = -np.inf
    order = np.lexsort((found, -scores), axis=-1)[:, :top]
    return np.take_along_axis(scores, order, axis=1), np.take_along_axis(found, order, axis=1)


def opened(path: Path, prepared: Prepared, rows: Rows) -> Approximate:
    """Inverted lists that were written, mapped as far as Faiss maps them.

    Raises:
        ValueError: the file is missing, cut short, or of other rows.
        ExtraMissingError: Faiss is not installed.
    """
    try:
        if digest(path) != prepared.digest:
            raise ValueError(f"{path.name} is not the file that was written")
        index = read(path)
    except (OSError, RuntimeError) as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from None
    if (index.ntotal, index.d) != rows.shape:
        raise ValueError(f"{path.name} holds {index.ntotal:,} × {index.d} vectors")
    return Approximate(index, centres_of(index), prepared.border, prepared.settings)


def read(path: Path) -> Any:
    """The lists of a file, as Faiss has them, mapped as far as it maps them.

    Raises:
        ValueError: there is none.
        RuntimeError: Faiss cannot read it.
        ExtraMissingError: Faiss is not installed.
    """
    faiss = _faiss()
    if not path.is_file():
        raise ValueError(f"{path.name} is missing")
    return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)


def digest(path: Path) -> str:
    """Hash of a file's length and ends."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        ends = [file.read(ENDS)]
        file.seek(max(0, size - ENDS))
        ends.append(file.read(ENDS))
    return hashlib.sha256(b"%d " % size + b"".join(ends)).hexdigest()[:32]
