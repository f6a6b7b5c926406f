"""Content hashes: a file is read again when its size or its time changes, and only then."""

import os

import numpy as np
import pytest
from PIL import Image

from isthmus.engine import content_index
from isthmus.engine.content_index import ContentIndex, content_hash
from isthmus.read.image import Picture
from isthmus.types import ItemError, RequestError


def hash_of(path, folder, rehash=False):
    index = ContentIndex(folder / "contents.json", rehash)
    (found,) = index.hashes([path])
    index.save()
    return found


def put(path, content, time):
    path.write_bytes(content)
    os.utime(path, ns=(time, time))


def test_new_content_of_the_same_size_is_noticed_by_its_time(tmp_path):
    path = tmp_path / "a"
    put(path, b"red", 10**18)
    before = hash_of(path, tmp_path)
    put(path, b"tan", 10**18 + 1)
    assert hash_of(path, tmp_path) != before


def test_new_content_of_another_size_is_noticed_at_the_same_time(tmp_path):
    path = tmp_path / "a"
    put(path, b"red", 10**18)
    before = hash_of(path, tmp_path)
    put(path, b"green", 10**18)
    assert hash_of(path, tmp_path) != before


def test_a_new_time_alone_changes_nothing(tmp_path):
    path = tmp_path / "a"
    put(path, b"red", 10**18)
    before = hash_of(path, tmp_path)
    os.utime(path, ns=(1, 1))
    assert hash_of(path, tmp_path) == before


def test_the_same_size_and_time_are_trusted_until_everything_is_read_again(tmp_path):
    path = tmp_path / "a"
    put(path, b"red", 10**18)
    before = hash_of(path, tmp_path)
    put(path, b"tan", 10**18)
    assert hash_of(path, tmp_path) == before
    read = hash_of(path, tmp_path, rehash=True)
    assert read != before
    assert hash_of(path, tmp_path) == read


def test_a_file_is_read_once(tmp_path, monkeypatch):
    paths = [tmp_path / name for name in "abc"]
    for number, path in enumerate(paths):
        put(path, b"x" * number, 10**18)
    read, plain = [], content_index.file_digest
    monkeypatch.setattr(content_index, "file_digest", lambda p: read.append(p) or plain(p))
    for _ in range(2):
        index = ContentIndex(tmp_path / "contents.json")
        index.hashes(paths)
        index.save()
    assert read == paths
    put(paths[1], b"x", 10**18 + 1)
    ContentIndex(tmp_path / "contents.json").hashes(paths)
    assert read == [*paths, paths[1]]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("{ damaged", "is damaged JSON"),
        ("", "is damaged JSON"),
        ("[]", "it wants an object"),
        ('{"a": 3}', "a wants a list of 3, not 3"),
        ('{"a": [1, 2]}', "a wants a list of 3"),
        ('{"a": [1, 2, {}]}', r"a\[2\] wants a text"),
        ('{"a": [-1, 2, "x"]}', r"a\[0\] wants 0 to"),
        ('{"a": [1, 1e999, "x"]}', "is not finite"),
        ("[" * 9999, "deep inside each other"),
    ],
)
def test_a_tampered_index_is_one_sentence(tmp_path, damage, said):
    path = tmp_path / "a"
    put(path, b"red", 10**18)
    before = hash_of(path, tmp_path)
    (tmp_path / "contents.json").write_text(damage)
    with pytest.raises(RequestError, match=rf"^[^\n]*{said}[^\n]*--rehash\.$"):
        hash_of(path, tmp_path)
    assert ContentIndex(tmp_path / "contents.json", rehash=True).hashes([path]) == [before]


def test_what_cannot_be_read_is_known_by_its_reason(tmp_path):
    def torn():
        raise ItemError("it is torn")

    missing, broken = ContentIndex(tmp_path / "c").hashes([tmp_path / "gone", torn])
    assert missing.startswith("unreadable: ")
    assert "gone" in missing
    assert broken == "unreadable: it is torn"


def test_equal_contents_have_equal_hashes_and_others_do_not(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert content_hash("abc") == content_hash(b"abc") == content_hash(tmp_path / "a")
    assert content_hash(Picture(b"abc")) == content_hash(lambda: b"abc")
    shown = [
        pixels,
        pixels.reshape(1, 4, 3),
        Image.fromarray(pixels),
        Image.fromarray(pixels.reshape(1, 4, 3)),
        pixels[::-1],
        "a",
        "b",
    ]
    assert len({content_hash(one) for one in shown}) == len(shown)


def test_a_content_key_says_it_without_a_call():
    class Made:
        content_key = "seed 3"

        def __call__(self):
            raise AssertionError("nobody should call")

    assert content_hash(Made()) == content_hash("seed 3")
    assert content_hash(Picture(Made())) == content_hash("seed 3")
