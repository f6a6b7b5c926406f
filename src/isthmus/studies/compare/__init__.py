"""How do two spaces differ on the same items?"""
