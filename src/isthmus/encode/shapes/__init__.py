"""Towers for point clouds and voxels: their networks, their inputs, and those of ``mini``."""
