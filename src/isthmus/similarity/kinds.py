"""The classes of score rules that a file may hold."""

from isthmus.similarity.banked import SymmetricNormalised, Unhubbed
from isthmus.similarity.odds import MatchOdds
from isthmus.similarity.quantiles import NormalScores
from isthmus.similarity.rules import Cosine
from isthmus.similarity.standardised import Standardised

RULE_KINDS: tuple[type, ...] = (
    Cosine,
    MatchOdds,
    NormalScores,
    Standardised,
    SymmetricNormalised,
    Unhubbed,
)
