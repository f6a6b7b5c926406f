"""One pair of sets, written in every kind of file that arrays are read from."""

import numpy as np

from isthmus.store import write_tensors

RNG = np.random.default_rng(0)
IMAGE = RNG.normal(size=(5, 4)).astype(np.float32)
TEXT = RNG.normal(size=(5, 4)).astype(np.float32)


def as_npz(path):
    np.savez(path / "pairs.npz", image=IMAGE, text=TEXT)
    return path / "pairs.npz"


def as_compressed_npz(path):
    np.savez_compressed(path / "pairs.npz", img_emb=IMAGE, text_embeddings=TEXT)
    return path / "pairs.npz"


def as_safetensors(path):
    write_tensors(path / "pairs.safetensors", {"image": IMAGE, "text": TEXT}, {})
    return path / "pairs.safetensors"


def as_parquet(path):
    columns = {"image_embedding": list(IMAGE), "text_embedding": list(TEXT)}
    write_lists(path / "pairs.parquet", columns, fixed=False)
    return path / "pairs.parquet"


def as_fixed_parquet(path):
    write_lists(path / "pairs.parquet", {"image": list(IMAGE), "text": list(TEXT)}, fixed=True)
    return path / "pairs.parquet"


def as_folder(path):
    np.save(path / "images.npy", IMAGE)
    np.save(path / "texts.npy", TEXT)
    return path


def as_clip_retrieval(path):
    parts = [slice(0, 1), slice(1, 2), slice(2, 5)]
    # shard 10 comes after shard 9, though not in the alphabet
    for number, part in zip((9, 10, 11), parts, strict=True):
        for folder, array in (("img_emb", IMAGE), ("text_emb", TEXT)):
            (path / folder).mkdir(exist_ok=True)
            np.save(path / folder / f"{folder}_{number}.npy", array[part])
    return path


def write_lists(path, vectors, fixed, **columns):
    from arro3.core import Array, DataType, Table, fixed_size_list_array, list_array
    from arro3.io import write_parquet

    table = {name: Array(values, DataType.string()) for name, values in columns.items()}
    for name, rows in vectors.items():
        flat = Array(np.concatenate(rows))
        ends = np.cumsum([0, *map(len, rows)]).astype(np.int32)
        table[name] = (
            fixed_size_list_array(flat, len(rows[0])) if fixed else list_array(Array(ends), flat)
        )
    write_parquet(Table(table), path)


KINDS = [
    as_npz,
    as_compressed_npz,
    as_safetensors,
    as_parquet,
    as_fixed_parquet,
    as_folder,
    as_clip_retrieval,
]
