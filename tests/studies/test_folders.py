"""Run folders: whose they are, from the first moment on; one run at a time; no name twice."""

import multiprocessing
import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from isthmus.studies.atlas.request import AtlasRequest
from isthmus.studies.embed.request import EmbedRequest
from isthmus.studies.mend.request import MendRequest
from isthmus.studies.shared import run_folder
from isthmus.studies.study.request import StudyRequest
from isthmus.types import Common, RequestError, Source


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def ran(request, *names, study="study"):
    with run_folder(request, study, *names) as folder:
        (folder / "report.json").write_text("{}")
    return str(folder)


def test_a_run_is_known_before_it_has_made_anything():
    request = StudyRequest(out=Path("out"))
    with run_folder(request, "study", "mini") as folder:
        assert (folder / ".isthmus").is_file()
        Path("copy").mkdir()
        for path in folder.iterdir():  # as a kill leaves it
            (Path("copy") / path.name).write_bytes(path.read_bytes())
        (Path("copy") / "renders").mkdir()
    assert ran(StudyRequest(out=Path("copy"))) == "copy"


@pytest.mark.parametrize("left", [[], [".lock"], [".lock", "..isthmus.77.part"]])
def test_a_kill_in_the_first_moment_leaves_a_folder_that_is_still_free(left):
    for place in ("out", "runs/study-mini"):
        Path(place).mkdir(parents=True)
        for name in left:
            Path(place, name).touch()
    assert ran(StudyRequest(out=Path("out"))) == "out"
    assert ran(StudyRequest(), "mini") == "runs/study-mini"
    assert not list(Path().rglob("*.part"))


def test_temporaries_of_a_killed_run_are_swept_and_nothing_else():
    ran(StudyRequest(out=Path("out")))
    elsewhere = Path("elsewhere")
    elsewhere.mkdir()
    for place in (Path("out"), Path("out/embeddings"), elsewhere):
        place.mkdir(exist_ok=True)
        (place / ".report.html.123.part").touch()
        (place / ".image.isthmus-123-abc").mkdir()
        (place / "notes.part").touch()
    Path("out/linked").symlink_to(elsewhere.resolve())
    ran(StudyRequest(out=Path("out")))
    left = {str(path) for path in Path("out").rglob("*") if path.suffix == ".part"}
    assert left >= {"out/notes.part", "out/embeddings/notes.part"}
    assert not list(Path("out").glob(".report*"))
    assert not list(Path("out/embeddings").glob(".*"))
    assert len(list(elsewhere.iterdir())) == 3


def test_the_same_request_has_the_same_folder_and_any_other_another_one():
    first = ran(StudyRequest(), "mini", "glyphs")
    assert first == "runs/study-mini-glyphs"
    for same in (
        StudyRequest(common=Common(json=True, quiet=True, workers=3)),
        StudyRequest(open=True),
    ):
        assert ran(same, "mini", "glyphs") == first
    others = [
        ran(StudyRequest(common=Common(seed=1)), "mini", "glyphs"),
        ran(StudyRequest(thorough=True), "mini", "glyphs"),
        ran(MendRequest(), "mini", "glyphs", study="study"),
    ]
    assert others == [f"{first}-{number}" for number in (2, 3, 4)]
    assert ran(StudyRequest(thorough=True), "mini", "glyphs") == others[1]
    assert ran(StudyRequest(out=Path(first), common=Common(seed=9))) == first  # as it was asked


def test_paths_count_by_where_they_are_and_by_what_is_in_them():
    for place in ("a", "b"):
        Path(place).mkdir()
        Path(place, "x.npz").write_text("same")
    one, other = (StudyRequest(source=Source(arrays=Path(f"{p}/x.npz"))) for p in "ab")
    named = StudyRequest(spaces=("arrays:a/x.npz",))
    found = [ran(one), ran(other), ran(named)]
    assert len(set(found)) == 3
    os.utime("a/x.npz", (1, 1))
    assert ran(one) == found[0]  # touched, but as it was
    Path("a/x.npz").write_text("else")
    changed = [ran(one), ran(named)]
    assert len({*found, *changed}) == 5


def test_a_stopped_run_goes_on_and_a_finished_one_hands_its_work_on():
    Path("photos").mkdir()
    Path("photos/a.jpg").write_text("a")
    request = StudyRequest(source=Source(images=Path("photos")))
    with pytest.raises(KeyboardInterrupt), run_folder(request, "study", "mini") as folder:
        (folder / "jobs" / "image").mkdir(parents=True)
        (folder / "jobs" / "image" / "manifest.jsonl").write_text("1\n")
        (folder / "jobs" / "image" / "a.safetensors").write_text("vectors")
        raise KeyboardInterrupt
    Path("photos/b.jpg").write_text("b")
    assert ran(request, "mini") == str(folder)
    Path("photos/c.jpg").write_text("c")
    new = Path(ran(request, "mini"))
    assert str(new) == f"{folder}-2"
    assert (new / "jobs/image/a.safetensors").samefile(folder / "jobs/image/a.safetensors")
    assert not (new / "jobs/image/manifest.jsonl").samefile(folder / "jobs/image/manifest.jsonl")


def test_a_request_that_is_refused_leaves_nothing_behind():
    Path("mine").mkdir()
    for out in (None, Path("deep/er"), Path("mine")):
        with pytest.raises(RequestError, match="no"), run_folder(StudyRequest(out=out), "study"):
            raise RequestError("no")
    assert sorted(map(str, Path().rglob("*"))) == ["mine"]


def test_folders_of_somebody_else():
    Path("theirs/jobs").mkdir(parents=True)
    Path("theirs/jobs/letter.txt").write_text("to whom it may concern")
    with pytest.raises(RequestError, match="did not write, such as jobs"):
        ran(StudyRequest(out=Path("theirs")))
    Path("runs/study-mini").mkdir(parents=True)
    Path("runs/study-mini/thesis.tex").write_text("mine")
    assert ran(StudyRequest(), "mini") == "runs/study-mini-2"
    old = Path("old/embeddings/image")  # of a version that had no marker
    old.mkdir(parents=True)
    (old / "vectors.safetensors").touch()
    assert ran(StudyRequest(out=Path("old"))) == "old"


def test_a_finished_run_is_replaced_by_its_like_only():
    for place in ("a", "b"):
        Path(f"{place}.npz").write_text(place)

    def request(kind=StudyRequest, arrays="a.npz", **more):
        return kind(out=Path("out"), source=Source(arrays=Path(arrays)), **more)

    assert ran(request()) == "out"
    assert ran(request(thorough=True)) == "out"  # the same study of the same data
    for other, study in (
        (request(arrays="b.npz"), "study"),
        (request(MendRequest), "mend"),
        (StudyRequest(out=Path("out"), source=Source(world="clipart")), "study"),
    ):
        with pytest.raises(RequestError, match="out holds a finished run of study"):
            ran(other, study=study)
    Path("a.npz").write_text("changed")
    assert ran(request(thorough=True)) == "out"  # as it was asked
    Path("a.npz").write_text("changed again")
    with pytest.raises(RequestError, match="on other data"):
        ran(request())
    Path("out/config.json").unlink()  # it was stopped: nothing is lost
    assert ran(request(MendRequest), study="mend") == "out"


def test_the_world_of_a_request_that_names_none_is_the_one_that_is_taken():
    assert ran(StudyRequest(out=Path("out"))) == "out"
    assert ran(StudyRequest(out=Path("out"), source=Source(world="glyphs"))) == "out"
    assert ran(AtlasRequest(out=Path("drawn")), study="atlas") == "drawn"
    assert ran(AtlasRequest(out=Path("drawn"), world="furniture"), study="atlas") == "drawn"
    with pytest.raises(RequestError, match="on other data"):
        ran(AtlasRequest(out=Path("drawn"), world="glyphs"), study="atlas")


def test_only_the_first_of_several_processes_writes():
    with ExitStack() as held:
        first = held.enter_context(run_folder(StudyRequest(), "fit", "mini"))
        other = held.enter_context(run_folder(StudyRequest(), "fit", "mini", first=False))
        assert first == other


def _run(number, start, said):
    start.wait()
    try:
        request = EmbedRequest("toy", Path("out"), common=Common(seed=number))
        with run_folder(request, "embed") as folder:
            (folder / ".report.html.1.part").touch()  # which nobody else may take away
            for _ in range(2_000):
                assert (folder / ".report.html.1.part").exists()
            (folder / ".report.html.1.part").rename(folder / "report.html")
        said.put("done")
    except RequestError as error:
        said.put(str(error))


def test_concurrent_runs_into_one_folder_are_refused_in_one_sentence():
    context = multiprocessing.get_context("fork")
    start, said = context.Event(), context.Queue()
    jobs = [context.Process(target=_run, args=(number, start, said)) for number in range(4)]
    for job in jobs:
        job.start()
    start.set()
    found = [said.get(timeout=60) for _ in jobs]
    for job in jobs:
        job.join()
    assert "done" in found
    assert all(one == "done" or "Another run is writing to out" in one for one in found)
    assert Path("out/report.html").is_file()
    assert not list(Path("out").glob("*.part"))
