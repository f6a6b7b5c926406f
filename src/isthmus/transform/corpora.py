"""Corpora: the subspace that related prompts span, in which an edit may move a vector.

A basis comes from prompts or from items (``BASES``), a corpus from a basis and the middles of both
modalities (``PROJECTORS``), so that an item's coordinate can be replaced by that of a text.
"""

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vector, Vectors, unit
from isthmus.records import dataclass
from isthmus.transform.style_shifts import exponential, intrinsic_mean, logarithm
from isthmus.types import RequestError, span

Basis = Float[np.ndarray, "r d"]
Texts = Float[np.ndarray, "m d"]


@dataclass(frozen=True, eq=False)
class Corpus:
    """A flat subspace, counted from a point of the items and from one of the texts."""

    basis: Basis
    """Orthonormal rows."""
    items: Vector
    """Where items' coordinates are counted from; zero for a linear subspace."""
    texts: Vector
    """Where texts' coordinates are counted from."""
    ratio: float = 1.0
    """By which texts' coordinates are stretched: spread of items over spread of texts."""

    def coordinates(self, x: Vectors) -> Float[np.ndarray, "n r"]:
        """Of items (n, d), brought to length one."""
        return (_rows(x) - self.items) @ self.basis.T

    def wanted(self, texts: Texts) -> Float[np.ndarray, "m r"]:
        """Coordinates that texts (n, d) ask for, in the items' measure."""
        return self.ratio * (_rows(texts) - self.texts) @ self.basis.T

    def moved(self, x: Vectors, coordinates: Float[np.ndarray, "n r"]) -> Vectors:
        """Items with other coordinates; what is outside of the subspace stays."""
        return _rows(x) + (coordinates - self.coordinates(x)) @ self.basis


@dataclass(frozen=True, eq=False)
class CurvedCorpus:
    """A subspace of the tangent space of the sphere at the items' mean."""

    basis: Basis
    """Orthonormal tangents at ``items``."""
    items: Vector
    """Intrinsic mean of the items."""
    texts: Vector
    """Intrinsic mean of the texts."""
    back: Basis
    """The same tangents carried to ``texts`` along the geodesic."""
    ratio: float = 1.0

    def coordinates(self, x: Vectors) -> Float[np.ndarray, "n r"]:
        """Of items (n, d): their logarithm at the mean, in the basis."""
        return logarithm(self.items, _rows(x)) @ self.basis.T

    def wanted(self, texts: Texts) -> Float[np.ndarray, "m r"]:
        """Coordinates that texts (n, d) ask for, in the items' measure."""
        return self.ratio * logarithm(self.texts, _rows(texts)) @ self.back.T

    def moved(self, x: Vectors, coordinates: Float[np.ndarray, "n r"]) -> Vectors:
        """Items with other coordinates, on the sphere; the other tangents stay."""
        tangents = logarithm(self.items, _rows(x))
        return exponential(
            self.items, tangents + (coordinates - tangents @ self.basis.T) @ self.basis
        )


def replaced(
    x: Vectors, text: Texts, corpus: Corpus | CurvedCorpus, strength: float = 1.0
) -> Vectors:
    """Items whose coordinates in a corpus are replaced by those of a text, in part or whole.

    A scale-free projected-augmentation embedding: ``strength`` is the share of the in-subspace
    coordinate that is replaced. 0 gives the items, 1 the text's coordinates; what is outside of the
    subspace stays.

    Args:
        x: items (n, d), of any length.
        text: one text (1, d), or one an item (n, d).
        corpus: the subspace.
        strength: in [0, 1].

    Raises:
        RequestError: a strength outside of [0, 1].

    Source: after Zhou et al. 2023, CLIP-PAE (project, augment, add the residual back);
    the share in place of their power, which means something else in every space.
    """
    if not 0 <= strength <= 1:
        raise RequestError(
            f"The strength of an edit is a share of 0 to 1 of the coordinate, not {strength}."
        )
    have = corpus.coordinates(x)
    return corpus.moved(x, have + strength * (corpus.wanted(text) - have))


def linear_corpus(basis: Basis, items: Vectors, texts: Texts) -> Corpus:
    """Through the origin, as CLIP-PAE projects; a modality's offset in it is replaced too."""
    zero = np.zeros(basis.shape[1])
    return Corpus(basis, zero, zero)


def affine_corpus(basis: Basis, items: Vectors, texts: Texts) -> Corpus:
    """Through the mean of each modality, texts stretched to the items' spread in the subspace."""
    x, t = _rows(items), _rows(texts)
    middles = x.mean(axis=0), t.mean(axis=0)
    ratio = _spread((x - middles[0]) @ basis.T) / _spread((t - middles[1]) @ basis.T)
    return Corpus(basis, *middles, ratio)


def geodesic_corpus(basis: Basis, items: Vectors, texts: Texts) -> CurvedCorpus:
    """In the tangent space of the sphere at the items' mean; texts in that at theirs.

    Source of the transport: Absil et al. 2008, Optimization Algorithms on Matrix Manifolds,
    section 8.1 (the sphere).
    """
    x, t = _rows(items), _rows(texts)
    here, there = intrinsic_mean(x), intrinsic_mean(t)
    own = _orthonormal(basis - (basis @ here)[:, None] * here)
    to, fro = logarithm(here, there[None])[0], logarithm(there, here[None])[0]
    angle = max(float(to @ to), 1e-24)
    back = own - ((own @ to) / angle)[:, None] * (to + fro)
    ratio = _spread(logarithm(here, x) @ own.T) / _spread(logarithm(there, t) @ back.T)
    return CurvedCorpus(own, here, there, back, ratio)


def pca_basis(vectors: Vectors, rank: int) -> Basis:
    """Principal directions of the centred vectors; all that they span where ``rank`` is large.

    Ten in CLIP-PAE.
    """
    return _principal(_rows(vectors) - _rows(vectors).mean(axis=0), min(rank, len(vectors) - 1))


def svd_basis(vectors: Vectors, rank: int) -> Basis:
    """Largest right singular vectors: the mean counts."""
    return _principal(_rows(vectors), rank)


def gram_schmidt_basis(vectors: Vectors, rank: int) -> Basis:
    """The first vectors, each less what those before it hold; the mean counted."""
    return _orthonormal(_rows(vectors)[:rank])


def atoms_basis(vectors: Vectors, rank: int) -> Basis:
    """What the atoms of a sparse dictionary of the centred vectors span.

    Source: Mairal et al. 2009, Online Dictionary Learning for Sparse Coding (scikit-learn).
    """
    from sklearn.decomposition import MiniBatchDictionaryLearning

    rows = _rows(vectors) - _rows(vectors).mean(axis=0)
    learned = MiniBatchDictionaryLearning(min(rank, len(rows)), random_state=0)
    return _orthonormal(learned.fit(rows).components_)


def _rows(x: Vectors) -> Vectors:
    return unit(x).astype(np.float64)


def _principal(rows: Vectors, rank: int) -> Basis:
    directions = span(rows)
    if not len(directions) or rank < 1:
        raise RequestError(
            f"A corpus wants at least two different prompts and a rank of 1 or more; these "
            f"{len(rows)} prompts span {len(directions)} directions, rank {rank}."
        )
    return directions[:rank]


def _orthonormal(rows: Vectors) -> Basis:
    """Gram-Schmidt, every row brought to length one; rows that add nothing are left out."""
    found: list[np.ndarray] = []
    for row in rows:
        left = row.astype(np.float64)
        for _ in range(2):  # twice is enough (Kahan)
            for one in found:
                left = left - (left @ one) * one
        if np.linalg.norm(left) > 1e-6 * max(np.linalg.norm(row), 1e-12):
            found.append(left / np.linalg.norm(left))
    return np.array(found).reshape(-1, rows.shape[1])


def _spread(coordinates: Float[np.ndarray, "n r"]) -> float:
    return max(float(np.sqrt((coordinates**2).sum(axis=1).mean())), 1e-12)
