"""Which words are vectors made of?"""
