"""How do I learn a better space? One recipe, or a grid of them."""
