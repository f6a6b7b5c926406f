"""How alike are two spaces on the same items?"""
