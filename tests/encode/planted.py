"""Code planted in files of every kind: it would make a folder, were it run."""

import json
import os
import pickle

import numpy as np
import pytest

import isthmus
from isthmus.store import read_tensors, write_tensors
from isthmus.types import RequestError

MODULE = """
import os
os.mkdir({marker!r})
from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerFast

class Config(PretrainedConfig):
    model_type = "planted"
class Model(PreTrainedModel):
    config_class = Config
class Tokenizer(PreTrainedTokenizerFast): pass
class Processor: pass
"""


class Planted:
    """A pickle that makes a folder when it is opened."""

    def __init__(self, marker):
        self.marker = str(marker)

    def __reduce__(self):
        return (os.mkdir, (self.marker,))


def refused(name, *said):
    """``isthmus.load`` refuses in one sentence that says these things."""
    with pytest.raises(RequestError) as caught:
        isthmus.load(name, device="cpu")
    text = str(caught.value)
    assert "\n" not in text
    for part in said:
        assert part in text
    return text


def plant(folder, marker, **references):
    """Code in a folder, and ``auto_map`` in the JSON files of these names."""
    (folder / "planted.py").write_text(MODULE.format(marker=str(marker)))
    for file, (auto, target) in references.items():
        path = folder / f"{file}.json"
        about = json.loads(path.read_text()) if path.exists() else {}
        about["auto_map"] = {auto: target}
        path.write_text(json.dumps(about))


def pickled(path, marker):
    """A file that runs code where it is unpickled."""
    if path.suffix == ".npy":
        np.save(path, np.array([Planted(marker)], dtype=object), allow_pickle=True)
    elif path.suffix == ".npz":
        np.savez(path, image=np.array([Planted(marker)], dtype=object))
    else:
        path.write_bytes(pickle.dumps({"image": Planted(marker)}))
    return path


def reworded(path, change):
    """Rewrite what the metadata of a safetensors file say of it."""
    arrays, meta = read_tensors(path)
    about = json.loads(meta["isthmus"])
    change(about)
    kept = {name: np.array(array) for name, array in arrays.items()}
    write_tensors(path, kept, {"isthmus": json.dumps(about)})
