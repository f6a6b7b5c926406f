"""The files at hand come before the hub, and a hub that does not answer costs no minute."""

import logging

import pytest

from isthmus.encode import hub
from isthmus.types import ExtraMissingError, RequestError

pytestmark = pytest.mark.hf
constants = pytest.importorskip("huggingface_hub.constants")


class Library:
    """Opens a checkpoint online only, or never; remembers how it was asked."""

    def __init__(self, online=None, error=OSError):
        self.asked, self.online, self.error = [], online, error

    def __call__(self):
        self.asked.append("offline" if constants.HF_HUB_OFFLINE else "online")
        if self.online and self.asked[-1] == "online":
            return self.online
        logging.error("a page of advice")
        raise self.error("not here. Sorry.\nA page of advice")


def answering(monkeypatch, answer):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub, "_hub_answers", lambda: answer)


def test_what_is_not_here_is_asked_of_the_hub(monkeypatch, caplog):
    answering(monkeypatch, True)
    library = Library(online="a model")
    assert hub.open_checkpoint("hf:x", library, "hf", at_hand=False) == "a model"
    assert library.asked == ["offline", "online"]
    assert not constants.HF_HUB_OFFLINE
    assert not caplog.records


def test_a_folder_is_not_asked_of_the_hub(monkeypatch):
    answering(monkeypatch, True)
    library = Library(online="a model")
    with pytest.raises(RequestError, match=r"^hf:x does not load: not here\. Sorry\.$"):
        hub.open_checkpoint("hf:x", library, "hf", at_hand=True)
    assert library.asked == ["offline"]


def test_a_silent_hub_is_asked_nothing(monkeypatch):
    answering(monkeypatch, False)
    library = Library(online="a model")
    with pytest.raises(RequestError, match="cannot be reached"):
        hub.open_checkpoint("hf:x", library, "hf", at_hand=False)
    assert library.asked == ["offline"]


def test_a_package_that_the_library_lacks_is_named(monkeypatch):
    answering(monkeypatch, True)
    with pytest.raises(ExtraMissingError, match="transformers"):
        hub.open_checkpoint("hf:x", Library(error=ImportError), "hf", at_hand=False)


def test_an_address_that_does_not_answer_is_noticed(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(hub, "getproxies", dict)
    assert not hub._hub_answers()
