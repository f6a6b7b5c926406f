"""What every study shares: datasets, the resolver of vectors, results and run folders."""

from isthmus.studies.shared.collection import Collection
from isthmus.studies.shared.dataset import (
    About,
    Dataset,
    remarks,
    used_ids,
    whole_objects,
)
from isthmus.studies.shared.folders import DEFAULT_ATLAS, DEFAULT_WORLD, run_folder
from isthmus.studies.shared.labels import labels_of_vectors
from isthmus.studies.shared.measuring import Call, Measured, measure_all, measure_calls
from isthmus.studies.shared.resolver import (
    DEFAULT_SPACE,
    EVERYTHING,
    Resolved,
    job_options,
    resolve,
)
from isthmus.studies.shared.runs import (
    MeasuredResult,
    Numbers,
    RunResult,
    by_reason,
    described,
    measure_of,
    numbers_of,
    qualifier,
    versions,
)
from isthmus.studies.shared.search import (
    Gallery,
    Hit,
    encoded_query,
    hit_lines,
    hit_values,
    new_sheet,
    open_gallery,
    place_words,
    placed,
)

__all__ = [
    "DEFAULT_ATLAS",
    "DEFAULT_SPACE",
    "DEFAULT_WORLD",
    "EVERYTHING",
    "About",
    "Call",
    "Collection",
    "Dataset",
    "Gallery",
    "Hit",
    "Measured",
    "MeasuredResult",
    "Numbers",
    "Resolved",
    "RunResult",
    "by_reason",
    "described",
    "encoded_query",
    "hit_lines",
    "hit_values",
    "job_options",
    "labels_of_vectors",
    "measure_all",
    "measure_calls",
    "measure_of",
    "new_sheet",
    "numbers_of",
    "open_gallery",
    "place_words",
    "placed",
    "qualifier",
    "remarks",
    "resolve",
    "run_folder",
    "used_ids",
    "versions",
    "whole_objects",
]
