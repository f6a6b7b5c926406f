"""What does a vector say? Sums of items, and vectors of one's own, in words."""
