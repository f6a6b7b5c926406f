"""How good is a text: against references, against the item it is of, against other texts?"""
