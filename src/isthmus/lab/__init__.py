"""Open a space, embed items, keep what came out. Small, and stays small."""

from isthmus.engine.jobs import JobOptions
from isthmus.lab.benchmarking import as_mteb
from isthmus.lab.embedding import JobReport, embed, embed_all, embed_into
from isthmus.lab.keeping import export_set, load_set, save, save_links, save_mended
from isthmus.lab.linking import join, link
from isthmus.lab.loading import load
from isthmus.transform.links import read_link as load_link

__all__ = [
    "JobOptions",
    "JobReport",
    "as_mteb",
    "embed",
    "embed_all",
    "embed_into",
    "export_set",
    "join",
    "link",
    "load",
    "load_link",
    "load_set",
    "save",
    "save_links",
    "save_mended",
]
