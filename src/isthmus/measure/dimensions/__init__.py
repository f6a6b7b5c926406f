"""How many directions are used, of which dimension is the manifold, how is it drawn?"""
