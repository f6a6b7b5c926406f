"""How spaces are scored on held-out items: splits, scores, intervals, tables."""

from isthmus.studies.evaluate.calibration import (
    CalibrationScore,
    CalibrationScores,
    match_calibration,
)
from isthmus.studies.evaluate.cross_validation import CrossValidation, cross_validated
from isthmus.studies.evaluate.evaluation import (
    RAW,
    Estimate,
    Evaluation,
    Measure,
    Row,
    ScoreSums,
    chain_name,
    change,
    estimate,
)
from isthmus.studies.evaluate.pareto import trade_off, trade_offs
from isthmus.studies.evaluate.scores import (
    DirectionScores,
    K,
    Scores,
    SpaceScores,
    match_scores,
    mended_dataset,
    space_scores,
)
from isthmus.studies.evaluate.splits import Splits, linked_sample, split_dataset
from isthmus.studies.evaluate.tables import (
    directions_table,
    geometry_table,
    in_points,
    main_table,
    percents,
    with_interval,
)

__all__ = [
    "RAW",
    "CalibrationScore",
    "CalibrationScores",
    "CrossValidation",
    "DirectionScores",
    "Estimate",
    "Evaluation",
    "K",
    "Measure",
    "Row",
    "ScoreSums",
    "Scores",
    "SpaceScores",
    "Splits",
    "chain_name",
    "change",
    "cross_validated",
    "directions_table",
    "estimate",
    "geometry_table",
    "in_points",
    "linked_sample",
    "main_table",
    "match_calibration",
    "match_scores",
    "mended_dataset",
    "percents",
    "space_scores",
    "split_dataset",
    "trade_off",
    "trade_offs",
    "with_interval",
]
