"""How arrays and tables are kept: safetensors and Parquet, committed atomically.

The store knows arrays and dicts only. The format is documented in ``docs/format.md`` and is
stable from version 1 on.
"""

from isthmus.store.documents import parse_json, read_json
from isthmus.store.files import atomic, slug, write_json, write_text
from isthmus.store.tables import Columns, read_table, read_vectors, write_table
from isthmus.store.tensors import (
    packed,
    read_described,
    read_tensors,
    tensor_header,
    unpacked,
    write_tensors,
)

__all__ = [
    "Columns",
    "atomic",
    "packed",
    "parse_json",
    "read_described",
    "read_json",
    "read_table",
    "read_tensors",
    "read_vectors",
    "slug",
    "tensor_header",
    "unpacked",
    "write_json",
    "write_table",
    "write_tensors",
    "write_text",
]
