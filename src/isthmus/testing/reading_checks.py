"""What the entry of a modality and its reader must satisfy."""

import gc
import inspect
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.engine.content_index import content_hash
from isthmus.read import modalities
from isthmus.read.recognise import modality_of
from isthmus.testing.subjects import LeftOutError, Subject, seen

CONVENTIONS = ("metre", "second", "hertz", "degree", "srgb", "unicode", "0..", "-1..1")
"""Words of which the documentation of an item's type holds one: units and ranges."""
MEMORY = 2**30
"""Bytes that an example may take while it is read."""
LEFT = 2**22
"""Bytes that three readings may leave behind."""
NOISE = bytes(range(255, -1, -1)) * 8
DESCRIPTORS = Path("/proc/self/fd")


def registered(s: Subject) -> None:
    """It is registered under its own name."""
    assert s.modality.name == s.name, f"{s.name!r} is registered, but is called {s.modality.name!r}"
    assert s.name in modalities(), f"{s.name!r} is not among the modalities"


def about_says_units(s: Subject) -> None:
    """Its entry says what an item is, with units or a range."""
    about = s.modality.about
    assert len(about.split()) > 2, f"about is no sentence: {about!r}"
    assert any(word in about.casefold() for word in CONVENTIONS), f"about names no unit: {about!r}"


def suffixes(s: Subject) -> None:
    """Ends of file names are distinct, in lower case, with their dots."""
    ends = s.modality.suffixes
    assert all(end == end.lower() and end.startswith(".") and len(end) > 1 for end in ends), ends
    assert len(set(ends)) == len(ends), ends


def leads_on(s: Subject) -> None:
    """A view sees its items, or an encoder takes them."""
    assert s.views or s.name in s.encoders, f"no view sees {s.name} items, no encoder takes them"


def claims_no_other_files(s: Subject) -> None:
    """Neither nothing, nor noise, nor words are known as one of its files."""
    if s.modality.known is None:
        raise LeftOutError("its files are known by their names only")
    for start in (b"", NOISE, b"Some words that a file begins with.\n" * 9, bytes(512)):
        assert not s.modality.known(start), f"a file that begins with {start[:9]!r} is known as one"


def recognised(s: Subject) -> None:
    """Its files are recognised as what they are, also where their ends are in capitals."""
    paths = [p for p in s.examples if isinstance(p, Path) and p.suffix in s.modality.suffixes]
    if not paths:
        raise LeftOutError("no path that ends as its files do among the examples")
    for path in paths:
        for one in (path, s.file(path.read_bytes(), path.with_suffix(path.suffix.upper()).name)):
            assert modality_of(one) == s.name, f"{one.name} is taken for {modality_of(one)}"


def same_item_again(s: Subject) -> None:
    """The same example gives the same item."""
    for example in s.examples:
        assert s.look(example) == s.look(example), f"{type(example).__name__}: another item again"


def an_item_is_read_as_itself(s: Subject) -> None:
    """Reading an item gives it back."""
    for example in s.examples:
        item = s.modality.read(example)
        assert s.look(item) == seen(s.opened(item)), f"another item of a {type(item).__name__}"


def items_stay_as_they_are(s: Subject) -> None:
    """A later reading changes no earlier item."""
    first = s.modality.read(s.examples[0])
    before = seen(s.opened(first))
    for example in s.examples[1:]:
        s.look(example)
    assert seen(s.opened(first)) == before, "a later reading changed an earlier item"


def examples_differ(s: Subject) -> None:
    """What differs is read as different items."""
    assert len({repr(s.look(one)) for one in s.examples}) > 1, "every example is the same item"


def path_and_bytes(s: Subject) -> None:
    """A path and the bytes of its file give one item."""
    for content, end in s.files().items():
        found = [s.refused(s.file(content, f"example{end}")), s.refused(content)]
        assert any(one is not None for one in found), f"neither file nor bytes of *{end} are read"
        if None not in found:
            assert found[0] == found[1], f"a *{end} and its bytes give two items"


def any_file_name(s: Subject) -> None:
    """Neither spaces nor letters beyond ASCII in a file's name, nor capitals, change the item."""
    for content, end in s.files().items():
        whole = s.refused(s.file(content, f"example{end}"))
        for name in ("Ünï cødé #1%", "EXAMPLE"):
            found = s.refused(s.file(content, name + (end.upper() if name.isupper() else end)))
            assert found == whole, f"{name}{end} gives another item"


def lying_suffix(s: Subject) -> None:
    """A file whose name lies about it is read by its content, or refused; so is noise."""
    for content, end in s.files().items():
        whole = s.refused(s.file(content, f"example{end}"))
        for other in (".bin", ".zip"):
            found = s.refused(s.file(content, f"example{other}"))
            assert found in (None, whole), f"named *{other} it is another item"
    for end in s.modality.suffixes:
        for content in (NOISE, b"PK\3\4" + NOISE):
            found = s.refused(s.file(content, f"example{end}"))
            assert found is None, f"noise called *{end} is read"


def missing_file(s: Subject) -> None:
    """A path where nothing is raises ItemError."""
    for end in s.modality.suffixes or (".bin",):
        found = s.refused(s.folder / f"missing{end}")
        assert found is None, "a missing file is read"


def folder(s: Subject) -> None:
    """A folder raises ItemError."""
    path = s.folder / "a folder"
    path.mkdir()
    assert s.refused(path) is None, "a folder is read"


def empty_file(s: Subject) -> None:
    """An empty file and no bytes raise ItemError."""
    for end in s.files().values():
        for other in (s.file(b"", f"example{end}"), b""):
            assert not s.refused(other), "an empty file is read"


def noise(s: Subject) -> None:
    """Noise raises ItemError."""
    for end in s.files().values():
        for other in (s.file(NOISE, f"example{end}"), NOISE):
            assert s.refused(other) is None, "noise is read"


def cut_file(s: Subject) -> None:
    """A file that is cut anywhere raises ItemError, or is read as far as it goes."""
    for content, end in s.files().items():
        for share in (1, 4, 7):
            cut = content[: len(content) * share // 8]
            s.refused(s.file(cut, f"example{end}"))
            s.refused(cut)


def changed_bytes(s: Subject) -> None:
    """A file with a few other bytes raises ItemError, or is read: nothing else is raised."""
    rng = np.random.default_rng(0)
    for content, end in s.files().items():
        for _ in range(8):
            changed = np.frombuffer(content, np.uint8).copy()
            changed[rng.integers(0, len(changed), 3)] = rng.integers(0, 256, 3)
            s.refused(s.file(changed.tobytes(), f"example{end}"))
            s.refused(changed.tobytes())


def other_objects(s: Subject) -> None:
    """What is no item at all raises ItemError."""
    for other in (object(), None, {"a": 1}, print):
        assert s.refused(other) is None, f"a {type(other).__name__} is read"


def item_type(s: Subject) -> None:
    """An item is a dataclass, or of a builtin type."""
    for kind in {type(s.modality.read(example)) for example in s.examples}:
        known = kind.__module__ == "builtins" or is_dataclass(kind)
        assert known, f"an item is a {kind.__module__}.{kind.__name__}"


def units(s: Subject) -> None:
    """The type of its items says their units; of builtin types the reader's module does."""
    for example in s.examples:
        declares_units(s.modality.read(example), s.modality.read)


def shapes(s: Subject) -> None:
    """Arrays of an item say their shapes in its type."""
    for example in s.examples:
        declares_shapes(s.modality.read(example))


def numbers(s: Subject) -> None:
    """Arrays of an item hold finite numbers or truth values."""
    for example in s.examples:
        item = s.modality.read(example)
        for one in fields(item) if is_dataclass(item) else ():
            x = getattr(item, one.name)
            if isinstance(x, np.ndarray):
                assert x.dtype.kind in "biuf", f"{one.name} holds {x.dtype}"
                assert np.isfinite(x).all(), f"{one.name} holds NaN or infinity"


def shown(s: Subject) -> None:
    """A page shows a picture or a text of an item, and the same one again."""
    show = s.modality.shown
    if show is None:
        raise LeftOutError("pages show nothing of its items")
    for example in s.examples:
        found = show(s.modality.read(example))
        assert found and (isinstance(found, str) or hasattr(found, "convert")), f"shown: {found!r}"
        assert seen(show(s.modality.read(example))) == seen(found), "another thing is shown again"


def known_by_content(s: Subject) -> None:
    """Kept vectors know an item by its content: equal ones by one key, others by another."""
    keys: dict[str, str] = {}
    for example in s.examples:
        key = content_hash(s.modality.read(example))
        assert key == content_hash(s.modality.read(example)), "an item has another key again"
        look = repr(s.look(example))
        assert keys.setdefault(key, look) == look, "two items have one key"


def memory(s: Subject) -> None:
    """Reading an example takes no more than 1 GiB."""
    for example in s.examples:
        peak, _ = traced(lambda example=example: s.look(example))
        assert peak <= MEMORY, f"reading takes {peak / 2**20:,.0f} MiB"


def memory_is_given_back(s: Subject) -> None:
    """What was read is given back once nobody holds it."""
    for example in s.examples:
        s.look(example)
        _, left = traced(lambda example=example: [s.look(example) for _ in range(3)] and None)
        assert left <= LEFT, f"three readings leave {left / 2**20:,.0f} MiB behind"


def files_are_closed(s: Subject) -> None:
    """Reading leaves no file open."""
    if not DESCRIPTORS.is_dir():
        raise LeftOutError("this system does not tell which files are open")
    paths = [s.file(content, f"example{end}") for content, end in s.files().items()]
    kept = [(s.modality.read(path), s.refused(path)) for path in paths]
    before = len([*DESCRIPTORS.iterdir()])
    again = [s.refused(path) for _ in range(3) for path in paths]
    gc.collect()
    after = len([*DESCRIPTORS.iterdir()])
    assert after <= before, f"{after - before} files are open after {len(again)} readings"
    del kept


def files_stay_as_they_are(s: Subject) -> None:
    """Reading changes no file."""
    for content, end in s.files().items():
        path = s.file(content, f"example{end}")
        s.refused(path)
        assert path.read_bytes() == content, f"{path.name} was changed"
        assert [*path.parent.iterdir()] == [path], "something was written beside the file"


def threads(s: Subject) -> None:
    """Four threads that read at once read the same items."""
    some = [*s.examples] * 4
    with ThreadPoolExecutor(4) as pool:
        found = [*pool.map(s.look, some)]
    for row, example in enumerate(s.examples):
        wanted = s.look(example)
        assert all(one == wanted for one in found[row :: len(s.examples)]), "a thread read another"


def declares_units(item: Any, read: Callable[[Any], Any]) -> None:
    """Assert that an item's type says its units; of builtin types that the reader's module does."""
    kind = type(item)
    plain = kind.__module__ == "builtins"
    where = inspect.getmodule(inspect.unwrap(read) if plain else kind)
    said = f"{where.__doc__ if where else ''} {'' if plain else kind.__doc__}".casefold()
    assert any(word in said for word in CONVENTIONS), f"{kind.__name__} does not say its units."


def declares_shapes(item: Any) -> None:
    """Assert that arrays of an item say their shapes in its type."""
    for one in fields(item) if is_dataclass(item) else ():
        shaped = hasattr(one.type, "dim_str") or not isinstance(getattr(item, one.name), np.ndarray)
        assert shaped, f"{type(item).__name__}.{one.name} does not say its shape."


def traced(call: Callable[[], Any]) -> tuple[int, int]:
    """Bytes that a call takes at most, and leaves behind."""
    gc.collect()
    tracemalloc.start()
    try:
        call()
        gc.collect()
        left, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return peak, left


CHECKS = (
    *(registered, about_says_units, suffixes, leads_on, claims_no_other_files, recognised),
    *(same_item_again, an_item_is_read_as_itself, items_stay_as_they_are, examples_differ),
    *(path_and_bytes, any_file_name, lying_suffix, missing_file, folder, empty_file, noise),
    *(cut_file, changed_bytes, other_objects, item_type, units, shapes, numbers, shown),
    *(known_by_content, memory, memory_is_given_back, files_are_closed, files_stay_as_they_are),
    threads,
)
