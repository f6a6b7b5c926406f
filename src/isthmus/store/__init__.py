"""How arrays and tables are kept: safetensors and Parquet, committed atomically.

The store knows arrays and dicts only. The format is documented in ``docs/format.md`` and is
stable from version 1 on.
"""

from isthmus.store.documents import parse_json, read_json
from isthmus.store.files import (
    MARKER,
    atomic,
    is_file,
    is_folder,
    mark,
    marked,
    readable,
    slug,
    sweep,
    text_lines,
    write_json,
    write_text,
)
from isthmus.store.packages import data_folder
from isthmus.store.saved_links import LINK_FILE, cache_folder, links_folder, saved_links
from isthmus.store.tables import (
    MAX_BYTES,
    Columns,
    NamedArrays,
    read_table,
    read_vectors,
    write_table,
)
from isthmus.store.tensors import (
    packed,
    read_described,
    read_tensors,
    tensor_header,
    unpacked,
    write_tensors,
)

__all__ = [
    "LINK_FILE",
    "MARKER",
    "MAX_BYTES",
    "Columns",
    "NamedArrays",
    "atomic",
    "cache_folder",
    "data_folder",
    "is_file",
    "is_folder",
    "links_folder",
    "mark",
    "marked",
    "packed",
    "parse_json",
    "read_described",
    "read_json",
    "read_table",
    "read_tensors",
    "read_vectors",
    "readable",
    "saved_links",
    "slug",
    "sweep",
    "tensor_header",
    "text_lines",
    "unpacked",
    "write_json",
    "write_table",
    "write_tensors",
    "write_text",
]
