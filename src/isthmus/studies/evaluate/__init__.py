"""How spaces are judged on held-out items: splits, scores, intervals, tables."""
