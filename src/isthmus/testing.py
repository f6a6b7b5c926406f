"""Conformance kits: what every registered part must satisfy, also a third party's."""
