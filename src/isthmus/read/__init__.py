"""How does a file become an item? ``read(path) -> Item``; units and conventions are in the type.

``READERS`` maps a modality to a function that makes an item of whatever a user hands over.
"""

READERS = {
    "image": "isthmus.read.image:picture",
    "mesh": "isthmus.read.meshes.files:mesh",
    "points": "isthmus.read.points:cloud",
    "text": "isthmus.read.text:text",
}
