"""How do I change a space? ``fit_x(vectors, ...) -> X``, a frozen callable."""
