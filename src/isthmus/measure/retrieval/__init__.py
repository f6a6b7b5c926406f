"""Is the right item found, and how far down does it stand?"""
