"""The commands' bodies: each calls one function of ``lab`` or ``studies`` and prints."""

import json
from typing import Any

from isthmus.cli import options as opt


def spaces(options: "opt.Spaces") -> None:
    """List spaces, or describe one."""
    from isthmus.studies.parts import describe_space, list_parts

    if options.name:
        _show(options.common, describe_space(options.name))
    else:
        _show(options.common, list_parts("encoders"))


def worlds(options: "opt.Worlds") -> None:
    """List worlds, or describe one."""
    from isthmus.studies.parts import describe_world, list_parts

    if options.name:
        _show(options.common, describe_world(options.name))
    else:
        _show(options.common, list_parts("worlds"))


def parts(options: "opt.Parts") -> None:
    """List every registered part."""
    from isthmus.studies.parts import list_parts

    _show(options.common, list_parts(options.kind))


def _show(common: "opt.Common", result: Any) -> None:
    """Print a result as text, or as JSON where it is wanted."""
    print(json.dumps(result.to_dict(), indent=1) if common.json else result)
