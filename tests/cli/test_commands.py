"""The commands on a toy space and a toy world: what is embedded, found, counted, kept."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from isthmus.cli import main
from isthmus.encode import ENCODERS
from isthmus.lab import load_set
from isthmus.worlds import WORLDS


@pytest.fixture(autouse=True)
def toys(monkeypatch, tmp_path):
    monkeypatch.setitem(ENCODERS, "toy", "tests.toys:load_letters")
    monkeypatch.setitem(WORLDS, "words", "tests.toys:words_world")
    monkeypatch.setitem(WORLDS, "spoiled", "tests.toys:spoiled_world")
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def run(*words):
    return main([*words, "--quiet"] if words[0] != "cache" else list(words))


def test_embed_saves_sets_and_a_second_run_encodes_nothing(tmp_path, capsys):
    assert run("embed", "toy", "out", "--world", "words", "--export", "table.csv") == 0
    assert "60 items: 60 encoded now" in capsys.readouterr().out
    images = load_set(tmp_path / "out" / "embeddings" / "image")
    assert len(images) == 30
    assert images.vectors.sum() == 30 * 8
    assert (tmp_path / "table-image.csv").read_text().startswith("id,x0")
    assert run("embed", "toy", "out", "--world", "words", "--json") == 0
    assert json.loads(capsys.readouterr().out)["encoded"] == 0


def test_faults_are_named_and_strict_makes_them_an_error(capsys):
    assert run("embed", "toy", "out", "--world", "spoiled") == 0
    out = capsys.readouterr().out
    assert "skipped w20" in out
    assert "skipped w31" in out
    assert run("embed", "toy", "out", "--world", "spoiled", "--strict") == 1


def test_counts_of_what_was_skipped_agree_everywhere(tmp_path, capsys):
    for done in ("58 encoded now, 0 kept, 2 skipped", "0 encoded now, 58 kept, 2 skipped"):
        assert run("embed", "toy", "out", "--world", "spoiled") == 0
        assert f"60 items: {done}\n" in capsys.readouterr().out
    lines = (tmp_path / "out/jobs/image/manifest.jsonl").read_text().splitlines()
    assert sum(len(json.loads(line)["faults"]) for line in lines) == 2
    assert run("study", "toy", "--world", "spoiled", "--out", "run") == 0
    assert "\n2 items skipped (--verbose names all).\n" in capsys.readouterr().out
    assert set(json.loads((tmp_path / "run/report.json").read_text())["faults"]) == {"w20", "w31"}
    page = re.sub("<[^>]+>", " ", (tmp_path / "run/report.html").read_text())
    assert re.search(r"items skipped\s+2\s", page)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("study --images nowhere", "There is no file or folder nowhere; images are"),
        ("study --images nowhere --texts x.csv", "There is no folder nowhere; wanted"),
        ("study --images . --texts nowhere.csv", "There is no file nowhere.csv."),
        ("study --arrays nowhere", "There is no file or folder nowhere; arrays are"),
        ("study nowhere.npz", "'nowhere.npz', nor is there a file or folder of that name"),
        ("atlas --objects nowhere", "There is no folder nowhere; wanted is one of meshes"),
        ("study --config nowhere.json", "nowhere.json: No such file or directory."),
        ("search x --in nowhere", "There is no folder nowhere."),
        ("replicate --data nowhere", "There is no folder nowhere;"),
    ],
)
def test_what_is_not_there_is_told_as_that(words, said, capsys, tmp_path):
    assert run(*words.split()) == 2
    assert said in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]


def test_captions_beside_pictures_that_nothing_asks_for_are_offered(tmp_path, capsys):
    from PIL import Image

    (tmp_path / "photos").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "photos" / "a.png")
    (tmp_path / "photos" / "captions.csv").write_text("file,caption\na.png,a dog\n")
    assert run("study", "--images", "photos") == 2
    said = capsys.readouterr().err
    assert "photos gives only image: captions.csv is a table that nothing asks for" in said
    assert "--texts photos/captions.csv" in said


def test_search_ranks_by_similarity_in_a_world_and_in_a_run(tmp_path, capsys):
    words = ("search", "zzz", "--space", "toy", "--json", "--top", "3")
    assert run(*words, "--in", "words") == 0
    assert json.loads(capsys.readouterr().out)["searched"] == 30  # the test split
    assert run(*words, "--in", "words", "--split", "all") == 0
    first = json.loads(capsys.readouterr().out)
    scores = [hit["score"] for hit in first["items"]]
    assert scores == sorted(scores, reverse=True)
    assert first["searched"] == 40
    assert first["items"][0]["caption"].count("z") >= 1
    assert run("cache") == 0
    assert "MB kept" in capsys.readouterr().out
    assert run("cache", "--clear") == 0
    assert not list((tmp_path / "cache").iterdir())
    run("embed", "toy", "out", "--world", "words", "--split", "all")
    capsys.readouterr()
    assert run(*words, "--in", "out") == 0
    again = json.loads(capsys.readouterr().out)
    assert [hit["id"] for hit in again["items"]] == [hit["id"] for hit in first["items"]]


def test_search_counts_what_it_could_not_read(capsys):
    words = ("search", "zzz", "--in", "spoiled", "--space", "toy")
    assert run(*words) == 0
    assert "2 items skipped" in capsys.readouterr().out
    assert run(*words, "--strict") == 1


def test_templates_of_ones_own_change_the_classification(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("{}\n")
    (tmp_path / "other.txt").write_text("zzzzzzzzzz {}\n")
    (tmp_path / "broken.txt").write_text("no place for a name\n")
    words = ("study", "toy", "--world", "words", "--json", "--templates")
    found = []
    for name in ("mine.txt", "other.txt"):
        assert run(*words, name, "--out", name[:-4]) == 0
        report = json.loads(capsys.readouterr().out)["report"]
        found.append(report["results"]["zero_shot[image]"]["value"])
    assert found[0] != found[1]
    assert run(*words, "broken.txt") == 2
    assert "line 1" in capsys.readouterr().err


def test_the_contact_sheet_escapes_the_query(tmp_path):
    query = "<script>alert(1)</script>"
    assert run("search", query, "--in", "words", "--space", "toy", "--out", "sheet.html") == 0
    page = (tmp_path / "sheet.html").read_text()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["search", "x", "--in", "nowhere", "--space", "toy"], "no worlds called 'nowhere'"),
        (["search", "x", "--in", "words", "--space", "toy", "--top", "0"], "At least one"),
        (["study", "toy", "--arrays", "pairs.npz"], "either arrays or spaces"),
        (["study", "toy", "--world", "words", "--split", "valid"], "no split 'valid'"),
        (["study", "toy", "--world", "words", "--images", "."], "not both"),
        (["study", "--arrays", "missing.npz"], "missing.npz"),
    ],
)
def test_requests_that_cannot_be_met(words, said, capsys):
    assert run(*words) == 2
    assert said in capsys.readouterr().err


def test_a_study_writes_page_record_vectors_and_its_configuration(tmp_path, capsys):
    assert run("study", "toy", "--world", "spoiled", "--out", "run") == 0
    out = capsys.readouterr().out
    assert "hit@1" in out
    assert "2 items skipped" in out
    folder = tmp_path / "run"
    page = (folder / "report.html").read_text()
    assert "w20" in page
    record = json.loads((folder / "report.json").read_text())
    assert record
    assert json.loads((folder / "config.json").read_text())["source"]["world"] == "spoiled"
    before = (folder / "report.json").read_bytes()
    assert run("study", "--config", str(folder / "config.json")) == 0
    assert (folder / "report.json").read_bytes() == before
    assert len(load_set(folder / "embeddings" / "image")) == 28


def test_a_study_of_arrays_needs_no_space(tmp_path):
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(60, 16))
    image = (shared + rng.normal(size=(60, 16)) * 0.1).astype(np.float32)
    text = (shared + 1).astype(np.float32)
    np.savez(tmp_path / "pairs.npz", image=image, text=text)
    assert run("study", "--arrays", "pairs.npz") == 0
    assert (tmp_path / "runs" / "study-pairs" / "report.html").exists()


def test_what_is_embedded_opens_again_with_its_links(capsys):
    assert run("embed", "toy", "out", "--world", "words") == 0
    assert run("study", "--arrays", "out", "--out", "again") == 0
    record = json.loads(Path("again/report.json").read_text())
    assert record["data"]["links"] == 30
    assert run("study", "arrays:out", "arrays:again", "--out", "both") == 0
    both = json.loads(Path("both/report.json").read_text())
    assert all(row["value"] == 0 for row in both["differences"].values())


def test_a_folder_of_somebody_else_is_left_alone(capsys):
    Path("mine").mkdir()
    Path("mine/config.json").write_text("precious")
    for words in (("embed", "toy", "mine"), ("study", "toy", "--out", "mine")):
        assert run(*words, "--world", "words") == 2
        assert "holds files that isthmus did not write, such as config.json" in (
            capsys.readouterr().err
        )
    assert Path("mine/config.json").read_text() == "precious"
    Path("file").write_text("x")
    assert run("embed", "toy", "file", "--world", "words") == 2
    assert "is a file" in capsys.readouterr().err


def test_clearing_the_cache_leaves_what_isthmus_did_not_make(tmp_path, capsys):
    run("search", "zzz", "--in", "words", "--space", "toy")
    (tmp_path / "cache" / "thesis").mkdir()
    assert run("cache", "--clear") == 0
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["thesis"]


def test_what_was_written_is_named_with_its_path(tmp_path, capsys):
    assert run("study", "toy", "--world", "words") == 0
    said = capsys.readouterr().out
    folder = Path("runs/study-toy-words")
    for path in folder.iterdir():
        assert path.name.startswith(".") or str(path) in said
    assert run("embed", "toy", "out", "--world", "words", "--export", "table.csv") == 0
    said = capsys.readouterr().out
    assert "table-image.csv" in said
    assert "out/embeddings" in said
    assert run("search", "x", "--in", "words", "--space", "toy", "--out", "sheet.html") == 0
    assert "The page: sheet.html" in capsys.readouterr().out


def test_a_contact_sheet_overwrites_no_other(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("webbrowser.open", lambda _: True)
    for query in ("red/fruit", "red/fruit", "zzz"):
        assert run("search", query, "--in", "words", "--space", "toy", "--open") == 0
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == [
        "search-red-fruit-2.html",
        "search-red-fruit.html",
        "search-zzz.html",
    ]


def test_default_folders_never_overwrite_another_run(tmp_path, capsys):
    rng = np.random.default_rng(0)

    def arrays(folder, seed):
        folder.mkdir(exist_ok=True)
        shared = np.random.default_rng(seed).normal(size=(40, 8))
        image, text = (shared + 0.1 * rng.normal(size=shared.shape) for _ in range(2))
        np.savez(folder / "pairs.npz", image=image.astype("f4"), text=text.astype("f4"))

    arrays(tmp_path / "a", 1)
    arrays(tmp_path / "b", 2)

    def where(*words):
        assert run("study", *words, "--json") == 0
        return json.loads(capsys.readouterr().out)["folder"]

    first = where("--arrays", "a/pairs.npz")
    kept = Path(first, "report.json").read_bytes()
    assert where("--arrays", "a/pairs.npz") == first
    others = [where("--arrays", "b/pairs.npz"), where("--arrays", "a/pairs.npz", "--seed", "3")]
    arrays(tmp_path / "a", 3)
    others.append(where("--arrays", "a/pairs.npz"))
    assert len({first, *others}) == 4
    assert Path(first, "report.json").read_bytes() == kept
    Path(others[2], "config.json").unlink()  # as if it had been stopped
    arrays(tmp_path / "a", 4)
    assert where("--arrays", "a/pairs.npz") == others[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["study", "toy", "--images", "photos"], "add captions (--texts FILE)"),
        (["mend", "toy", "--images", "photos"], "add captions (--texts FILE)"),
        (["study", "clip", "--world", "words"], "Names that work: mini, openclip:"),
        (["compare", "toy", "clip", "--world", "words"], "Names that work: mini, openclip:"),
        (["study", "toy", "--world", "words", "--templates", "none.txt"], "none.txt"),
        (["study", "toy", "--world", "words", "--out", "a-file/run"], "a-file"),
        (["embed", "toy", "out", "--world", "words", "--export", "x.docx"], ".parquet or .csv"),
        (["search", "x", "--in", "words", "--space", "toy", "--out", "photos"], "wants a file"),
        (["search", "x", "--in", "words", "--space", "toy", "--out", "a-file/x"], "wants a file"),
        (["link", "toy", "toy", "--world", "words", "--methods", "rige"], "'ridge'"),
        (["link", "toy", "toy", "--world", "words", "--modality", "sound"], "not sound: of these"),
        (["replicate", "no-such-claim"], "no-such-claim"),
        (["styles", "--images", "photos", "--world", "glyphs"], "Name either --images"),
        (["styles", "--images", "photos", "--score", "1"], "--score wants 2"),
    ],
)
def test_requests_are_checked_before_any_work(words, said, monkeypatch, capsys):
    from PIL import Image

    from tests.toys import Letters

    Path("photos").mkdir()
    Image.new("RGB", (8, 8)).save("photos/a.png")
    Path("a-file").write_text("x")

    def encode(self, items):
        raise AssertionError("work was done")

    monkeypatch.setattr(Letters, "encode", encode)
    if words[0] == "search":
        monkeypatch.setattr("isthmus.studies.search.queries.encoded_query", encode)
    before = sorted(Path().rglob("*"))
    assert run(*words) == 2
    assert said in capsys.readouterr().err
    assert sorted(Path().rglob("*")) == before


def test_a_space_of_other_weights_does_not_replace_what_is_kept(monkeypatch, tmp_path, capsys):
    assert run("embed", "toy", "out", "--world", "words") == 0
    kept = load_set(tmp_path / "out/embeddings/image").vectors.copy()
    monkeypatch.setitem(ENCODERS, "toy", "tests.toys:load_others")
    assert run("embed", "toy", "out", "--world", "words") == 2
    assert "other weights or preprocessing of the space letters" in capsys.readouterr().err
    assert (load_set(tmp_path / "out/embeddings/image").vectors == kept).all()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[1]", "is not the configuration"),
        ('{"common": 5}', "is not the configuration"),
        ('{"common": {"batch_size": "x"}}', "common.batch_size wants a whole number, not 'x'"),
        ('{"common": {"batch_size": -1}}', "--batch-size wants 0 or more"),
        ('{"common": {"device": "tpu"}}', "common.device wants 'auto' or 'cpu'"),
        ('{"spaces": ["toy", 5]}', "spaces[1] wants a text, not 5"),
        ('{"sources": {}}', "unknown key 'sources'; did you mean 'source'?"),
        ('{"source": {"images": "a\\u0000"}}', "source.images wants a path"),
        ('{"thorough": 1}', "thorough wants true or false"),
        ('{"common": {"seed": 1e999}}', "not finite"),
        ("[" * 9999, "deep inside each other"),
        ('{"nothing": 1}', "unknown key 'nothing'"),
    ],
)
def test_a_broken_configuration_is_one_sentence(content, said, capsys):
    Path("broken.json").write_text(content)
    for words in (("--config", "broken.json"), ("--config=broken.json",)):
        assert main(["study", *words]) == 2
        assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("embed", "toy", "out", "--batch-size", "-3"), "--batch-size wants 0 or more"),
        (("study", "toy", "--workers", "-5"), "--workers wants 0 or more"),
        (("study", "toy", "--seed", "-1"), "--seed wants 0 or more"),
        (("search", " ", "--space", "toy"), "empty query"),
        (("search", "nosuch.png", "--space", "toy"), "There is no file nosuch.png"),
        (("search", "a", "--space", "toy", "--in", ""), "nothing to search in"),
    ],
)
def test_requests_that_mean_nothing_are_one_sentence(words, said, capsys):
    assert run(*words) == 2
    assert said in capsys.readouterr().err


def test_names_cannot_command_the_terminal(capsys, monkeypatch):
    monkeypatch.setitem(WORLDS, "escapes", "tests.cli.test_commands:escaping_world")
    assert run("embed", "toy", "out", "--world", "escapes") == 0
    told = capsys.readouterr()
    assert "\x1b" not in told.out + told.err
    assert "␛[2J" in told.out


def escaping_world():
    """A world with a fault whose name clears the screen."""
    from tests.toys import words_world

    return replace(words_world(), faults={"\x1b[2J": "cannot be read"})
