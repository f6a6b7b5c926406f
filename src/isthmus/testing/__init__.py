"""Conformance kits: what every registered part must satisfy, also a third party's."""

from isthmus.testing.bags import check_bag
from isthmus.testing.corrections import check_correction
from isthmus.testing.encoders import check_encoder, check_model
from isthmus.testing.losses import check_loss, check_vector_loss
from isthmus.testing.parts import check_measure, check_similarity
from isthmus.testing.readers import check_reader
from isthmus.testing.worlds import check_world

__all__ = [
    "check_bag",
    "check_correction",
    "check_encoder",
    "check_loss",
    "check_measure",
    "check_model",
    "check_reader",
    "check_similarity",
    "check_vector_loss",
    "check_world",
]
