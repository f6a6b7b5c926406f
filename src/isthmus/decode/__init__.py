"""How does a vector become text?"""
