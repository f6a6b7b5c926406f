"""How does a vector become text? ``(n, d) -> list[Decoded]``."""
