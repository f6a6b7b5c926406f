"""The classes of score rules that a file may hold."""

from isthmus.scores.hubness import Unhubbed
from isthmus.scores.normalised import NormalScores, Standardised, SymmetricNormalised
from isthmus.scores.odds import MatchOdds
from isthmus.scores.rules import Cosine, Trained
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
