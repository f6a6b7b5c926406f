"""Embedding in memory: order, names, faults."""

import numpy as np
import pytest

from isthmus.lab import embed, export_set, load, load_set, save
from isthmus.store import read_table
from isthmus.types import Items, NothingLeftError, RequestError
from tests.encode.planted import reworded
from tests.toys import Letters, toy_set

TEXTS = ["a", "bb", "!", "ccc", "d", "e!"]


def test_vectors_keep_their_order_across_batches():
    whole = embed(Letters(), ["a", "bb", "ccc", "dddd", "abc"], batch_size=2)
    assert whole.ids == ("0", "1", "2", "3", "4")
    np.testing.assert_array_equal(whole.vectors[:, :4].tolist()[3], [0, 0, 0, 4])
    np.testing.assert_array_equal(whole.vectors.sum(axis=1), [1, 2, 3, 4, 3])


@pytest.mark.parametrize("batch_size", [1, 2, 3, 64])
def test_a_bad_item_is_named_and_skipped_wherever_it_stands(batch_size, caplog):
    items = Items("text", ("A", "B", "C", "D", "E", "F"), TEXTS)
    found = embed(Letters(), items, batch_size=batch_size)
    assert found.ids == ("A", "B", "D", "E")
    np.testing.assert_array_equal(found.vectors[:, :5].argmax(axis=1), [0, 1, 2, 3])
    assert set(found.history[-1].parameters["faults"]) == {"C", "F"}
    assert "Skipped 2 of 6 text items" in caplog.text


def test_a_vector_of_zeros_is_a_fault_of_its_item():
    found = embed(Letters(), ["a", "123"])
    assert found.ids == ("0",)
    assert "zero" in found.history[-1].parameters["faults"]["1"]


def test_nothing_left_is_an_error():
    with pytest.raises(NothingLeftError, match="Not one text item of 2"):
        embed(Letters(), ["!", "!!"])


def test_an_encoder_refuses_another_modality():
    with pytest.raises(RequestError, match="takes text items, but these are image"):
        embed(Letters(), Items("image", ("a",), ["a"]))


def test_an_unknown_space_says_what_there_is(tmp_path):
    with pytest.raises(RequestError, match="No space is called 'minni'"):
        load("minni")
    file = tmp_path / "pairs.npz"
    file.touch()
    with pytest.raises(RequestError, match="arrays:"):
        load(str(file))


def test_a_set_comes_back_from_disk(tmp_path):
    found = embed(Letters(), ["ab", "cd", "!"])
    save(found, tmp_path / "letters")
    back = load_set(tmp_path / "letters")
    np.testing.assert_array_equal(back.vectors, found.vectors)
    assert isinstance(back.vectors, np.memmap)
    assert (back.ids, back.modality, back.space) == (found.ids, "text", found.space)
    assert back.history == found.history
    assert back.fingerprint == found.fingerprint
    save(toy_set(np.eye(3)), tmp_path / "letters")
    assert len(load_set(tmp_path / "letters")) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]


def test_saving_never_replaces_what_is_not_a_set(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    with pytest.raises(RequestError, match="not a saved set"):
        save(toy_set(np.eye(3)), tmp_path / "mine")
    with pytest.raises(RequestError, match="holds no saved set"):
        load_set(tmp_path / "mine")


def test_exports_can_be_read_by_others(tmp_path):
    some = toy_set(np.eye(3), ids=("x.jpg", "y.jpg", "z.jpg"))
    table = read_table(export_set(some, tmp_path / "a.parquet"))
    assert table["id"] == ["x.jpg", "y.jpg", "z.jpg"]
    assert table["x1"] == [0, 1, 0]
    lines = export_set(some, tmp_path / "a.csv").read_text().splitlines()
    assert lines[0] == "id,x0,x1,x2"
    assert lines[2] == "y.jpg,0.0,1.0,0.0"
    folder = export_set(some, tmp_path / "laion")
    kept = np.load(folder / "img_emb" / "img_emb_0.npy")
    np.testing.assert_array_equal(kept, np.eye(3))
    assert kept.dtype == np.float16
    names = read_table(folder / "metadata" / "metadata_0.parquet")["image_path"]
    assert names == ["x.jpg", "y.jpg", "z.jpg"]


def test_an_encoder_says_how_many_items_it_wants():
    seen: list[int] = []

    class Wide(Letters):
        batch = 3

        def encode(self, items):
            seen.append(len(items))
            return super().encode(items)

    embed(Wide(), ["a", "bb", "ccc", "dddd"])
    assert seen == [3, 1]
    embed(Wide(), ["a", "bb", "ccc", "dddd"], batch_size=2)
    assert seen == [3, 1, 2, 2]


TAMPERED = [
    (lambda about: about.pop("space"), "lacks the key 'space'"),
    (lambda about: about.update(extra=1), "unknown key 'extra'"),
    (lambda about: about.update(format="isthmus-set/2"), "install the newer isthmus"),
    (lambda about: about.update(format=None), "no object with a format"),
    (lambda about: about.update(modality="../../x"), "modality wants a name without slashes"),
    (lambda about: about.update(modality=3), "modality wants a text"),
    (lambda about: about.update(history={}), "history wants a list"),
    (
        lambda about: about.update(history=[{"verb": "a", "parameters": 3}]),
        "parameters wants an ob",
    ),
    (lambda about: about["space"].update(dim=[]), "space.dim wants a whole number"),
    (lambda about: about["space"].update(dim=10**12), "space.dim wants 1 to"),
    (lambda about: about["space"].update(dim=3), "have 3 coordinates"),
    (lambda about: about["space"].update(bias=float("nan")), "not finite"),
    (lambda about: about["space"].update(nam="x"), "unknown key 'nam'; did you mean 'name'"),
    (lambda about: about.update(rule=5), "describes no part"),
    (lambda about: about.update(rule={"value": "cosine"}), "its rule is no score rule"),
    (
        lambda about: about.update(rule={"kind": "Cosine", "fields": {"x": {"value": 1}}}),
        "does not",
    ),
    (lambda about: about.update(rule={"array": "gone"}), "does not describe"),
]


@pytest.mark.parametrize(("change", "said"), TAMPERED)
def test_a_tampered_set_is_one_sentence(tmp_path, change, said):
    save(toy_set(np.eye(4)), tmp_path / "set")
    reworded(tmp_path / "set" / "vectors.safetensors", change)
    with pytest.raises(RequestError, match=said) as caught:
        load_set(tmp_path / "set")
    assert "\n" not in str(caught.value)
