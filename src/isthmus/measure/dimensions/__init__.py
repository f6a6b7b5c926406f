"""How many directions are used, and of which dimension is the manifold?"""
