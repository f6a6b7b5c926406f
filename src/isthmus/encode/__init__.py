"""How does an item become a vector? ``encode(items) -> (n, d) float32``.

``ENCODERS`` maps a scheme to a loader ``load(rest) -> {modality: Encoder}``; the text after the
colon in ``openclip:ViT-B-32/laion2b_s34b_b79k`` is the rest.
"""

ENCODERS: dict[str, str] = {
    "arrays": "isthmus.encode.arrays:load",
}
