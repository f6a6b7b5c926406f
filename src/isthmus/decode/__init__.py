"""How does a vector become text? ``decode(vectors (n, d)) -> list[Decoded]``.

``DECODERS`` maps a name to an opener ``open(text, data, options) -> Decoder``: the space's encoder
of texts, ``Unpaired`` vectors that tell where texts and the modality lie, and ``DecodeOptions``.
``TREATMENTS`` maps a name to what is done about the modality gap before a vector is read.
"""

DECODERS: dict[str, str] = {
    "nearest": "isthmus.decode.retrieval:open_nearest",
    "memory": "isthmus.decode.retrieval:open_memory",
    "captioner": "isthmus.decode.captioner:open_captioner",
    "bridged": "isthmus.decode.captioner:open_bridged",
}

TREATMENTS: dict[str, str] = {
    "none": "isthmus.decode.treatments:NONE",
    "mean shift": "isthmus.decode.treatments:MEAN_SHIFT",
    "mean removal": "isthmus.decode.treatments:MEAN_REMOVAL",
    "projection": "isthmus.decode.treatments:PROJECTION",
    "nearest": "isthmus.decode.treatments:NEAREST",
    "adapter": "isthmus.decode.treatments:ADAPTER",
    "noise": "isthmus.decode.treatments:NOISE",
    "entities": "isthmus.decode.treatments:ENTITIES",
}
