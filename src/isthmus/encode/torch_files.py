"""Files of weights that torch wrote, read without running anything that they name.

A checkpoint of a training holds more than weights: options, scalars of NumPy, a trainer's objects.
torch reads it with ``weights_only``, and for every class or function that the file names, inert
stand-ins are made; a TorchScript archive and a pickled module are read the same way. Where a file
names parts of Python's standard library that no value is made of, it is refused.
"""

import pickle
import pickletools
import re
import sys
import zipfile
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isthmus.encode.foreign_configs import CheckpointError, replaced

if TYPE_CHECKING:
    import torch

_VALUES = {
    *("argparse", "collections", "copyreg", "datetime", "decimal", "enum", "fractions"),
    *("functools", "pathlib", "types", "typing", "uuid"),
}
"""Modules of the standard library whose objects are values that a training may keep."""

_BUILTINS = {
    *("bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list"),
    *("object", "range", "set", "slice", "str", "tuple"),
}

_INSIDE = (
    *("state_dict", "model_state_dict", "model_state", "model", "module", "net", "network"),
    *("params", "weights", "ema_state_dict", "model_ema", "base_model"),
)
"""Keys under which trainings keep weights, the first that holds some wins."""

_WRAPPER = re.compile(
    r"(?<![^.])(_orig_mod|module|_forward_module|_fsdp_wrapped_module|_checkpoint_wrapped_module)\."
)
"""What torch.compile, DataParallel and their like put into names, at any place."""

_ONLY_ARCHIVED = ("input_resolution", "context_length", "vocab_size", "attn_mask")
"""Tensors of a TorchScript archive that are no weights: the last component of their names."""

_INDEX = 256 << 20
"""Bytes of the pickle in a file of torch, weights excluded; that of the largest CLIP has 0.2 MB."""


class StandIn:
    """In the place of an object that a file of weights names; does nothing, keeps what it holds."""

    state: Any = None

    def __new__(cls, *_: Any, **__: Any) -> "StandIn":
        """Whatever the object was made of."""
        return object.__new__(cls)

    def __setstate__(self, state: Any) -> None:
        self.state = state


def read_weights(name: str, path: Path, quick: bool) -> dict[str, "torch.Tensor"]:
    """Weights by their names in the model, without what wrappers have put into these.

    Args:
        name: the checkpoint's, for messages.
        path: ``.safetensors``, or what ``torch.save`` or ``torch.jit.save`` wrote.
        quick: the model's networks are built with QuickGELU.

    Raises:
        CheckpointError: damaged, no weights in it, or of objects that are no values; one sentence.
    """
    import torch

    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return _plain_names(name, load_file(path))
        named, archive = _named(path)
        _check_named(name, path, named)
        if not quick and any(one.endswith(".QuickGELU") for one in named):
            raise CheckpointError(
                f"{name}: {path.name} was saved from a network with QuickGELU, which would give "
                "other vectors without it: take the architecture whose name ends in -quickgelu."
            )
        found = _loaded(path, named)
    except (CheckpointError, MemoryError):
        raise
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{name} does not load: {path.name} holds Python objects that are not read: save the "
            "model's state_dict alone."
        ) from error
    except Exception as error:  # zip, pickle, torch and safetensors each have their own
        raise CheckpointError(
            f"{name} does not load: {path.name} is damaged or no file of weights; wanted is a "
            "state_dict that torch.save wrote, or safetensors."
        ) from error
    weights = {k: v for k, v in _tensors(_inside(found)) if isinstance(v, torch.Tensor)}
    if archive:
        weights = {k: v for k, v in weights.items() if k.split(".")[-1] not in _ONLY_ARCHIVED}
    if not weights:
        what = ", ".join(map(repr, list(found)[:5])) if isinstance(found, Mapping) else "an object"
        raise CheckpointError(
            f"{name} does not load: {path.name} holds {what or 'nothing'} and no weights by name: "
            "save the model's state_dict alone."
        )
    return _plain_names(name, weights)


def _named(path: Path) -> tuple[set[str], bool]:
    """The classes and functions that a file names, and whether it is a TorchScript archive."""
    if not zipfile.is_zipfile(path):  # of torch before 1.6: five pickles, then the numbers
        with path.open("rb") as file:
            return {name for _ in range(5) for name in _globals(file)}, False
    with zipfile.ZipFile(path) as archive:
        entries = [one for one in archive.infolist() if one.filename.endswith("/data.pkl")]
        if len(entries) != 1 or entries[0].file_size > _INDEX:
            raise ValueError("it has no index of torch")
        with archive.open(entries[0]) as file:
            named = set(_globals(file))
        folder = entries[0].filename.removesuffix("data.pkl")
        return named, f"{folder}constants.pkl" in archive.namelist()


def _globals(file: Any) -> Iterator[str]:
    for code, said, _ in pickletools.genops(file):
        if code.name == "GLOBAL":
            module, _, name = str(said).partition(" ")
            module, name = NAME_MAPPING.get(
                (module, name), (IMPORT_MAPPING.get(module, module), name)
            )
            yield f"{module}.{name}"


def _check_named(name: str, path: Path, named: set[str]) -> None:
    for one in sorted(named):
        root = one.partition(".")[0]
        value = (
            one.removeprefix("builtins.") in _BUILTINS if root == "builtins" else root in _VALUES
        )
        if root in sys.stdlib_module_names and not value and one != "_codecs.encode":
            raise CheckpointError(
                f"{name} does not load: {path.name} names {one[:80]!r}, which belongs to no "
                "weights and is not run: save the model's state_dict alone."
            )


def _loaded(path: Path, named: set[str]) -> Any:
    """What torch makes of a file, with stand-ins for what it does not know."""
    import torch
    from torch.serialization import safe_globals

    made = {"collections.defaultdict": _a_dict, "collections.deque": _a_list}
    stand_ins: list[Any] = [
        (made.get(one, StandIn), one) for one in named
    ]  # torch's own come first
    # TorchScript would be run; its index alone is read like any other
    plain = (torch.serialization, "_is_torchscript_zip", lambda *_: False)
    with replaced([plain]), safe_globals(stand_ins):
        return torch.load(path, map_location="cpu", weights_only=True)


def _a_dict(*_: Any) -> dict[Any, Any]:
    return {}


def _a_list(*_: Any) -> list[Any]:
    return []


def _inside(found: Any) -> Any:
    """The part of a training's checkpoint that holds weights."""
    if isinstance(found, Mapping):
        for key in _INSIDE:
            if key in found and isinstance(found[key], (Mapping, StandIn)):
                return _inside(found[key])
    return found


def _tensors(part: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Values by dotted name, of a mapping or of a module that was kept whole."""
    if not isinstance(part, StandIn):
        yield from part.items() if isinstance(part, Mapping) else ()
        return
    state = part.state if isinstance(part.state, Mapping) else {}
    own = {key: state[key] for key in ("_parameters", "_buffers", "_modules") if key in state}
    skipped = state.get("_non_persistent_buffers_set", ())
    for group in own.values() if own else [state]:
        for key, value in group.items():
            if isinstance(value, StandIn):
                yield from _tensors(value, f"{place}{key}.")
            elif hasattr(value, "shape") and key not in skipped:
                yield f"{place}{key}", value


def _plain_names(name: str, weights: Mapping[str, Any]) -> dict[str, Any]:
    """Names without wrappers, and without what stands before all of them, such as ``model.``."""
    found = {_WRAPPER.sub("", key): value for key, value in weights.items()}
    scale = next((key for key in found if key.endswith(".logit_scale")), "logit_scale")
    before = scale.removesuffix("logit_scale")
    if all(key.startswith(before) for key in found):
        found = {key.removeprefix(before): value for key, value in found.items()}
    if len(found) < len(weights):
        raise CheckpointError(
            f"{name} does not load: it has several weights of one name once the prefixes of "
            "wrappers such as 'module.' are taken off: save the state_dict of one model."
        )
    return found
