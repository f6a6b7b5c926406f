"""New towers beside those of a space: ``SCHEME:TOWER?beside=SPACE``, and what becomes of these."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from isthmus.arrays import fingerprint
from isthmus.encode import ENCODERS
from isthmus.encode.torch_towers import Tower, weights_id
from isthmus.encode.tuned import renamed
from isthmus.registry import find, resolve
from isthmus.types import ExtraMissingError, LoadOptions, RequestError, Space

BESIDE = "?beside="


def asked(scheme: str, rest: str, kinds: Sequence[str]) -> tuple[str, int, str]:
    """Kind, seed and space of ``KIND[/SEED][?beside=SPACE]``; the space is empty where none is.

    Args:
        scheme: of the name.
        rest: of the name; empty for the first kind.
        kinds: of new towers.

    Raises:
        RequestError: it names another kind.
    """
    own, _, space = rest.partition(BESIDE)
    kind, _, seed = (own or kinds[0]).partition("/")
    if kind not in kinds or not (seed or "0").isdigit():
        raise RequestError(
            f"Fresh towers are {scheme}:{f' or {scheme}:'.join(kinds)}, with a seed "
            f"{scheme}:{kinds[0]}/7, and in another space than mini "
            f"{scheme}:{kinds[0]}{BESIDE}SPACE; not {rest!r}."
        )
    return kind, int(seed or 0), space


def space_beside(name: str, options: LoadOptions, but: Sequence[str]) -> dict[str, Any]:
    """The encoders of a space by modality, without those that get new towers.

    Args:
        name: of the space; empty for ``mini``, which runs on the CPU.
        options: of the others.
        but: modalities of the new towers.

    Raises:
        RequestError: no such space.
    """
    if not name:
        name, options = "mini", replace(options, device="cpu")
    scheme, _, rest = name.partition(":")
    found: Mapping[str, Any] = find("encoders", ENCODERS, scheme)(rest, options)
    return {key: one for key, one in found.items() if key not in but}


def drawn(networks: Mapping[str, str], dim: int, seed: int) -> Any:
    """Networks with weights of their own chance, in evaluation mode, by modality in one module.

    Args:
        networks: ``package.module:class`` by modality; each is made with the coordinates it gives.
        dim: these.
        seed: of the weights.

    Raises:
        ExtraMissingError: torch is not installed.
    """
    try:
        import torch
    except ModuleNotFoundError as error:
        raise ExtraMissingError("torch", "train") from error
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = {name: resolve(one)(dim) for name, one in networks.items()}
    return torch.nn.ModuleDict(made).eval()


def space_of(scheme: str, rest: str, old: Space, module: Any, *about: Any) -> Space:
    """The space of new towers beside old ones.

    Args:
        scheme: of its name.
        rest: of its name.
        old: that of the others.
        module: of the new towers.
        about: what else decides a vector.
    """
    identity = fingerprint(old.id, weights_id(module), *about)
    name = f"{scheme}:{rest}" if rest else scheme
    return Space(name, identity, old.dim, old.scale, old.bias)


def moved(beside: Mapping[str, Any], space: Space, module: Any = None) -> dict[str, Any]:
    """The towers of a space, now of another; what they add to a view was made for the old one.

    Args:
        beside: by modality.
        space: the new one.
        module: of its own towers, if these can be trained with the others; it takes in the one that
            the others have, if they are of torch.
    """
    found: dict[str, Any] = {}
    for name, one in beside.items():
        more: dict[str, Any] = {"by_view": {}} if getattr(one, "by_view", None) else {}
        if module is not None and isinstance(one, Tower):
            module["beside"] = one.module
            more["module"] = module
        found[name] = renamed(one, space, **more)
    return found
