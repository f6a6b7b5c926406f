"""How good are these captions?"""
