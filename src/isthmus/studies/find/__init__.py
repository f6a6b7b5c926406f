"""Is it there, and where?"""
