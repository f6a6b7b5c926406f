"""How does a file become an item? ``read(path) -> Item``; units and conventions are in the type.

``READERS`` maps a modality to a function that makes an item of whatever a user hands over,
``SUFFIXES`` to the ends of its files' names.
"""

READERS = {
    "image": "isthmus.read.image:picture",
    "mesh": "isthmus.read.meshes.files:mesh",
    "points": "isthmus.read.points:cloud",
    "text": "isthmus.read.text:text",
}

SUFFIXES = {
    "image": "isthmus.read.image:SUFFIXES",
    "mesh": "isthmus.read.meshes.files:SUFFIXES",
    "text": "isthmus.read.text:SUFFIXES",
}

SPOKEN = ("text",)
"""Modalities of which a plain string is an item; of all others it is the path of a file."""
