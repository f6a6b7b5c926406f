"""Open a space, embed items, keep what came out. Small, and stays small."""

from isthmus.engine.jobs import JobOptions
from isthmus.lab.embedding import JobReport, embed, embed_all, embed_into
from isthmus.lab.keeping import export_set, load_set, save, save_links, save_mended
from isthmus.lab.loading import load

__all__ = [
    "JobOptions",
    "JobReport",
    "embed",
    "embed_all",
    "embed_into",
    "export_set",
    "load",
    "load_set",
    "save",
    "save_links",
    "save_mended",
]
