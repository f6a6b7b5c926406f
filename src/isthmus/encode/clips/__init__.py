"""Clips to vectors: a mixer over frames, and a network over pixels."""
