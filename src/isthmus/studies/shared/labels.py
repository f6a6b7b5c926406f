"""Labels of vectors in a table: one row a vector, by its id or in its order."""

from pathlib import Path

from isthmus.read.tables import open_table
from isthmus.types import EmbeddingSet, RequestError, amount

ID = "id"
"""The column that names the vector of a row; without it, row i belongs to vector i."""


def labels_of_vectors(file: Path, vectors: EmbeddingSet) -> dict[str, dict[str, str]]:
    """The labels of every vector that has a row, by id.

    Raises:
        RequestError: no such table, rows that are not as many as vectors, or ids that are no
            vector's.
    """
    columns = read_labels(file)
    count = len(next(iter(columns.values()), []))
    names = columns.get(ID, list(vectors.ids))
    if ID not in columns and count != len(vectors):
        raise RequestError(
            f"A row of labels belongs to each vector, but there are {amount(count, 'row')} and "
            f"{amount(len(vectors), 'vector')}: add a column {ID!r}, or the missing rows."
        )
    if ID in columns and set(names).isdisjoint(vectors.ids):
        raise RequestError(f"No id in {file}, such as {names[0]!r}, is the id of a vector.")
    return {
        name: {column: values[row] for column, values in columns.items()}
        for row, name in enumerate(names)
    }


def read_labels(file: Path) -> dict[str, list[str]]:
    """Columns of a CSV or Parquet file as text.

    Raises:
        RequestError: it cannot be read, or has no row.
    """
    try:
        found = open_table(file)
    except RequestError as error:
        raise RequestError(f"The labels in {file} cannot be read: {error}") from error
    table = {name: list(map(str, column)) for name, column in found.columns.items()}
    if found.faults:
        place, why = next(iter(found.faults.items()))
        raise RequestError(f"The labels in {file} cannot be read: line {place} {why}.")
    if not table or not next(iter(table.values())):
        raise RequestError(f"{file} holds no row of labels.")
    return table
