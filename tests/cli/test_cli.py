"""The command line: exit codes, one sentence for each fault, options that come back."""

import json
import os
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.cli import COMMANDS, DOORS, main, request_of
from isthmus.studies import STUDIES, options, request_type
from isthmus.studies.catalogue.request import PartsRequest
from isthmus.studies.search.request import SearchRequest
from isthmus.studies.study.request import StudyRequest
from isthmus.types.requests import Common, request_from_dict, request_to_dict


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["studdy"], "did you mean 'study'?"),
        (["spaces", "nope:x"], "No space is called 'nope:x'"),
        (["spaces", "arrays:missing.npz"], "missing.npz"),
        (["parts", "measurs"], "did you mean 'measures'? There are: encoders"),
        (["worlds", "glifs"], "no worlds called 'glifs'"),
        (["parts", "--config", "nowhere.json"], "nowhere.json"),
        (["parts", "--config"], "--config wants a file"),
    ],
)
def test_a_fault_in_the_request_is_one_sentence_and_exit_2(words, said, capsys):
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert "Traceback" not in err
    assert err.count("\n") == 1
    assert out == ""


def test_an_unknown_option_is_exit_2(capsys):
    assert main(["parts", "--sed", "3"]) == 2
    assert "--sed" in capsys.readouterr().err


def test_terminal_escapes_in_names_are_shown_not_obeyed(capsys):
    assert main(["spaces", "nope\x1b[2J:x"]) == 2
    err = capsys.readouterr().err
    assert "\x1b" not in err
    assert r"\x1b" in err


LONG = (
    "find",
    "score",
    "caption",
    "say",
    "invert",
    "tell",
    "index",
    "serve",
    "study",
    "compare",
    "card",
    "atlas",
    "styles",
    "mend",
    "link",
    "fit",
    "sweep",
    "replicate",
    "embed",
    "search",
    "edit",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_that_names_its_options(command, capsys):
    assert main([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert "--json" in out
    assert ("--seed" in out) == (command in LONG)


def test_parts_lists_every_register_in_json(capsys):
    assert main(["parts", "--json"]) == 0
    parts = json.loads(capsys.readouterr().out)
    assert set(parts) == {
        "encoders", "worlds", "similarities", "corrections", "losses", "regularisers", "heads",
        "bases", "projectors", "targets", "measures", "modalities", "views", "poolings", "links",
        "stresses", "engines", "strategies",
    }  # fmt: skip
    assert parts["stresses"]["video"] == "half_the_frames, backwards, double_speed, frozen"
    assert parts["similarities"]["cosine"].startswith("Cosine of the angle")
    assert all(text for found in parts.values() for text in found.values())


def test_every_command_is_a_study_whose_request_says_what_it_does():
    assert set(COMMANDS) == {*STUDIES, *DOORS}
    for name in COMMANDS:
        about, kind = request_of(name).__doc__ or "", request_of(name)
        assert about.count(".") >= 1
        assert not about.startswith(kind.__name__)


@given(st.integers(0), st.booleans(), st.lists(st.text(max_size=8), max_size=2))
def test_options_come_back_from_their_json(seed, quiet, spaces):
    request = StudyRequest(spaces=tuple(spaces), common=Common(seed=seed, quiet=quiet))
    values = json.loads(json.dumps(request_to_dict(request)))
    assert request_from_dict(StudyRequest, values) == request


def test_a_configuration_is_accepted_back_and_flags_win(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr("isthmus.cli._command", lambda _, request: seen.append(request) or 0)
    file = tmp_path / "config.json"
    asked = SearchRequest("a cat", common=Common(seed=7, quiet=True))
    file.write_text(json.dumps(request_to_dict(asked)))
    assert main(["search", "--config", str(file)]) == 0
    assert main(["search", "--seed", "8", "--config", str(file)]) == 0
    assert [(options.query, options.common.seed, options.common.quiet) for options in seen] == [
        ("a cat", 7, True),
        ("a cat", 8, True),
    ]


def test_an_unexpected_error_hides_its_traceback_unless_asked(monkeypatch, capsys):
    def broken(request: PartsRequest):
        raise RuntimeError("the wire is cut")

    monkeypatch.setattr("isthmus.studies.catalogue.run.run_parts", broken)
    assert main(["parts"]) == 1
    err = capsys.readouterr().err
    assert "Unexpected RuntimeError: the wire is cut" in err
    assert "Traceback" not in err
    assert main(["parts", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["search", "--help"], ["parts"]])
def test_a_reader_that_has_gone_is_no_fault(words):
    pipe = subprocess.Popen(
        [sys.executable, "-m", "isthmus", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    pipe.stdout.close()
    assert pipe.stderr.read() == b""
    pipe.stderr.close()
    assert pipe.wait(60) == 0


def test_ctrl_c_is_exit_130(monkeypatch, capsys):
    def interrupted(request: PartsRequest):
        raise KeyboardInterrupt

    monkeypatch.setattr("isthmus.studies.catalogue.run.run_parts", interrupted)
    assert main(["parts"]) == 130
    assert "what was finished is kept" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import isthmus", ["torch", "matplotlib", "scipy", "PIL", "sklearn", "onnxruntime"]),
        ("from isthmus.cli import main; main(['--help'])", ["numpy", "tyro", "torch"]),
        ("import isthmus; isthmus.measure; isthmus.worlds", ["torch", "matplotlib"]),
        ("from isthmus import *; (mend, fit, atlas, embed, study)", ["torch", "matplotlib"]),
    ],
)
def test_imports_stay_light(statement, absent):
    program = f"{statement}\nimport sys\nprint([m for m in {absent} if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_says_which_values_work(name):
    """Numbers state their bounds; names are listed, or it is said where."""
    bounds = r"\b\d+ or more|\b0 to 1\b|above 0|0 (is|takes|leaves|means)|1 for"
    for one in options(request_of(name)):
        assert one.about, one.path
        if one.hint in (int, float, tuple[int, ...]):
            assert re.search(bounds, one.about), (one.path, one.about)
        elif one.hint in (str, tuple[str, ...]):
            said = re.search(
                r"such as|see: |see$|default|:|Column|file|look for|{}|The same|Authorization",
                one.about,
            )
            assert said, (one.path, one.about)


def test_the_help_lists_every_claim_and_every_kind_of_part():
    from isthmus.studies.catalogue.run import REGISTERS
    from isthmus.studies.replicate.claims import CLAIMS

    for command, names in (("replicate", CLAIMS), ("parts", REGISTERS)):
        about = next(one.about for one in options(request_type(command)) if one.positional)
        assert not [name for name in names if not re.search(rf"\b{name}\b", about)]
