"""Styles as one vector each, added to the object."""

from dataclasses import dataclass

from isthmus.arrays import Vectors
from isthmus.transform.restyling import Restyler, StyleGrid, unit


@dataclass(frozen=True, eq=False)
class MeanShift(Restyler):
    """Adds the difference of two style means."""

    def restyle(self, vectors: Vectors, source: str, target: str) -> Vectors:
        """Less the mean of the source, plus that of the target."""
        self.known(source, target)
        return vectors - self.middles[source] + self.middles[target]


@dataclass(frozen=True, eq=False)
class IdealWords(Restyler):
    """Object plus style, compared without the style: only the object's part decides.

    Trager et al. 2023, equation 3: x(o, s) = mean + u(o) + v(s), with v(s) the mean of style s
    less the mean of all.
    """

    def restyle(self, vectors: Vectors, source: str, target: str) -> Vectors:
        """The object's part."""
        self.known(target)
        return self.placed(vectors, source)

    def placed(self, vectors: Vectors, style: str) -> Vectors:
        """The object's part: less the mean of its style."""
        self.known(style)
        return unit(vectors - self.middles[style])


def fit_nothing(grid: StyleGrid) -> Restyler:
    """The do-nothing baseline: a picture in another style is where it is."""
    return Restyler(grid.middles)


def fit_mean_shift(grid: StyleGrid) -> MeanShift:
    """Style means of these objects.

    Args:
        grid: objects in styles; whoever is searched is not among them.
    """
    return MeanShift(grid.middles)


def fit_ideal_words(grid: StyleGrid) -> IdealWords:
    """Two-way additive decomposition; on a full grid its parts are the means.

    Source: Trager et al., Linear Spaces of Meanings, ICCV 2023, equation 3.
    """
    return IdealWords(grid.middles)
