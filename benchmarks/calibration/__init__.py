"""Do the p-values and intervals of the measures keep their word?"""
