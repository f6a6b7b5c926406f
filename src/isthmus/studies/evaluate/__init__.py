"""How spaces are scored on held-out items: splits, scores, intervals, tables."""
