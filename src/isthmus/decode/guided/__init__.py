"""A language model writes, and a joint space says which of its words fit an item.

``STRATEGIES`` maps a name to a class: its instance, called with a ``Task`` and a random generator,
writes one sentence. None of them knows what is steered towards: a vector of a photograph, a sound
or a mesh is the same to a ``TextScorer``.
"""

STRATEGIES: dict[str, str] = {
    "magic": "isthmus.decode.guided.magic:Magic",
    "zerocap": "isthmus.decode.guided.zerocap:ZeroCap",
    "conzic": "isthmus.decode.guided.gibbs:ConZIC",
    "gibbs": "isthmus.decode.guided.gibbs:Gibbs",
    "best-of-n": "isthmus.decode.guided.sampling:BestOfN",
    "beam": "isthmus.decode.guided.beam:Beam",
}
