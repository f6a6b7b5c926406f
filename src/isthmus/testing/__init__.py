"""Conformance kits: what every registered part must satisfy, also a third party's."""

from isthmus.testing.corrections import check_correction
from isthmus.testing.encoders import check_encoder, check_model
from isthmus.testing.items import check_bag, check_reader, check_world
from isthmus.testing.losses import check_loss, check_vector_loss
from isthmus.testing.modalities import ModalityChecks, check_modality, modality_checks
from isthmus.testing.parts import check_measure, check_similarity

__all__ = [
    "ModalityChecks",
    "check_bag",
    "check_correction",
    "check_encoder",
    "check_loss",
    "check_measure",
    "check_modality",
    "check_model",
    "check_reader",
    "check_similarity",
    "check_vector_loss",
    "check_world",
    "modality_checks",
]
