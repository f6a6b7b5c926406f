"""The classes of score rules that a file may hold."""

from isthmus.scores.banked import SymmetricNormalised, Unhubbed
from isthmus.scores.normalised import NormalScores, Standardised
from isthmus.scores.odds import MatchOdds
from isthmus.scores.rules import Cosine
from isthmus.scores.trained import Trained
from isthmus.similarity.learned import Bilinear, Mahalanobis

RULE_KINDS: tuple[type, ...] = (
    Bilinear,
    Cosine,
    Mahalanobis,
    MatchOdds,
    NormalScores,
    Standardised,
    SymmetricNormalised,
    Trained,
    Unhubbed,
)
