"""The classes of score rules that a file may hold."""

from isthmus.similarity.banked import SymmetricNormalised, Unhubbed
from isthmus.similarity.learned import Bilinear, Mahalanobis
from isthmus.similarity.odds import MatchOdds
from isthmus.similarity.quantiles import NormalScores
from isthmus.similarity.rules import Cosine
from isthmus.similarity.standardised import Standardised
from isthmus.similarity.trained import Trained

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
