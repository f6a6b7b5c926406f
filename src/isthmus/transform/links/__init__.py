"""How does a vector of one space become one of another? ``fit(pairs) -> map``, a frozen callable.

``LINKS`` are the ways to fit one; ``isthmus.link`` fits it, judges it on pairs that it has not seen
and gives a ``Link``, which takes sets of one space and gives sets of the other. Where no pair
joins what is to be linked, two spaces that share a modality are joined by it: ``through``.
"""

from isthmus.transform.links.link import Link, Trust, read_link
from isthmus.transform.links.pairs import LinkPairs

__all__ = ["JOINS", "LINKS", "Link", "LinkPairs", "Trust", "read_link"]

LINKS = {
    "ridge": "isthmus.transform.links.closed_forms:fit_ridge",
    "procrustes": "isthmus.transform.links.closed_forms:fit_procrustes",
    "cca": "isthmus.transform.links.closed_forms:fit_cca",
    "asif": "isthmus.transform.links.closed_forms:fit_asif",
    "contrastive": "isthmus.train.links:fit_contrastive",
    "contrastive_mlp": "isthmus.train.links:fit_contrastive_mlp",
    "exmcr": "isthmus.train.links:fit_exmcr",
}
"""``fit(pairs) -> map`` from vectors of A (n, d) to B's (n, e): the last three need torch, the last
one a memory."""

JOINS = {"cmcr": "isthmus.train.links:fit_cmcr"}
"""``fit(pairs) -> (map of A, map of B)`` into one new space; needs torch and a memory."""
