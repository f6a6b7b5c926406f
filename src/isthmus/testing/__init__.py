"""Conformance kits: what every registered part must satisfy, also a third party's."""

from isthmus.testing.encoders import check_encoder, check_model
from isthmus.testing.parts import check_measure, check_similarity
from isthmus.testing.worlds import check_world

__all__ = ["check_encoder", "check_measure", "check_model", "check_similarity", "check_world"]
