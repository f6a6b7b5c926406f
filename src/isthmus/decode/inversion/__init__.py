"""What does a vector say? Texts whose own vectors lie nearest to it."""
