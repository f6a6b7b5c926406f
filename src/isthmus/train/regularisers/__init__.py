"""Regularisers on vectors: what a space should be like, whatever matches."""
