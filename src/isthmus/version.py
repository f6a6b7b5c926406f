"""The version of this code, which caches and histories are stamped with."""

__version__ = "0.1.0"
