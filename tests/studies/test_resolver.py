"""Whose vectors, of which items: one answer for every command, and no source that is not used."""

import json
import os
import shlex
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import isthmus
from isthmus.cli import _parse, main
from isthmus.lab import save_mended
from isthmus.studies.shared.resolver import job_options, resolve
from isthmus.transform.mended import fit_mended
from isthmus.types import Calibration, RequestError
from isthmus.types.requests import Common, Source

N, D = 40, 6
WITH_TORCH = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")


@pytest.fixture
def arrays(tmp_path):
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(N, D))
    image = shared + rng.normal(size=(N, D)) / 4 + 1
    text = shared + rng.normal(size=(N, D)) / 4
    np.savez(tmp_path / "pairs.npz", image=np.float32(image), text=np.float32(text))
    return tmp_path / "pairs.npz"


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        Image.new("RGB", (8, 8), (80 * number, 0, 0)).save(folder / f"{number}.png")
        (folder / f"{number}.txt").write_text(f"red {number}")
    return folder


@pytest.fixture
def mended(arrays, tmp_path):
    """``mended:FOLDER`` fitted on the arrays."""
    data = resolve("", Source(arrays=arrays)).dataset(tmp_path, Common())
    fitted = fit_mended("mean_removal", Calibration.of(data.a, data.b), data.a.space)
    save_mended(fitted, tmp_path / "mended", f"arrays:{arrays}")
    return f"mended:{tmp_path / 'mended'}"


def vectors(resolved, folder):
    return {name: x.vectors for name, x in resolved.collect(folder, Common()).sets.items()}


def test_arrays_by_option_by_scheme_and_by_path_are_the_same_vectors(arrays, tmp_path):
    found = [
        resolve("", Source(arrays=arrays)),
        resolve(f"arrays:{arrays}"),
        resolve(str(arrays)),
    ]
    first, *others = (vectors(one, tmp_path) for one in found)
    for other in others:
        assert other.keys() == first.keys()
        assert all(np.array_equal(first[name], other[name]) for name in first)
    assert len({one.origin for one in found}) == 1
    assert {one.names for one in found} == {("pairs",)}


def test_the_model_of_arrays_may_be_named_either_way(arrays):
    by_option = resolve("", Source(arrays=arrays, model="one"))
    by_name = resolve(f"arrays:{arrays}?model=one")
    assert by_option.origin == by_name.origin == f"arrays:{arrays}?model=one"


def test_a_run_folder_and_a_saved_set_hold_vectors(arrays, tmp_path):
    assert main(["embed", f"arrays:{arrays}", str(tmp_path / "run"), "--quiet"]) == 0
    wanted = vectors(resolve(str(arrays)), tmp_path)
    for path in (tmp_path / "run", tmp_path / "run/embeddings"):
        found = vectors(resolve(str(path)), tmp_path)
        assert all(np.array_equal(found[name], wanted[name]) for name in wanted)
    one = vectors(resolve(str(tmp_path / "run/embeddings/text")), tmp_path)
    assert [*one] == ["text"]


def test_a_space_mended_on_arrays_brings_them_through_its_corrections(mended, arrays, tmp_path):
    found = vectors(resolve(mended), tmp_path)
    plain = vectors(resolve(str(arrays)), tmp_path)
    assert not np.allclose(found["image"], plain["image"])
    for some in found.values():
        unit = some / np.linalg.norm(some, axis=1, keepdims=True)
        assert np.abs(some.mean(axis=0)).max() < 0.1 < np.abs(unit).max()


def test_a_chain_of_mended_spaces_is_gone_through_in_order(mended, arrays, tmp_path):
    data = resolve(mended).dataset(tmp_path, Common())
    fitted = fit_mended("whitening", Calibration.of(data.a, data.b), data.a.space)
    save_mended(fitted, tmp_path / "twice", mended)
    found = resolve(f"mended:{tmp_path / 'twice'}").collect(tmp_path, Common())
    assert np.allclose(found.sets["image"].vectors, fitted(data.a).vectors, atol=1e-6)
    assert found.sets["image"].space == fitted.space


@pytest.mark.parametrize("option", ["world", "images", "texts", "split", "templates"])
@pytest.mark.parametrize("kind", ["arrays", "scheme", "mended"])
def test_a_source_beside_vectors_is_refused(kind, option, arrays, mended, photos):
    value = "test" if option in ("world", "split") else photos
    more = {"arrays": arrays} if kind == "arrays" else {}
    space = {"arrays": "", "scheme": f"arrays:{arrays}", "mended": mended}[kind]
    with pytest.raises(RequestError, match=f"--{option} would not be used"):
        resolve(space, Source(**{option: value}, **more))


@pytest.mark.parametrize(
    "command", ["study", "mend", "embed", pytest.param("fit", marks=WITH_TORCH)]
)
def test_commands_do_not_study_other_items_than_were_named(
    command, mended, photos, tmp_path, capsys
):
    out = [str(tmp_path / "out")] if command == "embed" else ["--out", str(tmp_path / "out")]
    assert main([command, mended, *out, "--images", str(photos), "--quiet"]) == 2
    assert "--images would not be used" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["atlas", "arrays:ARRAYS"], "an atlas encodes renders"),
        pytest.param(
            ["fit", "arrays:ARRAYS", "--towers", "image"],
            "--towers trains encoders",
            marks=WITH_TORCH,
        ),
        (["styles", "arrays:ARRAYS"], "Arrays need --labels FILE"),
        (["styles", "mini", "--labels", "ARRAYS"], "--labels names the rows of --arrays"),
        (["search", "a cat", "--space", "arrays:ARRAYS"], "a query must be encoded"),
        (["study", "mini", "--arrays", "ARRAYS"], "either arrays or spaces"),
        (["study", "mini", "--model", "one"], "but there are none"),
    ],
)
def test_vectors_where_a_space_is_wanted_are_refused_before_any_work(
    words, said, arrays, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert main([word.replace("ARRAYS", str(arrays)) for word in words]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_arrays_are_kept_and_exported_by_embed(arrays, tmp_path, capsys):
    words = ["embed", f"arrays:{arrays}", str(tmp_path / "kept"), "--json"]
    assert main([*words, "--export", str(tmp_path / "flat.csv")]) == 0
    assert json.loads(capsys.readouterr().out)["encoded"] == 0
    kept = isthmus.load_set(tmp_path / "kept/embeddings/image")
    with np.load(arrays) as held:
        assert np.array_equal(kept.vectors, held["image"])
    assert (tmp_path / "flat-image.csv").is_file()
    assert (tmp_path / "flat-text.csv").is_file()


def test_labelled_arrays_may_be_named_as_a_space(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    objects, styles = rng.normal(size=(40, D)), rng.normal(size=(3, D)) * 2
    np.save("x.npy", np.float32((objects[:, None] + styles[None]).reshape(-1, D)))
    rows = "".join(f"{thing},{style}\n" for thing in range(40) for style in "abc")
    (tmp_path / "labels.csv").write_text("object,style\n" + rows)
    options = ["--labels", "labels.csv", "--score", "15", "--quiet"]
    assert main(["styles", "arrays:x.npy", *options, "--out", "one"]) == 0
    assert main(["styles", "--arrays", "x.npy", *options, "--out", "two"]) == 0
    one, two = (json.loads((tmp_path / out / "report.json").read_text()) for out in ("one", "two"))
    assert one == two


def test_files_are_read_again_when_that_is_asked_for(photos, tmp_path, capsys):
    def encoded(*more):
        words = ["mini", tmp_path / "kept", "--images", photos, "--json", "--quiet", *more]
        assert main(["embed", *map(str, words)]) == 0
        return json.loads(capsys.readouterr().out)["encoded"]

    def paint(colour):
        Image.new("RGB", (8, 8), colour).save(photos / "0.png")
        (photos / "0.png").write_bytes((photos / "0.png").read_bytes().ljust(200, b"\0"))
        os.utime(photos / "0.png", (1e9, 1e9))

    paint((0, 0, 0))
    assert encoded() == 6
    paint((0, 200, 9))
    assert encoded() == 0
    assert encoded("--rehash") == 3  # the shard of pictures


def test_options_of_a_command_are_those_of_its_jobs(tmp_path):
    found = job_options(Common(batch_size=7, rehash=True, quiet=True))
    assert (found.batch_size, found.rehash, found.progress) == (7, True, False)
    assert job_options(Common()).progress
    assert not found.replace and job_options(Common(), tmp_path).replace
    (tmp_path / "config.json").touch()  # a finished run: its vectors are not replaced
    assert not job_options(Common(), tmp_path).replace


@pytest.mark.parametrize(
    ("space", "source", "title", "words"),
    [
        ("", Source(), "mini on glyphs", ("mini", "mini", "")),
        ("mini", Source(world="glyphs", split="all"), "mini on glyphs-all",
         ("mini --world glyphs --split all", "mini", "--world glyphs --split all")),
        ("mini", Source(images=Path("my photos")), "mini on my photos",
         ("mini --images 'my photos'", "mini", "--images 'my photos'")),
        ("", Source(arrays=Path("a/pairs.npz"), max_bytes=9), "the vectors of pairs.npz",
         ("--arrays a/pairs.npz --max-bytes 9", "arrays:a/pairs.npz", "--max-bytes 9")),
        ("arrays:b.npz", Source(model="clip"), "clip on b.npz",
         ("--arrays b.npz --model clip", "'arrays:b.npz?model=clip'", "")),
    ],
)  # fmt: skip
def test_a_study_is_titled_after_its_data_and_named_as_a_command_names_it(
    space, source, title, words
):
    found = resolve(space, source)
    assert found.title == title
    assert tuple(found.words[name] for name in ("data", "space", "options")) == words
    again = _parse("study", shlex.split(words[0]))
    assert resolve("".join(again.spaces), again.source).words == found.words
