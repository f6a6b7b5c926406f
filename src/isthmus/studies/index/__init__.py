"""How do I make a folder of files of any kind findable?"""
