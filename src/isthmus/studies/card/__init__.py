"""The report card of modalities: every pair of them, by every road, on the same objects."""
