"""What is looked for: words, a file of any modality, or several of these added and taken away."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from isthmus.arrays import unit
from isthmus.read import known, modalities, spoken
from isthmus.read.recognise import modality_of
from isthmus.store import is_file
from isthmus.studies.search.request import SearchRequest
from isthmus.studies.shared import encoded_query
from isthmus.types import EmbeddingSet, Encoder, RequestError


def composed(encoders: Mapping[str, Encoder], space: str, request: SearchRequest) -> EmbeddingSet:
    """The vector of the query, with what is added to it and taken from it, each at length one.

    Raises:
        RequestError: one of them cannot be encoded, or nothing is left of their sum.
    """
    first = _encoded(encoders, space, request.query)
    if not request.plus and not request.minus:
        return first
    total = first.unit[0].astype(np.float64)
    for sign, words in ((1, request.plus), (-1, request.minus)):
        for one in words:
            total = total + sign * _encoded(encoders, space, one).unit[0]
    if np.linalg.norm(total) < 1e-3:
        raise RequestError("Nothing is left of the query when what --minus names is taken away.")
    return EmbeddingSet(
        unit(total[None].astype(np.float32)), first.ids, first.modality, first.space, first.history
    )


def _encoded(encoders: Mapping[str, Encoder], space: str, query: str) -> EmbeddingSet:
    modality = _modality(query, encoders)
    if modality not in encoders:
        raise RequestError(f"{space} has no {modality} encoder, which this query needs.")
    item = query if known(modality).spoken else Path(query)
    return encoded_query(encoders[modality], item)


def _modality(query: str, encoders: Mapping[str, Encoder]) -> str:
    """Of the file that the query is the path of; else that of the space's texts.

    Raises:
        RequestError: it ends as files do, but none is there.
    """
    ends = {end for one in modalities().values() if not one.spoken for end in one.suffixes}
    if not query.lower().endswith(tuple(ends)):
        return spoken(encoders) or spoken()
    if not is_file(Path(query)):
        raise RequestError(f"There is no file {query}; a query in words has no such ending.")
    return modality_of(query)
