"""How does an item become a vector? ``encode(items) -> (n, d) float32``.

``ENCODERS`` maps a scheme to a loader ``load(rest, options) -> {modality: Encoder}``; the text
after the colon in ``openclip:ViT-B-32/laion2b_s34b_b79k`` is the rest, and options are
``LoadOptions`` (device, workers).
"""

ENCODERS: dict[str, str] = {
    "mini": "isthmus.encode.mini:load",
    "clips": "isthmus.encode.clips.towers:load",
    "arrays": "isthmus.encode.arrays:load",
    "mended": "isthmus.encode.mended:load",
    "openclip": "isthmus.encode.openclip:load",
    "hf": "isthmus.encode.hf:load",
    "st": "isthmus.encode.sentences:load",
    "mteb": "isthmus.encode.benchmarked:load",
    "fresh": "isthmus.encode.fresh.towers:load",
    "prompted": "isthmus.encode.prompted.towers:load",
    "shapes": "isthmus.encode.shapes.fresh:load",
    "sounds": "isthmus.encode.sounds.fresh:load",
}
